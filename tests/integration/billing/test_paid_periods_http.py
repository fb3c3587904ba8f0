"""What a period includes: only what was paid for it."""

from datetime import timedelta
from typing import Any

import pytest

from realstaging.errors import VersionConflictError
from realstaging.models.accounts import Profile
from realstaging.stores.quota import QuotaStore
from realstaging.stores.table import Writes
from realstaging.stores.users import UserStore
from tests.support.billing import granted, subscription, tell, user
from tests.support.fake_stripe import AS_SOLD, FAILS_LATER, GOOD_CARD, Payments
from tests.support.purchases import change, customer, hear, invoices, preview, reconcile, subscribe, usage
from tests.support.steps import ask
from tests.support.world import World


@pytest.fixture
def free_as_sold(overrides: dict[str, Any]) -> None:
    overrides["plans"] = AS_SOLD | {"free": {"images_per_month": 10}}


def until_renewal(world: World, payments: Payments, **later: float) -> None:
    end = subscription(customer(world)).period_end + timedelta(**later)
    payments.pass_time(to=int(end.timestamp()))


def period(world: World, payments: Payments) -> str:
    return granted(world, payments.now())[2]


# -- renewals that are not paid --------------------------------------------------------------------------


def test_a_renewal_that_fails_opens_no_new_counters(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    paid = period(world, payments)
    payments.script(card={"customer": customer(world), "number": FAILS_LATER})

    until_renewal(world, payments, hours=2)
    hear(world, payments)

    assert user(world).subscribed.status == "past_due"  # type: ignore[union-attr]
    assert granted(world, payments.now()) == ("pro", 100, paid)
    assert reconcile(world)["differences"] == []


def test_nor_does_one_that_nobody_has_tried_to_collect_yet(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    paid = period(world, payments)

    until_renewal(world, payments, minutes=5)
    hear(world, payments)

    assert user(world).subscribed.status == "active"  # type: ignore[union-attr]
    assert granted(world, payments.now()) == ("pro", 100, paid)
    assert reconcile(world)["differences"] == []
    payments.pass_time(hours=2)
    hear(world, payments)
    assert period(world, payments) != paid, "once it is paid there are new ones"
    assert user(world).subscribed.paid_from is None  # type: ignore[union-attr]


def test_once_it_is_paid_the_new_period_is_whole(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    paid = period(world, payments)
    payments.script(card={"customer": customer(world), "number": FAILS_LATER})
    until_renewal(world, payments, hours=2)
    hear(world, payments)
    payments.script(card={"customer": customer(world), "number": GOOD_CARD})
    payments.ask("POST", f"/v1/invoices/{invoices(world)[0]['id']}/pay")
    hear(world, payments)

    start = user(world).subscribed.period_start  # type: ignore[union-attr]
    assert granted(world, payments.now()) == ("pro", 100, start.date().isoformat())
    assert start.date().isoformat() != paid


def test_several_renewals_that_fail_count_from_the_last_paid_one(
    overrides: dict[str, Any], world: World, payments: Payments
) -> None:
    subscribe(world, payments)
    until_renewal(world, payments, hours=2)
    hear(world, payments)
    paid = period(world, payments)
    payments.script(card={"customer": customer(world), "number": FAILS_LATER})
    for _ in range(2):
        until_renewal(world, payments, hours=2)
        hear(world, payments)

    found = user(world).subscribed
    assert found is not None
    if found.status == "past_due":
        assert found.paid_from is not None
        assert found.paid_from.date().isoformat() == paid


# -- two subscriptions in a month ------------------------------------------------------------------------


def used(world: World, payments: Payments, images: int) -> None:
    at = period(world, payments)
    Writes(world.table).transact_write([QuotaStore(world.table).reserve("alice", at, images, images)])
    world.table.update_item(
        Key={"pk": "USER#alice", "sk": f"USAGE#{at}"},
        UpdateExpression="SET captured = :n, carried = :n",
        ExpressionAttributeValues={":n": images},
    )


def test_a_second_subscription_of_the_month_has_counters_of_its_own(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    used(world, payments, 100)
    payments.ask("DELETE", f"/v1/subscriptions/{subscription(customer(world)).id}")
    hear(world, payments)
    payments.pass_time(hours=2)

    subscribe(world, payments)

    shown = usage(world)
    assert (shown["plan"], shown["limit"], shown["used"], shown["remaining"]) == ("pro", 100, 0, 100)
    assert reconcile(world)["differences"] == []
    hear(world, payments)
    assert usage(world)["remaining"] == 100
    assert ask(world, "GET", "/v1/account/ledger")[0] == 200


def test_an_upgrade_from_free_goes_on_with_what_was_used(free_as_sold: None, world: World, payments: Payments) -> None:
    usage(world)
    at = world.function("account_api").live.of("alice", world.clock.at).allowance.period
    world.table.put_item(
        Item={"pk": "USER#alice", "sk": f"USAGE#{at}", "owner": "alice", "period": at, "used": 7}
        | {"captured": 7, "carried": 7}
    )

    subscribe(world, payments)

    assert usage(world)["remaining"] == 93


def test_a_checkout_that_was_never_paid_is_no_earlier_subscription(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    only = user(world).subscribed

    assert only is not None
    assert not only.own_counters


# -- a larger plan in the middle of a period -------------------------------------------------------------


def test_a_larger_plan_in_the_last_minutes_includes_what_was_paid(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    until_renewal(world, payments, minutes=-10)

    told = preview(world, "business")
    change(world, "business", proration_date=told["proration_date"])

    assert told["images_this_period"] == usage(world)["limit"] == 101
    assert user(world).subscribed.plan == "business"  # type: ignore[union-attr]
    hear(world, payments)
    assert usage(world)["limit"] == 101, "webhooks say the same"
    assert reconcile(world)["differences"] == []
    change(world, "pro")
    assert usage(world)["limit"] == 101
    change(world, "business")
    assert usage(world)["limit"] == 101, "back and forth gives nothing"
    until_renewal(world, payments, hours=2)
    hear(world, payments)
    assert granted(world, payments.now())[:2] == ("business", 500)


def test_a_larger_plan_in_the_first_minute_includes_all_of_it(world: World, payments: Payments) -> None:
    subscribe(world, payments)

    told = preview(world, "business")
    change(world, "business", proration_date=told["proration_date"])

    assert told["images_this_period"] == usage(world)["limit"] == 500


def test_a_preview_without_payment_shows_the_images_of_this_period(world: World, payments: Payments) -> None:
    subscribe(world, payments, "business")

    assert preview(world, "pro")["images_this_period"] == 500
    assert preview(world, "free")["images_this_period"] == 500
    assert preview(world, "business")["images_this_period"] == 500


# -- a profile and Stripe write to one row ---------------------------------------------------------------


def test_a_renewal_during_a_change_of_the_profile_is_no_conflict(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    read = user(world)
    payments.pass_time(days=40)
    hear(world, payments)
    assert user(world).version > read.version

    saved = UserStore(world.table).save(read, Profile(full_name="Alice"), world.clock.at)

    assert saved.profile.full_name == "Alice"
    assert saved.subscribed == user(world).subscribed != read.subscribed
    assert saved.version == user(world).version


def test_two_changes_of_the_profile_are(world: World) -> None:
    ask(world, "GET", "/v1/account")
    read = user(world)
    UserStore(world.table).save(read, Profile(full_name="Alice"), world.clock.at)

    with pytest.raises(VersionConflictError):
        UserStore(world.table).save(read, Profile(full_name="Bob"), world.clock.at)


# -- events as they really come --------------------------------------------------------------------------


def test_events_out_of_order_leave_the_state_as_stripe_has_it(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    [first] = payments.events("customer.subscription.created")
    newest = payments.events("customer.subscription.updated")[-1]
    older = first | {"id": "evt_older"}
    older["data"]["object"] |= {"status": "incomplete"}

    for event in (newest | {"id": "evt_a"}, older, newest | {"id": "evt_a"}):
        assert tell(world, event) == [200]
        assert ask(world, "GET", "/v1/billing/subscription")[1]["status"] == "active"


@pytest.mark.parametrize(
    ("kind", "version", "moved"),
    [
        ("customer.subscription.updated", "2024-06-20", {"current_period_start": 1, "current_period_end": 2}),
        ("invoice.paid", "2025-03-31.basil", {"parent": None}),
    ],
)
def test_an_event_of_another_version_says_nothing_about_the_period(
    world: World, payments: Payments, kind: str, version: str, moved: dict[str, Any]
) -> None:
    subscribe(world, payments)
    before = user(world).subscribed
    event = payments.events(kind)[-1] | {"id": "evt_of_another_version", "api_version": version}
    event["data"]["object"] |= moved

    assert tell(world, event) == [200]

    assert user(world).subscribed == before


@pytest.mark.parametrize("minutes", [0, 20, 55])
def test_what_was_shown_is_what_is_paid(world: World, payments: Payments, minutes: int) -> None:
    subscribe(world, payments)
    payments.pass_time(days=12)
    told = preview(world, "business")
    payments.pass_time(seconds=60 * minutes)

    change(world, "business", proration_date=told["proration_date"])

    assert invoices(world)[0]["amount_paid"] == told["amount_due"]


def test_what_was_shown_too_long_ago_is_pointed_at(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    payments.pass_time(days=12)
    told = preview(world, "business")
    payments.pass_time(seconds=61 * 60)

    problem = change(world, "business", 422, proration_date=told["proration_date"])

    assert problem["errors"][0]["pointer"] == "/proration_date"


def test_a_preview_that_cannot_be_made_is_an_error(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    payments.script(fail={"path": "/v1/invoices/create_preview", "status": 400, "code": "invoice_upcoming_none"})

    status, problem = ask(world, "POST", "/v1/billing/subscription/preview", {"plan": "business"})

    assert status >= 400
    assert "amount_due" not in problem
