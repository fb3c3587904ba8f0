"""An agent at a terminal, with the `realstaging` command and a folder of photos."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.e2e.conftest import Agent, Json, creations, until
from tests.support.fault_proxy import Between
from tests.support.photos import distinct_room

CLIENT = Path(__file__).parents[2] / "client"
PATIENCE = 240


@dataclass
class User:
    agent: Agent
    proxy: Between
    home: Path

    @property
    def photos(self) -> Path:
        return self.home / "rooms"

    @property
    def out(self) -> Path:
        return self.home / "staged"

    @property
    def state(self) -> Json:
        state: Json = json.loads((self.out / ".realstaging.json").read_text())
        return state

    @property
    def job_ids(self) -> list[str]:
        return [result["job_id"] for entry in self.state["entries"] for result in entry["results"]]

    def has(self, count: int) -> None:
        self.photos.mkdir(exist_ok=True)
        for index in range(count):
            photo = distinct_room(index)
            (self.photos / photo.name).write_bytes(photo.data)

    @contextmanager
    def starts(self, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
        token = self.agent.http.headers["Authorization"].split()[1]
        settings = {
            "PYTHONPATH": str(CLIENT),
            "REALSTAGING_URL": self.proxy.url,
            "REALSTAGING_TOKEN": token,
            "XDG_CONFIG_HOME": str(self.home / "config"),
        }
        with subprocess.Popen(
            [sys.executable, "-m", "realstaging_client", *map(str, words)],
            env={**os.environ, **settings},
            cwd=self.home,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # As in a terminal: what is started in the background passes on that it ignores Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (it does nothing else)
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def says(self, *words: str | Path, code: int = 0) -> str:
        with self.starts(*words) as process:
            said, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == code, said
        assert self.agent.http.headers["Authorization"].split()[1] not in said
        return said

    def stages(self, *more: str, code: int = 0) -> str:
        return self.says("stage", "rooms", "--style", "modern", *more, code=code)

    def interrupts(self, how: signal.Signals, when: Callable[[], object]) -> None:
        with self.starts("stage", "rooms", "--style", "modern") as process:
            until(lambda: when() or None)
            process.send_signal(how)
            said, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == (130 if how is signal.SIGINT else -how)
        assert ("same command again" in said) == (how is signal.SIGINT)

    def assert_all_staged_once(self, photos: int, each: int = 1) -> None:
        count = photos * each
        assert len(self.job_ids) == count
        assert self.agent.ledger() == dict.fromkeys(self.job_ids, "captured")
        assert self.agent.usage() == (count, 0, count)
        assert len(self.agent.rows("IMAGE#")) == photos
        assert len(self.agent.rows("PROJECT#")) == 1
        for result in (result for entry in self.state["entries"] for result in entry["results"]):
            with Image.open(self.out / result["file"]) as picture:
                picture.load()
            assert len(creations(self.agent.cloud, result["job_id"])) == 1
