"""The state of the provider: its customers' accounts, each with its predictions, and what they share."""

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
    more: tuple[tuple[str, str], ...] = ()  # further accounts: token, webhook secret


class Provider:
    """What all accounts share: one script, one record, and the files, which anybody may fetch."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient):
        self.base_url = f"http://127.0.0.1:{settings.port}"
        self.http = http
        self.record = Record()
        self.director = Director(settings.latency)
        self.outputs = Outputs(self.base_url)
        of_token = {settings.token: settings.secret, **dict(settings.more)}
        self.accounts = {token: Account(self, token, secret) for token, secret in of_token.items()}


class Account:
    """One customer's: another's predictions do not exist for it, and webhooks have its own secret."""

    def __init__(self, provider: Provider, token: str, secret: str):
        self.token, self.secret = token, secret
        self.base_url, self.record, self.director = provider.base_url, provider.record, provider.director
        self.predictions: dict[str, Prediction] = {}
        self.sender = Sender(secret, self.base_url, provider.http, self.director, self.record)
        self.runner = Runner(provider.http, self.director, provider.outputs, self.sender)
