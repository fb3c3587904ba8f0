"""Several customers of one provider: what one made, may or owes is nothing to another."""

from collections.abc import Iterator

import httpx
import pytest

from realstaging.errors import UnauthorizedError
from realstaging.webhook_signatures import verify_replicate
from standins.replicate.account import Settings
from standins.replicate.server import server
from tests.support.replicate_customer import Customer
from tests.support.servers import free_port, running
from tests.support.webhook_receiver import Receiver

SECRETS = {"r8_local": "whsec_Zmlyc3Q=", "r8_second": "whsec_c2Vjb25k"}


@pytest.fixture
def customers(receiver: Receiver) -> Iterator[list[Customer]]:
    port = free_port()
    more = (("r8_second", SECRETS["r8_second"]),)
    with (
        running(server(Settings(port, SECRETS["r8_local"], latency=0, more=more))),
        Customer.of(port, SECRETS["r8_local"], receiver) as first,
        Customer.of(port, SECRETS["r8_second"], receiver) as second,
    ):
        second.http.headers["authorization"] = "Bearer r8_second"
        yield [first, second]


def test_a_prediction_is_there_for_its_own_account_only(customers: list[Customer]) -> None:
    first, second = customers
    made = first.create()["id"]

    def listed(customer: Customer) -> list[str]:
        return [each["id"] for each in customer.http.get("/v1/predictions").json()["results"]]

    assert (listed(first), listed(second)) == ([made], [])
    assert second.http.get(f"/v1/predictions/{made}").status_code == 404
    assert second.http.post(f"/v1/predictions/{made}/cancel").status_code == 404
    assert first.over(made)["status"] == "succeeded"


def test_an_unknown_token_is_nobodys(customers: list[Customer]) -> None:
    answer = customers[0].http.get("/v1/predictions", headers={"authorization": "Bearer r8_third"})

    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthenticated")


def test_webhooks_have_the_secret_of_their_account(customers: list[Customer], receiver: Receiver) -> None:
    for customer in customers:
        made = customer.create_with_webhook()["id"]
        customer.until(lambda made=made: any(made in call.body for call in receiver.calls))  # type: ignore[misc]
        [call] = [call for call in receiver.calls if made in call.body]
        own = customer.http.get("/v1/webhooks/default/secret").json()["key"]
        [other] = set(SECRETS.values()) - {own}
        now = int(call.headers["webhook-timestamp"])

        assert own == customer.secret
        verify_replicate(call.body.encode(), call.headers, own, now)
        with pytest.raises(UnauthorizedError):
            verify_replicate(call.body.encode(), call.headers, other, now)


def test_limits_are_counted_for_each_account(customers: list[Customer]) -> None:
    first, second = customers
    first.script(limit={"per_minute": 1, "burst": 1}, limits={"r8_second": {"per_minute": 1, "burst": 3}})

    def answers(customer: Customer) -> list[int]:
        return [customer.post().status_code for _ in range(4)]

    assert answers(first) == [201, 429, 429, 429]
    assert answers(second) == [201, 201, 201, 429]


def test_faults_may_be_one_accounts(customers: list[Customer]) -> None:
    first, second = customers
    first.script({"match": {"token": "r8_second"}, "then": "create:402"})

    answers: list[httpx.Response] = [first.post(), second.post()]

    assert [answer.status_code for answer in answers] == [201, 402]
    assert [each["token"] for each in first.log()["creations"]] == ["r8_local", "r8_second"]
