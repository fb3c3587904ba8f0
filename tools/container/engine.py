"""The container engine that `sam local` can use here: where it listens, and which containers SAM has started."""

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
OURS = ROOT / ".local/podman/podman.sock"
LOOK_EVERY = 0.05  # seconds


class NoEngineError(Exception):
    """Nothing here can run a container."""

    def __init__(self, looked: list[str]) -> None:
        super().__init__(
            f"No container engine answers. Looked for Docker or podman at {', '.join(looked)}. "
            "Start Docker, or get podman: make podman (Linux, as root)."
        )


def _places() -> list[str]:
    """Where engines listen, in the order in which they are tried."""
    if "DOCKER_HOST" in os.environ:
        return [os.environ["DOCKER_HOST"]]
    places = [Path("/var/run/docker.sock"), Path.home() / ".docker/run/docker.sock", OURS]
    if "XDG_RUNTIME_DIR" in os.environ:
        places.append(Path(os.environ["XDG_RUNTIME_DIR"]) / "podman/podman.sock")
    return [f"unix://{place}" for place in places]


@dataclass(frozen=True)
class Engine:
    address: str
    _http: httpx.Client

    def started_by_sam(self, function: str) -> set[str]:
        """The running containers of this function."""
        labels = ["sam.cli.container.type=lambda", f"sam.cli.function.name={function}"]
        answer = self._http.get("/containers/json", params={"filters": json.dumps({"label": labels})})
        return {container["Id"] for container in answer.raise_for_status().json()}

    def process(self, container: str) -> int | None:
        """Its first process, or None if it is over."""
        answer = self._http.get(f"/containers/{container}/json")
        if answer.status_code == 404:
            return None
        state: dict[str, Any] = answer.raise_for_status().json()["State"]
        return int(state["Pid"]) or None

    @contextlib.contextmanager
    def watched(self, function: str, started: Callable[[int], None]) -> Iterator[None]:
        """For the length of a `with`, call `started` with the process of each new container of this function."""
        seen, over = self.started_by_sam(function), threading.Event()

        def watch() -> None:
            while not over.wait(LOOK_EVERY):
                for container in self.started_by_sam(function) - seen:
                    if process := self.process(container):
                        seen.add(container)
                        started(process)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()


@contextlib.contextmanager
def found() -> Iterator[Engine]:
    """The first engine that answers. Raises NoEngineError."""
    for address in _places():
        with contextlib.suppress(OSError, httpx.HTTPError), _client(address) as http:
            http.get("/_ping").raise_for_status()
            break
    else:
        raise NoEngineError(_places())
    with _client(address) as http:
        yield Engine(address, http)


def _client(address: str) -> httpx.Client:
    """`unix:///path` or `tcp://host:port`. Raises OSError where no socket listens."""
    scheme, _, place = address.partition("://")
    if scheme != "unix":
        return httpx.Client(base_url=f"http://{place}", timeout=10, trust_env=False)
    with socket.socket(socket.AF_UNIX) as probe:  # httpx would leave this one open when it fails
        probe.connect(place)
    return httpx.Client(transport=httpx.HTTPTransport(uds=place), base_url="http://engine", timeout=10)
