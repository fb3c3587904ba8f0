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
PREFIX_LENGTH = 12
MAX_KEYS = 20
NOTE_USE_EVERY = timedelta(minutes=5)


def issue(new: NewApiKey, request: IdempotentRequest, *, store: ApiKeyStore) -> RequestResult:
    """A key of 256 random bits. Raises TooManyApiKeysError.

    A repeat with the same Idempotency-Key answers with the same key but without its secret, of which only
    the hash is stored.
    """
    if earlier := request.earlier():
        return earlier
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        id=new_id("key", request.at, request.seed),
        owner=request.owner,
        name=new.name,
        prefix=secret[:PREFIX_LENGTH],
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
        # The last free place may have been taken by the same request, sent twice.
        if earlier := request.reload().earlier():
            return earlier
        raise
    return RequestResult.created(shown.model_copy(update={"key": secret}))


def caller(secret: str, at: datetime, *, store: ApiKeyStore) -> Caller:
    """The key's owner and scopes. Raises UnauthorizedError."""
    key = store.find(hashed(secret))
    if key is None:
        raise UnauthorizedError(REFUSAL)
    if key.last_used_at is None or at - key.last_used_at > NOTE_USE_EVERY:
        store.note_use(key, at)
    # A key acts for its owner but never as an administrator.
    return Caller(owner=key.owner, role="user", scopes=key.scopes)


def hashed(secret: str) -> str:
    """SHA-256 in hex. The secret has 256 random bits, so it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
