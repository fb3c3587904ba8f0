"""Translates Stripe's errors to ours; its texts are not passed on. Loaded with the first call only."""

from http import HTTPStatus
from typing import Any

from stripe import CardError, IdempotencyError, InvalidRequestError, StripeError

from realstaging.errors import (
    AppError,
    BillingStateError,
    CustomerGoneError,
    PaymentDeclinedError,
    ProviderUnavailableError,
    ValidationFailedError,
)
from realstaging.observability import count, log

DECLINED = {
    "insufficient_funds": "The card does not cover the amount. Use another card, or try again later.",
    "expired_card": "The card has expired. Use another card.",
    "authentication_required": "The bank wants this payment confirmed. Open the billing portal, and pay there.",
    "subscription_payment_intent_requires_action": (
        "The bank wants this payment confirmed. Open the billing portal, and pay there."
    ),
}
NO_CARD = "There is no card to pay with. Add one in the billing portal."


class RefusedError(Exception):
    """Stripe refuses the request itself: a fault of our code or configuration, not of the caller."""


def translated(error: StripeError) -> AppError | RefusedError:
    """Our error for Stripe's. Logs it without the body, which may name people and cards."""
    fields: Any = {
        "kind": type(error).__name__,
        "status": error.http_status,
        "code": error.code,
        "stripe_request_id": error.request_id,
    }
    if isinstance(error, CardError):
        log.info("payment declined", **fields)
        return PaymentDeclinedError(_declined(error))
    # 409: a request with the same idempotency key is still running.
    if isinstance(error, InvalidRequestError | IdempotencyError) and error.http_status != HTTPStatus.CONFLICT:
        log.warning("refused by stripe", **fields)
        return _refused(error)
    log.warning("stripe unavailable", **fields)
    count("StripeUnavailable")
    return ProviderUnavailableError("The payment service cannot be reached now. Try again in a minute.")


def _declined(error: CardError) -> str:
    reason = error.error.decline_code if error.error is not None else None
    text = DECLINED.get(str(reason)) or DECLINED.get(str(error.code))
    return text or "The bank declined the payment. Use another card, or ask the bank."


def _refused(error: StripeError) -> AppError | RefusedError:
    """Errors about parameters are our faults; the others are about the state of the object."""
    param, code = getattr(error, "param", None), str(error.code or "")
    if code == "resource_missing":
        if param == "customer" or "No such customer" in str(error.user_message):
            return CustomerGoneError("Stripe does not know this customer any more.")
        if not param and "payment" in str(error.user_message):
            return PaymentDeclinedError(NO_CARD)
        if param == "starting_after":
            return ValidationFailedError([{"pointer": "/cursor", "message": "It leads nowhere. Start without one."}])
        if param in (None, "id", "subscription", "session"):
            return BillingStateError("Stripe does not know this any more. Read your subscription again.")
    elif isinstance(error, InvalidRequestError) and not param and not code.startswith("parameter"):
        return BillingStateError("It has changed meanwhile. Read your subscription again.")
    return RefusedError(f"{type(error).__name__} {error.http_status} {code} {param}")
