"""Shortens the time until a failed message is delivered again: at first seconds instead of six minutes."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from realstaging.observability import log

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Seconds until the second, third and fourth try. The fifth and last comes after the queue's visibility timeout, so
# that a fault of a few minutes does not make dead letters.
PAUSES = (5, 30, 120)


class Redelivery:
    def __init__(self, sqs: "SQSClient", queue_url: str) -> None:
        self._sqs, self._url = sqs, queue_url

    def retry_soon(self, record: dict[str, Any]) -> None:
        """Make a failed message visible after its pause; if that fails, the queue's visibility timeout applies."""
        tries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        if not 1 <= tries <= len(PAUSES) or "receiptHandle" not in record:
            return
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=PAUSES[tries - 1]
            )
        except (BotoCoreError, ClientError) as error:
            log.warning("retry not moved forward", error=str(error))
