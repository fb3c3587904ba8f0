"""Whom the functions talk to outside AWS: the stand-ins, or the real Replicate when there is a token."""

import base64
import os
import secrets
from dataclasses import dataclass
from typing import Any

STAND_IN_TOKEN = "r8_local"


def new_webhook_secret() -> str:
    """In the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


@dataclass(frozen=True)
class Vendors:
    overrides: dict[str, Any]  # of the settings in config/local.yaml
    parameters: dict[str, str]  # SSM parameter -> secret


def vendors(*, replicate: str, identity: str, webhook_secret: str, stage: str = "local") -> Vendors:
    token = os.environ.get("REPLICATE_API_TOKEN")
    issuer = f"{identity}/"
    overrides: dict[str, Any] = {
        "identity": {"issuer": issuer, "jwks_url": f"{issuer}.well-known/jwks.json"},
        "replicate": {"base_url": replicate},
    }
    if token:
        # It reaches neither our bucket nor our webhook: inputs travel in the request, results are asked for.
        overrides["replicate"] = {
            "base_url": "https://api.replicate.com",
            "inputs": "inline",
            "results": "poll",
        }
    parameters = {
        f"/realstaging/{stage}/replicate_api_token": token or STAND_IN_TOKEN,
        f"/realstaging/{stage}/replicate_webhook_secret": webhook_secret,
    }
    return Vendors(overrides, parameters)
