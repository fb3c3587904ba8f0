"""Writes a container image's files to stdout as a tar: this machine's Python 3.13 where Lambda has its own.

For `sam local` where AWS's image cannot be had. Libraries come along as the loader finds them here, so
that the Python, built against them, runs. `python tools/container/lambda_image.py FOLDER` with what goes into
/var/runtime (awslambdaric, boto3) in FOLDER.
"""

import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

STDLIB = "var/lang/lib/python3.13"
LEFT_OUT = {"site-packages", "test", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3"}
# What `sam local` runs while it adds the layers.
COMMANDS = ("sh", "cp", "mv", "rm", "chmod", "mkdir")
# What wheels for Linux may take for granted (PEP 600), and Python itself may not use.
ALSO = re.compile(r"lib(stdc\+\+|gcc_s|m|mvec|dl|rt|pthread|util|nsl|resolv|anl|z|expat)\.so\.\d+")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
BOOTSTRAP = """#!/bin/sh
export AWS_EXECUTION_ENV=AWS_Lambda_python3.13
export PYTHONPATH=/var/task:/opt/python/lib/python3.13/site-packages:/opt/python:/var/runtime
exec /var/lang/bin/python3.13 -m awslambdaric "$_HANDLER"
"""


def libraries(binaries: list[Path]) -> Iterator[tuple[str, Path]]:
    """Where the loader looks for each library of these, and the file it finds."""
    done = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False)
    for found in sorted(set(re.findall(r"(/\S+) \(0x", done.stdout))):
        yield found.lstrip("/"), Path(found).resolve()


def taken_for_granted() -> Iterator[tuple[str, Path]]:
    """The same for libraries that wheels name but do not bring."""
    known = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    machine = os.uname().machine.replace("_", "-")
    for name, details, path in re.findall(r"^\s*(\S+) \((.*)\) => (\S+)$", known, re.MULTILINE):
        # Several architectures may be listed.
        if ALSO.fullmatch(name) and machine in details.lower():
            yield path.lstrip("/"), Path(path).resolve()


class Image:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar, self._taken = tar, set[str]()

    def file(self, name: str, source: Path, mode: int | None = None) -> None:
        if name in self._taken:
            return
        self._taken.add(name)
        entry = self._tar.gettarinfo(str(source.resolve()), name)
        entry.type, entry.linkname = tarfile.REGTYPE, ""  # a second name of the same file is a file of its own
        entry.size = source.resolve().stat().st_size
        entry.uid = entry.gid = 0
        entry.mode = mode or entry.mode
        with source.resolve().open("rb") as data:
            self._tar.addfile(entry, data)

    def text(self, name: str, content: str, mode: int = 0o644) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content.encode()), mode
        self._tar.addfile(entry, io.BytesIO(content.encode()))

    def folder(self, name: str, mode: int = 0o755) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode = tarfile.DIRTYPE, mode
        self._tar.addfile(entry)

    def tree(self, name: str, source: Path, left_out: set[str]) -> list[Path]:
        """A folder's files; those that may need libraries."""
        native = []
        for folder, folders, files in os.walk(source):
            folders[:] = [each for each in folders if each not in left_out and not each.startswith("config-")]
            for file in files:
                path = Path(folder) / file
                if path.suffix != ".a" and path.exists():
                    self.file(f"{name}/{path.relative_to(source)}", path)
                    native += [path] if ".so" in path.name else []
        return native


def write(image: Image, runtime: Path) -> None:
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    for name in ("tmp", "var/task", "var/rapid", "opt", "proc", "dev", "etc"):
        image.folder(name, 0o1777 if name == "tmp" else 0o755)
    image.text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    image.text("etc/group", "root:x:0:\n")
    image.file("var/lang/bin/python3.13", python, 0o755)
    native = [python, *image.tree(STDLIB, Path(sysconfig.get_path("stdlib")), LEFT_OUT)]
    native += image.tree("var/runtime", runtime, set())
    image.text("var/runtime/bootstrap", BOOTSTRAP, 0o755)
    for command in COMMANDS:
        source = next(path for path in (Path("/bin"), Path("/usr/bin")) if (path / command).exists()) / command
        image.file(f"bin/{command}", source, 0o755)
        native.append(source)
    base = sys.base_prefix.strip("/") + "/"
    for name, source in [*libraries(native), *taken_for_granted()]:
        image.file(f"var/lang/lib/{source.name}" if name.startswith(base) else name, source, 0o755)
    if CERTIFICATES.exists():
        image.file(str(CERTIFICATES).lstrip("/"), CERTIFICATES)


if __name__ == "__main__":
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
        write(Image(tar), Path(sys.argv[1]))
