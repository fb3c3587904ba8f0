"""What Stripe's refusals become: for whoever asked, for somebody who tries later, or for us."""

from typing import Any

import pytest
import stripe

from realstaging.errors import AppError, BillingStateError, CustomerGoneError, PaymentDeclinedError
from realstaging.gateways.stripe.errors import DECLINED, NO_CARD, RefusedError, translated


def refused(message: str, *, code: str | None = None, param: str | None = None) -> Any:
    kind: Any = stripe.InvalidRequestError
    said = {"error": {"message": message, "code": code, "param": param}}
    return translated(kind(message, param, code, http_status=400, json_body=said))


def declined(code: str, decline: str | None = None) -> AppError:
    kind: Any = stripe.CardError
    said = {"error": {"message": "Your card says no.", "code": code, "decline_code": decline}}
    made = translated(kind("Your card says no.", "", code, http_status=402, json_body=said))
    assert isinstance(made, PaymentDeclinedError)
    return made


@pytest.mark.parametrize(
    ("code", "decline", "word"),
    [
        ("card_declined", "insufficient_funds", "amount"),
        ("expired_card", None, "expired"),
        ("card_declined", "authentication_required", "confirmed"),
        ("subscription_payment_intent_requires_action", None, "confirmed"),
        ("card_declined", "generic_decline", "bank"),
        ("card_declined", None, "bank"),
    ],
)
def test_a_declined_card_is_told_of_in_our_words(code: str, decline: str | None, word: str) -> None:
    detail = declined(code, decline).detail

    assert word in detail
    assert "says no" not in detail


def test_all_our_words_say_what_to_do() -> None:
    assert all(words.count(". ") == 1 for words in [*DECLINED.values(), NO_CARD])


@pytest.mark.parametrize(
    ("message", "code", "param", "meaning"),
    [
        ("No such customer: 'cus_1'", "resource_missing", "customer", CustomerGoneError),
        ("No such customer: 'cus_1'", "resource_missing", "id", CustomerGoneError),
        ("No such subscription: 'sub_1'", "resource_missing", "id", BillingStateError),
        ("No such checkout.session: cs_1", "resource_missing", "session", BillingStateError),
        ("This customer has no attached payment source", "resource_missing", None, PaymentDeclinedError),
        ("A canceled subscription can only update its metadata.", None, None, BillingStateError),
        ("Only Checkout Sessions with a status in [open] can be expired.", None, None, BillingStateError),
        ("No such price: 'price_1'", "resource_missing", "line_items[0][price]", RefusedError),
        ("Received unknown parameter: colour", "parameter_unknown", "colour", RefusedError),
        ("Missing required param: mode.", "parameter_missing", None, RefusedError),
        ("Invalid expires_at", None, "expires_at", RefusedError),
    ],
)
def test_a_refusal_is_about_the_state_or_our_fault(
    message: str, code: str | None, param: str | None, meaning: type[Exception]
) -> None:
    made = refused(message, code=code, param=param)

    assert type(made) is meaning
    assert message not in str(made)


def test_a_key_that_was_used_for_something_else_is_our_fault() -> None:
    error = stripe.IdempotencyError("Keys for idempotent requests can only be used …", http_status=400)

    assert isinstance(translated(error), RefusedError)
