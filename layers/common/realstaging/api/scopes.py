"""Scopes of API keys. A route that is not named here needs `stage`, or refuses keys."""

from realstaging.accounts.identity import Caller
from realstaging.errors import ForbiddenError
from realstaging.models.accounts import Scope

READING = ("GET", "HEAD")
# POSTs that change nothing: a socket ticket, and the preview of a plan change.
READING_POSTS = ("/v1/account/socket-tickets", "/v1/billing/subscription/preview")
PROFILE = ("PATCH", "/v1/account")
# Other changes below these need an access token: keys, closing the account, payments.
TOKEN_ONLY = ("/v1/account", "/v1/billing")


def check_scope(caller: Caller, method: str, path: str) -> None:
    """Raises ForbiddenError for a request that this API key may not make. Access tokens may make all."""
    if caller.scopes is None:
        return
    scope = required_scope(method, path)
    if scope is None:
        raise ForbiddenError("No API key may do that: use an access token of your own.")
    if scope not in caller.scopes:
        detail = f"This API key lacks the scope `{scope}`. Make one that has it, or use an access token."
        raise ForbiddenError(detail, scope=scope)


def required_scope(method: str, path: str) -> Scope | None:
    """The scope that a key needs for a request; None if no key may make it."""
    if method in READING or (method == "POST" and path in READING_POSTS):
        return "read"
    if (method, path) == PROFILE:
        return "account"
    return None if path.startswith(TOKEN_ONLY) else "stage"
