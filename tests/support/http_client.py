"""Calls of the HTTP API, sent to the function whose resolver knows the route."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.support.events import request
from tests.support.world import FUNCTIONS, Context, World

NAMES = ("upload_urls", "jobs_api", "account_api", "admin_api")


def functions(world: World) -> list[Any]:
    """The handler modules that serve HTTP routes."""
    return [world.function(name) for name in NAMES if (FUNCTIONS / name).exists()]


def routes(world: World) -> Iterator[tuple[Any, str, str]]:
    """Every route of every resolver: its module, method and path; ids as `<name>`."""
    for module in functions(world):
        for route in module.app.routes:
            yield module, route.method if isinstance(route.method, str) else route.method[0], route.path


KNOWN: list[tuple[str, str, re.Pattern[str]]] = []


def _serving(world: World, method: str, path: str) -> str:
    """The function with the route. Which it has is asked once: starting all of them takes longer than most tests."""
    if not KNOWN:
        for module, its_method, pattern in routes(world):
            name = module.__name__.removeprefix("handler_of_")
            KNOWN.append((name, its_method, re.compile(re.sub("<[^>]+>", "[^/]+", pattern))))
    wanted = "GET" if method == "HEAD" else method
    # What no route fits goes to the function that takes everything else.
    rest = "admin_api" if path.startswith("/v1/admin/") else "jobs_api"
    return next((name for name, its, fits in KNOWN if its == wanted and fits.fullmatch(path)), rest)


def call(
    world: World, method: str, path: str, *, owner: str | None = "alice", **given: Any
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and headers. Without an owner: without a token."""
    token = given.pop("token", None) or (world.token(owner) if owner else None)
    event = request(method, path, token=token, **given)
    answer = world.function(_serving(world, method, path)).lambda_handler(event, Context())
    return answer["statusCode"], json.loads(answer["body"]) if answer.get("body") else {}, answer["headers"]
