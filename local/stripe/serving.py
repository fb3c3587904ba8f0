"""The HTTP server around the stand-in: loopback only, and able to cut a connection without an answer."""

import uvicorn

from local.replicate.serving import SeverableProtocol
from local.stripe.account import Settings
from local.stripe.server import app


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
