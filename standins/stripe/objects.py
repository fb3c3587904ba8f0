"""Everything that has an id, by kind; found, listed a page at a time, and expanded."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from standins.stripe import errors

type Thing = dict[str, Any]

PAGE, LONGEST_PAGE = 10, 100
NAMES = {"payment_method": "PaymentMethod", "payment_intent": "payment_intent"}


class Objects:
    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, Thing]] = {}

    def add(self, thing: Thing) -> Thing:
        self._kinds.setdefault(thing["object"], {})[thing["id"]] = thing
        return thing

    def get(self, kind: str, id: str, param: str = "id") -> Thing:
        found = self.find(kind, id)
        if found is None:
            raise errors.missing(NAMES.get(kind, kind), id, param)
        return found

    def find(self, kind: str, id: str | None) -> Thing | None:
        return self._kinds.get(kind, {}).get(id or "")

    def of(self, kind: str, **equal: Any) -> list[Thing]:
        """Newest first; those whose fields equal the given ones."""
        newest = reversed(self._kinds.get(kind, {}).values())
        return [each for each in newest if all(each.get(name) == value for name, value in equal.items())]

    def anywhere(self, id: str) -> Thing | None:
        return next((kind[id] for kind in self._kinds.values() if id in kind), None)


def page(found: Iterable[Thing], given: Thing, url: str) -> Thing:
    """A list as Stripe answers it; `given` has limit, starting_after, ending_before, created."""
    limit = given.get("limit", PAGE)
    if not 1 <= limit <= LONGEST_PAGE:
        raise errors.invalid("Invalid limit: must be between 1 and 100", "limit")
    first, last = given.get("created", (0, 2**62))
    things = [each for each in found if first <= each.get("created", 0) <= last]
    if after := given.get("starting_after"):
        things = things[_position(things, after, "starting_after") + 1 :]
    if before := given.get("ending_before"):
        earlier = things[: _position(things, before, "ending_before")]
        return listed(earlier[-limit:], url, has_more=len(earlier) > limit)
    return listed(things[:limit], url, has_more=len(things) > limit)


def listed(things: list[Thing], url: str, *, has_more: bool = False) -> Thing:
    return {"object": "list", "data": things, "has_more": has_more, "url": url}


def _position(things: list[Thing], id: str, param: str) -> int:
    for position, each in enumerate(things):
        if each["id"] == id:
            return position
    raise errors.missing("object", id, param)


type Includable = dict[tuple[str, str], Callable[[Thing], Thing]]


def expanded(objects: Objects, body: Thing, paths: list[str], includable: Includable) -> Thing:
    """A copy in which ids on the given paths are the things they name; `includable` are fields that only appear so."""
    answer = copy.deepcopy(body)
    for path in paths:
        _expand(objects, [answer], path.split("."), path, includable)
    return answer


def _expand(objects: Objects, things: list[Any], parts: list[str], path: str, includable: Includable) -> None:
    part, *rest = parts
    inside: list[Any] = []
    for thing in things:
        if not isinstance(thing, dict) or (part not in thing and (thing.get("object"), part) not in includable):
            raise errors.invalid(f"This property cannot be expanded ({path}).", "expand")
        if part not in thing:
            thing[part] = copy.deepcopy(includable[(thing["object"], part)](thing))
        if isinstance(thing[part], str):
            thing[part] = _named(objects, thing[part], path)
        if thing[part] is not None:
            inside += thing[part] if isinstance(thing[part], list) else [thing[part]]
    if rest and inside:
        _expand(objects, inside, rest, path, includable)


def _named(objects: Objects, id: str, path: str) -> Thing:
    found = objects.anywhere(id)
    if found is None:
        raise errors.invalid(f"This property cannot be expanded ({path}).", "expand")
    return copy.deepcopy(found)
