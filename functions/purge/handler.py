"""Every minute: remove what deleted things left behind."""

import functools
import time
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.accounts.quota import FREE
from realstaging.config import required, settings
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue
from realstaging.observability import observed
from realstaging.projects.deletion import Deleter
from realstaging.projects.purge import Purger
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.due_index import DueStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.runtime_settings import OverrideStore
from realstaging.stores.tombstones import TombstoneStore
from realstaging.stores.users import UserStore
from realstaging.sweep import sweep

PER_SHARD = 50
# What is left of the minute belongs to the next run.
SPARE_SECONDS = 10

quota = QuotaStore(aws.table())
jobs = JobStore(aws.table())
tombstones = TombstoneStore(aws.table())
results = ResultQueue(aws.sqs(), required("RESULT_QUEUE_URL"))
due = DueStore(aws.table())
live = RuntimeSettings(settings(), OverrideStore(aws.table()))
purger = Purger(
    tombstones=tombstones,
    users=UserStore(aws.table()),
    deleter=Deleter(
        projects=ProjectStore(aws.table()),
        images=ImageStore(aws.table()),
        jobs=jobs,
        tombstones=tombstones,
        results=results,
    ),
    media=Media(aws.s3(), required("BUCKET_NAME")),
    results=results,
    free_images=lambda: live.settings().plans[FREE].images_per_month,
)


put_off = functools.partial(due.put_off, lane="PURGE")


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    at = datetime.now(UTC)
    until = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS
    looked, failed = sweep(
        due.overdue(at, per_shard=PER_SHARD, lane="PURGE"), at, purger.purge, put_off=put_off, until=until
    )
    return {"looked": looked, "failed": failed}
