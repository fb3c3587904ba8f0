"""WebP files: whole, and how large, before their decoder allocates anything."""

from realstaging.imaging.refusals import cut_off


def check_whole(data: bytes) -> None:
    """ImageTruncatedError when the end is missing; bytes behind it are not looked at."""
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise cut_off()


def size(data: bytes) -> tuple[int, int]:
    """Width and height of the canvas. The decoder allocates on opening, so the header is read first."""
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
