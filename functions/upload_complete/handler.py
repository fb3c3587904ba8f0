"""S3 ObjectCreated under uploads/: look at each file, take it in or turn it away."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.config import required, settings
from realstaging.gateways.media import Media, upload_of
from realstaging.gateways.queues import StageQueue
from realstaging.observability import log, observed, record
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.quota import QuotaStore
from realstaging.uploads.ingest import ingest

quota = QuotaStore(aws.table())
jobs = JobStore(aws.table())
images = ImageStore(aws.table())
media = Media(aws.s3(), required("BUCKET_NAME"))
queue = StageQueue(aws.sqs(), required("STAGE_QUEUE_URL"))


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    # S3 sends one record an event; a fault here makes Lambda send the same event again.
    for one in event["Records"]:
        found = upload_of(unquote_plus(one["s3"]["object"]["key"]))
        if found is None:
            log.warning("not an upload")
            continue
        owner, image_id = found
        with record():
            ingest(owner, image_id, datetime.now(UTC), settings(), images=images, jobs=jobs, media=media, queue=queue)
