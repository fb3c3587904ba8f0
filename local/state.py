"""What a running local cloud says about itself (`cloud.json`), and the lock that tells whether it runs."""

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

PATIENCE = 0.5  # seconds; whoever only asks holds the lock for an instant


class AlreadyRunningError(Exception):
    """Another process runs a local cloud in this folder."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"a local cloud already runs here (process {pid})")
        self.pid = pid


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """Where everything is. Scripts, tests and the client start from this file."""

    api: str
    socket: str
    issuer: str
    audience: str
    aws_endpoint: str
    region: str
    access_key: str
    secret_key: str
    table: str
    bucket: str
    queues: dict[str, str]
    functions: dict[str, str]
    replicate: str
    identity: str
    stripe: str
    page: str
    traces: str
    logs: str
    pid: int


def lock(directory: Path) -> IO[str]:
    """Claim this folder until the file is closed or the process is gone, however it went."""
    directory.mkdir(parents=True, exist_ok=True)
    file = (directory / "lock").open("a+")
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError as error:
            if time.monotonic() >= ends:
                with file:
                    file.seek(0)
                    raise AlreadyRunningError(int(file.read() or 0)) from error
            time.sleep(0.02)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def owner(directory: Path) -> int | None:
    """The process that runs a local cloud in this folder, ready or still starting."""
    try:
        file = (directory / "lock").open()
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read() or 0)
    return None


def write(directory: Path, cloud: Cloud) -> None:
    """Whoever waits for the file finds all of it."""
    unfinished = directory / "cloud.json.unfinished"
    unfinished.write_text(json.dumps(asdict(cloud), indent=2) + "\n")
    unfinished.replace(directory / "cloud.json")


def read(directory: Path) -> Cloud | None:
    """The cloud that runs in this folder; None when there is none, it is not ready, or its file is stale."""
    running, file = owner(directory), directory / "cloud.json"
    if running is None or not file.exists():
        return None
    cloud = Cloud(**json.loads(file.read_text()))
    return cloud if cloud.pid == running else None


def forget(directory: Path) -> None:
    (directory / "cloud.json").unlink(missing_ok=True)
