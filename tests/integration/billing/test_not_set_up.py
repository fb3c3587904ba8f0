"""A deployment without Stripe: everything but billing works, and billing says so."""

from typing import Any

import pytest

from realstaging import aws
from tests.support.fake_stripe import Payments, hook
from tests.support.purchases import subscribe
from tests.support.steps import ask
from tests.support.world import World

KEY, WEBHOOK = "/realstaging/local/stripe_secret_key", "/realstaging/local/stripe_webhook_secret"
NOT_SET_UP = (503, "billing_not_set_up")


@pytest.fixture(params=["missing", "empty"])
def without_stripe(request: pytest.FixtureRequest, world: World, payments: Payments) -> None:
    for name in (KEY, WEBHOOK):
        if request.param == "empty":
            aws.ssm().put_parameter(Name=name, Value=" ", Type="SecureString", Overwrite=True)
        else:
            aws.ssm().delete_parameters(Names=[name])


@pytest.mark.parametrize(
    "request_",
    [
        ("POST", "/v1/billing/checkout", {"plan": "pro"}),
        ("POST", "/v1/billing/portal", None),
        ("POST", "/v1/billing/subscription/preview", {"plan": "pro"}),
        ("PATCH", "/v1/billing/subscription", {"plan": "pro"}),
        ("POST", "/v1/billing/subscription/cancel", None),
        ("POST", "/v1/billing/subscription/resume", None),
        ("GET", "/v1/billing/invoices", None),
        ("GET", "/v1/billing/payment-methods", None),
    ],
)
def test_what_needs_stripe_says_that_it_is_not_set_up(
    without_stripe: None, world: World, payments: Payments, request_: tuple[str, str, Any]
) -> None:
    status, problem = ask(world, *request_)

    assert (status, problem["code"]) == NOT_SET_UP
    assert payments.calls() == []


def test_without_stripe_everything_else_works(without_stripe: None, world: World) -> None:
    assert ask(world, "GET", "/v1/billing/plans")[0] == 200
    assert ask(world, "GET", "/v1/billing/subscription")[1]["status"] == "none"
    assert ask(world, "GET", "/v1/account/usage")[1]["plan"] == "free"
    assert ask(world, "DELETE", "/v1/account")[0] == 204


def test_a_webhook_is_answered_and_rings_no_alarm(
    without_stripe: None, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = world.run("stripe_webhook", hook({"id": "evt_1"}))

    assert answer["statusCode"] == 503
    assert "billing_not_set_up" in answer["body"]
    assert "StripeWebhook" not in capsys.readouterr().out


def test_a_signed_event_without_a_key_waits_at_stripe(world: World, payments: Payments) -> None:
    subscribe(world, payments)
    aws.ssm().delete_parameters(Names=[KEY])
    world.loaded.clear()
    payments.pass_time(days=40)
    renewal = payments.events("invoice.paid")[-1]

    assert world.run("stripe_webhook", hook(renewal))["statusCode"] == 503


@pytest.mark.parametrize("event", [{"prices": "check"}, {"prices": "sync"}, {"pause_seconds": 0}])
def test_the_comparison_has_nothing_to_compare(without_stripe: None, world: World, event: dict[str, Any]) -> None:
    answer = world.run("reconcile", event, milliseconds=300_000)

    assert answer == {
        "set_up": False,
        "done": True,
        "looked": 0,
        "differences": [],
        "prices_made": [],
        "price_complaints": [],
    }
