"""Lets only bearers of the token reach the API; files, health and the script are open."""

import hmac

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from standins.replicate import replies


class TokenRequired:
    def __init__(self, app: ASGIApp, token: str):
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/") and not self._knows(Request(scope)):
            await replies.unauthenticated()(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _knows(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() in {"bearer", "token"} and hmac.compare_digest(token, self._token)
