"""Control routes for tests: /_script, /_events, /_log, /_reset (see README.md), and what a script can do."""

from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from standins.loopback import is_loopback
from standins.stripe import catalog, checkout, errors, lifecycle, payment_methods, payments, renewals
from standins.stripe.account import Account
from standins.stripe.errors import StripeError
from standins.stripe.events import RETRIES, Order
from standins.stripe.payment_methods import find_card
from standins.stripe.rules import After, Broken, DeliveryRule, Dunning, Fail, Faults, Slow, Strict

PATIENCE = 10.0  # seconds to wait for the webhooks of a step
LONGEST_WAIT = 30.0


class Advance(Strict):
    """How far; `wait`: send the webhooks of each step before the next."""

    days: float = 0
    hours: float = 0
    seconds: float = 0
    to: int | None = None
    wait: bool = True


class NewCard(Strict):
    customer: str
    number: str


class Settle(Strict):
    session: str
    succeeded: bool = True


class Force(Strict):
    """A state that is hard to reach otherwise."""

    subscription: str
    status: Literal["active", "past_due", "unpaid", "paused", "incomplete"]


class Dispute(Strict):
    charge: str | None = None
    payment_intent: str | None = None
    close: Literal["won", "lost"] | None = None


class Release(Strict):
    order: Order = "kept"
    seed: int = 0


class Shuffle(Strict):
    """Hold the next `count` events, then deliver them in another order."""

    count: int = Field(ge=2)
    seed: int = 0


class Again(Strict):
    event: str
    kind: Literal["genuine"] | Broken = "genuine"


class Script(Strict):
    webhook_url: str | None = None
    retries: list[float] | None = None
    parallel: int | None = Field(default=None, ge=1)
    fail: tuple[Fail, ...] = ()
    slow: tuple[Slow, ...] = ()
    after: tuple[After, ...] = ()
    deliver: tuple[DeliveryRule, ...] = ()
    dunning: Dunning | None = None
    hold: bool = False
    shuffle: Shuffle | None = None
    freeze: bool | None = None
    card: NewCard | None = None
    settle: Settle | None = None
    force: Force | None = None
    dispute: Dispute | None = None
    advance: Advance | None = None
    release: Release | None = None
    again: Again | None = None

    @field_validator("fail", "slow", "after", "deliver", mode="before")
    @classmethod
    def _one_or_many(cls, given: Any) -> Any:
        return (given,) if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _check_loopback(self) -> Self:
        if self.webhook_url and not is_loopback(self.webhook_url):
            raise ValueError("webhook_url: this stand-in calls loopback addresses only")
        return self


async def run(account: Account, wanted: Script) -> dict[str, Any]:
    """In order: rules, actions, time, held events."""
    _set_rules(account, wanted)
    _run_actions(account, wanted)
    done: dict[str, Any] = {}
    if wanted.advance is not None:
        done["steps"] = await advance(account, wanted.advance)
    if wanted.release is not None:
        done["released"] = account.deliveries.release(wanted.release.order, wanted.release.seed)
    if wanted.again is not None:
        if wanted.again.event not in account.deliveries.messages:
            raise errors.missing("event", wanted.again.event)
        done["answer"] = await account.deliveries.again(wanted.again.event, wanted.again.kind)
    return done


def _set_rules(account: Account, wanted: Script) -> None:
    deliveries, faults = account.deliveries, account.faults
    faults.fail += wanted.fail
    faults.slow += wanted.slow
    faults.after += wanted.after
    deliveries.rules += wanted.deliver
    deliveries.url = wanted.webhook_url or deliveries.url
    deliveries.holding = wanted.hold or deliveries.holding
    account.dunning = wanted.dunning or account.dunning
    if wanted.retries is not None:
        deliveries.retries = wanted.retries
    if wanted.parallel is not None:
        deliveries.at_once(wanted.parallel)
    if wanted.shuffle is not None:
        deliveries.shuffle(wanted.shuffle.count, wanted.shuffle.seed)
    if wanted.freeze is not None:
        (account.clock.stop if wanted.freeze else account.clock.run)()


def _run_actions(account: Account, wanted: Script) -> None:
    if wanted.card is not None:
        customer = account.objects.get("customer", wanted.card.customer, "customer")
        method = payment_methods.new(account, find_card(wanted.card.number))
        payment_methods.attach_to(account, method, customer)
        payment_methods.make_default(account, customer, method)
    if wanted.settle is not None:
        session = account.objects.get("checkout.session", wanted.settle.session, "session")
        checkout.settle(account, session, succeeded=wanted.settle.succeeded)
    if wanted.force is not None:
        _force(account, wanted.force)
    if wanted.dispute is not None:
        _dispute(account, wanted.dispute)


def _force(account: Account, force: Force) -> None:
    subscription = account.objects.get("subscription", force.subscription, "subscription")
    lifecycle.set_status(account, subscription, force.status)
    if force.status == "paused":
        account.emit("customer.subscription.paused", subscription)


def _dispute(account: Account, wanted: Dispute) -> None:
    charge = payments.find_charge(account, wanted.model_dump())
    open_one = next(iter(account.objects.of("dispute", charge=charge["id"])), None)
    if wanted.close is None:
        payments.open_dispute(account, charge)
    elif open_one is None:
        raise errors.invalid("This charge is not disputed.")
    else:
        payments.close_dispute(account, open_one, won=wanted.close == "won")


async def advance(account: Account, wanted: Advance) -> int:
    """Move the clock from one due step to the next; return the number of steps."""
    ahead = timedelta(days=wanted.days, hours=wanted.hours, seconds=wanted.seconds)
    until = wanted.to or account.now + int(ahead.total_seconds())
    steps = 0
    while renewals.step(account, until):
        steps += 1
        if wanted.wait:
            await account.deliveries.settled(PATIENCE)
    account.clock.move_to(until)
    return steps


def clear_faults(account: Account) -> None:
    """Remove all rules and deliver what is held."""
    account.faults, account.dunning = Faults(), Dunning()
    account.deliveries.rules, account.deliveries.retries = [], list(RETRIES)
    account.deliveries.at_once(1)
    account.deliveries.release()


def script_state(account: Account) -> dict[str, Any]:
    return {
        "now": account.now,
        "webhook_url": account.deliveries.url,
        "retries": account.deliveries.retries,
        "holding": account.deliveries.holding,
        "deliver": [each.model_dump() for each in account.deliveries.rules],
        "dunning": account.dunning.model_dump(),
        **account.faults.as_json(),
    }


async def show_script(request: Request) -> Response:
    return JSONResponse(script_state(request.app.state.account))


async def run_script(request: Request) -> Response:
    account: Account = request.app.state.account
    try:
        wanted = Script.model_validate_json(await request.body())
        done = await run(account, wanted)
    except ValidationError as error:
        return JSONResponse({"errors": error.errors(include_url=False, include_context=False)}, 422)
    except StripeError as error:
        return JSONResponse(error.body, error.status)
    return JSONResponse(done | script_state(account))


async def clear_script(request: Request) -> Response:
    account: Account = request.app.state.account
    clear_faults(account)
    return await show_script(request)


async def reset(request: Request) -> Response:
    """Back to the start; the webhook URL stays."""
    account: Account = request.app.state.account
    account.forget()
    catalog.seed(account)
    return Response(status_code=204)


async def show_events(request: Request) -> Response:
    """`?wait=10`: wait until each event was sent once, at most so many seconds."""
    account: Account = request.app.state.account
    wait = min(float(request.query_params.get("wait", 0)), LONGEST_WAIT)
    if wait:
        await account.deliveries.settled(wait)
    events: list[dict[str, Any]] = [
        {"id": each["id"], "type": each["type"], "created": each["created"], "object": each["data"]["object"].get("id")}
        for each in reversed(account.objects.of("event"))
    ]
    return JSONResponse({"events": events, **account.deliveries.as_json()})


async def show_log(request: Request) -> Response:
    return JSONResponse({"requests": request.app.state.account.requests})


async def clear_log(request: Request) -> Response:
    request.app.state.account.requests.clear()
    return Response(status_code=204)


ROUTES = [
    Route("/_script", show_script, methods=["GET"]),
    Route("/_script", run_script, methods=["POST"]),
    Route("/_script", clear_script, methods=["DELETE"]),
    Route("/_reset", reset, methods=["POST"]),
    Route("/_events", show_events, methods=["GET"]),
    Route("/_log", show_log, methods=["GET"]),
    Route("/_log", clear_log, methods=["DELETE"]),
]
