"""The system's queues as administrators see them, and the redrive of dead letters."""

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

# How long one redrive runs; the next one continues.
REDRIVE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Work:
    """A work queue, and the state of the jobs that are in it; None if there are no jobs in it."""

    queue: WatchedQueue
    status: JobStatus | None


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    letters: DeadLetters
    target: RedriveTarget


class Queues:
    def __init__(self, work: Mapping[str, Work], dead: Mapping[str, DeadLetterQueue], audit: AuditStore) -> None:
        self._work, self._dead, self._audit = work, dead, audit

    def overview(self, at: datetime, waiting_since: Mapping[JobStatus, datetime]) -> QueueList:
        """How much is in each queue, and for how long.

        SQS does not tell the age of messages: for work queues it comes from the jobs in the table.
        """
        since = {name: waiting_since.get(work.status) if work.status else None for name, work in self._work.items()}
        items = [_build_view(name, work.queue, since[name], at) for name, work in self._work.items()]
        items += [_build_view(name, dead.letters, dead.letters.oldest(), at) for name, dead in self._dead.items()]
        return QueueList(items=items)

    def messages(self, name: str, limit: int) -> LetterList:
        """Raises NotFoundError."""
        _, dead = self._find_dead_letters(name)
        return LetterList(items=peek(dead.letters, limit))

    def redrive(self, name: str, order: RedriveOrder, at: datetime, *, by: str) -> RedriveView:
        """Raises NotFoundError."""
        name, dead = self._find_dead_letters(name)
        depth = dead.letters.depth()
        # Recorded first: a crash half-way may have moved some letters already.
        self._audit.record(
            at,
            by=by,
            action="queue.redrive",
            subject=f"queues/{name}",
            before={"visible": depth.visible, "in_flight": depth.in_flight},
            after=order.model_dump(),
        )
        return redrive(name, dead.letters, dead.target, order, until=time.monotonic() + REDRIVE_SECONDS)

    def _find_dead_letters(self, name: str) -> tuple[str, DeadLetterQueue]:
        """The dead-letter queue of this name; for a work queue, its own. Raises NotFoundError."""
        meant = f"{name}_dead_letters" if name in self._work else name
        if meant not in self._dead:
            raise NotFoundError("queue", where="")
        return meant, self._dead[meant]


def _build_view(name: str, queue: WatchedQueue, since: datetime | None, at: datetime) -> QueueView:
    depth = queue.depth()
    return QueueView(
        name=name,
        depth=depth.visible + depth.in_flight + depth.delayed,
        visible=depth.visible,
        in_flight=depth.in_flight,
        delayed=depth.delayed,
        oldest_seconds=max((at - since) // timedelta(seconds=1), 0) if since else None,
    )
