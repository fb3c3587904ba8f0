"""Authentication for every API, by access token or API key; creates the user's row on first use."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from realstaging.accounts import api_keys
from realstaging.accounts.identity import Caller, Tokens, bearer
from realstaging.config import Settings
from realstaging.errors import ForbiddenError
from realstaging.gateways.jwks import IssuerKeys
from realstaging.stores.api_keys import ApiKeyStore
from realstaging.stores.users import UserStore

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table


class Authenticator:
    def __init__(self, settings: Settings, table: "Table") -> None:
        if not settings.identity.issuer or not settings.identity.audience:
            raise RuntimeError("identity.issuer and identity.audience are not set: see SettingsOverrides")
        self._tokens = Tokens(settings.identity, IssuerKeys(settings.identity))
        self.users = UserStore(table)
        self._keys = ApiKeyStore(table)

    def __call__(self, authorization: str) -> Caller:
        """Raises UnauthorizedError, ForbiddenError (an account being deleted) or ProviderUnavailableError."""
        at = datetime.now(UTC)
        secret = bearer(authorization)
        if secret.startswith(api_keys.PREFIX):
            caller = api_keys.caller(secret, at, store=self._keys)
            self.users.ensure(caller.owner, None, at)
            return caller
        caller = self._tokens.caller(secret)
        return Caller(caller.owner, self.users.ensure(caller.owner, caller.role, at))

    def admin(self, authorization: str) -> Caller:
        """Authenticate an administrator by the role in the table, read now. Raises ForbiddenError for all others.

        An API key never has the role.
        """
        at = datetime.now(UTC)
        secret = bearer(authorization)
        is_api_key = secret.startswith(api_keys.PREFIX)
        caller = api_keys.caller(secret, at, store=self._keys) if is_api_key else self._tokens.caller(secret)
        if is_api_key or self.users.ensure_now(caller.owner, caller.role, at) != "admin":
            raise ForbiddenError("This is for administrators, with an access token of their own.")
        return Caller(caller.owner, "admin")
