"""What the functions' workers used of this machine: held milliseconds from their logs, CPU seconds from the system."""

import math
import os
import re
from collections import Counter
from pathlib import Path

from local.state import Cloud

REPORT = re.compile(r"^REPORT RequestId: \S+\tDuration: ([\d.]+) ms(?:\tInit Duration: ([\d.]+) ms)?", re.MULTILINE)
PROC = Path("/proc")


class Logs:
    """The workers' logs from now on."""

    def __init__(self, cloud: Cloud) -> None:
        self._files = {name: Path(cloud.logs) / f"{name}.log" for name in cloud.functions}
        self._from = {name: file.stat().st_size if file.exists() else 0 for name, file in self._files.items()}

    def billed(self) -> Counter[str]:
        """Milliseconds by function, each invocation rounded up, cold starts included, as AWS bills them."""
        held: Counter[str] = Counter()
        for name, file in self._files.items():
            if file.exists():
                new = file.read_bytes()[self._from[name] :].decode(errors="replace")
                held[name] = sum(math.ceil(float(ran) + float(init or 0)) for ran, init in REPORT.findall(new))
        return held


def cpu_seconds(cloud: Cloud) -> float | None:
    """Used by this cloud's workers so far; None where the system does not tell (it is Linux that does)."""
    if not PROC.is_dir():
        return None
    parents, used, workers = {}, {}, set()
    for folder in PROC.glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it ended while we looked
        pid = int(folder.name)
        parents[pid], used[pid] = int(fields[1]), int(fields[11]) + int(fields[12])
        if b"worker.py" in command:
            workers.add(pid)
    ours = [pid for pid in workers if parents.get(parents[pid]) == cloud.pid]
    return sum(used[pid] for pid in ours) / os.sysconf("SC_CLK_TCK")
