"""Stripe's stand-in as a test sees it: people pay, time passes, and events are fetched instead of sent."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from realstaging import aws
from realstaging.config import Settings, settings
from realstaging.gateways.secrets import Secrets
from realstaging.gateways.stripe.client import Stripe
from realstaging.models.stripe import Checkout, moment
from realstaging.webhook_signatures import sign_stripe
from tests.support.events import request

# The paid plans as they are sold: the local stage gives more of everything.
AS_SOLD = {"pro": {"images_per_month": 100}, "business": {"images_per_month": 500}}

SECRET = "whsec_of_these_tests"
GOOD_CARD, FAILS_LATER = "4242424242424242", "4000000000000341"
HOOK = "/v1/webhooks/stripe"


@dataclass(frozen=True)
class Payments:
    http: httpx.Client

    @property
    def url(self) -> str:
        return str(self.http.base_url).rstrip("/")

    def forget(self) -> None:
        self.http.delete("/_script").raise_for_status()
        self.http.post("/_reset").raise_for_status()
        self.http.delete("/_log").raise_for_status()

    def script(self, **wanted: Any) -> dict[str, Any]:
        done: dict[str, Any] = self.http.post("/_script", json=wanted).raise_for_status().json()
        return done

    def now(self) -> datetime:
        return moment(self.http.get("/_script").json()["now"])

    def pass_time(self, **span: float) -> None:
        self.script(advance=span)

    def calls(self, path: str = "", method: str = "") -> list[dict[str, Any]]:
        """What it was asked, in order."""
        log = self.http.get("/_log").json()["requests"]
        return [each for each in log if path in each["path"] and method in each["method"]]

    def ask(self, method: str, path: str, **form: str) -> dict[str, Any]:
        """As its operator would, in the dashboard."""
        answer = self.http.request(method, path, data=form or None, headers={"authorization": "Bearer sk_test_local"})
        page: dict[str, Any] = answer.raise_for_status().json()
        return page

    def events(self, *types: str, after: str | None = None) -> list[dict[str, Any]]:
        """Oldest first; those that came after a certain one."""
        page = self.ask("GET", "/v1/events?limit=100" + (f"&ending_before={after}" if after else ""))
        assert not page["has_more"], "a test with so many events should ask for less"
        return [each for each in reversed(page["data"]) if not types or each["type"] in types]

    def pay(self, checkout: Checkout, card: str = GOOD_CARD) -> None:
        assert checkout.url
        assert self.http.post(checkout.url, data={"number": card}).status_code == 303


def gateway(changed: Settings | None = None) -> Stripe:
    """The real gateway, in front of the stand-in."""
    return Stripe(changed or settings(), Secrets(aws.ssm, "local"))


def checkout(payments: Payments, stripe: Stripe, owner: str, customer: str, plan: str = "pro") -> Checkout:
    return stripe.open_checkout(
        customer,
        owner,
        stripe.prices(["pro", "business"])[plan],
        success_url="http://127.0.0.1/paid?session={CHECKOUT_SESSION_ID}",
        cancel_url="http://127.0.0.1/plans",
        expires_at=payments.now() + timedelta(hours=1),
        key=f"checkout-{owner}-{plan}-{time.monotonic_ns()}",
    )


def hook(event: dict[str, Any], *, secret: str = SECRET, late: float = 0) -> dict[str, Any]:
    """The webhook that tells of an event, as the gateway hands it on; signed so many seconds ago."""
    return sealed(json.dumps(event, indent=2), secret=secret, late=late)


def sealed(body: str, *, secret: str = SECRET, late: float = 0) -> dict[str, Any]:
    at = str(int(time.time() - late))
    header = f"t={at},v1={sign_stripe(body.encode(), at, secret).decode()}"
    return request("POST", HOOK, body=body, headers={"stripe-signature": header})


@contextmanager
def quick_repeats() -> Iterator[None]:
    """Stripe's package waits half a second before it repeats a call."""
    from stripe import HTTPClient

    usual = HTTPClient.INITIAL_DELAY
    HTTPClient.INITIAL_DELAY = 0.01
    try:
        yield
    finally:
        HTTPClient.INITIAL_DELAY = usual
