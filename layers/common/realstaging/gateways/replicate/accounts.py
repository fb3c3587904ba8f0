"""Our accounts at Replicate: a client for each, of which only those that are used fetch their token."""

from collections.abc import Iterable, Mapping

from botocore.exceptions import BotoCoreError, ClientError

from realstaging.config import Settings
from realstaging.gateways.replicate.client import Replicate
from realstaging.gateways.replicate.errors import UnknownAccountError
from realstaging.gateways.secrets import EmptySecretError, Secrets
from realstaging.observability import count, log


class ReplicateAccounts:
    def __init__(self, clients: Mapping[str, Replicate]) -> None:
        self._clients = clients

    @classmethod
    def configured(cls, settings: Settings, secrets: Secrets) -> "ReplicateAccounts":
        accounts = settings.replicate.every_account
        return cls({name: Replicate.of(settings, secrets, each.api_token) for name, each in accounts.items()})

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._clients)

    def of(self, account: str) -> Replicate:
        """Raises UnknownAccountError for one that is not configured any more."""
        if account not in self._clients:
            raise UnknownAccountError(f"no account {account}")
        return self._clients[account]

    def prepared(self, accounts: Iterable[str]) -> list[str]:
        """Those of the accounts whose token is there. If it is of none of them, raises what went wrong with one."""
        ready: list[str] = []
        wrong: Exception | None = None
        for account in accounts:
            try:
                self.of(account).prepare()
            except (ClientError, BotoCoreError, EmptySecretError) as error:
                count("ProviderTokenMissed")
                log.error("no token of a provider account", account=account, error=type(error).__name__)
                wrong = error
            else:
                ready.append(account)
        if wrong and not ready:
            raise wrong
        return ready

    def cancel(self, account: str, prediction_id: str) -> None:
        """Best effort, as of each client; in an account that is not configured any more, nothing."""
        if account in self._clients:
            self._clients[account].cancel(prediction_id)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
