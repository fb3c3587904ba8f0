"""The prices at Stripe against the plans of the settings."""

from tests.support.billing import subscription, user
from tests.support.fake_stripe import Payments
from tests.support.purchases import checkout, hear, pay, reconcile, shown, subscribe
from tests.support.world import World


def test_prices_that_are_not_as_configured_are_told(world: World, payments: Payments) -> None:
    [pro] = payments.ask("GET", "/v1/prices?lookup_keys[]=realstaging_pro_monthly")["data"]
    [business] = payments.ask("GET", "/v1/prices?lookup_keys[]=realstaging_business_monthly")["data"]
    assert reconcile(world, prices="check")["price_complaints"] == []

    payments.ask("POST", f"/v1/prices/{pro['id']}", active="false")
    order = {"currency": "usd", "unit_amount": "9000", "recurring[interval]": "year", "product": business["product"]}
    payments.ask("POST", "/v1/prices", **order, lookup_key="realstaging_business_monthly", transfer_lookup_key="true")

    told = reconcile(world, prices="check")["price_complaints"]
    assert [each.split(":")[0] for each in told] == ["pro", "business", "business"]
    assert "no active price" in told[0]
    assert "not by the month" in told[1]
    assert "90 usd" in told[2].replace("90.00", "90")
    assert reconcile(world)["price_complaints"] == told


def test_prices_are_made_once_and_who_pays_a_former_one_keeps_the_plan(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    [former] = payments.ask("GET", "/v1/prices?lookup_keys[]=realstaging_pro_monthly")["data"]
    payments.ask("POST", f"/v1/prices/{former['id']}", **{"metadata[plan]": ""})
    module = world.function("reconcile")
    dearer = world.settings.plans["pro"].model_copy(update={"price_usd": world.settings.plans["pro"].price_usd + 10})
    changed = world.settings.model_copy(update={"plans": world.settings.plans | {"pro": dearer}})
    module.settings = lambda: changed

    for made in (["pro"], []):
        assert reconcile(world, prices="sync") == {"prices_made": made, "price_complaints": []}

    [price] = payments.ask("GET", "/v1/prices?lookup_keys[]=realstaging_pro_monthly")["data"]
    assert (price["unit_amount"], price["product"]) == (3900, former["product"])
    assert reconcile(world)["differences"] == []
    held = subscription(str(user(world).customer_id))
    assert (held.price.id, held.price.plan, held.price.amount) == (former["id"], "pro", 2900)
    payments.pass_time(days=32)
    hear(world, payments)
    assert shown(world)["plan"] == "pro"


def test_who_pays_a_price_that_was_archived_keeps_the_plan_too(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    [former] = payments.ask("GET", "/v1/prices?lookup_keys[]=realstaging_pro_monthly")["data"]
    payments.ask("POST", f"/v1/prices/{former['id']}", active="false", **{"metadata[plan]": ""})

    assert reconcile(world, prices="sync") == {"prices_made": ["pro"], "price_complaints": []}

    [price] = payments.ask("GET", "/v1/prices?lookup_keys[]=realstaging_pro_monthly")["data"]
    assert (price["id"] != former["id"], price["product"]) == (True, former["product"])
    payments.pass_time(days=32)
    hear(world, payments)
    assert (shown(world)["plan"], reconcile(world)["differences"]) == ("pro", [])


def test_where_there_were_no_prices_there_are_some(world: World, payments: Payments) -> None:
    for each in payments.ask("GET", "/v1/prices")["data"]:
        payments.ask("POST", f"/v1/prices/{each['id']}", active="false", lookup_key="")

    assert reconcile(world, prices="sync")["prices_made"] == ["pro", "business"]

    pay(payments, checkout(world, "business"))
    hear(world, payments)
    assert shown(world)["plan"] == "business"
