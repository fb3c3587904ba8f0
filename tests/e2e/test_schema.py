"""Whatever is asked, the answer is one that the API reference describes: schemathesis against the local cloud."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
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
from tests.e2e.photos import room

pytestmark = pytest.mark.e2e

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
SCHEMA = schemathesis.openapi.from_dict(json.loads(REFERENCE.read_text()))
OPERATIONS = {each.ok().label: each.ok() for each in SCHEMA.get_all_operations()}
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
MODERN = {"room_type": "living_room", "style": "modern"}


@dataclass(frozen=True)
class Stock:
    """One owner's things, in several states; ids by the names that paths and bodies give them."""

    agent: Agent
    staged: dict[str, str]

    def planned(self) -> dict[str, str]:
        """Fresh things, which a request may well destroy."""
        body = {"project_id": self.agent.project(), "defaults": MODERN, "files": [PHOTO]}
        return _ids(self.agent.post("/v1/uploads", body))

    def ids(self, route: str) -> dict[str, str]:
        made = self.staged if route.startswith("GET ") else self.planned()
        if "{key_id}" in route:
            made["key_id"] = str(self.agent.post("/v1/account/api-keys", {"name": "a program"})["id"])
            self.agent.http.get("/v1/account/api-keys")
        if route.endswith("/retry"):
            self.agent.post(f"/v1/jobs/{made['job_id']}/cancel", status=200)
        return made


def _ids(plan: Json) -> dict[str, str]:
    [item] = plan["items"]
    image, [job] = item["image"], item["jobs"]
    return {
        "batch_id": plan["batch_id"],
        "image_id": image["id"],
        "job_id": job["id"],
        "project_id": image["project_id"],
        "attempt": "1",
    }


@pytest.fixture(scope="module")
def stock(shared_cloud: Cloud) -> Iterator[Stock]:
    with _client(shared_cloud, "schema") as http:
        agent = Agent(shared_cloud, "schema", http)
        plan = agent.stage([room()])
        agent.finished(plan["batch_id"])
        yield Stock(agent, _ids(plan))


def _client(cloud: Cloud, owner: str) -> httpx.Client:
    token = access_token(Path(cloud.logs).parent, owner, [])
    return httpx.Client(base_url=cloud.api, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def _cases(operation: Any, ids: dict[str, str]) -> st.SearchStrategy[Any]:
    """Sensible requests about things that are there, random ones that fit the document, and ones that do not."""
    names = [each.name for each in operation.path_parameters]
    there = {"path_parameters": {name: ids[name] for name in names}} if names else {}
    cases = [operation.as_strategy(**there), operation.as_strategy()]
    for body in _examples(operation, ids):
        cases.append(operation.as_strategy(**there, body=body, media_type="application/json"))
    if operation.path_parameters or operation.query or operation.body:
        cases.append(operation.as_strategy(GenerationMode.NEGATIVE, headers=UNBENT))
    return st.one_of(cases)


def _examples(operation: Any, ids: dict[str, str]) -> list[Any]:
    """The document's own request examples, about things that are there."""
    content = operation.definition.raw.get("requestBody", {}).get("content", {})
    return [
        _real(example["value"], ids) for each in content.values() for example in each.get("examples", {}).values()
    ]


def _real(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_real(each, ids) for each in value]
    if isinstance(value, dict):
        return {name: ids[name] if name in ids else _real(each, ids) for name, each in value.items()}
    return value


@pytest.mark.parametrize("route", OPERATIONS)
@settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_answer_is_as_the_reference_says(stock: Stock, route: str, data: st.DataObject) -> None:
    owner = "going" if route == "DELETE /v1/account" else "schema"
    case = data.draw(_cases(OPERATIONS[route], stock.ids(route)))
    headers = stock.agent.http.headers if owner == "schema" else _client(stock.agent.cloud, owner).headers

    answer = case.call(base_url=stock.agent.cloud.api, headers={"Authorization": headers["Authorization"]})

    case.validate_response(answer, checks=CHECKS)
