"""Permissions: batch calls of SQS under AWS's names, and large requests without asking everything a hundred times.

AWS authorizes SendMessageBatch, DeleteMessageBatch, ... by the action for one message; ministack by their names.
"""

import functools
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import ministack.core.iam_actions as permissions

_action_of: Callable[..., str | None] = permissions.extract_iam_action
_transaction_checks: Callable[..., list[tuple[str, str]]] = permissions.dynamodb_transaction_checks


def action_of(*request: Any) -> str | None:
    action = _action_of(*request)
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


def transaction_checks(*request: Any) -> list[tuple[str, str]]:
    """A transaction's hundred writes ask the same few questions of the same role: ask each once."""
    return list(dict.fromkeys(_transaction_checks(*request)))


def install() -> None:
    permissions.extract_iam_action = action_of
    permissions.dynamodb_transaction_checks = transaction_checks
    # Resource, tags, context and transaction are found by a function each, and each of them reads the whole body.
    # None changes what it read.
    permissions.json = SimpleNamespace(**{**vars(json), "loads": functools.lru_cache(maxsize=1)(json.loads)})
