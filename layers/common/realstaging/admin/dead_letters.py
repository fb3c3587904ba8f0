"""Dead letters: what they are about, and their way back to where they failed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from pydantic import ValidationError

from realstaging.gateways.dead_letters import AsyncRetries, DeadLetter, DeadLetters, WatchedQueue
from realstaging.gateways.media import upload_of
from realstaging.models.admin_operations import LetterView, RedriveOrder, RedriveView
from realstaging.models.runs import ResultMessage, StageMessage
from realstaging.observability import count, log


@dataclass(frozen=True, slots=True)
class RedriveCounts:
    """Up to ten letters: those that are where they came from again, and those that never will be."""

    back: list[DeadLetter]
    hopeless: list[DeadLetter]


RedriveTarget = Callable[[Sequence[DeadLetter]], RedriveCounts]


def to_queue(queue: WatchedQueue, shape: type[StageMessage | ResultMessage]) -> RedriveTarget:
    """Back into a work queue, in their owners' message groups. Their consumers are idempotent."""

    def way(letters: Sequence[DeadLetter]) -> RedriveCounts:
        read = [(letter, _owner(shape, letter)) for letter in letters]
        readable = [(letter, owner) for letter, owner in read if owner]
        hopeless = [letter for letter, owner in read if not owner]
        return RedriveCounts(queue.send(readable) if readable else [], hopeless)

    return way


def to_function(reruns: AsyncRetries) -> RedriveTarget:
    """The function is called again with its event. Changes of the table are over: the stream gives no event."""

    def way(letters: Sequence[DeadLetter]) -> RedriveCounts:
        sorted_out = RedriveCounts([], [])
        for letter in letters:
            arn, event = _failed_call(letter)
            if event is not None and reruns.allows(arn):
                reruns.call(arn, event)
                sorted_out.back.append(letter)
            else:
                sorted_out.hopeless.append(letter)
        return sorted_out

    return way


def redrive(name: str, letters: DeadLetters, way: RedriveTarget, order: RedriveOrder, *, until: float) -> RedriveView:
    """Send letters back until there are none, enough were looked at, or the monotonic clock says `until`.

    Sent first, deleted afterwards: a crash in between leaves a duplicate, which is harmless.
    """
    moved = discarded = 0
    kept: list[DeadLetter] = []
    try:
        while (room := order.max - moved - discarded - len(kept)) > 0 and time.monotonic() < until:
            found = letters.take(room)
            if not found:
                break
            sorted_out = way(found)
            dropped = sorted_out.hopeless if order.discard else []
            gone = [*sorted_out.back, *dropped]
            kept += [letter for letter in found if letter not in gone]
            letters.forget(gone)
            moved, discarded = moved + len(sorted_out.back), discarded + len(dropped)
    finally:
        letters.put_back(kept)
    count("LettersMoved", moved)
    count("LettersDiscarded", discarded)
    log.info("dead letters moved", queue=name, moved=moved, discarded=discarded, skipped=len(kept))
    depth = letters.depth()
    return RedriveView(moved=moved, discarded=discarded, skipped=len(kept), left=depth.visible + depth.in_flight)


def peek(letters: DeadLetters, limit: int) -> list[LetterView]:
    """What is in there, longest dead first; it stays there."""
    found: list[DeadLetter] = []
    try:
        while len(found) < limit and (more := letters.take(limit - len(found))):
            found += more
    finally:
        letters.put_back(found)
    return [_about(letter) for letter in sorted(found, key=lambda letter: letter.sent_at)]


def _about(letter: DeadLetter) -> LetterView:
    """Ids alone: bodies hold addresses of results, and events names of files."""
    data = letter.data()
    fields = data if isinstance(data, dict) else {}
    arn, event = _failed_call(letter)
    upload = _uploaded(event)
    owner, image_id = upload or (_text(fields.get("owner")), None)
    attempt = fields.get("attempt")
    return LetterView(
        id=letter.id,
        owner=owner,
        job_id=_text(fields.get("job_id")),
        attempt=attempt if isinstance(attempt, int) else None,
        image_id=image_id,
        function=arn.rpartition(":")[2] or None,
        receive_count=letter.receive_count,
        sent_at=letter.sent_at,
    )


def _owner(shape: type[StageMessage | ResultMessage], letter: DeadLetter) -> str | None:
    """Whose work it is; None for a letter that is no such message."""
    try:
        return shape.model_validate_json(letter.body).owner
    except ValidationError:
        return None


def _failed_call(letter: DeadLetter) -> tuple[str, Any]:
    """The function that failed and, if it was called by itself, its event: Lambda's own envelope around both."""
    data = letter.data()
    context = data.get("requestContext") if isinstance(data, dict) else None
    if not isinstance(context, dict):
        return "", None
    # A qualifier follows the name: without one, the ARN has seven parts.
    arn = ":".join(str(context.get("functionArn", "")).split(":")[:7])
    return arn, data.get("requestPayload")


def _uploaded(event: Any) -> tuple[str, str] | None:
    """The owner of the upload in an S3 event."""
    try:
        return upload_of(unquote_plus(event["Records"][0]["s3"]["object"]["key"]))
    except (TypeError, KeyError, IndexError, AttributeError):
        return None


def _text(value: Any) -> str | None:
    return value[:200] if isinstance(value, str) else None
