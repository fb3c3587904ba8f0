"""The event files are what the services send and what the handlers read."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from boto3.dynamodb.types import TypeDeserializer
from ulid import ULID

from events.loading import FOLDER, SHARED, WEBHOOK_AT, WEBHOOK_SECRET, signed
from realstaging.billing.sync import TYPES
from realstaging.errors import UnauthorizedError
from realstaging.gateways.media import upload_of
from realstaging.gateways.stripe.client import API_VERSION
from realstaging.models.jobs import Job
from realstaging.models.requests import UploadFile, UploadRequest
from realstaging.models.runs import Prediction, ResultMessage, StageMessage
from realstaging.models.stripe import BillingEvent
from realstaging.models.verifications import VerifyMessage
from realstaging.stores import keys
from realstaging.stores.table import row
from realstaging.webhook_signatures import verify_replicate, verify_stripe
from tests.support.events import event, request, together, webhook
from tests.support.template_reader import Expanded, Written

OTHERS = {name: f"another.{name}" for name in SHARED}
HTTP = ("http-get-health", "http-get-job", "http-post-uploads", "replicate-webhook", "stripe-webhook")
FILES = sorted(path.stem for path in FOLDER.glob("*.json"))


def _rows(name: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    change = event(name)["Records"][0]["dynamodb"]
    read = TypeDeserializer().deserialize
    found = [{key: read(value) for key, value in change[part].items()} for part in ("Keys", "OldImage", "NewImage")]
    return found[0], found[1], found[2]


@pytest.mark.parametrize("name", ["project_id", "batch_id", "image_id", "job_id"])
def test_ids_are_ulids(name: str) -> None:
    assert str(ULID.from_str(SHARED[name][4:])) == SHARED[name][4:]


@pytest.mark.parametrize("name", HTTP)
def test_http_events_come_by_a_route_of_the_template(name: str, written: Written) -> None:
    one = event(name)
    routes = {route for function in written.functions for route in written.routes(function)}
    assert one["routeKey"] == one["requestContext"]["routeKey"]
    assert one["routeKey"] in routes
    filled = one["routeKey"].split(" ")[1]
    for parameter, value in one.get("pathParameters", {}).items():
        filled = filled.replace(f"{{{parameter}}}", value).replace(f"{{{parameter}+}}", value)
    assert one["rawPath"] == filled
    assert one["headers"]["content-length"] == str(len(one.get("body", "").encode()))


def test_uploads_are_valid() -> None:
    files = UploadRequest.model_validate_json(event("http-post-uploads")["body"]).files
    assert [UploadFile.model_validate(file).filename for file in files] == [file["filename"] for file in files]


def test_the_s3_event_names_an_upload() -> None:
    key = event("s3-object-created")["Records"][0]["s3"]["object"]["key"]
    assert upload_of(unquote_plus(key)) == (SHARED["owner"], SHARED["image_id"])


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("sqs-stage-queue", StageMessage),
        ("sqs-result-queue", ResultMessage),
        ("sqs-verify-queue", VerifyMessage),
    ],
)
def test_queue_messages_are_what_our_queues_carry(name: str, shape: type[StageMessage | ResultMessage]) -> None:
    (record,) = event(name)["Records"]
    message = shape.model_validate_json(record["body"])
    assert record["body"] == message.model_dump_json(exclude_none=True)
    assert record["attributes"]["MessageGroupId"] == message.owner
    assert record["md5OfBody"] == hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()


def test_the_streams_rows_are_a_job_as_the_table_stores_it() -> None:
    key, *images = _rows("dynamodb-stream-job")
    for image in images:
        job = Job.model_validate(image)
        assert job.due_at
        by_project = keys.by_project_job(job.project_id, job.image_id, job.id)
        stored = row(job, keys.job(job.owner, job.id), by_project, keys.due(job.due_at, job.id))
        # Times as the stores stamp them, not as pydantic prints them.
        times = {name for name in stored if name.endswith("_at")}
        assert {name: value for name, value in image.items() if name not in times} == {
            name: value for name, value in stored.items() if name not in times
        }
        assert all(str(image[name]).endswith("Z") for name in times)
        assert key == keys.job(job.owner, job.id)


def test_the_streams_change_passes_the_filter(expanded: Expanded) -> None:
    (stream,) = [one for one in expanded.mappings.values() if "StartingPosition" in one]
    patterns = [json.loads(one["Pattern"]) for one in stream["FilterCriteria"]["Filters"]]
    record = event("dynamodb-stream-job")["Records"][0]

    def passes(record: dict[str, Any]) -> bool:
        return any(
            record["eventName"] in pattern["eventName"]
            and record["dynamodb"]["Keys"]["sk"]["S"].startswith(
                tuple(one["prefix"] for one in pattern["dynamodb"]["Keys"]["sk"]["S"])
            )
            for pattern in patterns
        )

    assert passes(record)
    assert not passes(record | {"eventName": "INSERT"}), "who made the job has it in the answer"
    assert not passes(record | {"eventName": "REMOVE"})


def test_the_webhook_is_signed() -> None:
    one = event("replicate-webhook")
    verify_replicate(one["body"].encode(), one["headers"], WEBHOOK_SECRET, WEBHOOK_AT)
    assert Prediction.of(json.loads(one["body"])).finished
    assert one == webhook()


def test_stripes_webhook_is_signed_and_tells_of_the_owners_subscription() -> None:
    one = event("stripe-webhook")
    verify_stripe(one["body"].encode(), one["headers"], WEBHOOK_SECRET, WEBHOOK_AT)
    told = BillingEvent.of(json.loads(one["body"]))
    assert (told.type in TYPES, told.api_version, told.customer) == (True, API_VERSION, SHARED["customer_id"])
    assert signed(one, WEBHOOK_SECRET, WEBHOOK_AT) == one


def test_a_changed_webhook_is_signed_anew() -> None:
    secret = "whsec_" + base64.b64encode(b"another").decode()
    one = webhook(secret, 1000, job_id="job_2")
    verify_replicate(one["body"].encode(), one["headers"], secret, 1000)
    with pytest.raises(UnauthorizedError):
        verify_replicate(one["body"].encode(), one["headers"], WEBHOOK_SECRET, 1000)


@pytest.mark.parametrize("name", FILES)
def test_shared_values_are_replaced_wherever_they_are(name: str) -> None:
    text = unquote_plus(json.dumps(event(name, **OTHERS)))
    assert [value for value in SHARED.values() if value in text] == []


@pytest.mark.parametrize("name", FILES)
def test_files_are_read_as_they_are(name: str) -> None:
    assert event(name) == json.loads(Path(FOLDER / f"{name}.json").read_text())


def test_a_value_that_would_break_the_json_is_refused() -> None:
    with pytest.raises(ValueError, match="owner"):
        event("sqs-stage-queue", owner='"')


def test_a_request_holds_what_it_is_given() -> None:
    one = request("PATCH", "/v1/account", token="abc", body={"a": "é"}, query={"q": "a b"}, headers={"origin": None})
    assert (one["rawPath"], one["rawQueryString"], one["body"]) == ("/v1/account", "q=a+b", '{"a":"\\u00e9"}')
    assert one["headers"]["authorization"] == "Bearer abc"
    assert "origin" not in one["headers"]
    assert one["requestContext"]["http"]["method"] == "PATCH"


def test_a_request_without_token_and_body_has_no_trace_of_them() -> None:
    one = request("GET", "/v1/jobs")
    assert "body" not in one
    assert {"authorization", "content-type", "idempotency-key"} & set(one["headers"]) == set()
    assert one["headers"]["content-length"] == "0"


def test_records_of_several_deliveries_keep_their_own_ids() -> None:
    one = together(event("sqs-stage-queue"), event("sqs-stage-queue", job_id="job_2"))
    assert len({record["messageId"] for record in one["Records"]}) == 2
    assert json.loads(one["Records"][1]["body"])["job_id"] == "job_2"
