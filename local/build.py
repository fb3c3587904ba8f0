"""`sam build` for this machine's processor, only when something that goes into it has changed."""

import contextlib
import fcntl
import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from local.aws import REGION

TEMPLATES = ("template.yaml", "alarms.yaml", "slos.yaml", "page.yaml", "samconfig.toml")
INPUTS = (*TEMPLATES, "functions", "layers", "config", "docs/openapi.json", "docs/openapi.html")
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}


class BuildError(Exception):
    """`sam build` failed; the message is the end of what it said."""


def architecture() -> str:
    """As templates spell it."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


@contextlib.contextmanager
def built(root: Path, log: Path) -> Iterator[Path]:
    """The built template's folder; no other local cloud builds into it meanwhile."""
    # Not .aws-sam/build: a plain `sam deploy` would send this machine's build to AWS.
    folder = root / ".aws-sam" / "local"
    folder.mkdir(parents=True, exist_ok=True)
    with (root / ".aws-sam" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = _fingerprint(root)
        stamp = folder / ".local-stamp"  # in the folder, which every `sam build` empties first
        if not stamp.exists() or stamp.read_text() != wanted:
            _build(root, folder, log)
            stamp.write_text(wanted)
        yield folder


def _build(root: Path, folder: Path, log: Path) -> None:
    command = [str(root / ".venvs/sam/bin/sam"), "build", "--parallel"]
    command += ["--build-dir", str(folder), "--template-file", str(root / "template.yaml")]
    command += ["--parameter-overrides", f"Architecture={architecture()}"]
    with log.open("w") as output:
        done = subprocess.run(
            command, cwd=root, env=_environment(root), stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        raise BuildError(f"sam build failed:\n{_tail(log)}")


def _environment(root: Path) -> dict[str, str]:
    return {
        **os.environ,
        # The layers' Makefiles call uv and python3.13; a version manager's shims are not enough for SAM.
        "PATH": f"{root / '.venv/bin'}{os.pathsep}{os.environ['PATH']}",
        "PLATFORM": PLATFORMS[architecture()],
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": REGION,
    }


def _fingerprint(root: Path) -> str:
    digest = hashlib.sha256(architecture().encode())
    for name in INPUTS:
        start = root / name
        files = [start] if start.is_file() else sorted(path for path in start.rglob("*") if path.is_file())
        for file in files:
            if not any(part == "__pycache__" or part.startswith(".") for part in file.relative_to(root).parts):
                digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def main() -> None:
    root = Path(__file__).parents[1]
    (root / ".local").mkdir(exist_ok=True)
    try:
        with built(root, root / ".local" / "build.log"):
            pass
    except BuildError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
