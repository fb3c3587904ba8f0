"""Dead letters: what they are about, and how they are sent back to where they failed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from pydantic import ValidationError

from realstaging.gateways.dead_letters import AsyncRetries, DeadLetter, DeadLetters, WatchedQueue
from realstaging.gateways.media import pair_of, upload_of
from realstaging.models.admin_operations import LetterView, RedriveOrder, RedriveView
from realstaging.models.runs import ResultMessage, StageMessage
from realstaging.models.verifications import VerifyMessage
from realstaging.observability import count, log


@dataclass(frozen=True, slots=True)
class RedriveCounts:
    """Up to ten letters: those that were sent back, and those that cannot be."""

    back: list[DeadLetter]
    hopeless: list[DeadLetter]


RedriveTarget = Callable[[Sequence[DeadLetter]], RedriveCounts]
MessageShape = type[StageMessage | ResultMessage | VerifyMessage]


def to_queue(queue: WatchedQueue, shape: MessageShape) -> RedriveTarget:
    """Send letters back to a work queue, in their owners' message groups. Its consumers are idempotent."""

    def send_back(letters: Sequence[DeadLetter]) -> RedriveCounts:
        read = [(letter, _read_owner(shape, letter)) for letter in letters]
        readable = [(letter, owner) for letter, owner in read if owner]
        hopeless = [letter for letter, owner in read if not owner]
        return RedriveCounts(queue.send(readable) if readable else [], hopeless)

    return send_back


def to_function(reruns: AsyncRetries) -> RedriveTarget:
    """Call the function again with its event. Letters of the table's stream have none, so they cannot be sent back."""

    def send_back(letters: Sequence[DeadLetter]) -> RedriveCounts:
        result = RedriveCounts([], [])
        for letter in letters:
            arn, event = _read_failed_call(letter)
            if event is not None and reruns.allows(arn):
                reruns.call(arn, event)
                result.back.append(letter)
            else:
                result.hopeless.append(letter)
        return result

    return send_back


def redrive(
    name: str, letters: DeadLetters, target: RedriveTarget, order: RedriveOrder, *, until: float
) -> RedriveView:
    """Send letters back until the queue is empty, `order.max` were read, or the monotonic clock reaches `until`.

    Sent first, deleted afterwards: a crash in between leaves a duplicate, which is harmless.
    """
    moved = discarded = 0
    kept: list[DeadLetter] = []
    try:
        while (room := order.max - moved - discarded - len(kept)) > 0 and time.monotonic() < until:
            found = letters.take(room)
            if not found:
                break
            result = target(found)
            dropped = result.hopeless if order.discard else []
            gone = [*result.back, *dropped]
            kept += [letter for letter in found if letter not in gone]
            letters.forget(gone)
            moved, discarded = moved + len(result.back), discarded + len(dropped)
    finally:
        letters.put_back(kept)
    count("LettersMoved", moved)
    count("LettersDiscarded", discarded)
    log.info("dead letters moved", queue=name, moved=moved, discarded=discarded, skipped=len(kept))
    depth = letters.depth()
    return RedriveView(moved=moved, discarded=discarded, skipped=len(kept), left=depth.visible + depth.in_flight)


def peek(letters: DeadLetters, limit: int) -> list[LetterView]:
    """The oldest letters, which stay in the queue."""
    found: list[DeadLetter] = []
    try:
        while len(found) < limit and (more := letters.take(limit - len(found))):
            found += more
    finally:
        letters.put_back(found)
    return [_build_view(letter) for letter in sorted(found, key=lambda letter: letter.sent_at)]


def _build_view(letter: DeadLetter) -> LetterView:
    """Only ids: bodies contain URLs of results, and events contain file names."""
    data = letter.data()
    fields = data if isinstance(data, dict) else {}
    arn, event = _read_failed_call(letter)
    upload, pair = _read_file(event, upload_of), _read_file(data, pair_of)
    owner, image_id = upload or (pair[0] if pair else _read_text(fields.get("owner")), None)
    attempt = fields.get("attempt")
    return LetterView(
        id=letter.id,
        owner=owner,
        job_id=_read_text(fields.get("job_id")),
        attempt=attempt if isinstance(attempt, int) else None,
        image_id=image_id,
        function=arn.rpartition(":")[2] or None,
        receive_count=letter.receive_count,
        sent_at=letter.sent_at,
    )


def _read_owner(shape: MessageShape, letter: DeadLetter) -> str | None:
    """The owner of the work; None if the letter is neither such a message nor S3's of a file to verify."""
    try:
        return shape.model_validate_json(letter.body).owner
    except ValidationError:
        return (_read_file(letter.data(), pair_of) or (None, ""))[0]


def _read_failed_call(letter: DeadLetter) -> tuple[str, Any]:
    """The ARN of the function that failed, and the event of an asynchronous call, from Lambda's own envelope."""
    data = letter.data()
    context = data.get("requestContext") if isinstance(data, dict) else None
    if not isinstance(context, dict):
        return "", None
    # Without a qualifier after the name, the ARN has seven parts.
    arn = ":".join(str(context.get("functionArn", "")).split(":")[:7])
    return arn, data.get("requestPayload")


def _read_file(event: Any, read: Callable[[str], tuple[str, str] | None]) -> tuple[str, str] | None:
    """What `read` finds in the key of an S3 event: an owner, and an id of theirs."""
    try:
        return read(unquote_plus(event["Records"][0]["s3"]["object"]["key"]))
    except (TypeError, KeyError, IndexError, AttributeError):
        return None


def _read_text(value: Any) -> str | None:
    return value[:200] if isinstance(value, str) else None
