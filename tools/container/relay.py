"""Brings this machine's loopback ports into a container's own loopback, with nothing listening anywhere else.

A server in a container's network namespace is made by a thread that has moved there; what connects to
it is passed on by threads that have not. When the container is gone, so is everything of this.
"""

import os
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

HOST = "127.0.0.1"
CHUNK = 64 * 1024


class NotHereError(Exception):
    """This machine's loopback cannot be brought into the container: not Linux, not root, or not its kernel."""


def may_relay() -> bool:
    """Root of the kernel that runs the containers. Docker Desktop's run in a machine of their own."""
    return hasattr(os, "setns") and os.geteuid() == 0


def relay(process: int, ports: Sequence[int]) -> None:
    """Let what runs in this process's network reach our ports, each at the same number."""
    for port, server in zip(ports, _servers(process, ports), strict=True):
        threading.Thread(target=_serve, args=(server, port), daemon=True).start()


def _servers(process: int, ports: Sequence[int]) -> list[socket.socket]:
    made: list[socket.socket] = []
    failures: list[OSError] = []

    def there() -> None:
        try:
            with Path(f"/proc/{process}/ns/net").open() as namespace:
                os.setns(namespace.fileno(), os.CLONE_NEWNET)  # this thread only; it ends here
            made.extend(socket.create_server((HOST, port)) for port in ports)
        except OSError as error:
            failures.append(error)

    mover = threading.Thread(target=there)
    mover.start()
    mover.join()
    if failures:
        raise NotHereError(str(failures[0])) from failures[0]
    return made


def _serve(server: socket.socket, port: int) -> None:
    while True:
        there, _ = server.accept()
        try:
            here = socket.create_connection((HOST, port))
        except ConnectionError:
            there.close()
            continue
        for pair in ((there, here), (here, there)):
            threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(source: socket.socket, destination: socket.socket) -> None:
    try:
        while data := source.recv(CHUNK):
            destination.sendall(data)
        destination.shutdown(socket.SHUT_WR)
    except OSError:
        # Either side hung up; the other thread hears of it too.
        source.close()
        destination.close()
