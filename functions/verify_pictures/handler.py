"""VerifyQueue: check pairs of pictures. Messages are our own, or S3's events of files that were uploaded for it."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.config import required, settings
from realstaging.event_records import Record, each
from realstaging.gateways.media import Media, pair_of
from realstaging.gateways.redelivery import Redelivery
from realstaging.models.verifications import VerifyMessage
from realstaging.observability import follow, log, observed
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.verifications import VerificationStore
from realstaging.verifications.sources import Sources
from realstaging.verifications.verify import Verifier

verifier = Verifier(
    settings(),
    verifications=VerificationStore(aws.table()),
    sources=Sources(ImageStore(aws.table()), JobStore(aws.table())),
    media=Media(aws.s3(), required("BUCKET_NAME")),
)
redelivery = Redelivery(aws.sqs(), required("VERIFY_QUEUE_URL"))


def on_message(record: Record) -> None:
    body, at = json.loads(record["body"]), datetime.now(UTC)
    if "verification_id" in body:
        message = VerifyMessage.model_validate(body)
        follow(message.traceparent, message.correlation_id)
        verifier.verify(message.owner, message.verification_id, at)
        return
    # S3 also says that it may send here, once: that has no records.
    for event in body.get("Records", []):
        found = pair_of(unquote_plus(event["s3"]["object"]["key"]))
        if found is None:
            log.warning("no file of a verification")
            continue
        owner, verification_id = found
        verifier.verify(owner, verification_id, at)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return each(event, on_message, failed=redelivery.retry_soon)
