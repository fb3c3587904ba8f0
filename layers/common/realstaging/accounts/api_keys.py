"""API keys for programs: shown once, stored as a hash, revocable."""

import hashlib
import secrets
from datetime import datetime, timedelta

from realstaging.accounts.identity import REFUSAL, Caller
from realstaging.errors import TooManyApiKeysError, UnauthorizedError
from realstaging.idempotency import IdempotentRequest, RequestResult
from realstaging.ids import new_id
from realstaging.models.accounts import ApiKey, ApiKeyCreated, ApiKeyView, NewApiKey
from realstaging.models.base import view
from realstaging.stores.api_keys import ApiKeyStore
from realstaging.stores.table import LostRaceError

PREFIX = "rsk_"
SHOWN = 12
MAX_KEYS = 20
NOTE_EVERY = timedelta(minutes=5)


def issue(new: NewApiKey, request: IdempotentRequest, *, store: ApiKeyStore) -> RequestResult:
    """A key of 256 random bits. Raises TooManyApiKeysError.

    A repeat under the same Idempotency-Key tells of the same key but cannot show it again: only
    its hash is stored, here and in the remembered answer.
    """
    if earlier := request.earlier():
        return earlier
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        id=new_id("key", request.at, request.seed),
        owner=request.owner,
        name=new.name,
        prefix=secret[:SHOWN],
        scopes=tuple(new.scopes),
        hashed=hashed(secret),
        created_at=request.at,
    )
    shown = view(ApiKeyCreated, view(ApiKeyView, key), key=None)
    try:
        store.create(key, MAX_KEYS, *request.remember(RequestResult.created(shown)))
    except LostRaceError:
        return request.repeated()
    except TooManyApiKeysError:
        # The last free place may have gone to the same request, sent twice.
        if earlier := request.reload().earlier():
            return earlier
        raise
    return RequestResult.created(shown.model_copy(update={"key": secret}))


def caller(secret: str, at: datetime, *, store: ApiKeyStore) -> Caller:
    """Who a key speaks for. Raises UnauthorizedError."""
    key = store.find(hashed(secret))
    if key is None:
        raise UnauthorizedError(REFUSAL)
    if key.last_used_at is None or at - key.last_used_at > NOTE_EVERY:
        store.used(key, at)
    # A key acts for its owner but never as an administrator.
    return Caller(owner=key.owner, role="user", scopes=key.scopes)


def hashed(secret: str) -> str:
    """The secret has 256 random bits: one plain SHA-256 of it cannot be guessed backwards."""
    return hashlib.sha256(secret.encode()).hexdigest()
