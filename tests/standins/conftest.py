"""The stand-ins of this folder's tests: started once per file, told to forget between tests."""

from collections.abc import Iterator

import pytest

from standins.oidc import provider as identity
from standins.replicate.account import Settings
from standins.replicate.server import server
from standins.stripe import account as stripe_account
from standins.stripe import server as stripe_server
from tests.support.replicate_customer import Customer
from tests.support.servers import free_port, running
from tests.support.stripe_merchant import Merchant
from tests.support.webhook_receiver import Receiver, receiving

SECRET = "whsec_" + "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0ISE="


@pytest.fixture(scope="module")
def replicate_port() -> Iterator[int]:
    port = free_port()
    with running(server(Settings(port, SECRET, latency=0))):
        yield port


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def customer(replicate_port: int, receiver: Receiver) -> Iterator[Customer]:
    with Customer.of(replicate_port, SECRET, receiver) as customer:
        customer.http.delete("/_script")
        customer.http.delete("/_log")
        yield customer


@pytest.fixture(scope="module")
def stripe_port() -> Iterator[int]:
    port = free_port()
    plans = (("pro", "Pro", 2900), ("business", "Business", 9900))
    with running(stripe_server.server(stripe_account.Settings(port, SECRET, plans=plans))):
        yield port


@pytest.fixture
def merchant(stripe_port: int, receiver: Receiver) -> Iterator[Merchant]:
    with Merchant.of(stripe_port, SECRET, receiver) as merchant:
        merchant.http.delete("/_script")
        merchant.http.post("/_reset")
        merchant.script(webhook_url=f"{receiver.url}/hook", retries=[0.01, 0.01])
        yield merchant


@pytest.fixture
def identity_url() -> Iterator[str]:
    port = free_port()
    with running(identity.server(port)):
        yield f"http://127.0.0.1:{port}/"
