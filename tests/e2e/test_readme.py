"""The README's API section does what it says, as it stands there."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from local.state import Cloud

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
API = README.split("## The API")[1].split("\n## ")[0]


def test_the_examples_of_the_api_run_as_they_stand(cloud: Cloud, tmp_path: Path) -> None:
    blocks = re.findall(r"```(sh|python)\n(.*?)```", API, re.DOTALL)
    script = tmp_path / "readme.py"
    script.write_text("\n".join(code for language, code in blocks if language == "python"))
    shell = "\n".join(code for language, code in blocks if language == "sh")
    command = ["bash", "-euc", f"{shell}\n{ROOT}/.venv/bin/python {script}"]
    environment = os.environ | {"DIR": str(Path(cloud.logs).parent)}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "images used until" in done.stdout


def test_everything_the_readme_points_to_is_there() -> None:
    links = set(re.findall(r"\]\(([^)#:]+)\)", README))
    folders = set(re.findall(r"^    ([a-z]+(?:/[a-z]+)*/|[a-z]+\.yaml)", README, re.MULTILINE))
    assert [name for name in links | folders if not (ROOT / name).exists()] == []


def test_every_command_of_the_readme_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make (?:-s )?([a-z-]+)", README)) - {"and"} <= targets
