"""All endpoints of the API, and one call from bytes to answer: key, version, faults, parameters, idempotency."""

import asyncio
import base64
import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from standins.stripe import (
    catalog,
    checkout,
    customers,
    errors,
    events,
    invoices,
    objects,
    payment_methods,
    payments,
    portal,
    subscriptions,
)
from standins.stripe.account import Account
from standins.stripe.errors import StripeError, UnreadError
from standins.stripe.events import API_VERSION, Origin, origin
from standins.stripe.objects import Includable, as_list, expand
from standins.stripe.requests import Answer, Endpoint, nest
from standins.stripe.rules import AnswerRule

ENDPOINTS = [
    *customers.ENDPOINTS,
    *catalog.ENDPOINTS,
    *payment_methods.ENDPOINTS,
    *checkout.ENDPOINTS,
    *portal.ENDPOINTS,
    *subscriptions.ENDPOINTS,
    *invoices.ENDPOINTS,
    *payments.ENDPOINTS,
    *events.ENDPOINTS,
]


def includable(account: Account) -> Includable:
    return {
        ("customer", "subscriptions"): lambda customer: as_list(
            account.objects.of("subscription", customer=customer["id"], ended_at=None),
            f"/v1/customers/{customer['id']}/subscriptions",
        ),
        ("invoice", "payments"): lambda invoice: as_list(
            account.objects.of("invoice_payment", invoice=invoice["id"]),
            f"/v1/invoice_payments?invoice={invoice['id']}",
        ),
        ("checkout.session", "line_items"): lambda session: as_list(
            checkout.line_items(account, session["id"]), f"/v1/checkout/sessions/{session['id']}/line_items"
        ),
        ("charge", "refunds"): lambda charge: payments.refunds_of(account, charge),
    }


type Serve = Callable[[Request], Awaitable[Response]]


class ConnectionCutError(Exception):
    """No answer is sent, whether the request was done or not."""


def handler(endpoint: Endpoint | None) -> Serve:
    """The handler of one endpoint; None: of every unknown path under /v1."""

    async def serve(request: Request) -> Response:
        account: Account = request.app.state.account
        call = Call(account, request, endpoint)
        try:
            status, body = await call.answer()
        except StripeError as error:
            status, body = error.status, error.body
        except ConnectionCutError:
            request.state.sever()
            return Response(status_code=499)
        call.record["status"] = status
        return JSONResponse(body, status, call.headers)

    return serve


class Call:
    def __init__(self, account: Account, request: Request, endpoint: Endpoint | None) -> None:
        self._account, self._request, self._endpoint = account, request, endpoint
        self._answers = account.answers
        self._id = objects.new_id("req_", objects.SHORT_ID)
        self._key = request.headers.get("idempotency-key") if request.method == "POST" else None
        self.headers = {"request-id": self._id, "stripe-version": API_VERSION}
        self.record: dict[str, Any] = {
            "id": self._id,
            "method": request.method,
            "path": request.url.path,
            "params": None,
            "idempotency_key": self._key,
            "status": None,
            "replayed": False,
        }
        if self._key:
            self.headers["idempotency-key"] = self._key
        account.requests.append(self.record)

    async def answer(self) -> Answer:
        self._authenticate()
        if self._endpoint is None:
            path = f"{self._request.method}: {self._request.url.path}"
            raise UnreadError(404, f"Unrecognized request URL ({path}). If you are trying to list objects, remove the"
                              " trailing slash. If you are trying to retrieve an object, make sure you passed a valid"
                              " (non-empty) identifier in your code.")  # fmt: skip
        given = parse_qsl(self._request.url.query, keep_blank_values=True)
        given += parse_qsl((await self._request.body()).decode(), keep_blank_values=True)
        params = nest(given)
        self.record["params"] = params
        if (fail := self._rule(self._account.faults.fail)) is not None:
            raise errors.scripted(fail.status, fail.code)
        self._endpoint.read(params)  # refused before the idempotency key is claimed
        if not self._key:
            return await self._work(self._endpoint, params)
        path = self._request.url.path
        stored = self._answers.claim(self._key, path, params, self._account.now, self._id)
        if stored is not None and stored.answer is not None:
            self.headers |= {"idempotent-replayed": "true", "original-request": stored.request_id}
            self.record["replayed"] = True
            return stored.answer
        return await self._first(self._endpoint, params, self._key)

    async def _first(self, endpoint: Endpoint, params: dict[str, Any], key: str) -> Answer:
        """The answer is stored even if it is a refusal or does not arrive."""
        try:
            return await self._work(endpoint, params, key)
        except UnreadError:
            raise
        except StripeError as error:
            self._answers.keep(key, (error.status, error.body))
            raise
        finally:
            self._answers.release(key)

    async def _work(self, endpoint: Endpoint, params: dict[str, Any], key: str | None = None) -> Answer:
        if (slow := self._rule(self._account.faults.slow)) is not None:
            await asyncio.sleep(slow.seconds)
            if self._account.answers is not self._answers:  # reset meanwhile: this request is of the account before
                raise ConnectionCutError
        answer = 200, self._do(endpoint, params)
        if key:
            self._answers.keep(key, answer)
        if self._rule(self._account.faults.after) is not None:
            raise ConnectionCutError
        return answer

    def _do(self, endpoint: Endpoint, params: dict[str, Any]) -> dict[str, Any]:
        """Without an await, so that no other request sees half of it."""
        given = endpoint.read(params)
        token = origin.set(Origin(self._id, self._key))
        try:
            with self._account.clock.one_reading():
                body = endpoint.answer(self._account, given, **self._request.path_params)
        finally:
            origin.reset(token)
        return expand(self._account.objects, body, given.get("expand", []), includable(self._account))

    def _rule[Rule: AnswerRule](self, rules: list[Rule]) -> Rule | None:
        method, path = self._request.method, self._request.url.path
        return next((each for each in rules if each.fits(method, path)), None)

    def _authenticate(self) -> None:
        key = _key(self._request.headers.get("authorization", ""))
        if key is None:
            raise errors.unauthenticated(None)
        if not hmac.compare_digest(key, self._account.settings.api_key):
            raise errors.unauthenticated(key)
        version = self._request.headers.get("stripe-version", API_VERSION)
        if version != API_VERSION:
            raise UnreadError(400, f"Invalid Stripe API version: {version}. This stand-in speaks {API_VERSION} only.")


def _key(header: str) -> str | None:
    """From a bearer header, or the user name of basic authentication (`curl -u`)."""
    scheme, _, value = header.partition(" ")
    try:
        found = base64.b64decode(value, validate=True).decode() if scheme.lower() == "basic" else value
    except ValueError:
        return None
    return found.partition(":")[0] or None if scheme.lower() in ("basic", "bearer") else None
