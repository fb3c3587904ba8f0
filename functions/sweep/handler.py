"""Every minute, for each pair of shards: look at what is overdue and set it going again."""

import time
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.config import required, settings
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue, StageQueue, VerifyQueue
from realstaging.gateways.upload_events import UploadEvents
from realstaging.observability import count, observed
from realstaging.stores import keys
from realstaging.stores.batches import BatchStore
from realstaging.stores.due_index import DueStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.tombstones import TombstoneStore
from realstaging.stores.verifications import VerificationStore
from realstaging.sweep import Sweeper, read_shards, sweep

# Of two shards: as many rows as 45 seconds are enough for.
PER_SHARD = 600
# What is left of the minute belongs to the next run.
SPARE_SECONDS = 10

quota = QuotaStore(aws.table())
jobs = JobStore(aws.table())
images = ImageStore(aws.table())
bucket = required("BUCKET_NAME")
due = DueStore(aws.table())
sweeper = Sweeper(
    settings(),
    images=images,
    jobs=jobs,
    batches=BatchStore(aws.table()),
    media=Media(aws.s3(), bucket),
    queue=StageQueue(aws.sqs(), required("STAGE_QUEUE_URL")),
    results=ResultQueue(aws.sqs(), required("RESULT_QUEUE_URL")),
    intake=UploadEvents(aws.functions(), required("UPLOAD_COMPLETE_FUNCTION"), bucket),
    tombstones=TombstoneStore(aws.table()),
    verifications=VerificationStore(aws.table()),
    to_verify=VerifyQueue(aws.sqs(), required("VERIFY_QUEUE_URL")),
)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    at = datetime.now(UTC)
    until = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS
    # The schedules name their shards; called by hand, it sweeps all of them.
    shards = event.get("shards", range(keys.DUE_SHARDS))
    found = read_shards(lambda shard: due.overdue(at, per_shard=PER_SHARD, shards=[shard]), shards)
    looked, failed = sweep(found, at, sweeper.look_at, put_off=due.put_off, until=until)
    count("SweepLooked", looked)
    return {"looked": looked, "failed": failed}
