"""Dead letters are shown by their ids, sent back before they are deleted, and kept unless somebody says otherwise."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from moto import mock_aws

from realstaging import aws
from realstaging.admin.dead_letters import peek, redrive, to_function, to_queue
from realstaging.gateways.dead_letters import AsyncRetries, DeadLetters, WatchedQueue
from realstaging.models.admin_operations import RedriveOrder, RedriveView
from realstaging.models.runs import ResultMessage, StageMessage
from tests.support.events import event
from tests.support.fakes import FakeFunctions
from tests.support.fault_injection import CrashError, faulty

SWEEP = "arn:aws:lambda:us-east-1:123456789012:function:realstaging-Sweep"
SIGNED = "https://media.example.test/out.jpg?X-Amz-Signature=secret"


def start(number: int = 1, owner: str = "alice") -> dict[str, Any]:
    return {"owner": owner, "job_id": f"job_{number:02}", "traceparent": "00-a-b-01", "correlation_id": "r"}


@dataclass
class Office:
    """A queue of dead letters and the queue they came from."""

    sqs: Any
    source: str
    dead: str
    functions: FakeFunctions = field(default_factory=FakeFunctions)

    @property
    def letters(self) -> DeadLetters:
        return DeadLetters(self.sqs, self.dead)

    @property
    def reruns(self) -> AsyncRetries:
        return AsyncRetries(cast(Any, self.functions), [SWEEP])

    def bury(self, *bodies: Any, group: str = "alice") -> None:
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.sqs.send_message(QueueUrl=self.dead, MessageBody=text, MessageGroupId=group)

    def move(self, *, at: float = 60, **order: Any) -> RedriveView:
        way = to_queue(WatchedQueue(self.sqs, self.source), StageMessage)
        return redrive("stage", self.letters, way, RedriveOrder(**order), until=time.monotonic() + at)

    def call_again(self, **order: Any) -> RedriveView:
        way = to_function(self.reruns)
        return redrive("event", self.letters, way, RedriveOrder(**order), until=time.monotonic() + 60)

    def work(self) -> list[Any]:
        """What is in the source queue: bodies and groups."""
        found: list[Any] = []
        while more := self.sqs.receive_message(
            QueueUrl=self.source, MaxNumberOfMessages=10, AttributeNames=["MessageGroupId"]
        ).get("Messages"):
            found += [(json.loads(each["Body"])["job_id"], each["Attributes"]["MessageGroupId"]) for each in more]
        return sorted(found)

    def left(self) -> int:
        return self.letters.depth().visible


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr("realstaging.gateways.dead_letters.WAIT_SECONDS", 0)
    with mock_aws():
        source, dead = [aws.sqs().create_queue(QueueName=name)["QueueUrl"] for name in ("source", "dead")]
        yield Office(aws.sqs(), source, dead)


def failed_call(arn: str, **payload: Any) -> dict[str, Any]:
    """What Lambda puts into the queue when an asynchronous call failed for good."""
    return {
        "version": "1.0",
        "requestContext": {"functionArn": f"{arn}:$LATEST", "condition": "RetriesExhausted"},
        "requestPayload": payload,
        "responsePayload": {"errorMessage": SIGNED},
    }


CHANGES = {
    "requestContext": {"functionArn": SWEEP.replace("Sweep", "PushStatus"), "condition": "RetryAttemptsExhausted"},
    "DDBStreamBatchInfo": {"shardId": "shard-1", "batchSize": 3},
}


def test_letters_go_back_to_where_they_failed_in_their_groups(office: Office) -> None:
    office.bury(start(1))
    office.bury(start(2, "bob"), group="bob")

    assert office.move() == RedriveView(moved=2, discarded=0, skipped=0, left=0)
    assert office.work() == [("job_01", "alice"), ("job_02", "bob")]
    assert office.left() == 0


def test_more_letters_than_one_call_takes_go_back_all_the_same(office: Office) -> None:
    office.bury(*(start(number) for number in range(23)))

    assert office.move().moved == 23
    assert [id for id, _ in office.work()] == [f"job_{number:02}" for number in range(23)]


def test_no_more_are_moved_than_were_ordered(office: Office) -> None:
    office.bury(*(start(number) for number in range(5)))

    assert office.move(max=2) == RedriveView(moved=2, discarded=0, skipped=0, left=3)


def test_nothing_is_moved_when_the_time_is_over(office: Office) -> None:
    office.bury(start())

    assert office.move(at=-1) == RedriveView(moved=0, discarded=0, skipped=0, left=1)


def test_an_empty_queue_has_nothing_to_move(office: Office) -> None:
    assert office.move() == RedriveView(moved=0, discarded=0, skipped=0, left=0)


@pytest.mark.parametrize(
    "body", ["no json", "[]", "{}", '{"owner": "alice"}', json.dumps(start(owner="")), "[" * 30_000]
)
def test_what_nobody_could_read_stays_until_somebody_discards_it(office: Office, body: str) -> None:
    office.bury(body, start())

    assert office.move() == RedriveView(moved=1, discarded=0, skipped=1, left=1)
    assert office.left() == 1
    assert office.move(discard=True) == RedriveView(moved=0, discarded=1, skipped=0, left=0)
    assert len(office.work()) == 1


def test_what_the_source_does_not_take_is_neither_deleted_nor_discarded(office: Office) -> None:
    office.bury(start(1), start(2))
    refusal = {"Successful": [], "Failed": [{"Id": "0", "Code": "Throttled", "SenderFault": False}]}

    with faulty(office.sqs, "SendMessageBatch", refusal):
        assert office.move(discard=True) == RedriveView(moved=0, discarded=0, skipped=2, left=2)

    assert office.work() == []
    assert office.move().moved == 2


def test_who_dies_after_sending_leaves_a_letter_that_comes_again(office: Office) -> None:
    office.bury(start())

    with faulty(office.sqs, "DeleteMessageBatch", CrashError()), pytest.raises(CrashError):
        office.move()

    assert len(office.work()) == 1
    assert office.letters.depth().in_flight == 1


def test_a_letter_that_cannot_be_deleted_is_still_moved(office: Office) -> None:
    office.bury(start())

    with faulty(office.sqs, "DeleteMessageBatch", {"Failed": [{"Id": "0", "Code": "ReceiptHandleIsInvalid"}]}):
        assert office.move() == RedriveView(moved=1, discarded=0, skipped=0, left=1)


def test_two_who_move_at_the_same_time_do_not_move_the_same(office: Office) -> None:
    office.bury(*(start(number) for number in range(4)))
    others = office.letters.take(3)

    assert office.move() == RedriveView(moved=1, discarded=0, skipped=0, left=3)
    office.letters.put_back(others)
    assert office.move().moved == 3


def test_a_failed_call_is_made_again_with_its_event(office: Office) -> None:
    office.bury(failed_call(SWEEP, id="a-minute"), failed_call(SWEEP))

    assert office.call_again() == RedriveView(moved=2, discarded=0, skipped=0, left=0)
    assert sorted(office.functions.events, key=str) == [{"id": "a-minute"}, {}]
    assert office.functions.called == [SWEEP, SWEEP]


@pytest.mark.parametrize(
    "body",
    [
        CHANGES,
        failed_call(SWEEP.replace("Sweep", "Another")),
        failed_call(SWEEP.replace("123456789012", "210987654321")),
        failed_call(""),
        {"requestPayload": {}},
        {"requestContext": "none", "requestPayload": {}},
        "no json",
    ],
)
def test_what_no_function_of_ours_failed_at_is_dropped_only_when_somebody_says_so(office: Office, body: Any) -> None:
    office.bury(body)

    assert office.call_again() == RedriveView(moved=0, discarded=0, skipped=1, left=1)
    assert office.call_again(discard=True) == RedriveView(moved=0, discarded=1, skipped=0, left=0)
    assert office.functions.events == []


def test_a_look_shows_ids_and_nothing_that_is_secret(office: Office) -> None:
    result = {
        "owner": "auth0!7Cabc",
        "job_id": "job_01",
        "attempt": 2,
        "traceparent": "t",
        "prediction": {"id": "run1", "status": "succeeded", "output": SIGNED},
    }
    assert ResultMessage.model_validate(result)
    upload = event("s3-object-created", owner="auth0!7Cabc", image_id="img_01")
    office.bury(result, failed_call(SWEEP, **upload), CHANGES, "no json")

    shown = peek(office.letters, 20)

    assert {(each.owner, each.job_id, each.attempt, each.image_id, each.function) for each in shown} == {
        ("auth0!7Cabc", "job_01", 2, None, None),
        ("auth0!7Cabc", None, None, "img_01", "realstaging-Sweep"),
        (None, None, None, None, "realstaging-PushStatus"),
        (None, None, None, None, None),
    }
    assert "secret" not in str(shown)
    assert {each.receive_count for each in shown} == {1}


def test_who_only_looks_leaves_everything_there_for_the_next(office: Office) -> None:
    office.bury(*(start(number) for number in range(12)))

    assert len({each.id for each in peek(office.letters, 100)}) == 12
    assert len(peek(office.letters, 5)) == 5
    assert office.left() == 12
    assert office.move().moved == 12


def test_the_age_of_the_oldest_is_known_without_taking_it(office: Office) -> None:
    assert office.letters.oldest() is None
    office.bury(start())
    [shown] = peek(office.letters, 1)

    assert office.letters.oldest() == shown.sent_at
    assert office.left() == 1


def test_a_long_name_is_cut(office: Office) -> None:
    office.bury({"owner": "a" * 5000, "job_id": 7, "attempt": "first"})

    [shown] = peek(office.letters, 1)

    assert (len(shown.owner or ""), shown.job_id, shown.attempt) == (200, None, None)
