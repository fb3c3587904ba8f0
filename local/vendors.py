"""Whom the functions talk to outside AWS: the stand-ins, or the real Replicate or Stripe when there is a key."""

import base64
import os
import secrets
from dataclasses import dataclass
from typing import Any

STAND_IN_TOKEN = "r8_local"
SECOND_TOKEN = "r8_second"
STAND_IN_KEY = "sk_test_local"


class LiveKeyError(Exception):
    """Real money would move."""

    def __init__(self) -> None:
        super().__init__("STRIPE_SECRET_KEY is not a test key (sk_test_… or rk_test_…): a local cloud takes no other")


def new_webhook_secret() -> str:
    """In the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


@dataclass(frozen=True)
class Vendors:
    overrides: dict[str, Any]  # of the settings in config/local.yaml
    parameters: dict[str, str]  # SSM parameter -> secret


def new_stripe_secret() -> str:
    """In Stripe's form."""
    return f"whsec_{secrets.token_hex(16)}"


def vendors(
    *,
    replicate: str,
    identity: str,
    stripe: str,
    page: str,
    webhook_secret: str,
    second_secret: str,
    stripe_secret: str,
    stage: str = "local",
) -> Vendors:
    issuer = f"{identity}/"
    overrides: dict[str, Any] = {
        "identity": {"issuer": issuer, "jwks_url": f"{issuer}.well-known/jwks.json"},
        # A second account, which starts nothing until an administrator lets it.
        "replicate": {"base_url": replicate, "accounts": {"second": {"creations_per_minute": 0}}},
        "stripe": {"api_base": stripe, "return_url": f"{page}/"},
    }
    parameters = {
        "replicate_api_token": STAND_IN_TOKEN,
        "replicate_webhook_secret": webhook_secret,
        "replicate/second/api_token": SECOND_TOKEN,
        "replicate/second/webhook_secret": second_secret,
        "stripe_secret_key": STAND_IN_KEY,
        "stripe_webhook_secret": stripe_secret,
    }
    if token := os.environ.get("REPLICATE_API_TOKEN"):
        # It reaches neither our bucket nor our webhook: inputs travel in the request, results are asked for.
        overrides["replicate"] = {
            "base_url": "https://api.replicate.com",
            "inputs": "inline",
            "results": "poll",
        }
        parameters["replicate_api_token"] = token
    if key := real_stripe_key():
        # Its webhooks come through `stripe listen`, which has a secret of its own.
        overrides["stripe"]["api_base"] = "https://api.stripe.com"
        parameters["stripe_secret_key"] = key
        parameters["stripe_webhook_secret"] = os.environ.get("STRIPE_WEBHOOK_SECRET", stripe_secret)
    return Vendors(overrides, {f"/realstaging/{stage}/{name}": value for name, value in parameters.items()})


def real_stripe_key() -> str | None:
    """The test key of a real account, when one is given."""
    key = os.environ.get("STRIPE_SECRET_KEY")
    if key and not key.startswith(("sk_test_", "rk_test_")):
        raise LiveKeyError
    return key or None
