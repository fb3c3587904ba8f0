"""The stand-in as a server on loopback."""

import uvicorn

from local import serving
from local.stripe.account import Settings
from local.stripe.server import app


def server(settings: Settings) -> uvicorn.Server:
    return serving.server(app(settings), settings.port)
