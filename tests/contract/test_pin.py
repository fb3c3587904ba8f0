"""The emulator hooks ministack's internals: it is good for one version."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.contract


def test_the_installed_ministack_is_the_pinned_one() -> None:
    pin = next(line for line in (ROOT / "requirements/emulator.in").read_text().splitlines() if "==" in line)
    installed = subprocess.run(
        [
            ROOT / ".venvs/emulator/bin/python",
            "-c",
            "from importlib.metadata import version as v; print(v('ministack'))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert pin.partition("==")[2] == installed.stdout.strip()
