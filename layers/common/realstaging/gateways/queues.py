"""The queues between functions. Messages carry the trace, and no secrets."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import BaseModel

from realstaging.models.jobs import Job
from realstaging.models.runs import ResultMessage, StageMessage
from realstaging.tracing.recorder import recorder
from realstaging.tracing.span import Kind, Value

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from realstaging.models.verifications import Verification

MAX_DELAY_SECONDS = 900
BATCH = 10


class QueueRefusedError(Exception):
    """The queue did not accept some messages: a fault, repeated by the caller."""


class StageQueue:
    """Jobs to start. The owner is the message group, so that in a fair queue no owner's jobs delay another's; among
    jobs that wait for their slot, the start schedule does the same.
    """

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs, self._url = sqs, url

    def send(self, jobs: Sequence[Job], delay_seconds: int = 0, *, rounds: int = 0) -> None:
        with _sending("StageQueue", len(jobs)):
            delay = _possible(delay_seconds)
            messages = [
                StageMessage(
                    owner=job.owner,
                    job_id=job.id,
                    traceparent=recorder.onward(job.traceparent),
                    correlation_id=job.correlation_id,
                    rounds=rounds or None,
                    delay_seconds=delay or None,
                )
                for job in jobs
            ]
            _send(self._sqs, self._url, [(message, message.owner) for message in messages], delay)


class ResultQueue:
    """Results of runs, and requests to read or cancel a run at the provider."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs, self._url = sqs, url

    def send(self, results: Sequence[ResultMessage], delay_seconds: int = 0) -> None:
        with _sending("ResultQueue", len(results)):
            messages = [
                result.model_copy(update={"traceparent": recorder.onward(result.traceparent)}) for result in results
            ]
            _send(self._sqs, self._url, [(message, message.owner) for message in messages], delay_seconds)


class VerifyQueue:
    """Pairs of pictures to check."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs, self._url = sqs, url

    def send(self, verification: "Verification") -> None:
        from realstaging.models.verifications import VerifyMessage  # most functions have other queues

        with _sending("VerifyQueue", 1):
            message = VerifyMessage(
                owner=verification.owner,
                verification_id=verification.id,
                traceparent=recorder.onward(verification.traceparent),
                correlation_id=verification.correlation_id,
            )
            _send(self._sqs, self._url, [(message, message.owner)], 0)


@contextmanager
def _sending(queue: str, messages: int) -> Iterator[None]:
    """The span that the messages' readers have as their parent."""
    known: dict[str, Value | None] = {
        "messaging.system": "aws_sqs",
        "messaging.operation.type": "send",
        "messaging.destination.name": queue,
        "messaging.batch.message_count": messages,
    }
    with recorder.span(f"send {queue}", Kind.PRODUCER, known):
        yield


def _send(sqs: "SQSClient", url: str, messages: Sequence[tuple[BaseModel, str]], delay_seconds: int) -> None:
    """Send ten messages a call. Raises QueueRefusedError, so that no message is lost silently."""
    delay = _possible(delay_seconds)
    for start in range(0, len(messages), BATCH):
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(index),
                "MessageBody": message.model_dump_json(exclude_none=True),
                "MessageGroupId": group,
                "DelaySeconds": delay,
            }
            for index, (message, group) in enumerate(messages[start : start + BATCH])
        ]
        failed = sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed", [])
        if failed:
            raise QueueRefusedError(f"{len(failed)} of {len(entries)} messages: {failed[0].get('Code')}")


def _possible(delay_seconds: int) -> int:
    return min(max(delay_seconds, 0), MAX_DELAY_SECONDS)
