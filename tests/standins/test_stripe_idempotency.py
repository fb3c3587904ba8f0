"""Idempotency keys of the Stripe stand-in, and the faults that make them worth having."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.support.stripe_merchant import Merchant
from tests.support.waits import wait_until


def test_the_same_key_gets_the_same_answer(merchant: Merchant) -> None:
    given, key = {"email": "ada@example.test"}, {"idempotency_key": "ada"}
    first = merchant.v1.customers.create(given, key)
    again = merchant.v1.customers.create(given, key)
    assert first.id == again.id
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert again.last_response.headers["original-request"] == first.last_response.headers["request-id"]
    assert "idempotent-replayed" not in first.last_response.headers
    assert len(merchant.v1.customers.list().data) == 1


def test_the_same_key_for_something_else_is_refused(merchant: Merchant) -> None:
    merchant.v1.customers.create({"email": "ada@example.test"}, {"idempotency_key": "ada"})
    with pytest.raises(stripe.IdempotencyError) as error:
        merchant.v1.customers.create({"email": "bo@example.test"}, {"idempotency_key": "ada"})
    assert error.value.http_status == 400


def test_of_many_at_once_with_one_key_one_is_done(merchant: Merchant) -> None:
    merchant.script(slow={"path": "/v1/customers", "seconds": 0.3, "times": 1})

    def create(_number: int) -> str:
        try:
            return str(merchant.v1.customers.create({"name": "Ada"}, {"idempotency_key": "ada"}).id)
        except stripe.APIError as refused:
            body: Any = refused.json_body
            return f"{refused.http_status} {body['error']['code']}"

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(create, range(20)))
    assert len(merchant.v1.customers.list().data) == 1
    assert "409 idempotency_key_in_use" in answers
    assert len({each for each in answers if each.startswith("cus_")}) == 1


def test_a_slow_request_does_nothing_after_a_reset(merchant: Merchant) -> None:
    merchant.script(slow={"path": "/v1/customers", "seconds": 0.5, "times": 1})

    with ThreadPoolExecutor(1) as pool:
        options: Any = {"idempotency_key": "ada", "max_network_retries": 0}
        request = pool.submit(merchant.v1.customers.create, {"name": "Ada"}, options)
        wait_until(lambda: merchant.http.get("/_log").json()["requests"])
        merchant.http.post("/_reset")
        with pytest.raises(stripe.APIConnectionError):
            request.result()

    assert not merchant.v1.customers.list().data
    assert merchant.v1.customers.create({"name": "Bo"}, {"idempotency_key": "ada"}).name == "Bo"


def test_a_malformed_request_does_not_use_up_its_key(merchant: Merchant) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        merchant.v1.customers.create({"emial": "ada@example.test"}, {"idempotency_key": "ada"})
    assert merchant.v1.customers.create({"email": "ada@example.test"}, {"idempotency_key": "ada"}).id


def test_a_refused_card_is_the_answer_for_good(merchant: Merchant) -> None:
    subscription = merchant.subscribe(number="4000000000000341")
    given = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}
    item = {"id": subscription["items"].data[0].id, "price": merchant.price("business")}
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            merchant.v1.subscriptions.update(
                subscription.id, given | {"items": [item]}, {"idempotency_key": "up", "max_network_retries": 0}
            )
        merchant.script(card={"customer": subscription.customer, "number": "4242424242424242"})
    assert merchant.http.get("/_log").json()["requests"][-1]["replayed"]


def test_a_key_is_forgotten_after_a_day(merchant: Merchant) -> None:
    first = merchant.v1.customers.create({}, {"idempotency_key": "ada"})
    merchant.script(advance={"hours": 25})
    assert merchant.v1.customers.create({}, {"idempotency_key": "ada"}).id != first.id


@pytest.mark.parametrize("fault", ["fail", "after"])
def test_the_packages_own_retries_get_through(merchant: Merchant, fault: str) -> None:
    merchant.script(**{fault: {"path": "/v1/customers", "method": "POST", "times": 1}})
    made = merchant.v1.customers.create({"name": "Ada"}, {"max_network_retries": 2})
    assert [each.id for each in merchant.v1.customers.list().data] == [made.id]


def test_a_failure_that_is_scripted_does_nothing(merchant: Merchant) -> None:
    merchant.script(fail=[{"path": "/v1/customers", "status": 503, "times": 1}, {"status": 429, "times": 1}])
    with pytest.raises(stripe.APIError) as failed:
        merchant.v1.customers.create({})
    with pytest.raises(stripe.RateLimitError) as limited:
        merchant.v1.customers.create({})
    assert (failed.value.http_status, limited.value.http_status) == (503, 429)
    assert merchant.v1.customers.list().data == []


def test_an_answer_that_is_lost_was_done(merchant: Merchant) -> None:
    merchant.script(after={"path": "/v1/customers", "times": 1})
    with pytest.raises(stripe.APIConnectionError):
        merchant.v1.customers.create({"name": "Ada"}, {"max_network_retries": 0})
    assert [each.name for each in merchant.v1.customers.list().data] == ["Ada"]


def test_what_was_asked_is_in_the_log(merchant: Merchant) -> None:
    merchant.http.delete("/_log")
    merchant.v1.customers.create({"metadata": {"owner": "ada"}}, {"idempotency_key": "ada"})
    [request] = merchant.http.get("/_log").json()["requests"]
    assert (request["method"], request["path"], request["status"]) == ("POST", "/v1/customers", 200)
    assert (request["params"], request["idempotency_key"]) == ({"metadata": {"owner": "ada"}}, "ada")
