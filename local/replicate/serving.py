"""The stand-in as a server on loopback."""

import uvicorn

from local import serving
from local.replicate.account import Settings
from local.replicate.server import app


def server(settings: Settings) -> uvicorn.Server:
    return serving.server(app(settings), settings.port)
