"""Once a day everything is compared with Stripe: what webhooks have left undone is done, and told."""

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from realstaging.stores import keys
from tests.support.billing import become_customer, buy, join, rows, subscription, user
from tests.support.fake_stripe import Payments, gateway, quick_repeats
from tests.support.fake_stripe import checkout as page_of
from tests.support.fault_injection import CrashError, faulty
from tests.support.purchases import checkout, hear, pay, reconcile, shown, subscribe
from tests.support.world import World

Json = dict[str, Any]


def kinds(answer: Json) -> list[str]:
    return sorted(each["kind"] for each in answer["differences"])


def counted(capsys: pytest.CaptureFixture[str], name: str) -> int:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    return int(sum(sum(line.get(name, [])) for line in lines))


def test_when_everything_was_heard_there_is_nothing_to_tell(
    world: World, payments: Payments, capsys: pytest.CaptureFixture[str]
) -> None:
    for owner, plan in (("alice", "pro"), ("bob", "business")):
        subscribe(world, payments, plan, owner=owner)
    before = [row for row in world.rows() if row["sk"] in ("PROFILE", "CUSTOMER")]

    answer = reconcile(world)

    assert answer == {"done": True, "looked": 4, "differences": [], "prices_made": [], "price_complaints": []}
    assert [row for row in world.rows() if row["sk"] in ("PROFILE", "CUSTOMER")] == before
    assert counted(capsys, "BillingDifference") == 0


def test_a_lost_webhook_is_made_good_and_told(
    world: World, payments: Payments, capsys: pytest.CaptureFixture[str]
) -> None:
    pay(payments, checkout(world, "pro"))

    answer = reconcile(world)

    [found] = answer["differences"]
    assert (found["kind"], found["owner"], found["was"], found["repaired"]) == ("behind", "alice", "none", True)
    assert found["now"].startswith("pro active until ")
    assert shown(world)["plan"] == "pro"
    assert counted(capsys, "BillingDifference") == 1
    assert reconcile(world)["differences"] == []


@pytest.mark.parametrize("days", [32, 45])
def test_renewals_and_ends_that_nobody_heard_of_are_made_good(world: World, payments: Payments, days: int) -> None:
    subscribe(world, payments, "pro")
    subscribe(world, payments, "business", owner="bob", card="4000000000000341")
    payments.pass_time(days=days)
    world.clock.forward(days=days)

    answer = reconcile(world)

    assert kinds(answer) == ["behind", "behind"]
    hear_nothing = {owner: shown(world, owner=owner) for owner in ("alice", "bob")}
    assert hear_nothing["alice"]["status"] == "active"
    assert hear_nothing["bob"]["status"] == ("past_due" if days == 32 else "canceled")
    hear(world, payments)
    assert {owner: shown(world, owner=owner) for owner in ("alice", "bob")} == hear_nothing


def test_a_webhook_that_comes_meanwhile_leaves_nothing_to_tell(world: World, payments: Payments) -> None:
    pay(payments, checkout(world, "pro"))
    world.function("reconcile").time = SimpleNamespace(sleep=lambda _: hear(world, payments), monotonic=time.monotonic)

    assert reconcile(world)["differences"] == []
    assert shown(world)["plan"] == "pro"


def test_what_stripe_knows_nothing_of_is_taken_back(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    payments.forget()

    answer = reconcile(world)

    assert [(each["kind"], each["now"]) for each in answer["differences"]] == [("no_subscription", "none")]
    assert shown(world)["status"] == "none"
    assert reconcile(world)["differences"] == []


def test_a_customer_nobody_knows_is_linked_by_the_name_we_gave_it(world: World, payments: Payments) -> None:
    join(world)
    made = gateway().create_customer("alice", key="customer-alice")
    buy(payments, made.id, "business")

    assert kinds(reconcile(world)) == ["unlinked"]

    assert (user(world).customer_id, shown(world)["plan"]) == (made.id, "business")
    assert len(rows(world, "CUSTOMER")) == 1


def test_a_customer_of_nobody_is_only_told(world: World, payments: Payments) -> None:
    made = gateway().create_customer("nobody", key="customer-nobody")
    buy(payments, made.id, owner="nobody")

    for _ in range(2):
        [found] = reconcile(world)["differences"]
        assert (found["kind"], found["repaired"]) == ("unknown", False)
    assert subscription(made.id).live
    assert rows(world, "CUSTOMER") == []


def test_nobody_pays_for_an_account_that_is_gone(world: World, payments: Payments) -> None:
    """Paid on a page that was open while the account was closed."""
    join(world)
    customer = become_customer(world)
    open_page = page_of(payments, gateway(), "alice", customer)
    world.function("account_api").users.mark_for_deletion("alice", world.clock.at)
    payments.pay(open_page)

    assert kinds(reconcile(world)) == ["closed_account"]
    assert subscription(customer).status == "canceled"
    assert reconcile(world)["differences"] == []


def test_a_second_customer_of_an_owner_is_left_to_people(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    other = payments.ask("POST", "/v1/customers", **{"metadata[owner]": "alice"})["id"]
    world.table.put_item(Item=keys.stripe_customer(other) | {"owner": "alice", "version": 1})
    buy(payments, other, "business")

    assert kinds(reconcile(world)) == ["other_customer"]
    assert subscription(other).live
    assert shown(world)["plan"] == "pro"


def test_a_second_subscription_is_ended(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    customer = str(user(world).customer_id)
    payments.pass_time(hours=1)
    buy(payments, customer, "business")

    reconcile(world)

    assert [each.live for each in gateway().subscriptions_of(customer)] == [False, True]
    assert shown(world)["plan"] == "pro"


def test_what_is_none_of_our_business_is_left_alone(world: World, payments: Payments) -> None:
    order = {"currency": "usd", "unit_amount": "500", "recurring[interval]": "month", "product_data[name]": "Mugs"}
    price = payments.ask("POST", "/v1/prices", **order)
    join(world)
    customer = become_customer(world)
    session = payments.ask(
        "POST", "/v1/checkout/sessions", mode="subscription", customer=customer, success_url="http://127.0.0.1/",
        **{"line_items[0][price]": price["id"], "line_items[0][quantity]": "1"},
    )  # fmt: skip
    payments.http.post(session["url"], data={"number": "4242424242424242"})

    assert reconcile(world)["differences"] == []
    assert subscription(customer).live


def test_one_that_cannot_be_dealt_with_does_not_keep_the_others_waiting(world: World, payments: Payments) -> None:
    for owner in ("alice", "bob"):
        pay(payments, checkout(world, "pro", owner=owner))
    with faulty(world.table.meta.client, "TransactWriteItems", CrashError(), at=(1,)):
        answer = reconcile(world)

    assert kinds(answer) == ["behind", "failed"]
    assert kinds(reconcile(world)) == ["behind"]


def test_without_time_it_goes_on_where_it_stopped(world: World, payments: Payments) -> None:
    owners = ["alice", "bob", "carol"]
    for owner in owners:
        pay(payments, checkout(world, "pro", owner=owner))
    found: list[str] = []

    for _ in range(10):
        answer = world.run("reconcile", {"pause_seconds": 0}, milliseconds=0)
        found += [each["owner"] for each in answer["differences"]]
        if answer["done"]:
            break
        assert world.table.get_item(Key=keys.reconciliation())["Item"]

    assert answer["done"]
    assert sorted(found) == owners
    assert "Item" not in world.table.get_item(Key=keys.reconciliation())


def test_a_place_that_is_gone_is_the_beginning(world: World, payments: Payments) -> None:
    pay(payments, checkout(world, "pro"))
    world.table.put_item(Item=keys.reconciliation() | {"part": "subscriptions", "after": "sub_gone"})

    assert kinds(reconcile(world)) == ["behind"]


def test_without_stripe_the_run_fails_and_nothing_is_changed(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    before = world.rows()
    payments.script(fail={"path": "/v1/*", "status": 500})

    with quick_repeats(), pytest.raises(Exception, match="cannot be reached"):
        reconcile(world)

    assert world.rows() == before
