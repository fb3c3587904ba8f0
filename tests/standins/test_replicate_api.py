"""The Replicate stand-in answers as the real API does; the vendor's own package is the judge."""

import asyncio
import base64
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from PIL import Image
from replicate.client import Client
from replicate.exceptions import ReplicateError

from standins.replicate.account import Provider, Settings
from standins.replicate.models import all_models
from standins.replicate.predictions import Prediction
from standins.replicate.script import Outcome, Plan
from tests.support.replicate_customer import MODEL, Customer
from tests.support.webhook_receiver import jpeg


@pytest.fixture
def vendor(replicate_port: int) -> Iterator[Client]:
    with httpx.HTTPTransport() as transport:
        yield Client(api_token="r8_local", base_url=f"http://127.0.0.1:{replicate_port}", transport=transport)


def test_the_vendors_client_creates_and_gets(vendor: Client, customer: Customer) -> None:
    made = vendor.predictions.create(version=MODEL, input=customer.input())
    assert (made.status, made.version, made.model) == ("starting", "hidden", MODEL)
    customer.over(made.id)
    made.reload()
    assert made.status == "succeeded"
    assert made.metrics is not None
    assert made.metrics["predict_time"] >= 0
    assert isinstance(made.output, list)


def test_the_vendors_client_creates_by_model_and_waits(vendor: Client, customer: Customer) -> None:
    made = vendor.models.predictions.create(MODEL, input=customer.input(), wait=10)
    assert made.status == "succeeded"


def test_the_vendors_client_cancels(vendor: Client, customer: Customer) -> None:
    customer.script("hang")
    made = vendor.predictions.create(version=MODEL, input=customer.input())
    made.cancel()
    assert vendor.predictions.get(made.id).status == "canceled"


def test_what_is_over_cannot_be_canceled_any_more(customer: Customer) -> None:
    made = customer.create()
    customer.over(made["id"])
    assert customer.http.post(f"/v1/predictions/{made['id']}/cancel").json()["status"] == "succeeded"


def test_the_vendors_client_reads_page_after_page(vendor: Client, customer: Customer) -> None:
    customer.script("hang")
    started_at = datetime.now(UTC)
    ids = [customer.create()["id"] for _ in range(101)]
    first = vendor.predictions.list()
    assert [each.id for each in first.results] == ids[:0:-1]
    assert first.next
    second = vendor.predictions.list(first.next)
    assert second.results[0].id == ids[0]
    since = customer.http.get("/v1/predictions", params={"created_after": started_at.isoformat()}).json()
    rest = customer.http.get(since["next"]).json()
    assert [each["id"] for each in rest["results"]] == ids[:1]
    assert (
        customer.http.get("/v1/predictions", params={"created_after": "2999-01-01T00:00:00Z"}).json()["results"] == []
    )
    for each in ids:
        customer.http.post(f"/v1/predictions/{each}/cancel")


def test_the_vendors_client_reads_model_and_secret(vendor: Client, customer: Customer) -> None:
    version = vendor.models.get(MODEL).latest_version
    assert version is not None
    assert "prompt" in version.openapi_schema["components"]["schemas"]["Input"]["properties"]
    assert vendor.webhooks.default.secret().key == customer.secret


@pytest.mark.parametrize("outcome", ["fail", "sensitive", "error_pa"])
def test_the_vendors_client_reads_failures(vendor: Client, customer: Customer, outcome: str) -> None:
    customer.script(outcome)
    made = customer.create()
    customer.over(made["id"])
    read = vendor.predictions.get(made["id"])
    assert read.status == "failed"
    assert read.error
    assert read.output is None


def test_without_the_token_nothing_is_told(customer: Customer) -> None:
    for headers in ({"authorization": ""}, {"authorization": "Bearer wrong"}):
        answer = customer.http.get("/v1/predictions", headers=headers)
        assert (answer.status_code, answer.json()["title"]) == (401, "Unauthenticated")


@pytest.mark.parametrize(
    ("change", "description"),
    [
        ({"prompt": None}, "Invalid type"),
        ({"surprise": 1}, "Additional property surprise is not allowed"),
        ({"seed": "seven"}, "Invalid type"),
        ({"aspect_ratio": "3:2"}, "must be one of the following"),
        ({"output_quality": 101}, "Must be less than or equal to 100"),
        ({"output_quality": -1}, "Must be greater than or equal to 0"),
        ({"image": "http://127.0.0.1/room.jpg"}, "Invalid type"),
        ({"image": ["room.jpg"]}, "Does not match format 'uri'"),
    ],
)
def test_an_input_against_the_schema_is_refused(customer: Customer, change: dict[str, Any], description: str) -> None:
    answer = customer.post(customer.input(**change))
    assert answer.status_code == 422
    page = answer.json()
    assert page["title"] == "Input validation failed"
    assert description in page["invalid_fields"][0]["description"]
    assert customer.log()["created"] == 0


def test_each_missing_field_is_named(customer: Customer) -> None:
    page = customer.post({"seed": 1}).json()
    assert page["detail"] == "- input: prompt is required\n- input: image is required\n"
    assert page["invalid_fields"][0] == {"type": "required", "field": "input", "description": "prompt is required"}


@pytest.mark.parametrize(
    "body",
    [
        {"metadata": {"job": 1}},
        {"lifetime": "30s"},
        {"webhook_events_filter": ["finished"]},
        {"webhook": "https://example.com/hook"},
    ],
)
def test_a_body_against_the_api_is_refused(customer: Customer, body: dict[str, Any]) -> None:
    assert customer.post(**body).status_code == 422


@pytest.mark.parametrize("version", ["", "nobody/nothing", f"{MODEL}:latest", f"{MODEL}:abc", "0" * 64])
def test_an_unknown_version_is_refused(customer: Customer, version: str) -> None:
    answer = customer.post(version=version)
    assert (answer.status_code, answer.json()["title"]) == (422, "Invalid version or not permitted")


def test_a_pinned_version_is_taken(customer: Customer) -> None:
    assert customer.create(version=f"{MODEL}:{'a' * 64}")["version"] == "a" * 64
    assert customer.create(version=all_models()[MODEL].version_id)["model"] == MODEL


def test_unknown_things_are_not_found(customer: Customer) -> None:
    for path in ("/v1/predictions/nope", "/v1/models/no/body", "/pbxt/nope/out-0.webp"):
        assert customer.http.get(path).status_code == 404


def test_a_body_that_is_not_json_is_refused(customer: Customer) -> None:
    for content in (b"{", b"[]"):
        assert customer.http.post("/v1/predictions", content=content).status_code == 400


def test_the_result_is_a_picture_of_the_same_shape_in_the_wanted_format(customer: Customer) -> None:
    for extension, content_type in (("webp", "image/webp"), ("jpg", "image/jpeg"), ("png", "image/png")):
        page = customer.over(customer.create(customer.input(output_format=extension))["id"])
        answer = httpx.get(page["output"][0])
        assert answer.headers["content-type"] == content_type
        picture = Image.open(io.BytesIO(answer.content))
        assert picture.size == (1248, 832)


def test_a_picture_in_the_request_is_taken(customer: Customer) -> None:
    inline = "data:image/jpeg;base64," + base64.b64encode(jpeg()).decode()
    page = customer.over(customer.create(customer.input(image=[inline]))["id"])
    assert page["status"] == "succeeded"
    assert customer.log()["creations"][0]["input"]["image"][0].startswith("data:image/jpeg;base64,…")


@pytest.mark.parametrize(
    ("image", "error"),
    [
        ("{url}/gone.jpg?X-Amz-Signature=abc", "403 Client Error: Forbidden for url"),
        ("http://127.0.0.1:9/room.jpg", "Max retries exceeded"),
        ("https://example.com/room.jpg", "loopback only"),
        ("data:image/jpeg;base64,bm90IGEgcGljdHVyZQ==", "cannot identify image file"),
        ("data:image/jpeg;base64,%%%", "Invalid base64"),
    ],
)
def test_an_input_that_cannot_be_fetched_fails_the_prediction(customer: Customer, image: str, error: str) -> None:
    given = customer.input(image=[image.format(url=customer.receiver.url)])
    page = customer.over(customer.create(given)["id"])
    assert page["status"] == "failed"
    assert error in page["error"]


def test_no_picture_at_all_fails_the_prediction(customer: Customer) -> None:
    assert customer.over(customer.create(customer.input(image=[]))["id"])["status"] == "failed"


def test_prefer_wait_answers_when_it_is_done_or_when_patience_ends(customer: Customer) -> None:
    assert customer.post(headers={"prefer": "wait=20"}).json()["status"] == "succeeded"
    customer.script("hang")
    answer = customer.post(headers={"prefer": "wait=1"})
    assert (answer.status_code, answer.json()["status"]) == (202, "processing")


def test_cancel_after_sets_the_deadline(customer: Customer) -> None:
    for text, seconds in (("30s", 30), ("5m", 300), ("1h30m45s", 5445), ("90", 90)):
        page = customer.post(headers={"cancel-after": text}).json()
        span = datetime.fromisoformat(page["deadline"]) - datetime.fromisoformat(page["created_at"])
        assert span == timedelta(seconds=seconds)
    for text in ("4s", "25h", "soon", ""):
        assert customer.post(headers={"cancel-after": text}).status_code == 422


@pytest.mark.parametrize(("started", "status"), [(True, "canceled"), (False, "aborted")])
def test_at_the_deadline_a_running_prediction_is_canceled_a_waiting_one_aborted(started: bool, status: str) -> None:
    async def life() -> Prediction:
        async with httpx.AsyncClient() as http:
            [account] = Provider(Settings(port=1, secret="whsec_"), http).accounts.values()
            plan = Plan(latency=0, run=Outcome(outcome="hang", started=started))
            soon = datetime.now(UTC) + timedelta(seconds=1 if started else 0.05)  # time enough to start
            prediction = Prediction(all_models()[MODEL], "hidden", {}, plan, deadline=soon)
            account.runner.begin(prediction)
            await prediction.over.wait()
            account.runner.close()
            return prediction

    ended = asyncio.run(life())
    assert ended.status == status
    assert ended.charged == started


def test_results_are_removed_in_the_end(customer: Customer) -> None:
    customer.script(keep_seconds=0)
    made = customer.create()
    customer.until(lambda: customer.get(made["id"])["data_removed"])
    page = customer.get(made["id"])
    assert (page["output"], page["input"], page["status"]) == (None, None, "succeeded")
    assert customer.http.get(f"/pbxt/{page['id']}/out-0.webp").status_code == 404


def test_bad_requests_do_not_leave_a_client_error_unexplained(customer: Customer) -> None:
    with httpx.HTTPTransport() as transport:
        client = Client(api_token="r8_local", base_url=str(customer.http.base_url), transport=transport)
        with pytest.raises(ReplicateError, match="prompt is required"):
            client.predictions.create(version=MODEL, input={"image": []})
