"""Replicate's HTTP API as its customers see it: predictions, models, the webhook secret, the result files."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from standins import loopback
from standins.replicate import control, problems
from standins.replicate.account import Account, Provider, Settings
from standins.replicate.creation import create
from standins.replicate.models import all_models
from standins.replicate.predictions import Prediction
from standins.replicate.record import Download

PAGE = 100


async def create_prediction(request: Request) -> Response:
    return await create(request, model=None)


async def create_for_model(request: Request) -> Response:
    model = all_models().get("{owner}/{name}".format(**request.path_params))
    return await create(request, model) if model else problems.not_found()


def _prediction(request: Request) -> Prediction | None:
    account: Account = request.state.account
    return account.predictions.get(request.path_params["id"])


async def get_prediction(request: Request) -> Response:
    found = _prediction(request)
    return JSONResponse(found.as_json(request.state.account.base_url)) if found else problems.not_found()


async def cancel_prediction(request: Request) -> Response:
    account: Account = request.state.account
    found = _prediction(request)
    if found is None:
        return problems.not_found()
    await account.runner.cancel(found)
    return JSONResponse(found.as_json(account.base_url))


async def list_predictions(request: Request) -> Response:
    """Newest first, 100 a page; the cursor is the id the page begins with."""
    account: Account = request.state.account
    asked = request.query_params
    after, before = _time(asked.get("created_after")), _time(asked.get("created_before"))
    found = [
        each
        for each in reversed(account.predictions.values())
        if (not after or each.created_at >= after) and (not before or each.created_at < before)
    ]
    if asked.get("source") == "web":
        found = []
    ids = [each.id for each in found]
    start = ids.index(asked["cursor"]) if asked.get("cursor") in ids else 0

    def page_at(position: int) -> str | None:
        if not 0 <= position < len(found) or position == start:
            return None
        url = request.url.include_query_params(cursor=ids[position])
        return f"{account.base_url}{url.path}?{url.query}"

    return JSONResponse({
        "previous": page_at(max(0, start - PAGE)),
        "next": page_at(start + PAGE),
        "results": [each.as_json(account.base_url) for each in found[start : start + PAGE]],
    })  # fmt: skip


def _time(text: str | None) -> datetime | None:
    """An unescaped `+` arrives as a blank."""
    at = datetime.fromisoformat(text.replace(" ", "+")) if text else None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


async def get_model(request: Request) -> Response:
    model = all_models().get("{owner}/{name}".format(**request.path_params))
    return JSONResponse(model.as_json()) if model else problems.not_found()


async def get_secret(request: Request) -> Response:
    return JSONResponse({"key": request.state.account.secret})


async def get_output(request: Request) -> Response:
    """As on the real file host, no token is needed."""
    provider: Provider = request.app.state.provider
    prediction_id = request.path_params["id"]
    output = provider.outputs.find(f"{prediction_id}/{request.path_params['file']}")
    response = output.response() if output else problems.not_found()
    provider.record.downloads.append(Download(prediction_id, response.status_code))
    return response


async def health(_request: Request) -> Response:
    return JSONResponse({"status": "ok", "service": "replicate stand-in"})


ROUTES = [
    Route("/v1/predictions", create_prediction, methods=["POST"]),
    Route("/v1/predictions", list_predictions, methods=["GET"]),
    Route("/v1/predictions/{id}", get_prediction, methods=["GET"]),
    Route("/v1/predictions/{id}/cancel", cancel_prediction, methods=["POST"]),
    Route("/v1/models/{owner}/{name}", get_model, methods=["GET"]),
    Route("/v1/models/{owner}/{name}/predictions", create_for_model, methods=["POST"]),
    Route("/v1/webhooks/default/secret", get_secret, methods=["GET"]),
    Route("/pbxt/{id}/{file}", get_output, methods=["GET"]),
    Route("/health", health, methods=["GET"]),
    *control.ROUTES,
]


def app(settings: Settings) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # No redirects, no proxy from the environment: all traffic stays on this machine.
        async with httpx.AsyncClient(timeout=10, trust_env=False, limits=httpx.Limits(max_connections=50)) as http:
            app.state.provider = Provider(settings, http)
            yield
            for account in app.state.provider.accounts.values():
                account.runner.close()

    return Starlette(routes=ROUTES, lifespan=lifespan, middleware=[Middleware(TokenRequired)])


class TokenRequired:
    """The token of a request says which account it is about."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            request = Request(scope)
            account = _account(request)
            if account is None:
                await problems.unauthenticated()(scope, receive, send)
                return
            request.state.account = account
        await self._app(scope, receive, send)


def _account(request: Request) -> Account | None:
    provider: Provider = request.app.state.provider
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return provider.accounts.get(token) if scheme.lower() in {"bearer", "token"} else None


def server(settings: Settings) -> uvicorn.Server:
    return loopback.server(app(settings), settings.port)
