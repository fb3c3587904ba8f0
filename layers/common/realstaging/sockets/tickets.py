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
    """A ticket for one connection: 256 random bits, valid for `ticket_seconds`."""
    ticket = secrets.token_urlsafe(32)
    expires_at = at + timedelta(seconds=limits.ticket_seconds)
    tickets.create(_hash(ticket), owner, expires_at)
    return TicketView(ticket=ticket, url=f"{socket_url}?ticket={ticket}", expires_at=expires_at)


def connect(
    ticket: str, connection_id: str, at: datetime, limits: Limits, *, tickets: TicketStore, sockets: ConnectionStore
) -> list[str]:
    """Use up a ticket and store the connection; returns the ids of older connections that exceed the limit.

    The oldest are closed, because a lost `$disconnect` leaves a dead row, and the newest is surely alive. Each
    connection is written before the others are read, so that concurrent ones leave no more than the limit.
    Raises UnauthorizedError.
    """
    owner = tickets.redeem(_hash(ticket), at) if 0 < len(ticket) <= MAX_TICKET else None
    if owner is None:
        raise UnauthorizedError("This ticket is unknown, used or too old. Every connection needs a new one.")
    sockets.add(owner, connection_id, at, limits.hours)
    since = sockets.of(owner, at)
    others = sorted(since.keys() - {connection_id}, key=lambda other: (since[other], other))
    too_many = others[: max(len(since) - limits.max_per_owner, 0)]
    for other in too_many:
        sockets.forget(owner, other)
    return too_many


def replaced(limits: Limits) -> dict[str, Any]:
    """The last message of a connection that exceeds the limit: a client that reconnects would close another."""
    error = TooManySocketsError(f"At most {limits.max_per_owner} sockets per account: a newer one took this place.")
    return {"type": "error", "code": error.code, "detail": error.detail}


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()


def reply(message: str, connection_id: str, now: str) -> dict[str, Any]:
    """The answer to a client's message: `hello`, `pong`, or an error."""
    try:
        action = json.loads(message).get("action")
    except (ValueError, AttributeError, RecursionError):
        action = None
    if action == "ping":
        return {"type": "pong", "server_time": now}
    if action == "hello":
        return {"type": "hello", "connection_id": connection_id, "server_time": now}
    return {"type": "error", "code": "malformed_request", "detail": 'Send {"action": "ping"} or {"action": "hello"}.'}
