"""Unit tests reach this machine only, and load the certificates of the world's authorities once."""

import functools
import ipaddress
import socket
import ssl
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


@pytest.fixture(scope="session", autouse=True)
def certificates_once() -> Iterator[None]:
    """Reading them takes longer than most tests here, which speak plain HTTP anyway."""
    made = functools.cache(ssl.create_default_context)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", made)
        patch.setattr(ssl, "_create_default_https_context", made)
        yield
