"""What an API key may do. A route that is not named here is closed to keys, or needs the strictest scope that fits."""

from realstaging.accounts.identity import Caller
from realstaging.errors import ForbiddenError
from realstaging.models.accounts import Scope

READING = ("GET", "HEAD")
# POSTs that change nothing: a ticket for live status, and what a larger plan would cost.
READS = ("/v1/account/socket-tickets", "/v1/billing/subscription/preview")
PROFILE = ("PATCH", "/v1/account")
# Whatever else changes something here is for people: keys, the account's end, what is paid.
PEOPLE_ONLY = ("/v1/account", "/v1/billing")


def check_scope(caller: Caller, method: str, path: str) -> None:
    """Raises ForbiddenError for a request that an API key may not make. Access tokens may make all."""
    if caller.scopes is None:
        return
    scope = required_scope(method, path)
    if scope is None:
        raise ForbiddenError("No API key may do that: use an access token of your own.")
    if scope not in caller.scopes:
        detail = f"This API key lacks the scope `{scope}`. Make one that has it, or use an access token."
        raise ForbiddenError(detail, scope=scope)


def required_scope(method: str, path: str) -> Scope | None:
    """The scope that a key needs for a request; None where no key will do."""
    if method in READING or (method == "POST" and path in READS):
        return "read"
    if (method, path) == PROFILE:
        return "account"
    return None if path.startswith(PEOPLE_ONLY) else "stage"
