"""CPU seconds of a local cloud: its emulator, workers and stand-ins, by Linux's /proc."""

import os
from pathlib import Path

PROC = Path("/proc")


def seconds(pid: int) -> float | None:
    """Used so far by this process and all below it that are alive; None where the system does not tell."""
    if not PROC.is_dir():
        return None
    parents, used = {}, {}
    for folder in PROC.glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        parents[int(folder.name)], used[int(folder.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    return sum(used[each] for each in used if _is_below(each, pid, parents)) / os.sysconf("SC_CLK_TCK")


def _is_below(pid: int, top: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        if pid == top:
            return True
        pid = parents[pid]
    return False
