"""The Stripe stand-in's API through the vendor's own package: who may call, what is refused, how lists go."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.support.stripe_merchant import Merchant


def refused(error: pytest.ExceptionInfo[Any]) -> tuple[int, str | None, str | None]:
    problem = error.value
    return problem.http_status, problem.code, problem.json_body["error"].get("param")


def test_nobody_without_the_key_is_served(merchant: Merchant) -> None:
    without = merchant.http.get("/v1/prices")
    wrong = merchant.http.get("/v1/prices", headers={"authorization": "Bearer sk_test_other"})
    assert (without.status_code, wrong.status_code) == (401, 401)
    assert "You did not provide an API key" in without.json()["error"]["message"]
    assert wrong.json()["error"]["type"] == "invalid_request_error"
    assert merchant.http.get("/v1/prices", auth=("sk_test_local", "")).status_code == 200


def test_another_version_of_the_api_is_refused(merchant: Merchant) -> None:
    headers = {"authorization": "Bearer sk_test_local", "stripe-version": "2020-08-27"}
    assert merchant.http.get("/v1/prices", headers=headers).status_code == 400


def test_every_answer_has_a_request_id_and_the_version(merchant: Merchant) -> None:
    headers = merchant.v1.prices.list().last_response.headers
    assert headers["request-id"].startswith("req_")
    assert headers["stripe-version"] == stripe.api_version


def test_what_is_not_there_is_named(merchant: Merchant) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription: 'sub_x'") as error:
        merchant.v1.subscriptions.retrieve("sub_x")
    assert refused(error) == (404, "resource_missing", "id")
    with pytest.raises(stripe.InvalidRequestError, match="No such price: 'price_x'") as error:
        merchant.session(line_items=[{"price": "price_x", "quantity": 1}])
    assert refused(error) == (400, "resource_missing", "line_items[0][price]")
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        merchant.client.raw_request("get", "/v1/coupons")


def test_parameters_are_held_to_their_names_and_types(merchant: Merchant) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"subscription_data\[metdata\]") as error:
        merchant.session(subscription_data={"metdata": {"owner": "ada"}})
    assert refused(error) == (400, "parameter_unknown", "subscription_data[metdata]")
    with pytest.raises(stripe.InvalidRequestError) as error:
        merchant.v1.prices.create({"product": "prod_x", "unit_amount": 100})
    assert refused(error) == (400, "parameter_missing", "currency")
    with pytest.raises(stripe.InvalidRequestError) as error:
        merchant.v1.prices.list({"limit": "many"})
    assert refused(error) == (400, "parameter_invalid_integer", "limit")
    with pytest.raises(stripe.InvalidRequestError, match="must be one of"):
        merchant.session(mode="payment")


def test_a_customer_can_be_changed_field_by_field(merchant: Merchant) -> None:
    made = merchant.v1.customers.create({"email": "ada@example.test", "name": "Ada", "metadata": {"a": "1", "b": "2"}})
    merchant.v1.customers.update(made.id, {"name": "", "metadata": {"a": "", "c": "3"}})
    found = merchant.v1.customers.retrieve(made.id)
    assert (found.email, found.name, found.metadata.to_dict()) == ("ada@example.test", None, {"b": "2", "c": "3"})
    merchant.v1.customers.update(made.id, {"metadata": ""})
    assert merchant.v1.customers.retrieve(made.id).metadata.to_dict() == {}


def test_an_update_tells_what_was_before(merchant: Merchant) -> None:
    made = merchant.v1.customers.create({"name": "Ada", "metadata": {"a": "1"}})
    merchant.v1.customers.update(made.id, {"name": "Ada L.", "metadata": {"b": "2"}})
    [event] = merchant.v1.events.list({"type": "customer.updated"}).data
    assert event.data.previous_attributes.to_dict() == {"name": "Ada", "metadata": {"b": None}}
    assert event.data.object.name == "Ada L."
    assert event.request.id.startswith("req_")


def test_customers_are_found_by_their_email(merchant: Merchant) -> None:
    ada, _other = merchant.customer(email="ada@example.test"), merchant.customer(email="bo@example.test")
    assert [each.id for each in merchant.v1.customers.list({"email": "ada@example.test"}).data] == [ada]


def test_deleting_a_customer_ends_what_it_has(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    assert merchant.v1.customers.delete(subscription.customer).deleted
    assert merchant.v1.customers.retrieve(subscription.customer).deleted
    assert merchant.subscription(subscription.id).status == "canceled"
    assert merchant.v1.customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        merchant.session(customer=subscription.customer)


def test_a_list_comes_page_by_page_in_both_directions(merchant: Merchant) -> None:
    made = [merchant.customer(name=str(number)) for number in range(5)]
    newest = list(reversed(made))
    first = merchant.v1.customers.list({"limit": 2})
    assert ([each.id for each in first.data], first.has_more) == (newest[:2], True)
    last = merchant.v1.customers.list({"limit": 2, "starting_after": newest[3]})
    assert ([each.id for each in last.data], last.has_more) == (newest[4:], False)
    before = merchant.v1.customers.list({"limit": 2, "ending_before": newest[3]})
    assert ([each.id for each in before.data], before.has_more) == (newest[1:3], True)
    assert [each.id for each in merchant.v1.customers.list({"limit": 2}).auto_paging_iter()] == newest
    for wrong in ({"limit": 0}, {"limit": 101}, {"starting_after": "cus_x"}):
        with pytest.raises(stripe.InvalidRequestError):
            merchant.v1.customers.list(wrong)


def test_things_can_be_expanded_at_any_depth(merchant: Merchant) -> None:
    subscription = merchant.subscribe()
    paths = [
        "latest_invoice.payments.data.payment.payment_intent.latest_charge",
        "customer",
        "items.data.price.product",
    ]
    found = merchant.v1.subscriptions.retrieve(subscription.id, {"expand": paths})
    assert found.latest_invoice.payments.data[0].payment.payment_intent.latest_charge.amount == 2900
    assert found.customer.email == "ada@example.test"
    assert found["items"].data[0].price.product.name == "Pro"
    assert isinstance(merchant.v1.subscriptions.retrieve(subscription.id).customer, str)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        merchant.v1.subscriptions.retrieve(subscription.id, {"expand": ["shoes"]})


def test_prices_are_found_by_lookup_key_which_moves_on_demand(merchant: Merchant) -> None:
    v1, old = merchant.v1, merchant.price("pro")
    product = v1.prices.retrieve(old).product
    given = {"product": product, "currency": "usd", "unit_amount": 3900, "recurring": {"interval": "month"}}
    keyed = given | {"lookup_key": "realstaging_pro_monthly"}
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        v1.prices.create(keyed)
    new = v1.prices.create(keyed | {"transfer_lookup_key": True})
    assert merchant.price("pro") == new.id
    assert v1.prices.retrieve(old).lookup_key is None
    v1.prices.update(old, {"active": False})
    assert [each.id for each in v1.prices.list({"product": product, "active": True}).data] == [new.id]
    with pytest.raises(stripe.InvalidRequestError, match="unit_amount"):
        v1.prices.update(new.id, {"unit_amount": 1})


def test_the_price_of_a_subscription_is_shown_as_it_is_now(merchant: Merchant) -> None:
    subscription, price = merchant.subscribe(), merchant.price("pro")
    merchant.v1.prices.update(
        price, {"lookup_key": "another", "metadata": {"plan": "", "mark": "former"}, "active": False}
    )
    [item] = merchant.v1.subscriptions.retrieve(subscription.id)["items"].data
    assert (item.price.lookup_key, item.price.active, item.price.metadata.to_dict()) == (
        "another",
        False,
        {"mark": "former"},
    )
    assert (item.plan.active, item.plan.metadata.to_dict()) == (False, {"mark": "former"})


def test_twenty_at_once_lose_nothing(merchant: Merchant) -> None:
    with ThreadPoolExecutor(20) as pool:
        made = set(pool.map(lambda number: merchant.customer(name=str(number)), range(60)))
    assert len(made) == 60
    assert {each.id for each in merchant.v1.customers.list({"limit": 100}).data} == made


def test_cards_are_listed_attached_and_detached(merchant: Merchant) -> None:
    v1, customer = merchant.v1, merchant.customer()
    method = v1.payment_methods.attach("pm_card_mastercard", {"customer": customer})
    [listed] = v1.customers.payment_methods.list(customer, {"type": "card"}).data
    assert (listed.id, listed.card.brand, listed.card.last4) == (method.id, "mastercard", "4444")
    v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method.id}})
    v1.payment_methods.detach(method.id)
    assert v1.payment_methods.list({"customer": customer}).data == []
    assert v1.customers.retrieve(customer).invoice_settings.default_payment_method is None
    with pytest.raises(stripe.CardError) as error:
        v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer})
    assert (error.value.http_status, error.value.code) == (402, "card_declined")
    body: Any = error.value.json_body
    assert body["error"]["decline_code"] == "generic_decline"
