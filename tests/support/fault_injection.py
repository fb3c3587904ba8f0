"""Makes a single call to AWS go wrong: before it is made, after it was made, or with an answer of one's own."""

import copy
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any


class CrashError(Exception):
    """The process ends here."""


def conflict(*codes: str) -> dict[str, Any]:
    """A canceled transaction, with the reason of each action."""
    return {
        "Error": {"Code": "TransactionCanceledException", "Message": "canceled"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }


def refusal(code: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": code}}


@contextmanager
def faulty(
    client: Any,
    operation: str,
    wrong: Exception | dict[str, Any],
    *,
    at: Collection[int] = (1,),
    after: bool = False,
) -> Iterator[list[dict[str, Any]]]:
    """The calls number `at` raise, or answer as given; the others work. Gives the parameters of all calls.

    `after`: the service does it, but we never hear of it.
    """
    calls: list[dict[str, Any]] = []
    service = client.meta.service_model.service_id.hyphenize()

    def note(params: dict[str, Any], **_: Any) -> None:
        calls.append(params)

    def meddle(**_: Any) -> Any:
        if len(calls) not in at:
            return None
        if isinstance(wrong, Exception):
            raise wrong
        status = 400 if "Error" in wrong else 200
        answer = {"ResponseMetadata": {"HTTPStatusCode": status}, **copy.deepcopy(wrong)}
        return SimpleNamespace(status_code=status), answer

    hooks: list[tuple[str, Callable[..., Any]]] = [
        (f"provide-client-params.{service}.{operation}", note),
        (f"{'after' if after else 'before'}-call.{service}.{operation}", meddle),
    ]
    for name, hook in hooks:
        client.meta.events.register_first(name, hook)
    try:
        yield calls
    finally:
        for name, hook in hooks:
            client.meta.events.unregister(name, hook)


@contextmanager
def watched(client: Any, operation: str) -> Iterator[list[dict[str, Any]]]:
    with faulty(client, operation, {}, at=()) as calls:
        yield calls
