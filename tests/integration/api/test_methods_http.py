"""Methods: HEAD wherever GET is, OPTIONS for everyone, and 405 with Allow where another method would do."""

import json

import pytest

from tests.support import http_client as web
from tests.support.events import request
from tests.support.http_client import call
from tests.support.routes import made_up
from tests.support.world import Context, World


def test_head_is_get_without_the_body(world: World) -> None:
    for path, owner in (("/v1/health", None), ("/v1/projects", "alice"), ("/v1/account/usage", "alice")):
        got, _, headers = call(world, "GET", path, owner=owner)
        module = next(module for module, method, known in web.routes(world) if (method, known) == ("GET", path))
        answer = module.lambda_handler(request("HEAD", path, token=owner and world.token(owner)), Context())
        assert (answer["statusCode"], answer["body"]) == (got, "") == (200, "")
        assert answer["headers"]["ETag"] == headers["ETag"]


def test_head_says_what_get_would_refuse(world: World) -> None:
    answer = world.run("jobs_api", request("HEAD", "/v1/jobs/job_unknown", token=world.token("alice")))

    assert (answer["statusCode"], answer["body"]) == (404, "")
    assert world.run("jobs_api", request("HEAD", "/v1/projects"))["statusCode"] == 401


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/projects", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/v1/health", "GET, HEAD, OPTIONS"),
        ("PATCH", "/v1/jobs/job_1", "DELETE, GET, HEAD, OPTIONS"),
        ("HEAD", "/v1/jobs/job_1/cancel", "OPTIONS, POST"),
        ("GET", "/v1/uploads", "OPTIONS, POST"),
        ("DELETE", "/v1/images/img_1/upload-url", "OPTIONS, POST"),
        ("POST", "/v1/account", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    ],
)
def test_another_method_of_a_path_is_refused_with_those_it_takes(
    world: World, method: str, path: str, allowed: str
) -> None:
    owner = None if path == "/v1/health" else "alice"
    answer = world.run("jobs_api", request(method, path, token=owner and world.token(owner)))

    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, allowed)
    if method != "HEAD":
        assert json.loads(answer["body"])["code"] == "method_not_allowed"


@pytest.mark.parametrize("odd", ["é", "a\nb", "~", " ", "a:b", "\x1a"])
def test_an_id_that_no_route_can_match_is_not_found(world: World, odd: str) -> None:
    for method, path in (("GET", f"/v1/jobs/{odd}"), ("HEAD", f"/v1/jobs/{odd}"), ("POST", f"/v1/jobs/{odd}/cancel")):
        answer = world.run("jobs_api", request(method, path, token=world.token("alice")))
        assert answer["statusCode"] == 404, (method, path)


def test_a_stranger_does_not_learn_which_methods_there_are(world: World) -> None:
    assert world.run("jobs_api", request("PUT", "/v1/projects"))["statusCode"] == 401


def test_options_is_answered_on_every_route_without_a_token(world: World) -> None:
    for module, method, path in web.routes(world):
        preflight = {"origin": "https://app.example", "access-control-request-method": method}
        answer = module.lambda_handler(request("OPTIONS", made_up(path), headers=preflight), Context())
        assert (answer["statusCode"], answer["body"]) == (204, ""), path
        assert method in answer["headers"]["Allow"].split(", "), path
    assert world.run("jobs_api", request("OPTIONS", "/v1/nowhere"))["statusCode"] == 204
    assert world.rows() == []
