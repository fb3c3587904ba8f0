"""A container engine, where there is one, and `scripts/invoke` with and without a local cloud."""

import json
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.cloud import running_cloud
from local.ports import HOST, Ports
from local.state import Cloud
from tools.container.engine import ROOT, NoEngineError, found
from tools.container.relay import may_relay


@dataclass(frozen=True)
class Invoked:
    payload: Any
    exit_code: int
    log: str


@dataclass(frozen=True)
class Sam:
    """`scripts/invoke` beside the local cloud of this folder, if one runs there."""

    directory: Path

    def invoke(self, function: str, event: str, **shared: str) -> Invoked:
        command = ["scripts/invoke", function, f"events/{event}.json", "--dir", str(self.directory)]
        command += [f"{name}={value}" for name, value in shared.items()]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.stdout.strip(), done.stderr
        return Invoked(json.loads(done.stdout), done.returncode, done.stderr)


@pytest.fixture(scope="session")
def engine() -> str:
    """Where it listens."""
    try:
        with found() as engine:
            return engine.address
    except NoEngineError as error:
        pytest.skip(str(error))


@pytest.fixture
def alone(engine: str, tmp_path: Path) -> Sam:
    """Without a local cloud."""
    return Sam(tmp_path)


def _free_ports() -> int:
    """The first of three free ports in a row."""
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            first = int(probe.getsockname()[1])
        if first < 65000 and not Ports.starting_at(first).busy():
            return first


@pytest.fixture(scope="session")
def cloud(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cloud, Sam]]:
    if not may_relay():
        pytest.skip(
            "Containers reach this machine's local cloud only as root on Linux (tools/container/relay.py says why)."
        )
    directory = tmp_path_factory.mktemp("cloud")
    with running_cloud(directory, _free_ports(), workers=1) as running:
        yield running, Sam(directory)
