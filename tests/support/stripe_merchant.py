"""Somebody who sells plans through the Stripe stand-in, with the vendor's own package, as our functions do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx
import stripe

from tests.support.webhook_receiver import Receiver

SHOP = "http://127.0.0.1:9/billing"
DAY = 24 * 3600
Json = dict[str, Any]


@dataclass
class Merchant:
    http: httpx.Client
    client: stripe.StripeClient
    secret: str
    receiver: Receiver

    @classmethod
    @contextmanager
    def of(cls, port: int, secret: str, receiver: Receiver) -> Iterator[Self]:
        url = f"http://127.0.0.1:{port}"
        client = stripe.StripeClient(
            "sk_test_local", base_addresses={"api": url}, http_client=stripe.RequestsClient(timeout=60)
        )
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
            yield cls(http, client, secret, receiver)

    @property
    def v1(self) -> Any:
        """Its types are strict about what tests get wrong on purpose."""
        return self.client.v1

    def script(self, **wanted: Any) -> Json:
        answer = self.http.post("/_script", json=wanted)
        assert answer.status_code == 200, answer.text
        page: Json = answer.json()
        return page

    def events(self, *types: str) -> list[Json]:
        """What happened so far, oldest first, once all of it has been sent."""
        happened: list[Json] = self.http.get("/_events", params={"wait": 10}).json()["events"]
        return [each for each in happened if not types or each["type"] in types]

    def deliveries(self) -> list[Json]:
        made: list[Json] = self.http.get("/_events", params={"wait": 10}).json()["deliveries"]
        return made

    def all_deliveries(self) -> list[Json]:
        """Once the last retry is over, too."""
        ends = time.monotonic() + 120
        while (page := self.http.get("/_events").json())["under_way"]:
            assert time.monotonic() < ends, page
            time.sleep(0.01)
        made: list[Json] = page["deliveries"]
        return made

    def now(self) -> int:
        return int(self.http.get("/_script").json()["now"])

    def price(self, plan: str) -> str:
        [found] = self.v1.prices.list({"lookup_keys": [f"realstaging_{plan}_monthly"]}).data
        return str(found.id)

    def customer(self, **given: Any) -> str:
        return str(self.v1.customers.create(given or {"email": "ada@example.test"}).id)

    def session(self, plan: str = "pro", **given: Any) -> Any:
        order = {
            "mode": "subscription",
            "line_items": [{"price": self.price(plan), "quantity": 1}],
            "success_url": f"{SHOP}?session={{CHECKOUT_SESSION_ID}}",
            "cancel_url": SHOP,
        }
        return self.v1.checkout.sessions.create(order | given)

    def pay(self, session: Any, number: str = "4242424242424242") -> httpx.Response:
        return self.http.post(httpx.URL(session.url).path, data={"number": number, "email": "ada@example.test"})

    def subscribe(self, plan: str = "pro", number: str = "4242424242424242", **given: Any) -> Any:
        """A subscription of a new customer, paid in Checkout."""
        session = self.session(plan, **({"customer": self.customer()} | given))
        assert self.pay(session, number).status_code == 303
        id = self.v1.checkout.sessions.retrieve(session.id).subscription
        return self.v1.subscriptions.retrieve(id)

    def subscription(self, id: str) -> Any:
        return self.v1.subscriptions.retrieve(id, {"expand": ["latest_invoice"]})

    def switch(self, subscription: Any, plan: str, **given: Any) -> Any:
        item = {"id": subscription["items"].data[0].id, "price": self.price(plan)}
        return self.v1.subscriptions.update(subscription.id, {"items": [item]} | given)

    def preview(self, subscription: Any, plan: str, **details: Any) -> Any:
        item = {"id": subscription["items"].data[0].id, "price": self.price(plan)}
        asked = {"subscription": subscription.id, "subscription_details": {"items": [item]} | details}
        return self.v1.invoices.create_preview(asked)


def period(subscription: Any) -> tuple[int, int]:
    item = subscription["items"].data[0]
    return item.current_period_start, item.current_period_end
