"""Whatever is asked, the answer is one that the API reference describes: schemathesis against the local cloud."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from operator import methodcaller
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.state import Cloud
from local.token import access_token
from tests.e2e.conftest import Agent, Json
from tests.support.photos import room

pytestmark = pytest.mark.e2e

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
SCHEMA = schemathesis.openapi.from_dict(json.loads(REFERENCE.read_text()))
OPERATIONS: dict[str, Any] = {each.label: each for each in map(methodcaller("ok"), SCHEMA.get_all_operations())}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# Nothing is wrong with any ETag, and who calls is not what is tested here.
UNBENT = {"Authorization": "Bearer", "If-None-Match": '"none"'}
PHOTO: Json = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
SOMEBODY = "somebody"  # for administrators to change
MODERN = {"room_type": "living_room", "style": "modern"}


@pytest.fixture(scope="module")
def staged(shared_cloud: Cloud) -> Iterator[tuple[Agent, Json]]:
    """Somebody with a delivered result, whom everything is read from; and the ids of their things."""
    with _agent(shared_cloud, SOMEBODY) as somebody:
        somebody.get("/v1/account")
    with _agent(shared_cloud, "reader") as reader:
        plan = reader.stage([room()])
        reader.finished(plan["batch_id"])
        yield reader, _ids(plan) | _verification(reader)


@pytest.fixture
def writer(shared_cloud: Cloud, route: str) -> Iterator[Agent]:
    """Somebody for one route alone: no limit on requests is reached, and nothing of others can be destroyed."""
    with _agent(shared_cloud, f"writer-{list(OPERATIONS).index(route)}") as agent:
        yield agent


@contextmanager
def _agent(cloud: Cloud, owner: str) -> Iterator[Agent]:
    # Their own things are theirs as anybody's are; and they are let in everywhere.
    token = access_token(Path(cloud.logs).parent, owner, ["admin"])
    with httpx.Client(base_url=cloud.api, headers={"Authorization": f"Bearer {token}"}, timeout=120) as http:
        yield Agent(cloud, owner, http)


def _fresh(agent: Agent, route: str) -> Json:
    """The ids of new things, which a request may well destroy."""
    if route in ("DELETE /v1/account", "POST /v1/projects"):
        return {}
    body = {"project_id": agent.project(), "defaults": MODERN, "files": [PHOTO]}
    made = _ids(agent.post("/v1/uploads", body))
    if "{key_id}" in route:
        kept = agent.get("/v1/account/api-keys")["items"]
        made["key_id"] = (kept or [agent.post("/v1/account/api-keys", {"name": "a program"})])[0]["id"]
    if "verification" in route:
        made |= _verification(agent)
    if route.endswith("/retry"):
        agent.post(f"/v1/jobs/{made['job_id']}/cancel", status=200)
    return made


def _verification(agent: Agent) -> Json:
    return {"verification_id": agent.post("/v1/verifications", {"original": PHOTO, "altered": PHOTO})["id"]}


def _ids(plan: Json) -> Json:
    [item] = plan["items"]
    image, [job] = item["image"], item["jobs"]
    return {
        "batch_id": plan["batch_id"],
        "image_id": image["id"],
        "job_id": job["id"],
        "project_id": image["project_id"],
        "attempt": "1",
        # No other test minds what becomes of these.
        "model_id": "openai/gpt-image-1",
        "key": "replicate.breaker_failures",
        "owner": SOMEBODY,
        "name": "stage_dead_letters",
    }


def _cases(operation: Any, ids: Json) -> st.SearchStrategy[Any]:
    """Sensible requests about things that are there, random ones that fit the document, and ones that do not."""
    names = [each.name for each in operation.path_parameters]
    there = {"path_parameters": {name: ids[name] for name in names}} if names else {}
    cases = [operation.as_strategy(**there), operation.as_strategy()]
    for body in _examples(operation, ids):
        cases.append(operation.as_strategy(**there, body=body, media_type="application/json"))
    if operation.path_parameters or operation.query or operation.body:
        cases.append(operation.as_strategy(GenerationMode.NEGATIVE, headers=UNBENT))
    return st.one_of(cases)


def _examples(operation: Any, ids: Json) -> list[Any]:
    """The document's own request examples, about things that are there."""
    content = operation.definition.raw.get("requestBody", {}).get("content", {})
    return [_real(example["value"], ids) for each in content.values() for example in each.get("examples", {}).values()]


def _real(value: Any, ids: Json) -> Any:
    if isinstance(value, list):
        return [_real(each, ids) for each in value]
    if isinstance(value, dict):
        return {name: ids[name] if name in ids else _real(each, ids) for name, each in value.items()}
    return value


@pytest.mark.parametrize("route", OPERATIONS)
@settings(
    max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_every_answer_is_as_the_reference_says(
    staged: tuple[Agent, Json], writer: Agent, route: str, data: st.DataObject
) -> None:
    agent, ids = staged if route.startswith("GET ") else (writer, _fresh(writer, route))
    case = data.draw(_cases(OPERATIONS[route], ids))

    answer = case.call(base_url=agent.cloud.api, headers={"Authorization": agent.http.headers["Authorization"]})

    case.validate_response(answer, checks=CHECKS)
