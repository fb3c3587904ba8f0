"""The HTTP server around the stand-in: loopback only, and able to cut a connection without an answer."""

import asyncio

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.replicate.account import Settings
from local.replicate.server import app


class SeverableProtocol(H11Protocol):
    """Hands `request.state.sever` to the application: no ASGI message can reset a connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if isinstance(transport, asyncio.WriteTransport):
            self.app_state = {**self.app_state, "sever": transport.abort}


def server(settings: Settings) -> uvicorn.Server:
    config = uvicorn.Config(
        app(settings),
        host="127.0.0.1",
        port=settings.port,
        http=SeverableProtocol,
        log_level="warning",
        lifespan="on",
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
