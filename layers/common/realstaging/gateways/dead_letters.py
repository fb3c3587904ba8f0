"""Queues as operators see them: how much is in them, what died, and the ways back to where it came from."""

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
# Until then nobody else is given a letter that is in our hands; if we die, it is there again afterwards.
HELD_SECONDS = 30
# Long polling asks every server of the queue: only then does nothing mean nothing.
WAIT_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Depth:
    """Approximate, as SQS counts."""

    visible: int
    in_flight: int
    delayed: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter, in our hands for a while."""

    id: str
    receipt: str
    body: str
    sent_at: datetime
    receive_count: int

    def data(self) -> Any:
        """Its JSON; None if it is none."""
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
        """Letters put into this queue, each in a message group, at most ten: those that it took."""
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(index), "MessageBody": letter.body, "MessageGroupId": group}
            for index, (letter, group) in enumerate(letters)
        ]
        taken = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries).get("Successful", [])
        return [letters[int(each["Id"])][0] for each in taken]


class DeadLetters(WatchedQueue):
    def take(self, count: int) -> list[DeadLetter]:
        """Up to ten letters, which nobody else is given for a while."""
        return self._received(min(count, BATCH), HELD_SECONDS, WAIT_SECONDS)

    def oldest(self) -> datetime | None:
        """When the oldest letter was sent, of those that a look gives; none is taken."""
        return min((letter.sent_at for letter in self._received(BATCH, 0, 0)), default=None)

    def forget(self, letters: Sequence[DeadLetter]) -> None:
        """Gone for good. One that cannot be deleted comes again: whoever reads it does so a second time."""
        if not letters:
            return
        entries: Any = [{"Id": str(index), "ReceiptHandle": each.receipt} for index, each in enumerate(letters)]
        failed = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries).get("Failed", [])
        if failed:
            log.warning("dead letters not deleted", count=len(failed), code=failed[0].get("Code"))

    def put_back(self, letters: Sequence[DeadLetter]) -> None:
        """There again for everybody, at once."""
        for start in range(0, len(letters), BATCH):
            entries: Any = [
                {"Id": str(index), "ReceiptHandle": each.receipt, "VisibilityTimeout": 0}
                for index, each in enumerate(letters[start : start + BATCH])
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def _received(self, count: int, held_seconds: int, wait_seconds: int) -> list[DeadLetter]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=count,
            VisibilityTimeout=held_seconds,
            WaitTimeSeconds=wait_seconds,
            AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        )
        return [_letter(message) for message in answer.get("Messages", [])]


class AsyncRetries:
    """Functions that may be called again with the event they failed at."""

    def __init__(self, functions: "LambdaClient", arns: Sequence[str]) -> None:
        self._functions, self._arns = functions, frozenset(arns)

    def may(self, arn: str) -> bool:
        return arn in self._arns

    def call(self, arn: str, event: Any) -> None:
        self._functions.invoke(FunctionName=arn, InvocationType="Event", Payload=json.dumps(event).encode())


def _letter(message: Any) -> DeadLetter:
    known = message.get("Attributes", {})
    return DeadLetter(
        id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(known["SentTimestamp"]) / 1000, UTC),
        receive_count=int(known["ApproximateReceiveCount"]),
    )
