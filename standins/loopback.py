"""Loopback only: the server around a stand-in, able to cut a connection, and the addresses it may call."""

import asyncio
import ipaddress
from typing import Any
from urllib.parse import urlsplit

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


def is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        named = host == "localhost" or host.endswith(".localhost")
        return named or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
