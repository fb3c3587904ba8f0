"""AWS clients, created once per process with short timeouts and few retries. No other module creates clients."""

import functools
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from realstaging.config import required
from realstaging.tracing.calls import watch

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

# Rows come from our own models; checking their shape again costs a fifth of a large transaction.
QUICK = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3}, parameter_validation=False
)
# For S3: whole photos, and the addresses we sign. Those name the bucket's own Region: S3's global address redirects for
# up to a day after a bucket is created, and answers 400 in Regions launched after March 2019. With an endpoint that is
# an IP address (the emulator), botocore falls back to the path style by itself.
BULK = Config(
    connect_timeout=2,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
    signature_version="s3v4",
    s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
)
# A socket that does not take a message at once is not worth waiting for.
PUSH = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "max_attempts": 2}, max_pool_connections=20
)


@functools.cache
def table() -> "Table":
    table = boto3.resource("dynamodb", config=QUICK).Table(required("TABLE_NAME"))
    watch(table.meta.client)
    return table


@functools.cache
def s3() -> "S3Client":
    return watch(boto3.client("s3", config=BULK))


@functools.cache
def sqs() -> "SQSClient":
    return watch(boto3.client("sqs", config=QUICK))


@functools.cache
def ssm() -> "SSMClient":
    return watch(boto3.client("ssm", config=QUICK))


@functools.cache
def functions() -> "LambdaClient":
    return watch(boto3.client("lambda", config=QUICK))


@functools.cache
def sockets(endpoint: str) -> "ApiGatewayManagementApiClient":
    return watch(boto3.client("apigatewaymanagementapi", config=PUSH, endpoint_url=endpoint))
