"""Stripe's errors: {"error": {type, code, message, param, …}}, each with its status."""

from typing import Any

MESSAGES = {
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "expired_card": "Your card has expired.",
    "insufficient_funds": "Your card has insufficient funds.",
    "incorrect_number": "Your card number is incorrect.",
}


class StripeError(Exception):
    """The error answer to a request; nothing is changed."""

    def __init__(self, status: int, message: str, *, type: str = "invalid_request_error", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"error": {"message": message, "type": type, **more}}
        if "code" in more:
            self.body["error"]["doc_url"] = f"https://stripe.com/docs/error-codes/{more['code'].replace('_', '-')}"


class UnreadError(StripeError):
    """Refused before its endpoint ran: not stored under the idempotency key."""


def missing(kind: str, id: str, param: str = "id") -> StripeError:
    status = 404 if param == "id" else 400
    return StripeError(status, f"No such {kind}: '{id}'", code="resource_missing", param=param)


def invalid(message: str, param: str | None = None, **more: Any) -> StripeError:
    return StripeError(400, message, **({"param": param} if param else {}), **more)


def unknown_parameters(names: list[str]) -> StripeError:
    word = "parameter" if len(names) == 1 else "parameters"
    message = f"Received unknown {word}: {', '.join(names)}"
    return UnreadError(400, message, code="parameter_unknown", param=names[0])


def required(name: str) -> StripeError:
    return UnreadError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def unreadable(name: str, value: object, wanted: str) -> StripeError:
    code = {"integer": "parameter_invalid_integer"}.get(wanted)
    more = {"code": code} if code else {}
    return UnreadError(400, f"Invalid {wanted}: {value}", param=name, **more)


def declined(decline: str, **more: Any) -> StripeError:
    """`more`: the payment intent or method that was charged."""
    special = {"authentication_required", "expired_card", "incorrect_number"}
    code = decline if decline in special else "card_declined"
    message = MESSAGES.get(decline, "Your card was declined.")
    return StripeError(402, message, type="card_error", code=code, decline_code=decline, **more)


def unauthenticated(key: str | None) -> StripeError:
    if key is None:
        return UnreadError(401, "You did not provide an API key. You need to provide your API key in the Authorization"
                           " header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').")  # fmt: skip
    return UnreadError(401, f"Invalid API Key provided: {key[:8]}{'*' * max(0, len(key) - 12)}{key[-4:]}")


def scripted(status: int, code: str | None) -> StripeError:
    """The error that a `fail` rule asks for."""
    match status:
        case 402:
            return declined(code or "generic_decline")
        case 429:
            return UnreadError(429, "Request rate limit exceeded.", code=code or "rate_limit")
        case _ if status >= 500:
            return UnreadError(status, "An unexpected error occurred.", type="api_error")
        case _:
            return UnreadError(status, "Refused as scripted.", **({"code": code} if code else {}))
