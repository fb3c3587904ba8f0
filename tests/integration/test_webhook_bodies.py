"""The body of a webhook as the gateway hands it on: encoded, with its spaces, with headers in any case."""

import base64
from typing import Any

import pytest

from tests.support.fake_stripe import Payments, hook, sealed
from tests.support.world import World


def encoded(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"isBase64Encoded": True, "body": base64.b64encode(event["body"].encode()).decode()}


def answered(world: World, event: dict[str, Any]) -> int:
    status: int = world.run("stripe_webhook", event)["statusCode"]
    return status


@pytest.fixture
def event(world: World, payments: Payments) -> dict[str, Any]:
    payments.ask("POST", "/v1/customers")
    return payments.events("customer.created")[-1]


def test_a_body_in_base64_is_accepted(world: World, event: dict[str, Any]) -> None:
    assert answered(world, encoded(hook(event))) == 200


def test_a_newline_at_the_end_of_a_body_is_signed_too(world: World, event: dict[str, Any]) -> None:
    with_newline = sealed(hook(event)["body"] + "\n")

    assert answered(world, with_newline) == 200
    assert answered(world, with_newline | {"body": with_newline["body"].rstrip("\n")}) == 401


@pytest.mark.parametrize("name", ["Stripe-Signature", "stripe-signature", "STRIPE-SIGNATURE"])
def test_a_signature_header_is_read_in_any_case(world: World, event: dict[str, Any], name: str) -> None:
    sent = hook(event)
    sent["headers"] = {name: sent["headers"]["stripe-signature"]}

    assert answered(world, sent) == 200


@pytest.mark.parametrize("function", ["stripe_webhook", "replicate_webhook"])
def test_what_is_said_to_be_base64_and_is_not_is_malformed(world: World, function: str) -> None:
    answer = world.run(function, {"body": "no base64!", "isBase64Encoded": True, "headers": {}})

    assert answer["statusCode"] == 400


@pytest.mark.parametrize("function", ["stripe_webhook", "replicate_webhook"])
def test_a_body_over_the_limit_is_refused_by_both_webhooks(world: World, function: str) -> None:
    answer = world.run(function, {"body": "x" * (1024 * 1024 + 1), "headers": {}})

    assert answer["statusCode"] == 413
