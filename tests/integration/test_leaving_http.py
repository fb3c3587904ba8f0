"""DELETE /v1/account: what is paid for it ends first."""

from datetime import timedelta

from realstaging.models.billing import Subscription
from tests.integration.acts import ask, purge_everything
from tests.integration.buying import checkout, hear, reconcile, shown, subscribe
from tests.integration.payments import Payments, quick_repeats
from tests.integration.subscribers import subscription, user
from tests.integration.world import World


def held(world: World) -> Subscription:
    return subscription(str(user(world).customer_id))


def test_an_account_that_is_closed_stops_paying(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    customer = str(user(world).customer_id)

    assert ask(world, "DELETE", "/v1/account")[0] == 204

    assert subscription(customer).status == "canceled"
    hear(world, payments)
    assert reconcile(world)["differences"] == []


def test_an_account_that_is_closed_leaves_no_page_to_pay_on(world: World, payments: Payments) -> None:
    page = checkout(world, "pro")

    assert ask(world, "DELETE", "/v1/account")[0] == 204

    assert payments.http.post(page["url"], data={"number": "4242424242424242"}).status_code != 303
    assert payments.ask("GET", "/v1/subscriptions?status=all")["data"] == []


def test_without_stripe_an_account_stays_open(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    payments.script(fail={"path": "/v1/subscriptions*", "status": 500})

    with quick_repeats():
        status, problem = ask(world, "DELETE", "/v1/account")

    assert (status, problem["code"], problem["retryable"]) == (503, "provider_unavailable", True)
    payments.http.delete("/_script")
    assert (shown(world)["status"], held(world).live) == ("active", True)
    assert ask(world, "DELETE", "/v1/account")[0] == 204


def test_who_never_paid_needs_no_stripe_to_leave(world: World, payments: Payments) -> None:
    payments.script(fail={"path": "/v1/*", "status": 500})

    assert ask(world, "DELETE", "/v1/account")[0] == 204
    assert payments.calls("/v1/") == []


def test_who_is_back_can_buy_again(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    ask(world, "DELETE", "/v1/account")
    hear(world, payments)
    purge_everything(world)
    world.loaded.clear()

    assert subscribe(world, payments, "business")["plan"] == "business"
    assert user(world).subscribed is not None
    assert user(world).subscribed.started_at > world.clock.at - timedelta(days=1)  # type: ignore[union-attr]


def test_of_a_closed_account_nothing_is_kept_that_names_its_customer(world: World, payments: Payments) -> None:
    subscribe(world, payments, "pro")
    customer = str(user(world).customer_id)
    ask(world, "DELETE", "/v1/account")

    purge_everything(world)

    assert [row["pk"] for row in world.rows() if "alice" in (row.get("owner"), row["pk"].removeprefix("USER#"))] == []
    hear(world, payments)  # what Stripe still has to say of it harms nobody
    assert [row["sk"] for row in world.rows() if row["pk"] == f"STRIPE#{customer}" and row["sk"] == "CUSTOMER"] == []
