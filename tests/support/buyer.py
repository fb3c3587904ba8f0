"""An agent who pays: on Stripe's pages, as a browser would fill them in."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urljoin

import httpx

from local.state import Cloud
from tests.e2e.conftest import Agent, Json, invoke, until

GOOD_CARD, FAILS_LATER = "4242424242424242", "4000000000000341"


@dataclass(frozen=True)
class Buyer:
    agent: Agent
    browser: httpx.Client

    @property
    def cloud(self) -> Cloud:
        return self.agent.cloud

    # -- at Stripe ---------------------------------------------------------------------------------

    def fill_in(self, url: str, button: str = "", **fields: str) -> httpx.Response:
        """Open the page, fill in the form that has this button, and send it; redirects are followed on that site."""
        page = self.browser.get(url)
        assert page.status_code == 200, page.text
        form = next(each for each in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if button in each)
        action = re.search(r'action="([^"]+)"', form)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        data = {name: unescape(value) for name, value in hidden.items()} | fields
        return self.browser.post(urljoin(url, unescape(action[1])) if action else url, data=data)

    def pay(self, checkout: Json, card: str = GOOD_CARD) -> str:
        """Where the customer is sent afterwards."""
        answer = self.fill_in(checkout["url"], number=card, email="agent@example.test")
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def script(self, **wanted: Any) -> Json:
        done: Json = self.browser.post(f"{self.cloud.stripe}/_script", json=wanted).raise_for_status().json()
        return done

    def ask(self, path: str, **form: str) -> Json:
        """As the merchant would, in the dashboard; with a form something is changed."""
        headers = {"authorization": "Bearer sk_test_local"}
        address, method = f"{self.cloud.stripe}{path}", "POST" if form else "GET"
        answer = self.browser.request(method, address, headers=headers, data=form or None)
        found: Json = answer.raise_for_status().json()
        return found

    def undelivered(self) -> set[str]:
        """The events that no webhook took yet, of every customer."""
        return {str(each["id"]) for each in self.ask("/v1/events?delivery_success=false&limit=100")["data"]}

    # -- with us -----------------------------------------------------------------------------------

    def checkout(self, plan: str = "pro") -> Json:
        return self.agent.post("/v1/billing/checkout", {"plan": plan})

    def subscription(self) -> Json:
        return self.agent.get("/v1/billing/subscription")

    def subscribe(self, plan: str = "pro", card: str = GOOD_CARD) -> Json:
        self.pay(self.checkout(plan), card)
        return self.has(plan=plan, status="active")

    def has(self, **wanted: Any) -> Json:
        """The subscription, as soon as it looks like this."""
        return until(lambda: found if (found := self.subscription()).items() >= wanted.items() else None)

    def limit(self) -> int:
        return int(self.agent.get("/v1/account/usage")["limit"])

    def change(self, plan: str, status: int = 200, **more: Any) -> Json:
        answer = self.agent.http.patch("/v1/billing/subscription", json={"plan": plan} | more)
        assert answer.status_code == status, answer.text
        page: Json = answer.json()
        return page

    def invoices(self) -> list[Json]:
        items: list[Json] = self.agent.get("/v1/billing/invoices")["items"]
        return items

    def reconcile(self) -> list[Json]:
        """What was different, of this agent."""
        found = invoke(self.cloud, "Reconcile", {"pause_seconds": 0})
        assert found["done"], found
        return [each for each in found["differences"] if each["owner"] == self.agent.owner]
