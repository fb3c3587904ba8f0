"""Queues for operators: their depth, their dead letters, and sending those again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from realstaging.observability import log

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH = 10
# How long a received letter is hidden from other receivers.
VISIBILITY_SECONDS = 30
# Long polling asks every server of the queue; short polling may find nothing in a queue that is not empty.
WAIT_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Depth:
    """Approximate, as SQS counts."""

    visible: int
    in_flight: int
    delayed: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One received dead letter, hidden from other receivers for VISIBILITY_SECONDS."""

    id: str
    receipt: str
    body: str
    sent_at: datetime
    receive_count: int

    def data(self) -> Any:
        """The body's JSON value; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class WatchedQueue:
    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs, self._url = sqs, url

    def depth(self) -> Depth:
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )
        counts = answer["Attributes"]
        return Depth(
            visible=int(counts["ApproximateNumberOfMessages"]),
            in_flight=int(counts["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(counts["ApproximateNumberOfMessagesDelayed"]),
        )

    def send(self, letters: Sequence[tuple[DeadLetter, str]]) -> list[DeadLetter]:
        """Send up to ten letters, each with its message group; returns those that the queue accepted."""
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(index), "MessageBody": letter.body, "MessageGroupId": group}
            for index, (letter, group) in enumerate(letters)
        ]
        taken = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries).get("Successful", [])
        return [letters[int(each["Id"])][0] for each in taken]


class DeadLetters(WatchedQueue):
    def take(self, count: int) -> list[DeadLetter]:
        """Receive up to ten letters, and hide them from other receivers."""
        return self._receive(min(count, BATCH), VISIBILITY_SECONDS, WAIT_SECONDS)

    def oldest(self) -> datetime | None:
        """When the oldest letter of one receive was sent; hides none."""
        return min((letter.sent_at for letter in self._receive(BATCH, 0, 0)), default=None)

    def forget(self, letters: Sequence[DeadLetter]) -> None:
        """Delete letters. One that cannot be deleted is delivered again."""
        if not letters:
            return
        entries: Any = [{"Id": str(index), "ReceiptHandle": each.receipt} for index, each in enumerate(letters)]
        failed = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries).get("Failed", [])
        if failed:
            log.warning("dead letters not deleted", count=len(failed), code=failed[0].get("Code"))

    def put_back(self, letters: Sequence[DeadLetter]) -> None:
        """Make letters visible to all receivers again."""
        for start in range(0, len(letters), BATCH):
            entries: Any = [
                {"Id": str(index), "ReceiptHandle": each.receipt, "VisibilityTimeout": 0}
                for index, each in enumerate(letters[start : start + BATCH])
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def _receive(self, count: int, visibility_seconds: int, wait_seconds: int) -> list[DeadLetter]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=count,
            VisibilityTimeout=visibility_seconds,
            WaitTimeSeconds=wait_seconds,
            AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        )
        return [_letter(message) for message in answer.get("Messages", [])]


class AsyncRetries:
    """Functions that may be invoked again with an event they failed on, known by their ARNs without an alias."""

    def __init__(self, functions: "LambdaClient", arns: Sequence[str]) -> None:
        self._functions = functions
        self._arns = {":".join(arn.split(":")[:7]): arn for arn in arns}

    def allows(self, arn: str) -> bool:
        return arn in self._arns

    def call(self, arn: str, event: Any) -> None:
        self._functions.invoke(FunctionName=self._arns[arn], InvocationType="Event", Payload=json.dumps(event).encode())


def _letter(message: Any) -> DeadLetter:
    known = message.get("Attributes", {})
    return DeadLetter(
        id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(known["SentTimestamp"]) / 1000, UTC),
        receive_count=int(known["ApproximateReceiveCount"]),
    )
