"""The state of one customer: settings, script, predictions, files, record."""

from dataclasses import dataclass

import httpx

from standins.replicate.outputs import Outputs
from standins.replicate.predictions import Prediction
from standins.replicate.record import Record
from standins.replicate.runner import Runner
from standins.replicate.script import Director
from standins.replicate.webhooks import Sender


@dataclass(frozen=True)
class Settings:
    port: int
    secret: str
    token: str = "r8_local"
    latency: float = 3.0


class Account:
    def __init__(self, settings: Settings, http: httpx.AsyncClient):
        self.settings = settings
        self.base_url = f"http://127.0.0.1:{settings.port}"
        self.predictions: dict[str, Prediction] = {}
        self.record = Record()
        self.director = Director(settings.latency)
        self.outputs = Outputs(self.base_url)
        self.sender = Sender(settings.secret, self.base_url, http, self.director, self.record)
        self.runner = Runner(http, self.director, self.outputs, self.sender)
