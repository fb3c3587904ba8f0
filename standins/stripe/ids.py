"""Identifiers in Stripe's form: a prefix that names the kind, then letters and digits."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
SHORT = 14


def new(prefix: str, length: int = 24) -> str:
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))


def invoice_prefix() -> str:
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(8))
