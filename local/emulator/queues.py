"""Queues: one tenant's thousand messages do not hold up another's one; no delay is longer than 15 minutes.

ministack takes MessageGroupId on a standard queue, and then delivers in order of arrival all the same. It takes any
DelaySeconds.
"""

import time
from collections import Counter, deque

from ministack.services import sqs

from local.emulator.shapes import Record

LONGEST_DELAY = 900

_collect_messages = sqs._collect_msgs
_send_message = sqs._act_send_message


def collect_fairly(queue: Record, limit: int, visibility: int) -> list[Record]:
    """The next messages: of the group with the fewest in flight first, of each group the oldest first."""
    if queue["is_fifo"]:
        in_order: list[Record] = _collect_messages(queue, limit, visibility)
        return in_order
    now, in_flight, waiting = time.time(), Counter[str | None](), dict[str | None, deque[Record]]()
    for message in queue["messages"]:
        group = message.get("group_id")
        if message.get("visible_at", 0) <= now:
            waiting.setdefault(group, deque()).append(message)
        elif message.get("receive_count"):
            in_flight[group] += 1
    chosen: list[Record] = []
    while waiting and len(chosen) < limit:
        group = min(waiting, key=lambda one: in_flight[one])
        chosen.append(waiting[group].popleft())
        in_flight[group] += 1
        if not waiting[group]:
            del waiting[group]
    taken: list[Record] = _collect_messages({**queue, "messages": chosen}, limit, visibility)
    return taken


def send_message(request: Record, url: str) -> Record:
    delay = int(request.get("DelaySeconds") or 0)
    if not 0 <= delay <= LONGEST_DELAY:
        said = f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
        raise sqs._Err("InvalidParameterValue", said)
    answer: Record = _send_message(request, url)
    return answer


def install() -> None:
    sqs._collect_msgs, sqs._act_send_message = collect_fairly, send_message
    sqs._HANDLERS["SendMessage"] = send_message
