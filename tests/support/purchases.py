"""What owners do about billing over HTTP, and what they find there."""

from decimal import Decimal
from typing import Any

from tests.support.billing import tell, user
from tests.support.fake_stripe import GOOD_CARD, Payments
from tests.support.steps import ask
from tests.support.world import World

Json = dict[str, Any]
CHECKOUT, SUBSCRIPTION = "/v1/billing/checkout", "/v1/billing/subscription"


def checkout(world: World, plan: str = "pro", **more: Any) -> Json:
    status, page = ask(world, "POST", CHECKOUT, {"plan": plan}, **more)
    assert status == 201, page
    return page


def pay(payments: Payments, page: Json, card: str = GOOD_CARD) -> None:
    assert payments.http.post(page["url"], data={"number": card}).status_code == 303


def hear(world: World, payments: Payments) -> None:
    """Every webhook there was comes, those that were heard before too."""
    assert set(tell(world, *payments.events())) == {200}


def subscribe(world: World, payments: Payments, plan: str = "pro", *, card: str = GOOD_CARD, **more: Any) -> Json:
    """Somebody buys a plan and we hear of it; what they are shown."""
    pay(payments, checkout(world, plan, **more), card)
    hear(world, payments)
    return shown(world, **more)


def shown(world: World, **more: Any) -> Json:
    status, body = ask(world, "GET", SUBSCRIPTION, **more)
    assert status == 200
    return body


def change(world: World, plan: str, status: int = 200, **more: Any) -> Json:
    got, body = ask(world, "PATCH", SUBSCRIPTION, {"plan": plan} | more)
    assert got == status, body
    return body


def preview(world: World, plan: str) -> Json:
    status, body = ask(world, "POST", f"{SUBSCRIPTION}/preview", {"plan": plan})
    assert status == 200, body
    return body


def act(world: World, what: str, status: int = 200) -> Json:
    got, body = ask(world, "POST", f"{SUBSCRIPTION}/{what}")
    assert got == status, body
    return body


def usage(world: World, **more: Any) -> Json:
    return ask(world, "GET", "/v1/account/usage", **more)[1]


def invoices(world: World) -> list[Json]:
    items: list[Json] = ask(world, "GET", "/v1/billing/invoices")[1]["items"]
    return items


def program(world: World) -> str:
    """An API key of Alice's."""
    return str(ask(world, "POST", "/v1/account/api-keys", {"name": "a program"})[1]["key"])


def made(payments: Payments, path: str) -> list[Json]:
    """What came of the POSTs to a path: those that were not replays."""
    return [each for each in payments.calls(path, "POST") if each["path"] == path and not each["replayed"]]


def reconcile(world: World, **event: Any) -> Json:
    """The daily comparison with Stripe, which waits for no webhook here."""
    answer: Json = world.run("reconcile", {"pause_seconds": 0} | event, milliseconds=300_000)
    return answer


def customer(world: World) -> str:
    """Alice's, at Stripe."""
    return str(user(world).customer_id)


def paid(world: World) -> Decimal:
    """Everything Alice ever paid."""
    return sum((Decimal(each["amount_paid"]) for each in invoices(world)), Decimal(0))
