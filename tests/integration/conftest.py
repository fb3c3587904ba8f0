"""One table, bucket and pair of queues in moto, shaped by template.yaml, and the stores bound to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from realstaging import aws
from realstaging.config import Settings, settings
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.stores.batches import BatchStore
from realstaging.stores.due import DueStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore
from tests.template import table_shape

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """Everything a handler works with, and the raw table and queues to look into."""

    settings: Settings
    table: Any
    s3: Any
    sqs: Any
    quota: QuotaStore
    jobs: JobStore
    images: ImageStore
    batches: BatchStore
    projects: ProjectStore
    due: DueStore
    media: Media
    stage_queue: StageQueue
    result_queue: ResultQueue
    stage_url: str
    result_url: str


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with mock_aws():
        for cached in (aws.table, aws.s3, aws.sqs, aws.ssm, aws.functions, aws.sockets):
            cached.cache_clear()
        sqs = boto3.client("sqs")
        stage = sqs.create_queue(QueueName="stage")["QueueUrl"]
        result = sqs.create_queue(QueueName="result")["QueueUrl"]
        monkeypatch.setenv("STAGE_QUEUE_URL", stage)
        monkeypatch.setenv("RESULT_QUEUE_URL", result)
        boto3.client("s3").create_bucket(Bucket="media")
        ssm = boto3.client("ssm")
        for name, value in (("replicate_api_token", "r8_test"), ("replicate_webhook_secret", "whsec_dGVzdC1zZWNyZXQ=")):
            ssm.put_parameter(Name=f"/realstaging/local/{name}", Value=value, Type="SecureString")
        boto3.resource("dynamodb").create_table(TableName="table", **table_shape())
        table = aws.table()
        quota = QuotaStore(table)
        jobs = JobStore(table, quota)
        images = ImageStore(table, jobs, quota)
        yield World(
            settings=settings(),
            table=table,
            s3=aws.s3(),
            sqs=aws.sqs(),
            quota=quota,
            jobs=jobs,
            images=images,
            batches=BatchStore(table, images, jobs, quota),
            projects=ProjectStore(table),
            due=DueStore(table),
            media=Media(aws.s3(), "media"),
            stage_queue=StageQueue(aws.sqs(), stage),
            result_queue=ResultQueue(aws.sqs(), result),
            stage_url=stage,
            result_url=result,
        )
    for cached in (aws.table, aws.s3, aws.sqs, aws.ssm, aws.functions, aws.sockets):
        cached.cache_clear()
