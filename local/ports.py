"""The six neighboring ports of a local cloud, and whether they are free."""

import socket
from dataclasses import astuple, dataclass
from typing import Self

HOST = "127.0.0.1"
DEFAULT = 4599


@dataclass(frozen=True)
class Ports:
    emulator: int
    replicate: int
    identity: int
    stripe: int
    page: int
    traces: int

    @classmethod
    def starting_at(cls, first: int) -> Self:
        return cls(
            emulator=first,
            replicate=first + 1,
            identity=first + 2,
            stripe=first + 3,
            page=first + 4,
            traces=first + 5,
        )

    def busy(self) -> list[int]:
        return [port for port in astuple(self) if not is_free(port)]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def url(port: int) -> str:
    return f"http://{HOST}:{port}"
