"""ResultQueue: bring each result home and settle its job, or go and ask what became of it."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.config import required, settings
from realstaging.event_records import Record, each
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.gateways.redelivery import Redelivery
from realstaging.gateways.replicate.accounts import ReplicateAccounts
from realstaging.gateways.result_download import ResultDownload
from realstaging.gateways.secrets import Secrets
from realstaging.models.runs import ResultMessage
from realstaging.observability import follow, observed
from realstaging.runs.deleted_jobs import DeletedJobs
from realstaging.runs.finish import Finisher
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.checks import CheckStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.provider import ProviderStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.runtime_settings import OverrideStore
from realstaging.stores.tombstones import TombstoneStore

quota = QuotaStore(aws.table())
jobs = JobStore(aws.table())
media = Media(aws.s3(), required("BUCKET_NAME"))
limits = settings().replicate
replicate = ReplicateAccounts.configured(settings(), Secrets(aws.ssm, settings().stage))
finisher = Finisher(
    settings(),
    RuntimeSettings(settings(), OverrideStore(aws.table())),
    jobs=jobs,
    images=ImageStore(aws.table()),
    media=media,
    provider=ProviderStore(aws.table()),
    replicate=replicate,
    deliveries=ResultDownload(limits.delivery_hosts, max_bytes=limits.max_result_bytes, seconds=20),
    queue=StageQueue(aws.sqs(), required("STAGE_QUEUE_URL")),
    results=ResultQueue(aws.sqs(), required("RESULT_QUEUE_URL")),
    deleted=DeletedJobs(TombstoneStore(aws.table()), replicate),
    checks=CheckStore(aws.table()),
)
redelivery = Redelivery(aws.sqs(), required("RESULT_QUEUE_URL"))


def on_message(record: Record) -> None:
    message = ResultMessage.model_validate_json(record["body"])
    follow(message.traceparent, about=message.job_id)
    finisher.settle(message, datetime.now(UTC))


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return each(event, on_message, failed=redelivery.retry_soon)
