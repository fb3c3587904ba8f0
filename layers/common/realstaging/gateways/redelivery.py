"""When a queue's failed message comes again: soon at first, instead of after the queue's six minutes."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from realstaging.observability import log

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Seconds until the second, third and fourth try; the fifth and last comes when the queue's own timeout is over, so
# that a fault of a few minutes makes no dead letters.
PAUSES = (5, 30, 120)


class Redelivery:
    def __init__(self, sqs: "SQSClient", queue_url: str) -> None:
        self._sqs, self._url = sqs, queue_url

    def hasten(self, record: dict[str, Any]) -> None:
        """Make a failed message visible after its pause. Where that fails, the queue's own timeout counts."""
        tries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        if not 1 <= tries <= len(PAUSES) or "receiptHandle" not in record:
            return
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=PAUSES[tries - 1]
            )
        except (BotoCoreError, ClientError) as error:
            log.warning("retry not moved forward", error=str(error))
