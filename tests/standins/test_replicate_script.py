"""Scripted faults of the Replicate stand-in: what is asked for happens, and the log tells what was paid."""

import io
import time
from typing import Any

import httpx
import pytest
from PIL import Image, UnidentifiedImageError

from tests.support.replicate_customer import Customer


def result(customer: Customer, *outcomes: Any) -> httpx.Response:
    customer.script(*outcomes)
    page = customer.over(customer.create()["id"])
    return httpx.get(page["output"][0])


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("error_pa", "code: PA"),
        ("error_director", "E9828"),
        ("start_timeout", "E6716"),
        ("out_of_memory", "E1001"),
        ("unavailable", "E003"),
        ("sensitive", "E005"),
        ({"outcome": "fail", "error": "no luck today"}, "no luck today"),
    ],
)
def test_failures_carry_their_text_and_are_free(customer: Customer, outcome: Any, words: str) -> None:
    customer.script(outcome)
    page = customer.over(customer.create()["id"])
    assert page["status"] == "failed"
    assert words in page["error"]
    assert (customer.log()["created"], customer.log()["charged"]) == (1, 0)


@pytest.mark.parametrize(
    ("outcome", "status", "title"),
    [
        ("create:402", 402, "Insufficient credit"),
        ("create:422", 422, "Input validation failed"),
        ("create:429", 429, "Too many requests"),
        ("create:500", 500, "Internal server error"),
        ("create:503", 503, "Internal server error"),
    ],
)
def test_refusals_create_nothing(customer: Customer, outcome: str, status: int, title: str) -> None:
    customer.script(outcome)
    answer = customer.post()
    assert (answer.status_code, answer.json()["title"]) == (status, title)
    log = customer.log()
    assert (log["created"], log["refused"]) == (0, 1)
    assert log["creations"][0]["answer"] == status


def test_a_gateway_answers_in_html(customer: Customer) -> None:
    customer.script("create:502")
    assert customer.post().headers["content-type"].startswith("text/html")


def test_the_wait_after_429_is_in_the_text_and_where_it_was_asked_for(customer: Customer) -> None:
    customer.script("create:429")
    plain = customer.post()
    assert "resets in ~30s" in plain.json()["detail"]
    assert "retry-after" not in plain.headers
    assert "retry_after" not in plain.json()
    customer.script({"outcome": "create:429", "header": 7})
    assert customer.post().headers["retry-after"] == "7"
    customer.script({"outcome": "create:429", "body": 9})
    assert customer.post().json()["retry_after"] == 9


@pytest.mark.parametrize(
    ("outcome", "created"),
    [
        ({"outcome": "create:timeout_before_create", "seconds": 0.1}, 0),
        ({"outcome": "create:timeout_after_create", "seconds": 0.1}, 1),
        ("create:reset_before_create", 0),
        ("create:reset_after_create", 1),
    ],
)
def test_no_answer_leaves_open_whether_it_was_created(customer: Customer, outcome: Any, created: int) -> None:
    customer.script(outcome)
    with pytest.raises(httpx.TransportError):
        customer.post()
    assert customer.log()["created"] == created


def test_a_client_may_lose_patience_first(customer: Customer) -> None:
    customer.script("create:timeout_after_create")
    with pytest.raises(httpx.ReadTimeout):
        customer.http.post(
            "/v1/predictions", json={"version": "qwen/qwen-image-edit-2511", "input": customer.input()}, timeout=0.3
        )
    customer.until(lambda: customer.log()["created"] == 1)


def test_square_has_another_shape(customer: Customer) -> None:
    assert Image.open(io.BytesIO(result(customer, "result:square").content)).size == (1024, 1024)


@pytest.mark.parametrize("outcome", ["result:text", "result:html"])
def test_some_results_are_no_pictures(customer: Customer, outcome: str) -> None:
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(result(customer, outcome).content))


def test_truncated_cannot_be_decoded(customer: Customer) -> None:
    content = result(customer, "result:truncated").content
    with pytest.raises(OSError):  # noqa: PT011 - the text is Pillow's
        Image.open(io.BytesIO(content)).load()


def test_too_large_is_as_large_as_wanted(customer: Customer) -> None:
    answer = result(customer, {"outcome": "result:too_large", "bytes": 3_000_000})
    assert len(answer.content) == 3_000_000


def test_a_result_that_is_gone_is_not_found(customer: Customer) -> None:
    assert result(customer, "result:gone").status_code == 404
    assert [each["answer"] for each in customer.log()["downloads"]] == [404]


def test_flaky_fails_as_often_as_wanted(customer: Customer) -> None:
    answer = result(customer, {"outcome": "result:flaky", "times": 1})
    assert answer.status_code == 503
    assert httpx.get(str(answer.request.url)).status_code == 200


def test_slow_comes_all_the_same(customer: Customer) -> None:
    began = time.monotonic()
    answer = result(customer, {"outcome": "result:slow", "seconds": 0.1})
    assert time.monotonic() - began >= 0.1
    Image.open(io.BytesIO(answer.content)).load()


def test_the_output_may_be_a_string_or_missing_or_elsewhere(customer: Customer) -> None:
    seen = []
    for outcome in ("result:string", "result:none", "result:foreign"):
        customer.script(outcome)
        seen.append(customer.over(customer.create()["id"])["output"])
    assert isinstance(seen[0], str)
    assert seen[1:] == [None, ["http://foreign.invalid/out-0.webp"]]


def test_a_status_may_be_one_nobody_knows(customer: Customer) -> None:
    customer.script({"outcome": "unknown_status", "status": "meditating"})
    assert customer.over(customer.create()["id"])["status"] == "meditating"


def test_hang_stays_until_it_is_canceled_and_that_is_charged(customer: Customer) -> None:
    customer.script({"outcome": "hang"})
    made = customer.create()
    customer.until(lambda: customer.get(made["id"])["status"] == "processing")
    customer.http.post(f"/v1/predictions/{made['id']}/cancel")
    assert customer.log()["charged"] == 1


def test_a_rule_is_for_some_creations_only(customer: Customer) -> None:
    customer.script(
        {"match": {"prompt_contains": "kitchen"}, "times": 1, "then": "create:503"},
        {"match": {"image_contains": "bad.jpg"}, "then": "create:500"},
        {"match": {"webhook_contains": "/job_7/"}, "then": "create:402"},
        {"match": {"model": "another/model"}, "then": "create:422"},
        {"match": {"prompt_contains": "garden", "nth": [2, 3]}, "then": "create:429"},
    )
    kitchen, bad = customer.input(prompt="a kitchen"), customer.input(image=[f"{customer.receiver.url}/bad.jpg"])
    garden = customer.input(prompt="a garden")
    answers = [customer.post(given).status_code for given in (kitchen, kitchen, bad, garden, garden, garden, garden)]
    answers.append(customer.post(webhook=f"{customer.receiver.url}/job_7/1").status_code)
    assert answers == [503, 201, 500, 201, 429, 429, 201, 402]
    used = [rule["used"] for rule in customer.http.get("/_script").json()["rules"]]
    assert used == [1, 1, 1, 0, 2]


def test_one_rule_may_have_an_outcome_for_each_stage(customer: Customer) -> None:
    customer.script({"then": ["result:string", "webhook:duplicate", {"outcome": "succeed", "latency": 0.05}]})
    customer.create_with_webhook()
    for call in customer.receiver.wait_for(2):
        assert isinstance(call.page["output"], str)
    assert customer.log()["creations"][0]["script"] == ["webhook:duplicate", "result:string"]


def test_a_script_can_be_extended_and_reset(customer: Customer) -> None:
    customer.script({"match": {"nth": 1}, "then": "create:500"}, latency=0.01)
    customer.script({"match": {"nth": 1}, "then": "create:503"}, append=True)
    shown = customer.http.get("/_script").json()
    assert (len(shown["rules"]), shown["latency"]) == (2, 0.01)
    assert customer.http.delete("/_script").json()["rules"] == []
    assert customer.post().status_code == 201


@pytest.mark.parametrize("script", [{"rules": [{"then": "explode"}]}, {"rulez": []}, {"latency": -1}])
def test_a_script_with_a_slip_is_refused(customer: Customer, script: dict[str, Any]) -> None:
    assert customer.http.post("/_script", json=script).status_code == 422


def test_the_log_keeps_no_signed_addresses(customer: Customer) -> None:
    customer.http.delete("/_script")
    customer.post(headers={"cancel-after": "2m"}, webhook=f"{customer.receiver.url}/hook?key=1")
    [creation] = customer.log()["creations"]
    assert creation["input"]["image"] == [f"{customer.receiver.url}/room.jpg"]
    assert creation["webhook"] == f"{customer.receiver.url}/hook"
    assert creation["headers"]["cancel-after"] == "2m"
    assert creation["input"]["prompt"] == "a modern living room"


def test_the_health_page_says_ok(customer: Customer) -> None:
    assert customer.http.get("/health").json()["status"] == "ok"


def test_creations_beyond_the_limit_are_throttled_and_create_nothing(customer: Customer) -> None:
    customer.http.post("/_script", json={"latency": 0, "limit": {"per_minute": 6, "burst": 2}}).raise_for_status()

    answers = [customer.post() for _ in range(4)]

    assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
    assert int(answers[2].headers["retry-after"]) in range(1, 11)
    assert customer.log()["created"] == 2


def test_a_mistake_of_the_model_is_drawn(customer: Customer) -> None:
    blank = Image.open(io.BytesIO(result(customer, "result:blank").content)).convert("L")
    wide = Image.open(io.BytesIO(result(customer, {"outcome": "result:stretched", "by": 0.1}).content))
    assert blank.getextrema()[1] - blank.getextrema()[0] < 4  # type: ignore[operator]
    assert wide.width == round(blank.width * 1.1)
