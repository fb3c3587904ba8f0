"""Stands in for what neither moto nor a local stand-in has; test_fakes.py holds each to the real signatures."""

import inspect
import json
from typing import Any


class FakeSockets:
    """Remembers what was sent to whom. `gone` connections answer so, `broken` ones raise."""

    def __init__(self) -> None:
        self.sent: dict[str, list[dict[str, Any]]] = {}
        self.gone: set[str] = set()
        self.broken: set[str] = set()
        self.closed: list[str] = []

    def post(self, connection_id: str, message: str) -> bool:
        if connection_id in self.broken:
            raise ConnectionResetError(connection_id)
        if connection_id in self.gone:
            return False
        self.sent.setdefault(connection_id, []).append(json.loads(message))
        return True

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)


class FakeFunctions:
    """Lambda's client: remembers which functions it was to invoke, and with which events."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.events: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.called.append(FunctionName)
        self.events.append(json.loads(Payload))
        return {"StatusCode": 202}


def public(kind: type) -> dict[str, inspect.Signature]:
    methods = inspect.getmembers(kind, inspect.isfunction)
    return {name: inspect.signature(method) for name, method in methods if not name.startswith("_")}
