"""A plan is bought on Stripe's page, changed, not paid for, paid again and ended: as a customer goes through it."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from local.state import Cloud
from realstaging import config
from tests.e2e.conftest import Agent, Json, until
from tests.support.buyer import FAILS_LATER, GOOD_CARD, Buyer

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
PLANS = config.load("local").plans
PRO, BUSINESS = PLANS["pro"].images_per_month, PLANS["business"].images_per_month


@pytest.fixture
def stripe(cloud: Cloud) -> Iterator[httpx.Client]:
    """As if nobody had ever paid; what a test has scripted is forgotten."""
    with httpx.Client(timeout=120) as browser:
        browser.post(f"{cloud.stripe}/_reset").raise_for_status()
        yield browser
        browser.delete(f"{cloud.stripe}/_script").raise_for_status()
        browser.post(f"{cloud.stripe}/_reset").raise_for_status()


@pytest.fixture
def buyer(agent: Agent, stripe: httpx.Client) -> Buyer:
    return Buyer(agent, stripe)


def test_a_plan_is_bought_and_counts_within_seconds(buyer: Buyer) -> None:
    free = buyer.limit()
    page = buyer.checkout("pro")

    back = buyer.pay(page)

    assert "checkout=done" in back
    assert free < PRO
    until(lambda: buyer.limit() == PRO or None)
    held = buyer.subscription()
    assert (held["plan"], held["status"], held["cancel_at_period_end"]) == ("pro", "active", False)
    [card] = buyer.agent.get("/v1/billing/payment-methods")["items"]
    assert (card["brand"], card["last4"], card["default"]) == ("visa", "4242", True)
    [invoice] = buyer.invoices()
    assert (invoice["amount_paid"], invoice["status"]) == ("29.00", "paid")
    assert buyer.browser.get(invoice["pdf_url"]).headers["content-type"] == "application/pdf"
    assert buyer.agent.http.post("/v1/billing/checkout", json={"plan": "pro"}).json()["code"] == "subscription_exists"


def test_more_costs_what_was_shown_and_counts_at_once(buyer: Buyer) -> None:
    buyer.subscribe("pro")
    buyer.script(advance={"days": 12, "seconds": 345})

    shown = buyer.agent.post("/v1/billing/subscription/preview", {"plan": "business"}, 200)
    after = buyer.change("business", proration_date=shown["proration_date"])

    # The rest of the month is paid for, and the rest of the larger allowance is there.
    assert (after["plan"], buyer.limit()) == ("business", shown["images_this_period"])
    assert buyer.limit() < BUSINESS
    assert buyer.invoices()[0]["amount_paid"] == shown["amount_due"]
    assert Decimal(0) < Decimal(shown["amount_due"]) < Decimal(70)


def test_less_counts_from_the_renewal_on(buyer: Buyer) -> None:
    buyer.subscribe("business")

    assert (buyer.change("pro")["next_plan"], buyer.limit()) == ("pro", BUSINESS)

    buyer.script(advance={"days": 32})
    buyer.has(plan="pro", status="active", next_plan=None)
    assert buyer.limit() == PRO


def test_a_renewal_that_is_not_paid_is_forgiven_once_it_is(buyer: Buyer) -> None:
    buyer.subscribe("pro", FAILS_LATER)
    buyer.script(advance={"days": 32})
    held = buyer.has(status="past_due")
    assert (held["plan"], buyer.limit()) == ("pro", PRO), "the plan goes on for a while"
    assert held["past_due_until"]
    assert buyer.change("business", 402)["code"] == "payment_declined"
    assert buyer.subscription() == held

    portal = buyer.agent.post("/v1/billing/portal")["url"]
    buyer.fill_in(portal, "Use this card", number=GOOD_CARD)
    buyer.fill_in(portal, "Pay")

    buyer.has(plan="pro", status="active", past_due_until=None)


def test_a_renewal_that_is_never_paid_ends_the_plan(buyer: Buyer) -> None:
    buyer.subscribe("pro", FAILS_LATER)

    buyer.script(advance={"days": 45})

    buyer.has(plan="free", status="canceled")
    assert buyer.limit() != PRO
    assert buyer.agent.get("/v1/account/usage")["plan"] == "free"


def test_what_is_canceled_ends_with_its_period_unless_it_is_resumed(buyer: Buyer) -> None:
    buyer.subscribe("pro")
    assert buyer.agent.post("/v1/billing/subscription/cancel", status=200)["next_plan"] == "free"
    assert buyer.agent.post("/v1/billing/subscription/resume", status=200)["next_plan"] is None
    buyer.script(advance={"days": 32})
    buyer.has(status="active", cancel_at_period_end=False)

    buyer.agent.post("/v1/billing/subscription/cancel", status=200)
    assert buyer.limit() == PRO
    buyer.script(advance={"days": 32})

    buyer.has(plan="free", status="canceled")


def test_what_is_done_on_stripes_page_is_heard(buyer: Buyer) -> None:
    buyer.subscribe("pro")

    answer = buyer.fill_in(buyer.agent.post("/v1/billing/portal")["url"], "Cancel")

    assert answer.status_code in (200, 303)
    buyer.has(plan="pro", cancel_at_period_end=True)


def test_twenty_pages_asked_for_at_once_are_one_and_are_paid_once(buyer: Buyer) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda _: buyer.agent.http.post("/v1/billing/checkout", json={"plan": "pro"}), range(20))
        )
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    [url] = {answer.json()["url"] for answer in answers}

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: buyer.browser.post(url, data={"number": GOOD_CARD}), range(20)))

    buyer.has(plan="pro", status="active")
    assert len(buyer.ask("/v1/customers")["data"]) == 1
    live = buyer.ask("/v1/subscriptions?status=all")["data"]
    assert [each["status"] for each in live] == ["active"]
    assert len(buyer.invoices()) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        {"deliver": {"type": "*", "then": "duplicate"}},
        {"shuffle": {"count": 8, "seed": 7}},
        {"deliver": {"type": "customer.subscription.*", "then": "delay", "seconds": 0.5}},
        {"deliver": {"type": "invoice.*", "then": "lose"}},
        {"deliver": {"type": "*", "then": "forged", "real_after": 0.2}},
    ],
    ids=["duplicated", "shuffled", "late", "lost", "forged"],
)
def test_however_webhooks_come_the_plan_is_right(buyer: Buyer, trouble: Json) -> None:
    before = buyer.undelivered()
    buyer.script(**trouble)

    buyer.subscribe("pro")
    buyer.script(advance={"days": 32})

    first = first_day(buyer)
    held = until(lambda: found if (found := buyer.subscription())["period_start"] > first else None)
    assert (held["plan"], held["status"], buyer.limit()) == ("pro", "active", PRO)
    buyer.script(release={"order": "reversed"}, hold=False)
    until(lambda: buyer.undelivered() <= before or None)
    assert buyer.subscription() == held
    assert buyer.reconcile() == []


def first_day(buyer: Buyer) -> str:
    """When the first invoice was made: the renewal's period starts later."""
    return str(buyer.invoices()[-1]["created_at"])


def test_what_no_webhook_told_is_found_by_reconciling(buyer: Buyer) -> None:
    buyer.script(deliver={"type": "*", "then": "lose"})
    buyer.pay(buyer.checkout("pro"))
    assert buyer.subscription()["status"] == "none"

    [found] = buyer.reconcile()

    assert (found["kind"], found["was"], found["repaired"]) == ("behind", "none", True)
    assert (buyer.subscription()["plan"], buyer.limit()) == ("pro", PRO)
    assert buyer.reconcile() == []


def test_a_price_that_is_not_as_configured_stops_a_deployment_until_it_is_made(buyer: Buyer) -> None:
    [price] = buyer.ask("/v1/prices?lookup_keys[]=realstaging_pro_monthly")["data"]
    buyer.ask(f"/v1/prices/{price['id']}", active="false")

    done = [
        compare(buyer.cloud, *words) for words in (("--prices", "check"), ("--prices", "sync"), ("--prices", "check"))
    ]

    assert [each.returncode for each in done] == [1, 0, 0]
    assert "pro: Stripe has no active price" in done[0].stdout
    assert "made a price for pro" in done[1].stdout
    assert buyer.subscribe("pro")["plan"] == "pro"


def compare(cloud: Cloud, *words: str) -> subprocess.CompletedProcess[str]:
    """What `make reconcile` runs."""
    folder = str(Path(cloud.logs).parent)
    command = [sys.executable, "-m", "tools.reconcile", "--dir", folder, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_closed_account_pays_no_more(buyer: Buyer) -> None:
    buyer.subscribe("pro")

    assert buyer.agent.http.delete("/v1/account").status_code == 204

    assert [each["status"] for each in buyer.ask("/v1/subscriptions?status=all")["data"]] == ["canceled"]
