"""AWS clients, created once per process with short timeouts and few retries. No other module creates clients.

By botocore alone: boto3 only adds to it what nothing here uses, and takes a fifth of a cold start.
"""

import functools
import os
from typing import TYPE_CHECKING, Any

from botocore import handlers
from botocore.config import Config
from botocore.credentials import CredentialResolver, EnvProvider
from botocore.session import Session

from realstaging.config import required
from realstaging.dynamodb.table import Table
from realstaging.tracing.calls import watch

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

# Rows come from our own models; checking their shape again costs a fifth of a large transaction.
# No proxies: whether each address has one takes a millisecond to find out.
QUICK = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "max_attempts": 3},
    parameter_validation=False,
    proxies={},
)
# For S3: whole photos, and the addresses we sign. Those name the bucket's own Region: S3's global address redirects for
# up to a day after a bucket is created, and answers 400 in Regions launched after March 2019. With an endpoint that is
# an IP address (the emulator), botocore falls back to the path style by itself.
BULK = Config(
    connect_timeout=2,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
    signature_version="s3v4",
    proxies={},
    s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
)
# A socket that does not take a message at once is not worth waiting for.
PUSH = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "max_attempts": 2},
    max_pool_connections=20,
    proxies={},
)


# Of botocore's own handlers only those of these services, and of all, are registered: a third of them.
SERVICES = {"apigatewaymanagementapi", "dynamodb", "lambda", "s3", "sqs", "ssm", "*"}


@functools.cache
def _session() -> Session:
    session = Session(include_builtin_handlers=False)
    events = session.get_component("event_emitter")
    places = {handlers.REGISTER_FIRST: events.register_first, handlers.REGISTER_LAST: events.register_last}
    for name, handler, *place in handlers.BUILTIN_HANDLERS:
        kind, *service = name.split(".")
        if kind != "docs" and (not service or service[0] in SERVICES):
            register = places[place[0]] if place else events.register
            register(name, handler)
    if EnvProvider.ACCESS_KEY in os.environ:
        # Lambda gives them so. Nobody else would be asked, but some would be made ready to be.
        session.register_component("credential_provider", CredentialResolver([EnvProvider()]))
    return session


def _client(service: str, config: Config, endpoint: str | None = None) -> Any:
    return watch(_session().create_client(service, config=config, endpoint_url=endpoint))


@functools.cache
def table() -> Table:
    return Table(_client("dynamodb", QUICK), required("TABLE_NAME"))


@functools.cache
def s3() -> "S3Client":
    client: S3Client = _client("s3", BULK)
    return client


@functools.cache
def sqs() -> "SQSClient":
    client: SQSClient = _client("sqs", QUICK)
    return client


@functools.cache
def ssm() -> "SSMClient":
    client: SSMClient = _client("ssm", QUICK)
    return client


@functools.cache
def functions() -> "LambdaClient":
    client: LambdaClient = _client("lambda", QUICK)
    return client


@functools.cache
def sockets(endpoint: str) -> "ApiGatewayManagementApiClient":
    client: ApiGatewayManagementApiClient = _client("apigatewaymanagementapi", PUSH, endpoint)
    return client
