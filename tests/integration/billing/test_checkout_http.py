"""POST /v1/billing/checkout: one page at a time, whoever asks how often, and never a second subscription."""

from datetime import datetime
from typing import Any

import pytest

from realstaging.stores import keys
from realstaging.stores.billing import CheckoutStore
from tests.support.billing import rows, subscription, time_passes
from tests.support.fake_stripe import GOOD_CARD, Payments, quick_repeats
from tests.support.fault_injection import CrashError, faulty
from tests.support.purchases import CHECKOUT, SUBSCRIPTION, checkout, hear, made, pay, shown, subscribe, usage
from tests.support.steps import ask, at_once, keyed
from tests.support.world import World

SESSIONS = "/v1/checkout/sessions"


def open_pages(payments: Payments) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = payments.ask("GET", f"{SESSIONS}?status=open&limit=100")["data"]
    return found


def test_a_plan_is_bought_on_a_page_of_stripes(world: World, payments: Payments) -> None:
    page = checkout(world, "pro")
    [session] = open_pages(payments)
    assert page["url"] == session["url"]
    assert session["client_reference_id"] == "alice"
    assert session["metadata"] == {"owner": "alice", "plan": "pro"}
    assert payments.ask("GET", f"/v1/customers/{session['customer']}")["metadata"] == {"owner": "alice"}
    assert usage(world)["plan"] == "free"

    pay(payments, page)
    hear(world, payments)

    assert (usage(world)["plan"], usage(world)["limit"]) == ("pro", 100)
    bought = subscription(session["customer"])
    assert shown(world) == {
        "plan": "pro",
        "status": "active",
        "period_start": bought.period_start.isoformat().replace("+00:00", "Z"),
        "period_end": bought.period_end.isoformat().replace("+00:00", "Z"),
        "cancel_at_period_end": False,
        "next_plan": None,
        "past_due_until": None,
    }


@pytest.mark.parametrize("plan", ["free", "gold", "PRO", "pro ", "", "__proto__"])
def test_what_is_not_sold_is_pointed_at(world: World, payments: Payments, plan: str) -> None:
    status, problem = ask(world, "POST", CHECKOUT, {"plan": plan})

    assert (status, [each["pointer"] for each in problem["errors"]]) == (422, ["/plan"])
    assert payments.calls() == []
    assert world.table.get_item(Key=keys.checkout("alice")).get("Item") is None


@pytest.mark.parametrize("body", [{}, {"plan": 7}, {"plan": "pro", "price": 1}, {"plan": "pro", "customer": "cus_1"}])
def test_a_body_with_other_fields_is_refused(world: World, payments: Payments, body: Any) -> None:
    assert ask(world, "POST", CHECKOUT, body)[0] == 422
    assert payments.calls() == []


def test_asked_again_it_is_the_same_page(world: World, payments: Payments) -> None:
    assert checkout(world) == checkout(world)

    assert (len(made(payments, "/v1/customers")), len(made(payments, SESSIONS))) == (1, 1)


def test_twenty_at_once_get_one_customer_and_one_page(world: World, payments: Payments) -> None:
    with quick_repeats():
        answers = at_once(world, 20, lambda process: ask(process, "POST", CHECKOUT, {"plan": "pro"}))

    assert {status for status, _ in answers} == {201}, answers
    [url] = {body["url"] for _, body in answers}
    [page] = open_pages(payments)
    assert (page["url"], len(payments.ask("GET", "/v1/customers")["data"])) == (url, 1)
    assert len(rows(world, "CUSTOMER")) == 1

    for _ in range(20):
        payments.http.post(url, data={"number": "4242424242424242"})

    assert len(payments.ask("GET", "/v1/subscriptions?status=all")["data"]) == 1
    hear(world, payments)
    assert shown(world)["status"] == "active"


def test_two_plans_at_once_leave_one_page_open(world: World, payments: Payments) -> None:
    plans = iter(["pro", "business"] * 5)
    with quick_repeats():
        answers = at_once(world, 10, lambda process: ask(process, "POST", CHECKOUT, {"plan": next(plans)}))

    assert {status for status, _ in answers} <= {201, 409}, answers
    assert {body["code"] for status, body in answers if status == 409} <= {"version_conflict"}
    assert len(open_pages(payments)) == 1


def test_another_plan_closes_the_page_of_the_first(world: World, payments: Payments) -> None:
    first, second = checkout(world, "pro"), checkout(world, "business")

    assert [page["url"] for page in open_pages(payments)] == [second["url"]]
    assert payments.http.post(first["url"], data={"number": "4242424242424242"}).status_code != 303
    pay(payments, second)
    hear(world, payments)
    assert shown(world)["plan"] == "business"


def test_who_pays_on_the_first_page_cannot_open_another_one(world: World, payments: Payments) -> None:
    """Even before the webhook has come."""
    pay(payments, checkout(world, "pro"))

    for plan in ("business", "pro"):
        status, problem = ask(world, "POST", CHECKOUT, {"plan": plan})
        assert (status, problem["code"]) == (409, "subscription_exists")
        assert "PATCH" in problem["detail"]

    assert shown(world)["plan"] == "pro", "what was asked is written down, too"


def test_a_page_that_ran_out_is_followed_by_another(world: World, payments: Payments) -> None:
    first = checkout(world)
    time_passes(world, payments, hours=25)

    second = checkout(world)

    assert first["url"] != second["url"]
    time_passes(world, payments, hours=22.5)
    assert checkout(world)["url"] != second["url"], "it is about to close"
    assert len(open_pages(payments)) == 1


def test_a_page_is_paid_on_no_longer_than_we_believe(world: World, payments: Payments) -> None:
    first = checkout(world, "pro")
    assert datetime.fromisoformat(first["expires_at"]) <= CheckoutStore(world.table).find("alice").ends_at  # type: ignore[union-attr]
    time_passes(world, payments, hours=23.5)

    second = checkout(world, "business")

    paid = [payments.http.post(page["url"], data={"number": GOOD_CARD}).status_code for page in (first, second)]
    assert paid[0] != 303
    assert paid[1] == 303
    assert len(payments.ask("GET", "/v1/subscriptions?status=all")["data"]) == 1


@pytest.mark.parametrize("operation", ["UpdateItem", "TransactWriteItems"])
@pytest.mark.parametrize("call_number", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_dies_the_next_one_gets_the_one_page(
    world: World, payments: Payments, operation: str, call_number: int, after: bool
) -> None:
    shown(world)
    with faulty(world.table.meta.client, operation, CrashError(), at=(call_number,), after=after):
        ask(world, "POST", CHECKOUT, {"plan": "pro"})

    page = checkout(world)

    assert [each["url"] for each in open_pages(payments)] == [page["url"]]
    assert len(payments.ask("GET", "/v1/customers")["data"]) == 1


@pytest.mark.parametrize("path", ["/v1/customers", "/v1/prices", SESSIONS])
def test_without_stripe_nothing_is_half_done(world: World, payments: Payments, path: str) -> None:
    payments.script(fail={"path": path, "status": 500})
    with quick_repeats():
        status, problem = ask(world, "POST", CHECKOUT, {"plan": "pro"})
    assert (status, problem["code"], problem["retryable"]) == (503, "provider_unavailable", True)

    payments.http.delete("/_script")

    page = checkout(world)
    assert [each["url"] for each in open_pages(payments)] == [page["url"]]


@pytest.fixture
def no_repeats(overrides: dict[str, Any]) -> None:
    overrides["stripe"]["retries"] = 0


def test_an_answer_of_stripes_that_was_lost_is_no_second_page(
    no_repeats: None, world: World, payments: Payments
) -> None:
    payments.script(after=[{"path": path, "times": 1} for path in ("/v1/customers", SESSIONS)])

    statuses = [ask(world, "POST", CHECKOUT, {"plan": "pro"})[0] for _ in range(3)]

    assert statuses == [503, 503, 201]
    assert len(open_pages(payments)) == len(payments.ask("GET", "/v1/customers")["data"]) == 1


def test_who_asked_and_died_does_not_stand_in_the_way_for_long(world: World, payments: Payments) -> None:
    """The price of the unfinished page is not sold any more: the same request would be refused for ever."""
    payments.script(fail={"path": SESSIONS, "status": 400, "code": "parameter_invalid_empty", "times": 1})
    ask(world, "POST", CHECKOUT, {"plan": "pro"})
    before = world.item(keys.checkout("alice"))

    world.clock.forward(minutes=3)
    checkout(world)

    assert world.item(keys.checkout("alice"))["id"] != before["id"]


def test_a_price_that_was_replaced_meanwhile_is_not_in_the_way(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    replace_prices(payments)

    assert checkout(world, "pro", owner="bob")["url"]

    replace_prices(payments)
    status, shown_price = ask(world, "POST", f"{SUBSCRIPTION}/preview", {"plan": "business"})
    assert (status, float(shown_price["amount_due"]) > 0) == (200, True)
    replace_prices(payments)
    status, after = ask(world, "PATCH", SUBSCRIPTION, {"plan": "business"})
    assert (status, after["plan"]) == (200, "business")


def replace_prices(payments: Payments) -> None:
    for price in payments.ask("GET", "/v1/prices?active=true")["data"]:
        form = {"currency": "usd", "unit_amount": str(price["unit_amount"]), "product": price["product"]}
        payments.ask("POST", f"/v1/prices/{price['id']}", active="false", **{"metadata[plan]": plan_of(price)})
        more = {"lookup_key": price["lookup_key"], "transfer_lookup_key": "true", "recurring[interval]": "month"}
        payments.ask("POST", "/v1/prices", **form, **more)


def plan_of(price: dict[str, Any]) -> str:
    return str(price["lookup_key"]).split("_")[1]


def test_with_a_key_the_first_answer_comes_again(world: World, payments: Payments) -> None:
    _, first, headers = keyed(world, CHECKOUT, {"plan": "pro"})
    _, again, replayed = keyed(world, CHECKOUT, {"plan": "pro"})
    status, problem, _ = keyed(world, CHECKOUT, {"plan": "business"})

    assert again == first
    assert ("Idempotent-Replayed" in headers, replayed["Idempotent-Replayed"]) == (False, "true")
    assert (status, problem["code"]) == (422, "idempotency_key_reused")


def test_ten_at_once_with_one_key_are_one_request(world: World, payments: Payments) -> None:
    with quick_repeats():
        answers = at_once(world, 10, lambda process: keyed(process, CHECKOUT, {"plan": "pro"}))

    assert {status for status, _, _ in answers} == {201}
    assert len({body["url"] for _, body, _ in answers}) == 1
