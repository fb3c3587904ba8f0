"""The system's queues as administrators see them, and the order to move dead letters back."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from realstaging.admin.dead_letters import RedriveTarget, peek, redrive
from realstaging.errors import NotFoundError
from realstaging.gateways.dead_letters import DeadLetters, WatchedQueue
from realstaging.models.admin_operations import LetterList, QueueList, QueueView, RedriveOrder, RedriveView
from realstaging.models.jobs import JobStatus
from realstaging.stores.audit import AuditStore

# So long a redrive goes on: what is left is the next one's.
REDRIVE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Work:
    """A queue of work: jobs in this state are in it, or were."""

    queue: WatchedQueue
    status: JobStatus


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    letters: DeadLetters
    way: RedriveTarget


class Queues:
    def __init__(self, work: Mapping[str, Work], dead: Mapping[str, DeadLetterQueue], audit: AuditStore) -> None:
        self._work, self._dead, self._audit = work, dead, audit

    def overview(self, at: datetime, waiting_since: Mapping[JobStatus, datetime]) -> QueueList:
        """How much is in each, and for how long. Of work the table knows: a queue tells the age of no message."""
        items = [_shown(name, work.queue, waiting_since.get(work.status), at) for name, work in self._work.items()]
        items += [_shown(name, end.letters, end.letters.oldest(), at) for name, end in self._dead.items()]
        return QueueList(items=items)

    def messages(self, name: str, limit: int) -> LetterList:
        """Raises NotFoundError."""
        _, end = self._end(name)
        return LetterList(items=peek(end.letters, limit))

    def redrive(self, name: str, order: RedriveOrder, at: datetime, *, by: str) -> RedriveView:
        """Raises NotFoundError."""
        name, end = self._end(name)
        depth = end.letters.depth()
        # Recorded first: a crash half-way has moved something all the same.
        self._audit.record(
            at,
            by=by,
            action="queue.redrive",
            subject=f"queues/{name}",
            before={"visible": depth.visible, "in_flight": depth.in_flight},
            after=order.model_dump(),
        )
        return redrive(name, end.letters, end.way, order, until=time.monotonic() + REDRIVE_SECONDS)

    def _end(self, name: str) -> tuple[str, DeadLetterQueue]:
        """The queue that is meant: by a queue of work its own dead letters."""
        meant = f"{name}_dead_letters" if name in self._work else name
        if meant not in self._dead:
            raise NotFoundError("queue", where="")
        return meant, self._dead[meant]


def _shown(name: str, queue: WatchedQueue, since: datetime | None, at: datetime) -> QueueView:
    depth = queue.depth()
    return QueueView(
        name=name,
        depth=depth.visible + depth.in_flight + depth.delayed,
        visible=depth.visible,
        in_flight=depth.in_flight,
        delayed=depth.delayed,
        oldest_seconds=max((at - since) // timedelta(seconds=1), 0) if since else None,
    )
