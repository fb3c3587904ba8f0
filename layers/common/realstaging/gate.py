"""The door of every API: a checked token, and a user row on first use."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from realstaging.config import Settings
from realstaging.gateways.issuer import IssuerKeys
from realstaging.identity import Caller, Tokens
from realstaging.stores.users import UserStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class Gate:
    def __init__(self, settings: Settings, table: "Table") -> None:
        self._tokens = Tokens(settings.identity, IssuerKeys(settings.identity))
        self._users = UserStore(table)

    def __call__(self, authorization: str) -> Caller:
        caller = self._tokens.caller(authorization)
        self._users.ensure(caller.owner, caller.role, datetime.now(UTC))
        return caller
