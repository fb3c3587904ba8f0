"""Two owners at random, over all routes: nothing of one is ever shown to the other, or changed by them."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from realstaging.pagination import cursor
from tests.support import factories, http_client
from tests.support.events import request
from tests.support.http_client import call
from tests.support.log_lines import Lines
from tests.support.routes import BODIES, UPLOAD, made_up
from tests.support.steps import delivered, failed
from tests.support.world import Context, World

STEPS = 120
ID = re.compile(r"\b(?:prj|img|job|bat|ver|key)_[0-9A-HJKMNP-TV-Z]{26}\b")
PARAMETER = re.compile(r"<(\w+)>")
FILE = {"filename": "room.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
NOT_THERE = 404
# Said before anything is looked for: to those who are no administrators, to keys without the right or revoked.
ADMIN, KEY = {403}, {401, 403}


@dataclass
class Owner:
    name: str
    token: str
    key: str = ""
    ids: dict[str, list[str]] = field(default_factory=dict)
    orders: int = 0

    def learn(self, text: str) -> None:
        for id in ID.findall(text):
            kind = self.ids.setdefault(id[:3], [])
            if id not in kind:
                kind.append(id)

    @property
    def all(self) -> set[str]:
        return {id for kind in self.ids.values() for id in kind}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_id_of_the_other_owner_is_ever_anything_but_not_there(world: World, lines: Lines, seed: int) -> None:
    dice = random.Random(seed)
    owners = [_settled(world, name) for name in ("alice", "bob")]
    routes = [each for each in http_client.routes(world) if each[2] != "/v1/account" or each[1] != "DELETE"]
    foreign, rows = 0, world.rows()

    for number in range(STEPS):
        if number % 20 == 0:
            world.clock.forward(minutes=1)  # a new window of the rate limit
        me, other = dice.sample(owners, 2)
        module, method, path = dice.choice(routes)
        of = other if dice.random() < 0.7 else me
        step = _Step(dice, me, of, method, path)
        made = request(
            method, step.path, token=step.token, body=step.body, query=step.query, headers={"idempotency-key": step.key}
        )
        answer = module.lambda_handler(made, Context())
        text = str(answer.get("body") or "")

        assert answer["statusCode"] < 500 or answer["statusCode"] == 503, (method, step.path, text)
        shown = set(ID.findall(text + json.dumps(answer["headers"]))) & other.all
        assert shown <= step.named, (method, step.path, shown - step.named)
        before, rows = rows, world.rows()
        assert _rows_of(other, rows) == _rows_of(other, before), (method, step.path)
        if of is other and step.in_path:
            foreign += 1
            expected = {NOT_THERE, *step.refusals}
            assert answer["statusCode"] in expected, (method, step.path, text)
        elif of is other and step.named and method != "GET":
            foreign += 1
            assert answer["statusCode"] in {NOT_THERE, 422, *step.refusals}, (method, step.path, text)
        elif of is other and step.query:
            assert answer["statusCode"] != 200 or '"items": []' in text or not shown
        if of is me and path not in ("/docs", "/v1/openapi.json"):
            me.learn(text)

    assert foreign > STEPS / 5
    _check_logs(lines.getvalue(), owners)


def test_every_route_that_takes_an_id_is_walked_with_the_others(world: World) -> None:
    """Whatever the dice say: each of them once, with an id of the right kind."""
    alice, bob = (_settled(world, name) for name in ("alice", "bob"))
    before, walked = _rows_of(bob, world.rows()), 0

    for module, method, path in http_client.routes(world):
        if not PARAMETER.search(path) or path.startswith("/v1/admin/"):
            continue
        step = _Step(random.Random(0), alice, bob, method, path, right=True)
        made = request(method, step.path, token=alice.token, body=step.body)
        assert module.lambda_handler(made, Context())["statusCode"] == NOT_THERE, (method, path)
        walked += 1

    assert walked >= 18
    assert _rows_of(bob, world.rows()) == before


class _Step:
    """One request of `me` that names things of `of`."""

    def __init__(
        self, dice: random.Random, me: Owner, of: Owner, method: str, path: str, *, right: bool = False
    ) -> None:
        self.token = me.key if not right and dice.random() < 0.3 else me.token
        self.refusals = KEY if self.token == me.key else ADMIN if path.startswith("/v1/admin/") else set()
        # Both count from one: each key is used by both, and by each of them once.
        me.orders += 1
        self.key = f"order-{me.orders}" if method == "POST" else None
        names = dict(self._ids(dice, of, path, right))
        self.in_path = bool(names)
        self.path = made_up(PARAMETER.sub(lambda found: names.get(found[1], found[0]), path))
        self.body = self._body(dice, of, method, path)
        self.query = self._query(dice, of) if method == "GET" and not names else None
        self.named = set(ID.findall(self.path + json.dumps([self.body, self.query])))

    def _ids(self, dice: random.Random, of: Owner, path: str, right: bool) -> Iterator[tuple[str, str]]:
        for name in PARAMETER.findall(path):
            kind = name.removesuffix("_id")[:3] if name != "project_id" else "prj"
            kind = {"ima": "img"}.get(kind, kind)
            if not right and dice.random() < 0.1:
                kind = dice.choice(sorted(of.ids))  # an id of another kind
            if kind in of.ids:
                yield name, dice.choice(of.ids[kind])

    def _body(self, dice: random.Random, of: Owner, method: str, path: str) -> Any:
        image, job, project = (dice.choice(of.ids[kind]) for kind in ("img", "job", "prj"))
        if (method, path) == ("POST", "/v1/uploads"):
            return {"project_id": project, "files": [UPLOAD]}
        if (method, path) == ("POST", "/v1/jobs"):
            return {"items": [{"image_id": image}]}
        if (method, path) == ("POST", "/v1/verifications"):
            return {"original": {"image_id": image}, "altered": {"job_id": job}}
        return BODIES.get((method, path))

    def _query(self, dice: random.Random, of: Owner) -> dict[str, str]:
        kind = dice.choice(["prj", "img", "job", "bat"])
        named = dice.choice(of.ids[kind])
        if kind == "job":
            return {"cursor": str(cursor(named)), "limit": "100"}
        return {{"prj": "project_id", "img": "image_id", "bat": "batch_id"}[kind]: named}


def _settled(world: World, name: str) -> Owner:
    """Somebody with one of everything, and jobs in several states."""
    owner = Owner(name, world.token(name))
    factories.waiting(world, owner=name)
    _, [ready, lost, _] = factories.queued(world, owner=name, jobs=3)
    delivered(world, ready)
    failed(world, lost)
    made = call(world, "POST", "/v1/verifications", owner=name, body={"original": FILE, "altered": FILE})[1]
    key = call(world, "POST", "/v1/account/api-keys", owner=name, body={"name": "a program"})[1]
    owner.key = key["key"]
    rows = [row for row in world.rows() if row["pk"] == f"USER#{name}"]
    owner.learn(" ".join(str(row["sk"]).replace("#", " ") for row in rows))
    owner.learn(" ".join(str(row.get(part)) for row in rows for part in ("project_id", "image_id", "batch_id")))
    owner.learn(f"{made['id']} {key['id']}")
    assert owner.ids.keys() >= {"prj", "img", "job", "bat"}
    return owner


def _rows_of(owner: Owner, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All that is theirs, but for their rate limit's counters."""
    return [row for row in rows if owner.name in str(row["pk"]) and not row["sk"].startswith("RATE#")]


def _check_logs(logged: str, owners: list[Owner]) -> None:
    for owner in owners:
        assert owner.token not in logged
        assert owner.key not in logged
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w{2,}", logged), "an e-mail address"
    assert "Bearer " not in logged
