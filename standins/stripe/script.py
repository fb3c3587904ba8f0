"""What `POST /_script` can ask for, in the order in which it is done."""

from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from standins.replicate.inputs import is_loopback
from standins.stripe import checkout, errors, payment_methods, refunds, renewals, states
from standins.stripe.account import Account
from standins.stripe.cards import card
from standins.stripe.deliveries import RETRIES, Order
from standins.stripe.rules import After, Broken, DeliveryRule, Dunning, Fail, Faults, Slow, Strict

PATIENCE = 10.0  # seconds that the clock waits for a step's webhooks


class Advance(Strict):
    """How far; `wait`: each step's webhooks are sent before the next one is taken."""

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
    """A state that is hard to get into otherwise."""

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
    """The next so many events are held, then delivered in another order."""

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
    def _stays_here(self) -> Self:
        if self.webhook_url and not is_loopback(self.webhook_url):
            raise ValueError("webhook_url: this stand-in calls loopback addresses only")
        return self


async def run(account: Account, wanted: Script) -> dict[str, Any]:
    """Rules first, then what happens, then time, then what was held."""
    _set(account, wanted)
    _happen(account, wanted)
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


def _set(account: Account, wanted: Script) -> None:
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


def _happen(account: Account, wanted: Script) -> None:
    if wanted.card is not None:
        customer = account.objects.get("customer", wanted.card.customer, "customer")
        method = payment_methods.own(account, payment_methods.new(account, card(wanted.card.number)), customer)
        payment_methods.prefer(account, customer, method)
    if wanted.settle is not None:
        session = account.objects.get("checkout.session", wanted.settle.session, "session")
        checkout.settle(account, session, succeeded=wanted.settle.succeeded)
    if wanted.force is not None:
        _force(account, wanted.force)
    if wanted.dispute is not None:
        _dispute(account, wanted.dispute)


def _force(account: Account, force: Force) -> None:
    subscription = account.objects.get("subscription", force.subscription, "subscription")
    states.become(account, subscription, force.status)
    if force.status == "paused":
        account.emit("customer.subscription.paused", subscription)


def _dispute(account: Account, wanted: Dispute) -> None:
    charge = refunds.charge_of(account, wanted.model_dump())
    open_one = next(iter(account.objects.of("dispute", charge=charge["id"])), None)
    if wanted.close is None:
        refunds.dispute(account, charge)
    elif open_one is None:
        raise errors.invalid("This charge is not disputed.")
    else:
        refunds.close(account, open_one, won=wanted.close == "won")


async def advance(account: Account, wanted: Advance) -> int:
    """Move the clock from one due thing to the next; how many there were."""
    ahead = timedelta(days=wanted.days, hours=wanted.hours, seconds=wanted.seconds)
    until = wanted.to or account.now + int(ahead.total_seconds())
    steps = 0
    while renewals.step(account, until):
        steps += 1
        if wanted.wait:
            await account.deliveries.settled(PATIENCE)
    account.clock.move_to(until)
    return steps


def clear(account: Account) -> None:
    """Everything works again; what is held is delivered."""
    account.faults, account.dunning = Faults(), Dunning()
    account.deliveries.rules, account.deliveries.retries = [], list(RETRIES)
    account.deliveries.at_once(1)
    account.deliveries.release()


def shown(account: Account) -> dict[str, Any]:
    return {
        "now": account.now,
        "webhook_url": account.deliveries.url,
        "retries": account.deliveries.retries,
        "holding": account.deliveries.holding,
        "deliver": [each.model_dump() for each in account.deliveries.rules],
        "dunning": account.dunning.model_dump(),
        **account.faults.as_json(),
    }
