"""What AWS refuses or stops, and a lenient emulator would let through; docs/aws.md has the list."""

import json
import random
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.aws import ACCESS_KEY, REGION, SECRET_KEY
from tests.contract.conftest import ORIGIN, Sample, eventually

pytestmark = pytest.mark.contract

PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}


# ---- HTTP API


def test_preflight_is_answered_by_the_api_where_no_route_takes_options(sample: Sample) -> None:
    answer = httpx.options(f"{sample.api}/greedy/a/b", headers=PREFLIGHT, trust_env=False)
    assert (answer.status_code, answer.content) == (204, b"")


def test_an_any_route_takes_the_preflight(sample: Sample) -> None:
    answer = httpx.options(f"{sample.api}/any/a/b", headers=PREFLIGHT, trust_env=False)
    assert answer.json()["method"] == "OPTIONS"
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_a_greedy_path_takes_any_character(sample: Sample) -> None:
    answer = sample.get("/any/a%0Ab/%C2%B5")
    assert (answer.status_code, answer.json()["method"]) == (200, "GET")


def test_head_is_no_get(sample: Sample) -> None:
    assert httpx.head(f"{sample.api}/items/1", trust_env=False).status_code == 404


def test_requests_above_ten_mebibytes_are_refused(sample: Sample) -> None:
    answer = httpx.request("POST", f"{sample.api}/any/a", content=bytes(10 * 1024 * 1024 + 1), trust_env=False)
    assert answer.status_code == 413


def test_answers_above_six_mebibytes_are_a_500(sample: Sample) -> None:
    answer = sample.get("/large")
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


# ---- S3


def _buckets_client(sample: Sample) -> Any:
    return sample.client("s3")


def test_denied_keys_are_listed_in_an_answer_that_is_a_success(sample: Sample) -> None:
    bucket, s3 = sample.names["Bucket"], _buckets_client(sample)
    for key in ("allowed/1", "denied/1", "denied/2"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    errors, failed = sample.invoke("Probe", do="delete", bucket=bucket, keys=["denied/1", "allowed/1", "denied/2"])
    assert failed is None
    assert errors == [{"key": key, "code": "AccessDenied"} for key in ("denied/1", "denied/2")]
    left = {one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}
    assert {"denied/1", "denied/2"} <= left
    assert "allowed/1" not in left


def test_a_form_can_do_what_its_signer_may_do_and_no_more(sample: Sample) -> None:
    keys = ["allowed/form", "denied/form"]
    forms, failed = sample.invoke("Probe", do="sign", bucket=sample.names["Bucket"], keys=keys)
    assert failed is None
    statuses = [
        httpx.post(form["url"], data=form["fields"], files={"file": b"x"}, trust_env=False).status_code
        for form in (forms[key] for key in keys)
    ]
    assert statuses == [204, 403]


def _signed(sample: Sample, region: str, style: str) -> Any:
    """An address as the application signs it on AWS: no endpoint of ours in it."""
    addressing: Any = {"addressing_style": style} if style else None
    client: Any = boto3.client(
        "s3",
        region_name=region,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(signature_version="s3v4", s3=addressing),
    )
    return httpx.URL(
        client.generate_presigned_url("get_object", Params={"Bucket": sample.names["Bucket"], "Key": "signed"})
    )


def _fetched(sample: Sample, address: httpx.URL) -> httpx.Response:
    local = httpx.URL(sample.endpoint).copy_with(raw_path=address.raw_path)
    return httpx.get(local, headers={"host": address.host}, trust_env=False)


def test_links_go_to_the_buckets_own_region(sample: Sample) -> None:
    _buckets_client(sample).put_object(Bucket=sample.names["Bucket"], Key="signed", Body=b"here")
    right = _signed(sample, REGION, "virtual")
    assert f".s3.{REGION}." in right.host
    assert _fetched(sample, right).content == b"here"


def test_the_global_address_redirects(sample: Sample) -> None:
    whole = _signed(sample, REGION, "")
    assert whole.host.endswith(".s3.amazonaws.com")
    answer = _fetched(sample, whole)
    assert answer.status_code == 307
    assert f".s3.{REGION}.amazonaws.com" in answer.headers["location"]


def test_a_signature_for_another_region_is_refused(sample: Sample) -> None:
    wrong = _signed(sample, "us-west-2", "virtual")
    assert _fetched(sample, wrong).status_code in (301, 400)


# ---- queues


def test_a_message_may_be_delayed_a_quarter_of_an_hour_and_no_longer(sample: Sample) -> None:
    sqs = sample.client("sqs")
    url = sqs.create_queue(QueueName="of-its-own")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=900)
    assert "Messages" not in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        sqs.send_message(QueueUrl=url, MessageBody="too late", DelaySeconds=901)
    sqs.delete_queue(QueueUrl=url)


def test_a_received_message_stays_hidden_until_it_is_said_otherwise(sample: Sample) -> None:
    sqs, url = sample.client("sqs"), sample.names["StreamFailures"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "360"})
    sqs.send_message(QueueUrl=url, MessageBody="one")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert again["MessageId"] == message["MessageId"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])


def _rounds(sample: Sample, name: str) -> int:
    return int((sample.seen("rounds", name) or {}).get("times") or 0)


def test_a_function_that_feeds_itself_is_stopped_after_sixteen_rounds(sample: Sample) -> None:
    said = json.dumps({"name": "endless", "left": 40})
    sample.client("sqs").send_message(QueueUrl=sample.names["RoundQueue"], MessageBody=said)
    log = sample.directory / "logs" / "recursion.log"
    eventually(lambda: log.exists() and "RecursiveInvocationsDropped" in log.read_text(), patience=60)
    assert _rounds(sample, "endless") == 16


def test_one_that_may_feed_itself_is_not_stopped(sample: Sample) -> None:
    said = json.dumps({"name": "allowed", "left": 20})
    sample.client("sqs").send_message(QueueUrl=sample.names["AllowedQueue"], MessageBody=said)
    eventually(lambda: _rounds(sample, "allowed") == 21, patience=60)


# ---- table


@pytest.fixture
def conflicts(sample: Sample) -> Iterator[None]:
    """Every write of items meets a transaction."""
    address = f"{sample.endpoint}/_local/conflicts"
    httpx.post(address, params={"rate": "1", "seed": "7"}, trust_env=False)
    yield
    httpx.post(address, params={"rate": "0"}, trust_env=False)


@pytest.mark.usefixtures("conflicts")
def test_writes_that_meet_a_transaction_are_refused(sample: Sample) -> None:
    dynamodb, table = sample.client("dynamodb"), sample.names["Table"]
    item = {"pk": {"S": "OWNER#conflict"}, "sk": {"S": str(random.random())}}
    with pytest.raises(dynamodb.exceptions.TransactionConflictException):
        dynamodb.put_item(TableName=table, Item=item)
    with pytest.raises(dynamodb.exceptions.TransactionConflictException):
        dynamodb.update_item(TableName=table, Key=item)
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as refused:
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item}}])
    assert refused.value.response["CancellationReasons"][0]["Code"] == "TransactionConflict"
    assert "Item" not in dynamodb.get_item(TableName=table, Key=item)
