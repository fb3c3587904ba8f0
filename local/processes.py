"""The local cloud's processes: the emulator and the stand-ins, each with its log, ended together."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from local.aws import REGION
from local.ports import HOST, url
from local.vendors import SECOND_TOKEN

ROOT = Path(__file__).parents[1]
PATIENCE = 20.0  # seconds until a process must answer
GRACE = 1.5  # seconds between asking a process to end and making it; there is nothing to save


class StartError(Exception):
    """A process did not come up; the message is the end of its log."""


@dataclass(frozen=True)
class Started:
    process: subprocess.Popen[bytes]
    health: str
    log: Path


class Processes:
    """Starts processes in groups of their own, and ends every one of them, and theirs, on the way out."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._started: dict[str, Started] = {}
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "local.process_guard"], cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(self, name: str, command: list[str], environment: dict[str, str], health: str) -> None:
        assert self._keeper.stdin is not None
        keeper, log = self._keeper.stdin.fileno(), self._directory / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone: we end them in order
                # By itself, before it is what it shall be: we may be killed before we could tell.
                preexec_fn=lambda: os.write(keeper, f"{os.getpid()}\n".encode()),  # noqa: PLW1509 (it does nothing else)
            )
        self._started[name] = Started(process, health, log)

    def await_health(self) -> None:
        """Return when every one of them answers."""
        ends = time.monotonic() + PATIENCE
        for name, started in self._started.items():
            while not _is_healthy(started.health):
                if started.process.poll() is not None or time.monotonic() > ends:
                    said = "\n".join(started.log.read_text(errors="replace").splitlines()[-15:])
                    raise StartError(f"{name} did not start:\n{said}")
                time.sleep(0.03)

    def ended(self) -> str | None:
        """The name of a process that is gone."""
        return next((name for name, one in self._started.items() if one.process.poll() is not None), None)

    def end(self) -> None:
        running = [started.process for started in self._started.values()]
        for process in running:
            _signal(process, signal.SIGTERM)
        ends = time.monotonic() + GRACE
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, ends - time.monotonic()))
            _signal(process, signal.SIGKILL)  # what is left of its group, the leader included
            process.wait()
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait()


def _signal(process: subprocess.Popen[bytes], which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: a group of zombies is not permitted
        os.killpg(process.pid, which)


def _is_healthy(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False).is_success
    except httpx.TransportError:
        return False


def start_emulator(processes: Processes, directory: Path, port: int, workers: int) -> None:
    """`directory` has a fresh `tmp` and a `logs`."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LOG_LEVEL") if name in os.environ},
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,  # it would listen on every address
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",  # enforce the roles that the template makes, signatures and private buckets
        "PERSIST_STATE": "0",
        "LAMBDA_WARM_TTL_SECONDS": "300",
        "LAMBDA_PYTHON": str(ROOT / ".venvs/lambda/bin/python"),
        "LOCAL_WORKERS": str(workers),
        "LOCAL_LOGS": str(directory / "logs"),
        "TMPDIR": str(directory / "tmp"),
    }
    environment.setdefault("LOG_LEVEL", "WARNING")
    python = str(ROOT / ".venvs/emulator/bin/python")
    processes.start("emulator", [python, "-m", "local.emulator"], environment, f"{url(port)}/_ministack/health")


def start_replicate(processes: Processes, port: int, webhook_secret: str, second_secret: str) -> None:
    command = [sys.executable, "-m", "standins.replicate", "--port", str(port), "--secret", webhook_secret]
    command += ["--account", SECOND_TOKEN, second_secret]
    processes.start("replicate", command, dict(os.environ), f"{url(port)}/health")


def start_stripe(processes: Processes, port: int, webhook_secret: str) -> None:
    command = [sys.executable, "-m", "standins.stripe", "--port", str(port), "--webhook-secret", webhook_secret]
    processes.start("stripe", [*command, "--plans", "config"], dict(os.environ), f"{url(port)}/health")


def start_page(processes: Processes, directory: Path, port: int) -> None:
    command = [sys.executable, "-m", "local.page", "--dir", str(directory), "--port", str(port)]
    processes.start("page", command, dict(os.environ), f"{url(port)}/health")


def start_identity(processes: Processes, port: int) -> None:
    command = [sys.executable, "-m", "standins.oidc", "--port", str(port)]
    processes.start("identity", command, dict(os.environ), f"{url(port)}/health")


def start_traces(processes: Processes, port: int) -> None:
    command = [sys.executable, "-m", "local.traces", "--port", str(port)]
    processes.start("traces", command, dict(os.environ), f"{url(port)}/health")
