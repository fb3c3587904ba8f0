"""What owners do to a subscription: the price is shown first, more is paid at once, less comes with the renewal."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.billing import subscription
from tests.support.fake_stripe import FAILS_LATER, Payments, quick_repeats
from tests.support.purchases import (
    SUBSCRIPTION,
    act,
    change,
    customer,
    hear,
    invoices,
    paid,
    preview,
    shown,
    subscribe,
    usage,
)
from tests.support.steps import ask, at_once
from tests.support.world import World


def test_a_larger_plan_counts_at_once_and_costs_what_the_preview_said(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    payments.pass_time(days=11, seconds=4711)
    before = shown(world)

    told = preview(world, "business")
    after = change(world, "business", proration_date=told["proration_date"])

    assert (after["plan"], after["next_plan"], after["period_end"]) == ("business", None, before["period_end"])
    assert usage(world)["limit"] == told["images_this_period"] == 353, "no webhook was needed"
    newest = invoices(world)[0]
    assert (newest["amount_due"], newest["amount_paid"]) == (told["amount_due"], told["amount_due"])
    assert Decimal("0") < Decimal(told["amount_due"]) < Decimal("70")
    assert (told["plan"], told["currency"], told["effective_at"]) == ("business", "usd", told["proration_date"])
    assert sum(Decimal(line["amount"]) for line in told["lines"]) == Decimal(told["amount_due"])
    assert all(line["description"] for line in told["lines"])


def test_a_preview_changes_nothing(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    before = world.rows()

    for plan in ("pro", "business", "free"):
        preview(world, plan)

    assert [row for row in world.rows() if not row["sk"].startswith("RATE#")] == [
        row for row in before if not row["sk"].startswith("RATE#")
    ]
    assert (len(payments.calls("/v1/subscriptions/", "POST")), len(invoices(world))) == (0, 1)


def test_a_smaller_plan_counts_from_the_renewal_on(world: World, payments: Payments) -> None:
    subscribe(world, payments, "business")
    told = preview(world, "pro")

    after = change(world, "pro")

    assert (told["amount_due"], told["effective_at"], told["lines"]) == ("0.00", after["period_end"], [])
    assert told["proration_date"] is None
    assert (after["plan"], after["next_plan"]) == ("business", "pro")
    assert (usage(world)["limit"], paid(world)) == (500, Decimal("99.00"))

    payments.pass_time(days=32)
    hear(world, payments)
    assert (shown(world)["plan"], shown(world)["next_plan"]) == ("pro", None)
    assert paid(world) == Decimal("128.00")


def test_who_comes_back_to_what_was_paid_pays_nothing(world: World, payments: Payments) -> None:
    subscribe(world, payments, "business")
    change(world, "pro")
    told = preview(world, "business")

    after = change(world, "business")

    assert told["amount_due"] == "0.00"
    assert (after["plan"], after["next_plan"], paid(world)) == ("business", None, Decimal("99.00"))
    assert subscription(customer(world)).kept is None
    payments.pass_time(days=32)
    assert paid(world) == Decimal("198.00")


def test_the_same_plan_is_no_change(world: World, payments: Payments) -> None:
    before = subscribe(world, payments, "pro")

    assert change(world, "pro") == before
    assert preview(world, "pro")["amount_due"] == "0.00"
    assert payments.calls("/v1/subscriptions/", "POST") == []


def test_free_is_the_end_of_it(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    told = preview(world, "free")

    after = change(world, "free")

    assert (told["amount_due"], told["effective_at"]) == ("0.00", after["period_end"])
    assert (after["plan"], after["cancel_at_period_end"], after["next_plan"]) == ("pro", True, "free")


def test_what_is_canceled_goes_on_until_the_period_ends(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")

    assert act(world, "cancel") == act(world, "cancel")

    assert (shown(world)["status"], shown(world)["cancel_at_period_end"], usage(world)["limit"]) == (
        "active",
        True,
        100,
    )
    payments.pass_time(days=32)
    hear(world, payments)
    assert (shown(world)["plan"], shown(world)["status"]) == ("free", "canceled")
    assert usage(world)["plan"] == "free"
    for what in ("cancel", "resume"):
        assert act(world, what, 409)["code"] == "no_subscription"
    assert change(world, "business", 409)["code"] == "no_subscription"


def test_what_is_canceled_can_be_resumed_until_then(world: World, payments: Payments) -> None:
    before = subscribe(world, payments, "pro")
    act(world, "cancel")

    assert act(world, "resume") == act(world, "resume") == before

    for _ in range(2):  # once more: the same acts must not be answered from memory
        assert act(world, "cancel")["cancel_at_period_end"] is True
        assert act(world, "resume")["cancel_at_period_end"] is False
    payments.pass_time(days=32)
    hear(world, payments)
    assert (shown(world)["plan"], shown(world)["status"]) == ("pro", "active")


def test_a_larger_plan_leaves_a_cancelation_as_it_is(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    act(world, "cancel")

    assert (change(world, "business")["plan"], shown(world)["cancel_at_period_end"]) == ("business", True)


def test_what_is_not_paid_for_does_not_happen(world: World, payments: Payments) -> None:
    before = subscribe(world, payments, "pro", card=FAILS_LATER)

    problem = change(world, "business", 402)

    assert (problem["code"], problem["retryable"]) == ("payment_declined", False)
    assert problem["detail"]
    assert (shown(world), usage(world)["limit"], paid(world)) == (before, 100, Decimal("29.00"))
    hear(world, payments)
    assert shown(world) == before


@pytest.mark.parametrize("plan", ["gold", "", "business "])
def test_what_is_not_sold_is_pointed_at(world: World, payments: Payments, plan: str) -> None:
    subscribe(world, payments, "pro")

    for method, path in (("PATCH", SUBSCRIPTION), ("POST", f"{SUBSCRIPTION}/preview")):
        status, problem = ask(world, method, path, {"plan": plan})
        assert (status, [each["pointer"] for each in problem["errors"]]) == (422, ["/plan"])


def test_a_date_nobody_was_shown_is_refused(world: World, payments: Payments) -> None:
    """The last second of a period would cost nothing."""
    subscribe(world, payments, "pro")
    payments.pass_time(days=10)
    end, now = datetime.fromisoformat(shown(world)["period_end"]), payments.now()

    for date in (
        end - timedelta(seconds=1),
        now + timedelta(minutes=2),
        now - timedelta(hours=2),
        now - timedelta(days=30),
    ):
        problem = change(world, "business", 422, proration_date=date.isoformat())
        assert [each["pointer"] for each in problem["errors"]] == ["/proration_date"]

    assert (shown(world)["plan"], len(invoices(world))) == ("pro", 1)
    assert change(world, "business", proration_date=(now - timedelta(minutes=30)).isoformat())["plan"] == "business"


@pytest.mark.parametrize("date", ["yesterday", 7, "2026-01-01", "2026-01-01T00:00:00"])
def test_a_date_that_is_none_is_pointed_at(world: World, payments: Payments, date: Any) -> None:
    status, problem = ask(world, "PATCH", SUBSCRIPTION, {"plan": "business", "proration_date": date})

    assert (status, [each["pointer"] for each in problem["errors"]]) == (422, ["/proration_date"])


def test_a_change_asked_for_ten_times_at_once_is_paid_once(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")

    with quick_repeats():
        answers = at_once(world, 10, lambda process: ask(process, "PATCH", SUBSCRIPTION, {"plan": "business"}))

    assert {status for status, _ in answers} == {200}
    assert {body["plan"] for _, body in answers} == {"business"}
    assert len(invoices(world)) == 2


def test_what_is_canceled_on_stripes_page_can_be_resumed_here(world: World, payments: Payments) -> None:
    """There it is a date, here a flag."""
    before = subscribe(world, payments, "pro")
    page = ask(world, "POST", "/v1/billing/portal")[1]["url"]
    payments.http.post(page, data={"do": "cancel", "subscription": subscription(customer(world)).id})
    hear(world, payments)
    assert shown(world)["cancel_at_period_end"] is True
    assert act(world, "cancel")["cancel_at_period_end"] is True

    assert act(world, "resume") == act(world, "resume") == before

    payments.pass_time(days=32)
    hear(world, payments)
    assert (shown(world)["plan"], shown(world)["status"]) == ("pro", "active")


@pytest.fixture
def no_repeats(overrides: dict[str, Any]) -> None:
    overrides["stripe"]["retries"] = 0


def test_a_change_whose_answer_was_lost_is_paid_once(no_repeats: None, world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    payments.script(after={"path": "/v1/subscriptions/*", "times": 1})

    status, problem = ask(world, "PATCH", SUBSCRIPTION, {"plan": "business"})

    assert (status, problem["code"], problem["retryable"]) == (503, "provider_unavailable", True)

    assert change(world, "business")["plan"] == "business"
    assert len(invoices(world)) == 2


@pytest.mark.parametrize("what", ["cancel", "resume"])
def test_without_stripe_nothing_changes(world: World, payments: Payments, what: str) -> None:
    before = subscribe(world, payments, "pro")
    payments.script(fail={"path": "/v1/*", "status": 500})

    with quick_repeats():
        for method, path in (
            ("POST", f"{SUBSCRIPTION}/{what}"),
            ("PATCH", SUBSCRIPTION),
            ("POST", f"{SUBSCRIPTION}/preview"),
            ("POST", "/v1/billing/portal"),
            ("GET", "/v1/billing/invoices"),
            ("GET", "/v1/billing/payment-methods"),
        ):
            status, problem = ask(world, method, path, None if method == "GET" else {"plan": "business"})
            assert (status, problem["code"], problem["retryable"]) == (503, "provider_unavailable", True), path

    assert shown(world) == before, "our own row needs no Stripe"


@pytest.fixture
def few(overrides: dict[str, Any]) -> None:
    overrides["rates"] = {"creations": 5}


def test_too_many_changes_are_too_many(few: None, world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")

    answers = [ask(world, "POST", f"{SUBSCRIPTION}/preview", {"plan": "free"})[0] for _ in range(5)]

    assert answers == [200, 200, 200, 200, 429]
    assert shown(world)["plan"] == "pro", "looking is free"
