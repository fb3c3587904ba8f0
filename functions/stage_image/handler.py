"""StageQueue: claim each job and start one run of its model; never wait for it."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.config import required, settings
from realstaging.event_records import Record, each, time_in_line
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.gateways.redelivery import Redelivery
from realstaging.gateways.replicate.accounts import ReplicateAccounts
from realstaging.gateways.secrets import Secrets
from realstaging.models.runs import StageMessage
from realstaging.observability import follow, observed
from realstaging.runs.admission import Admission
from realstaging.runs.model_input import ModelInputBuilder
from realstaging.runs.start import Starter
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.provider import ProviderStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.runtime_settings import OverrideStore

quota = QuotaStore(aws.table())
jobs = JobStore(aws.table())
media = Media(aws.s3(), required("BUCKET_NAME"))
secrets = Secrets(aws.ssm, settings().stage)
provider = ProviderStore(aws.table())
replicate = ReplicateAccounts.configured(settings(), secrets)
starter = Starter(
    RuntimeSettings(settings(), OverrideStore(aws.table())),
    jobs=jobs,
    provider=provider,
    planner=ModelInputBuilder(images=ImageStore(aws.table()), media=media, secrets=secrets),
    admission=Admission(provider),
    replicate=replicate,
    queue=StageQueue(aws.sqs(), required("STAGE_QUEUE_URL")),
    results=ResultQueue(aws.sqs(), required("RESULT_QUEUE_URL")),
    webhook_base=required("PUBLIC_API_URL"),
)
redelivery = Redelivery(aws.sqs(), required("STAGE_QUEUE_URL"))


def on_message(record: Record) -> None:
    message = StageMessage.model_validate_json(record["body"])
    follow(message.traceparent, message.correlation_id, about=message.job_id)
    starter.start(message, datetime.now(UTC), time_in_line(record, message.delay_seconds or 0))


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return each(event, on_message, failed=redelivery.retry_soon)
