"""What administrators do over HTTP, and what the table then knows of it."""

import functools
import json
from typing import Any
from urllib.parse import quote

import httpx

from realstaging.models.runtime_settings import Overrides
from realstaging.stores.runtime_settings import OverrideStore
from tests.support.http_client import call
from tests.support.world import World

QWEN, BANANA, GPT = "qwen/qwen-image-edit-2511", "google/nano-banana", "openai/gpt-image-1"


@functools.cache
def _minted(issuer: str, owner: str, role: str) -> str:
    answer = httpx.post(f"{issuer}_mint", json={"sub": owner, "roles": [role]})
    return str(answer.json()["access_token"])


def token(world: World, owner: str = "root", role: str = "admin") -> str:
    return _minted(world.settings.identity.issuer, owner, role)


def ask(
    world: World, method: str, path: str, body: Any = None, *, by: str = "root", **more: Any
) -> tuple[int, dict[str, Any]]:
    """An administrator's request below /v1/admin: status and body."""
    status, answer, _ = call(world, method, f"/v1/admin{path}", token=token(world, by), body=body, **more)
    return status, answer


def model(model_id: str, then: str = "") -> str:
    return f"/models/{quote(model_id, safe='')}{then}"


def setting(key: str, then: str = "") -> str:
    return f"/settings/{quote(key, safe='')}{then}"


def live(world: World) -> Overrides:
    return OverrideStore(world.table).current()


def versions(world: World, subject: str) -> list[dict[str, Any]]:
    """Every version that is kept of a subject, the first one first."""
    rows = [row for row in world.rows() if row["sk"].startswith(f"VERSION#{subject}#")]
    return [json.loads(row["document"]) for row in rows]


def audited(world: World) -> list[tuple[str, str, str]]:
    """Who did what to what, in no order: the tests' clock stands still."""
    rows = [row for row in world.rows() if row["pk"].startswith("AUDIT#")]
    return sorted((row["by"], row["action"], row["subject"]) for row in rows)
