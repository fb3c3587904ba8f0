"""HTTP APIs from a template, and how their functions are invoked (http_apis, http_requests, parameters)."""

import httpx
import pytest

from tests.contract.conftest import ORIGIN, Sample

pytestmark = pytest.mark.contract


def test_routes_of_the_template_reach_their_function(sample: Sample) -> None:
    answer = sample.get("/items/a%20b?tag=1&tag=2")
    assert answer.status_code == 200
    assert answer.json()["pathParameters"] == {"item": "a b"}
    assert answer.json()["queryStringParameters"] == {"tag": "1,2"}


def test_a_tag_gives_the_api_an_id_that_stays(sample: Sample) -> None:
    assert sample.names["HttpApi"] == "c0ffee00"


def test_an_unknown_route_is_not_found(sample: Sample) -> None:
    assert sample.get("/nothing").status_code == 404


def test_the_authorizer_of_the_template_stands_before_its_route(sample: Sample) -> None:
    assert sample.get("/guarded").status_code == 401
    assert sample.get("/guarded", authorization="bad").status_code == 403
    allowed = sample.get("/guarded", authorization="good")
    assert allowed.json()["authorizer"]["lambda"] == {"owner": "alice"}


@pytest.mark.parametrize(("origin", "status"), [(ORIGIN, 204), ("https://default.example", 403)])
def test_preflight_knows_the_origin_that_was_deployed_not_the_default(sample: Sample, origin: str, status: int) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    answer = httpx.options(f"{sample.api}/items/1", headers=headers, trust_env=False)
    assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (
        status,
        ORIGIN if status == 204 else None,
    )


def test_refusals_carry_cors_headers(sample: Sample) -> None:
    answer = sample.get("/guarded", origin=ORIGIN)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, ORIGIN)


def test_cookies_arrive_one_by_one(sample: Sample) -> None:
    assert sample.get("/items/1", cookie="a=1; b=2").json()["cookies"] == ["a=1", "b=2"]


def test_a_failing_function_is_a_500_that_says_nothing(sample: Sample) -> None:
    answer = sample.get("/fails")
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert "a secret of the database" in sample.log("Probe")
