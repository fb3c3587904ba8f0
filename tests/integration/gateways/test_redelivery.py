"""A failed message comes again after seconds, a message that keeps failing after the queue's own timeout."""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from realstaging.event_records import each
from realstaging.gateways.redelivery import PAUSES, Redelivery


class Sqs:
    def __init__(self) -> None:
        self.pauses: list[int] = []

    def change_message_visibility(self, **given: Any) -> None:
        self.pauses.append(given["VisibilityTimeout"])


def _record(tries: int, **given: Any) -> dict[str, Any]:
    return {"messageId": "1", "receiptHandle": "h", "attributes": {"ApproximateReceiveCount": str(tries)}} | given


def _fail(_record: dict[str, Any]) -> None:
    raise KeyError("it")


def test_each_try_waits_longer_and_the_last_as_long_as_the_queue_says() -> None:
    sqs = Sqs()
    for tries in range(1, 6):
        answer = each({"Records": [_record(tries)]}, _fail, failed=Redelivery(sqs, "url").retry_soon)  # type: ignore[arg-type]
        assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert sqs.pauses == list(PAUSES) == sorted(PAUSES)


def test_what_went_well_is_left_alone() -> None:
    sqs = Sqs()
    each({"Records": [_record(1)]}, lambda _: None, failed=Redelivery(sqs, "url").retry_soon)  # type: ignore[arg-type]
    assert sqs.pauses == []


def test_a_queue_that_refuses_is_no_fault_of_the_record(caplog: pytest.LogCaptureFixture) -> None:
    with mock_aws():
        client = boto3.client("sqs", region_name="eu-central-1")
        url = client.create_queue(QueueName="q")["QueueUrl"]
        Redelivery(client, url).retry_soon(_record(1))
    assert [entry.message for entry in caplog.records if entry.name == "tests"] == ["retry not moved forward"]
