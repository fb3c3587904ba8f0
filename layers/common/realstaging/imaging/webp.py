"""WebP files: whole, and how large, before their decoder allocates anything."""

from realstaging.imaging.refusals import cut_off
from realstaging.imaging.sectors import check_repeats

_MAX_CHUNKS = 1_000


def check_whole(data: bytes) -> None:
    """ImageTruncatedError when the end is missing; bytes behind it are not looked at."""
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise cut_off()


def check_coded(data: bytes) -> None:
    """ImageUnreadableError where blocks of the picture were lost: the decoder takes whatever it reads."""
    at = 12
    for _ in range(_MAX_CHUNKS):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name in (b"VP8 ", b"VP8L"):
            check_repeats(data[at + 8 : at + 8 + length])
        if len(name) < 4 or name in (b"VP8 ", b"VP8L"):
            return
        at += 8 + length + length % 2


def size(data: bytes) -> tuple[int, int]:
    """Width and height of the canvas. The decoder allocates on opening, so the header is read first."""
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
