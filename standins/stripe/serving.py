"""The stand-in as a server on loopback."""

import uvicorn

from standins import http_server
from standins.stripe.account import Settings
from standins.stripe.server import app


def server(settings: Settings) -> uvicorn.Server:
    return http_server.server(app(settings), settings.port)
