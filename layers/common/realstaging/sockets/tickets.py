"""One-time tickets that open a socket: random, short-lived, stored hashed."""

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from realstaging.config import Sockets as Limits
from realstaging.errors import TooManySocketsError, UnauthorizedError
from realstaging.models.accounts import TicketView
from realstaging.stores.connections import ConnectionStore, TicketStore

MAX_TICKET = 100


def issue(owner: str, at: datetime, limits: Limits, socket_url: str, *, tickets: TicketStore) -> TicketView:
    """A ticket for one connection: 256 random bits, good for `ticket_seconds`."""
    ticket = secrets.token_urlsafe(32)
    expires_at = at + timedelta(seconds=limits.ticket_seconds)
    tickets.create(_hashed(ticket), owner, expires_at)
    return TicketView(ticket=ticket, url=f"{socket_url}?ticket={ticket}", expires_at=expires_at)


def connect(
    ticket: str, connection_id: str, at: datetime, limits: Limits, *, tickets: TicketStore, sockets: ConnectionStore
) -> None:
    """Use a ticket up and remember the connection. Raises UnauthorizedError or TooManySocketsError."""
    owner = tickets.redeem(_hashed(ticket), at) if 0 < len(ticket) <= MAX_TICKET else None
    if owner is None:
        raise UnauthorizedError("This ticket is unknown, used or too old. Ask for a new one.")
    if len(sockets.of(owner, at)) >= limits.max_per_owner:
        raise TooManySocketsError(f"At most {limits.max_per_owner} sockets per account. Close one and try again.")
    sockets.add(owner, connection_id, at, limits.hours)


def _hashed(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()


def reply(message: str, connection_id: str, now: str) -> dict[str, Any]:
    """The answer to a client's message: `hello`, `pong`, or what was wrong with it."""
    try:
        action = json.loads(message).get("action")
    except (ValueError, AttributeError, RecursionError):
        action = None
    if action == "ping":
        return {"type": "pong", "server_time": now}
    if action == "hello":
        return {"type": "hello", "connection_id": connection_id, "server_time": now}
    return {"type": "error", "code": "malformed_request", "detail": 'Send {"action": "ping"} or {"action": "hello"}.'}
