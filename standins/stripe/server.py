"""The stand-in as an application and a server: API, pages, control routes, and the clock."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from standins import loopback
from standins.stripe import catalog, control, pages, renewals
from standins.stripe.account import Account, Settings
from standins.stripe.api import ENDPOINTS, handler

TICK = 0.5


async def health(_request: Request) -> Response:
    return JSONResponse({"status": "ok", "service": "stripe stand-in"})


ROUTES = [
    *(Route(each.path, handler(each), methods=[each.method]) for each in ENDPOINTS),
    Route("/v1/{rest:path}", handler(None), methods=["GET", "POST", "DELETE", "PUT", "PATCH"]),
    *pages.ROUTES,
    *control.ROUTES,
    Route("/health", health, methods=["GET"]),
]


async def _tick(account: Account) -> None:
    """Do what falls due as time passes."""
    while True:
        while renewals.step(account, account.now):
            pass
        await asyncio.sleep(TICK)


def app(settings: Settings) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # No redirects, no proxy from the environment: all traffic stays on this machine.
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            account = app.state.account = Account(settings, http)
            catalog.seed(account)
            ticking = asyncio.create_task(_tick(account))
            yield
            ticking.cancel()
            account.deliveries.close()

    return Starlette(routes=ROUTES, lifespan=lifespan)


def server(settings: Settings) -> uvicorn.Server:
    return loopback.server(app(settings), settings.port)
