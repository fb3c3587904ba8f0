"""Unit tests reach this machine only."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Whatever a test makes the code believe, no name is looked up and no other machine is called."""
    look_up = socket.getaddrinfo

    def guarded(host: str | bytes | None, *rest: Any, **named: Any) -> Any:
        if not ipaddress.ip_address(host or "").is_loopback:
            raise RuntimeError("a unit test tried to leave this machine")
        return look_up(host, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", guarded)
        yield
