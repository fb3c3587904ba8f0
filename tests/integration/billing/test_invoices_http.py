"""Invoices, cards and Stripe's own page: what owners are shown, and nobody else."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.billing import subscription, time_passes, user
from tests.support.fake_stripe import FAILS_LATER, GOOD_CARD, Payments
from tests.support.http_client import call
from tests.support.purchases import (
    CHECKOUT,
    SUBSCRIPTION,
    checkout,
    customer,
    hear,
    invoices,
    program,
    reconcile,
    shown,
    subscribe,
    usage,
)
from tests.support.steps import ask
from tests.support.world import World


def test_the_portal_is_stripes_and_what_is_done_there_is_heard(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    status, body = ask(world, "POST", "/v1/billing/portal")
    assert status == 201

    held = subscription(customer(world)).id
    assert payments.http.post(body["url"], data={"do": "cancel", "subscription": held}).status_code in (200, 303)
    hear(world, payments)

    assert shown(world)["cancel_at_period_end"] is True
    assert ask(world, "POST", "/v1/billing/portal")[1]["url"] != body["url"], "each is good for minutes"


def test_the_portal_of_a_customer_who_was_deleted_is_closed(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    payments.ask("DELETE", f"/v1/customers/{customer(world)}")

    assert ask(world, "POST", "/v1/billing/portal")[1]["code"] == "no_customer"
    assert (user(world).customer_id, shown(world)["status"]) == (None, "none")
    assert invoices(world) == []


def test_invoices_are_paged_newest_first(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    payments.pass_time(days=95)
    whole = ask(world, "GET", "/v1/billing/invoices")[1]
    assert (len(whole["items"]), whole["next_cursor"]) == (4, None)

    pages: list[list[dict[str, Any]]] = []
    cursor = None
    while len(pages) < 10:
        page = ask(world, "GET", "/v1/billing/invoices", query={"limit": "3"} | ({"cursor": cursor} if cursor else {}))[
            1
        ]
        pages.append(page["items"])
        if not (cursor := page["next_cursor"]):
            break

    assert [len(page) for page in pages] == [3, 1]
    assert [each for page in pages for each in page] == whole["items"]
    newest = whole["items"][0]
    assert newest["created_at"] > whole["items"][-1]["created_at"]
    assert payments.http.get(whole["items"][-1]["hosted_invoice_url"]).status_code == 200
    assert payments.http.get(whole["items"][-1]["pdf_url"]).headers["content-type"] == "application/pdf"


@pytest.mark.parametrize("cursor", ["x", "é", "", "aW5fLi4vLi4v", "c3ViXzEyMzQ1Njc4OTA", "aW5fMTIzNDU2Nzg5MA"])
def test_a_cursor_that_leads_nowhere_is_refused(world: World, payments: Payments, cursor: str) -> None:
    subscribe(world, payments, "pro")

    status, problem = ask(world, "GET", "/v1/billing/invoices", query={"cursor": cursor})

    assert (status, [each["pointer"] for each in problem["errors"]]) == (422, ["/cursor"])


def test_of_a_card_nothing_is_shown_but_what_is_printed_on_receipts(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    payments.script(card={"customer": customer(world), "number": "5555555555554444"})

    status, page = ask(world, "GET", "/v1/billing/payment-methods")

    assert status == 200
    assert {name for card in page["items"] for name in card} == {"brand", "last4", "exp_month", "exp_year", "default"}
    assert {card["last4"]: card["default"] for card in page["items"]} == {"4444": True, "4242": False}


def test_plans_are_shown_to_everybody(world: World) -> None:
    status, body, _ = call(world, "GET", "/v1/billing/plans", owner=None)

    assert status == 200
    assert [(plan["id"], plan["price_usd"], plan["images_per_month"]) for plan in body["items"]][1:] == [
        ("pro", "29.00", 100),
        ("business", "99.00", 500),
    ]
    assert body["items"][0]["id"] == "free"


def test_who_has_bought_nothing_is_told_so(world: World, payments: Payments) -> None:
    assert (shown(world)["plan"], shown(world)["status"], shown(world)["period_end"]) == ("free", "none", None)
    assert ask(world, "GET", "/v1/billing/invoices")[1] == {"items": [], "next_cursor": None}
    assert ask(world, "GET", "/v1/billing/payment-methods")[1] == {"items": [], "next_cursor": None}
    status, problem = ask(world, "POST", "/v1/billing/portal")
    assert (status, problem["code"]) == (409, "no_customer")
    for path, method in ((SUBSCRIPTION, "PATCH"), (f"{SUBSCRIPTION}/preview", "POST")):
        status, problem = ask(world, method, path, {"plan": "pro"})
        assert (status, problem["code"]) == (409, "no_subscription")
    for what in ("cancel", "resume"):
        assert ask(world, "POST", f"{SUBSCRIPTION}/{what}")[1]["code"] == "no_subscription"
    assert payments.calls() == []


def test_a_program_may_look_but_not_buy(world: World, payments: Payments) -> None:
    key = program(world)
    subscribe(world, payments)
    before = len(payments.calls(method="POST"))
    changing = [("POST", CHECKOUT), ("PATCH", SUBSCRIPTION), ("POST", "/v1/billing/portal")]
    changing += [("POST", f"{SUBSCRIPTION}/{what}") for what in ("cancel", "resume")]

    for method, path in changing:
        status, problem, _ = call(world, method, path, token=key, body={"plan": "business"})
        assert (status, problem["code"]) == (403, "forbidden"), path

    assert len(payments.calls(method="POST")) == before
    for path in (SUBSCRIPTION, "/v1/billing/invoices", "/v1/billing/payment-methods"):
        assert call(world, "GET", path, token=key)[0] == 200
    assert call(world, "POST", f"{SUBSCRIPTION}/preview", token=key, body={"plan": "business"})[0] == 200


def test_nobody_sees_anything_of_others(world: World, payments: Payments) -> None:
    subscribe(world, payments)

    assert shown(world, owner="bob")["status"] == "none"
    assert ask(world, "GET", "/v1/billing/invoices", owner="bob")[1]["items"] == []
    assert ask(world, "POST", "/v1/billing/portal", owner="bob")[0] == 409
    assert checkout(world, owner="bob")["url"] != ""
    assert user(world, "bob").customer_id != user(world).customer_id


def test_who_is_past_due_has_a_subscription(world: World, payments: Payments) -> None:
    subscribe(world, payments, card="4000000000000341")
    payments.pass_time(days=32)
    hear(world, payments)

    assert shown(world)["status"] == "past_due"
    assert ask(world, "POST", CHECKOUT, {"plan": "business"})[1]["code"] == "subscription_exists"
    until = shown(world)["past_due_until"]
    assert until > shown(world)["period_start"]
    days = timedelta(days=world.settings.billing.past_due_days)
    assert user(world).subscribed.period_start + days == datetime.fromisoformat(until)  # type: ignore[union-attr]


def test_further_renewals_do_not_make_the_time_to_pay_longer(world: World, payments: Payments) -> None:
    payments.script(dunning={"days": [1, 3, 5], "then": "past_due"})
    subscribe(world, payments, card=FAILS_LATER)
    assert payments.calls("/v1/invoices") == [], "only who is past due has bills to look for"
    time_passes(world, payments, days=32)
    hear(world, payments)
    first = shown(world)
    assert (first["status"], usage(world)["plan"]) == ("past_due", "pro")

    for _ in range(2):
        time_passes(world, payments, days=31)
        hear(world, payments)

        assert shown(world)["period_start"] > first["period_start"]
        assert (shown(world)["status"], shown(world)["past_due_until"]) == ("past_due", first["past_due_until"])
        assert (shown(world)["plan"], usage(world)["plan"]) == ("free", "free")
        assert reconcile(world)["differences"] == []


def test_who_has_paid_everything_has_a_week_again(world: World, payments: Payments) -> None:
    subscribe(world, payments, card=FAILS_LATER)
    time_passes(world, payments, days=32)
    payments.script(card={"customer": customer(world), "number": GOOD_CARD})
    time_passes(world, payments, days=4)
    hear(world, payments)
    assert (shown(world)["status"], shown(world)["past_due_until"]) == ("active", None)
    assert user(world).subscribed.past_due_since is None  # type: ignore[union-attr]

    payments.script(card={"customer": customer(world), "number": FAILS_LATER})
    time_passes(world, payments, days=30)
    hear(world, payments)

    assert (shown(world)["status"], shown(world)["plan"]) == ("past_due", "pro")


def test_looking_at_invoices_and_cards_is_bounded(few: None, world: World, payments: Payments) -> None:
    subscribe(world, payments)

    for path in ("/v1/billing/invoices", "/v1/billing/payment-methods"):
        world.clock.forward(minutes=2)
        answers = [call(world, "GET", path) for _ in range(4)]
        assert [status for status, _, _ in answers] == [200, 200, 200, 429]
        assert answers[0][2]["RateLimit-Remaining"] == "2"


@pytest.fixture
def few(overrides: dict[str, Any]) -> None:
    overrides["rates"] = {"creations": 3}


def test_after_the_end_it_can_be_bought_again(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    payments.ask("DELETE", f"/v1/subscriptions/{subscription(str(user(world).customer_id)).id}")

    assert subscribe(world, payments, "business")["plan"] == "business"
    assert len(payments.ask("GET", "/v1/customers")["data"]) == 1
