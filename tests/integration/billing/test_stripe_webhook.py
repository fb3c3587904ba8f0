"""Stripe's word that something happened: verified first, applied once, and said again when it could not be applied."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from realstaging import aws
from tests.support.billing import granted, rows, subscriber, tell, user
from tests.support.fake_stripe import Payments, hook, sealed
from tests.support.stripe_events import Event, changed, metrics
from tests.support.world import World


def test_a_subscription_that_was_paid_for_counts_at_once(world: World, payments: Payments) -> None:
    subscriber(world, payments, "pro")
    assert granted(world, payments.now())[:2] == ("free", world.settings.plans["free"].images_per_month)

    [completed] = payments.events("checkout.session.completed")
    answer = world.run("stripe_webhook", hook(completed))

    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert answer["headers"]["X-Request-Id"]
    assert granted(world, payments.now())[:2] == ("pro", 100)


def test_a_body_that_the_gateway_encoded_is_the_same_body(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")
    sent = hook(completed)

    encoded = sent | {"body": base64.b64encode(sent["body"].encode()).decode(), "isBase64Encoded": True}

    assert world.run("stripe_webhook", encoded)["statusCode"] == 200


def test_every_kind_of_event_that_we_take_is_answered(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    billing = world.function("stripe_webhook")
    [paid] = payments.events("invoice.paid")

    answers = tell(world, *(changed(paid, id=f"evt_{kind}", type=kind) for kind in sorted(billing.TYPES)))

    assert set(answers) == {200}
    assert len(rows(world, "EVENT")) == len(billing.TYPES)


def test_the_same_event_again_costs_nothing(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")
    tell(world, completed)
    before, asked = world.rows(), len(payments.calls())

    assert tell(world, completed, completed) == [200, 200]

    assert (world.rows(), len(payments.calls())) == (before, asked)


def test_an_event_that_changes_nothing_leaves_the_owners_row_alone(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    first, *others = payments.events("customer.subscription.created", "invoice.paid", "checkout.session.completed")
    tell(world, first)
    before = user(world)

    tell(world, *others)

    assert user(world) == before
    assert len(rows(world, "EVENT")) == 1 + len(others)


def test_events_of_no_interest_are_taken_and_forgotten(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    [paid] = payments.events("invoice.paid")
    before, asked = world.rows(), len(payments.calls())

    assert tell(world, changed(paid, type="invoice.upcoming"), changed(paid, type="price.created")) == [200, 200]
    assert (world.rows(), len(payments.calls())) == (before, asked)


def _replaced(sent: Event, old: str, new: str) -> Event:
    assert old in sent["body"]
    return sent | {"body": sent["body"].replace(old, new, 1)}


def _signed_as(sent: Event, header: str | None) -> Event:
    kept = {name: value for name, value in sent["headers"].items() if name != "stripe-signature"}
    return sent | {"headers": kept | ({"stripe-signature": header} if header is not None else {})}


FORGED: dict[str, Callable[[Event], Event]] = {
    "unsigned": lambda event: _signed_as(hook(event), None),
    "with an empty signature": lambda event: _signed_as(hook(event), ""),
    "with half a signature": lambda event: _signed_as(hook(event), f"t={int(time.time())}"),
    "with a signature of letters that are none": lambda event: _signed_as(hook(event), f"t={int(time.time())},v1=é漢"),
    "with a huge signature": lambda event: _signed_as(hook(event), f"t={int(time.time())}" + ",v1=0" * 100_000),
    "signed by somebody else": lambda event: hook(event, secret="whsec_other"),
    "signed with nothing": lambda event: hook(event, secret=""),
    "stale": lambda event: hook(event, late=301),
    "from the future": lambda event: hook(event, late=-330),
    "tampered with": lambda event: _replaced(hook(event), '"checkout.session.completed"', '"customer.deleted"'),
    "meant for somebody else": lambda event: _replaced(hook(event), event["data"]["object"]["customer"], "cus_other"),
    "written anew": lambda event: hook(event) | {"body": json.dumps(event)},
    "with a blank more": lambda event: hook(event) | {"body": hook(event)["body"] + "\n"},
    "without a body": lambda event: hook(event) | {"body": None},
    "without headers": lambda event: hook(event) | {"headers": None},
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_webhook_that_is_not_surely_stripes_is_refused_and_nothing_is_written(
    world: World, payments: Payments, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")
    before, asked = world.rows(), len(payments.calls())
    capsys.readouterr()

    answer = world.run("stripe_webhook", FORGED[kind](completed))

    assert answer["statusCode"] == 401
    assert json.loads(answer["body"])["code"] == "unauthorized"
    assert (world.rows(), len(payments.calls())) == (before, asked)
    assert metrics(capsys) == {"StripeWebhookRefused": 1}


@pytest.mark.parametrize("secret", ["", " "])
def test_without_a_secret_everything_is_refused_as_not_set_up(world: World, payments: Payments, secret: str) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")
    name = "/realstaging/local/stripe_webhook_secret"
    aws.ssm().put_parameter(Name=name, Value=secret or " ", Type="SecureString", Overwrite=True)
    before = world.rows()

    answers = [world.run("stripe_webhook", hook(completed, secret=each))["statusCode"] for each in ("", "whsec_any")]

    assert (answers, world.rows()) == ([503, 503], before)


def test_while_the_secret_is_changed_both_are_good(world: World, payments: Payments) -> None:
    subscriber(world, payments)
    name = "/realstaging/local/stripe_webhook_secret"
    aws.ssm().put_parameter(Name=name, Value="whsec_old whsec_new", Type="SecureString", Overwrite=True)
    one, other = payments.events("checkout.session.completed", "invoice.paid")

    answers = [world.run("stripe_webhook", hook(one, secret="whsec_old"))["statusCode"]]
    answers += [world.run("stripe_webhook", hook(other, secret="whsec_new"))["statusCode"]]

    assert answers == [200, 200]


NOTHING: list[Any] = [[], {}, "x", {"object": "x"}]


@pytest.mark.parametrize(
    "body",
    ["not JSON", "[]", "null", '"text"', "{}", '{"object": "event"}', "\x00", '{"object": "event", "id": "evt_1"}']
    + [json.dumps({"object": "event", "id": "evt_1", "type": "invoice.paid", "data": data}) for data in NOTHING]
    # A thin event, and one wrapped by Amazon EventBridge.
    + ['{"object": "v2.core.event", "id": "evt_1", "type": "v1.billing.meter.no_meter_found"}']
    + ['{"detail-type": "invoice.paid", "detail": {"object": "event", "id": "evt_1"}}'],
)
def test_what_is_signed_but_no_event_is_malformed(world: World, body: str) -> None:
    before = world.rows()

    answer = world.run("stripe_webhook", sealed(body))

    assert (answer["statusCode"], world.rows()) == (400, before)


def test_a_webhook_larger_than_any_event_is_refused(world: World) -> None:
    assert world.run("stripe_webhook", sealed("x" * (1024 * 1024 + 1)))["statusCode"] == 413


def test_live_events_do_not_count_in_a_test_stage(
    world: World, payments: Payments, caplog: pytest.LogCaptureFixture
) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")
    before = world.rows()

    assert tell(world, changed(completed, livemode=True)) == [400]
    assert world.rows() == before
    assert "event of the other mode" in caplog.messages


def test_test_events_do_not_count_in_prod(world: World, payments: Payments, monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")
    before = world.rows()
    live = world.settings.model_copy(update={"stage": "prod"})
    monkeypatch.setattr(world.function("stripe_webhook"), "settings", lambda: live)

    assert tell(world, completed) == [400]
    assert world.rows() == before
    assert tell(world, changed(completed, livemode=True)) == [200]


def test_an_event_of_another_api_version_is_applied_and_noted(
    world: World, payments: Payments, caplog: pytest.LogCaptureFixture
) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")

    assert tell(world, changed(completed, api_version="2024-06-20")) == [200]
    assert granted(world, payments.now())[0] == "pro"
    assert "event of another API version" in caplog.messages


@pytest.mark.parametrize("trouble", [{"fail": {"path": "/v1/subscriptions", "status": 429}}])
def test_what_could_not_be_applied_is_told_again_and_applied_then(
    world: World, payments: Payments, capsys: pytest.CaptureFixture[str], trouble: dict[str, Any]
) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")
    before = world.rows()
    payments.script(**trouble)
    capsys.readouterr()

    assert tell(world, completed) == [500]
    counted = metrics(capsys)
    assert (world.rows(), counted["StripeWebhookFailed"], counted["StripeUnavailable"]) == (before, 1, 1)

    payments.http.delete("/_script")
    assert tell(world, completed) == [200]
    assert granted(world, payments.now())[0] == "pro"


def test_a_fault_says_nothing_about_itself(world: World, payments: Payments, monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber(world, payments)
    [completed] = payments.events("checkout.session.completed")
    monkeypatch.setattr(world.function("stripe_webhook"), "store", None)

    answer = world.run("stripe_webhook", hook(completed))

    assert answer["statusCode"] == 500
    assert "NoneType" not in answer["body"]


def test_the_log_names_things_by_their_ids_only(
    world: World, payments: Payments, caplog: pytest.LogCaptureFixture
) -> None:
    subscriber(world, payments)
    payments.ask("POST", f"/v1/customers/{user(world).customer_id}", email="alice@example.test", name="Alice Doe")

    tell(world, *payments.events())

    # Times and process ids are numbers too, and may hold any digits.
    said = " ".join(
        str(value) for record in caplog.records for value in vars(record).values() if isinstance(value, str)
    )
    assert "event applied" in said
    assert not any(word in said for word in ("alice@example.test", "Alice Doe", "4242", "whsec_", "sk_test"))
