"""The HTTP server around a stand-in: loopback only, and able to cut a connection without an answer."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol


class SeverableProtocol(H11Protocol):
    """Hands `request.state.sever` to the application: no ASGI message can reset a connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if isinstance(transport, asyncio.WriteTransport):
            self.app_state = {**self.app_state, "sever": transport.abort}


def server(app: Any, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=SeverableProtocol,
        log_level="warning",
        lifespan="on",
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
