"""Ids with a slash in a path: API Gateway decodes `%2F` before a route is chosen."""

from urllib.parse import quote, unquote

ROOT = "/v1/admin"
# What may follow an id. Anything else after these collections belongs to the id, slashes included.
ACTIONS = {
    "models": frozenset({"settings", "enable", "disable", "make-default", "history", "rollback"}),
    "settings": frozenset({"history", "rollback"}),
}


def decoded(id: str) -> str:
    """An id, decoded from its part of the path."""
    return unquote(id)


def in_one_part(path: str) -> str:
    """The path with an id such as `qwen/qwen-image-edit` in one part, whether its slash was encoded or not."""
    for collection, actions in ACTIONS.items():
        start = f"{ROOT}/{collection}/"
        if path.startswith(start):
            id = unquote(path.removeprefix(start))
            rest, _, last = id.rpartition("/")
            if rest and last in actions:
                return f"{start}{quote(rest, safe='')}/{last}"
            return start + quote(id, safe="")
    return path
