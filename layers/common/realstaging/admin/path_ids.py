"""Ids with a slash in an address: the gateway decodes `%2F` before anybody looks for a route."""

from urllib.parse import quote, unquote

ROOT = "/v1/admin"
# What may follow an id. Whatever else stands behind these collections is the id, slashes and all.
ACTIONS = {
    "models": frozenset({"settings", "enable", "disable", "make-default", "history", "rollback"}),
    "settings": frozenset({"history", "rollback"}),
}


def decoded(id: str) -> str:
    """An id as it is meant, from the part of an address that it stands in."""
    return unquote(id)


def in_one_part(path: str) -> str:
    """The address with an id such as `qwen/qwen-image-edit` in one part of it, whichever way it was sent."""
    for collection, actions in ACTIONS.items():
        start = f"{ROOT}/{collection}/"
        if path.startswith(start):
            id = unquote(path.removeprefix(start))
            rest, _, last = id.rpartition("/")
            if rest and last in actions:
                return f"{start}{quote(rest, safe='')}/{last}"
            return start + quote(id, safe="")
    return path
