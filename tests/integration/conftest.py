"""One table, bucket and pair of queues in moto, shaped by template.yaml, and the stores bound to them."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from moto import mock_aws
from moto.backends import get_backend

from realstaging import aws, config
from realstaging.config import settings
from realstaging.gateways import jwks
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.stores.batches import BatchStore
from realstaging.stores.due_index import DueStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore
from standins.oidc import provider as identity
from standins.replicate.account import Settings as ProviderSettings
from standins.replicate.server import server
from standins.stripe import catalog as stripe_catalog
from standins.stripe import server as stripe_server
from standins.stripe.account import Settings as StripeSettings
from tests.support.books import check_books
from tests.support.fake_replicate import SECOND_SECRET, SECRET, Provider
from tests.support.fake_stripe import AS_SOLD, Payments
from tests.support.fake_stripe import SECRET as STRIPE_SECRET
from tests.support.log_lines import lines as lines  # noqa: PLC0414 (a fixture for every test here)
from tests.support.moto_speedups import quicken
from tests.support.servers import free_port, running
from tests.support.table_template import table_shape
from tests.support.webhook_receiver import receiving
from tests.support.world import World

ACCOUNT, REGION = "123456789012", "us-east-1"
# How moto takes a SecureString: type, pattern, key, overwrite, tags, kind of data, tier, policies.
SECURE: Any = ("SecureString", "", "alias/aws/ssm", False, [], "text", None, None)
SECRETS = {
    "replicate_api_token": "r8_local",
    "replicate_webhook_secret": SECRET,
    "replicate/second/api_token": "r8_second",
    "replicate/second/webhook_secret": SECOND_SECRET,
    "stripe_secret_key": "sk_test_local",
    "stripe_webhook_secret": STRIPE_SECRET,
}


@pytest.fixture(scope="session", autouse=True)
def quick_moto() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        quicken(patch)
        yield patch


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings as JSON, as functions find them: every test reads them anew, and YAML takes longer than most tests."""
    folder = tmp_path_factory.mktemp("settings")
    config.package(folder)
    return folder


@pytest.fixture(scope="session")
def running_provider() -> Iterator[Provider]:
    port = free_port()
    with (
        running(server(ProviderSettings(port, SECRET, latency=0, more=(("r8_second", SECOND_SECRET),)))),
        receiving() as receiver,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        yield Provider(http, receiver)


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    running_provider.forget()
    return running_provider


@pytest.fixture(scope="session")
def running_payments() -> Iterator[Payments]:
    port = free_port()
    settings = StripeSettings(port, STRIPE_SECRET, plans=stripe_catalog.plans_of_config())
    with (
        running(stripe_server.server(settings)),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        yield Payments(http)


@pytest.fixture
def payments(running_payments: Payments) -> Payments:
    """As if nobody had ever paid."""
    running_payments.forget()
    return running_payments


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    port = free_port()
    with running(identity.server(port)):
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(autouse=True)
def patient_with_the_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers from this process, in turn with all that asks it: on a busy machine in more than two seconds."""
    monkeypatch.setattr(jwks, "TIMEOUT_SECONDS", 60)


@pytest.fixture(scope="session")
def token(issuer: str) -> Callable[[str], str]:
    """A person's access token, minted once."""
    known: dict[str, str] = {}

    def of(owner: str) -> str:
        if owner not in known:
            known[owner] = httpx.post(f"{issuer}_mint", json={"sub": owner}).json()["access_token"]
        return known[owner]

    return of


@pytest.fixture
def overrides(provider: Provider, issuer: str, running_payments: Payments) -> dict[str, object]:
    """Laid over the settings of the stage; a test module may add its own."""
    return {
        "identity": {"issuer": issuer},
        "replicate": {"base_url": provider.url, "timeout_seconds": 60, "cancel_after_seconds": 60},
        "stripe": {"api_base": running_payments.url, "connect_seconds": 30, "timeout_seconds": 60},
        "plans": AS_SOLD,
    }


@pytest.fixture
def world(
    monkeypatch: pytest.MonkeyPatch,
    provider: Provider,
    token: Callable[[str], str],
    overrides: dict[str, object],
    packaged: Path,
) -> Iterator[World]:
    with mock_aws():
        # Straight from moto, which is quicker than by botocore: this is done for each test.
        queues, parameters = get_backend("sqs")[ACCOUNT][REGION], get_backend("ssm")[ACCOUNT][REGION]
        for name in ("stage", "result", "verify"):
            queues.create_queue(name)
        for name, value in SECRETS.items():
            parameters.put_parameter(f"/realstaging/local/{name}", "", value, *SECURE)
        monkeypatch.setenv("PUBLIC_API_URL", provider.receiver.url)
        monkeypatch.setenv("SETTINGS_OVERRIDES", json.dumps(overrides))
        monkeypatch.setattr(config, "PACKAGED", packaged)
        settings.cache_clear()
        aws.s3().create_bucket(Bucket="media")
        aws.table().meta.client.create_table(TableName="table", **table_shape())
        made = _made(provider, token)
        monkeypatch.setattr(aws, "functions", lambda: made.lambdas)  # moto would want a container
        yield made
        made.close()
        check_books(made.rows())
    settings.cache_clear()


def _made(provider: Provider, token: Callable[[str], str]) -> World:
    stage, result, verify = (os.environ[f"{name}_QUEUE_URL"] for name in ("STAGE", "RESULT", "VERIFY"))
    table = aws.table()
    quota = QuotaStore(table)
    jobs = JobStore(table)
    images = ImageStore(table)
    return World(
        settings=settings(),
        table=table,
        s3=aws.s3(),
        sqs=aws.sqs(),
        quota=quota,
        jobs=jobs,
        images=images,
        batches=BatchStore(table),
        projects=ProjectStore(table),
        due=DueStore(table),
        media=Media(aws.s3(), "media"),
        stage_queue=StageQueue(aws.sqs(), stage),
        result_queue=ResultQueue(aws.sqs(), result),
        stage_url=stage,
        result_url=result,
        verify_url=verify,
        provider=provider,
        token=token,
    )
