"""The boxes of an ISO media file (HEIC, AVIF): is the picture all there, and which colors do its numbers mean."""

from collections.abc import Iterator

from realstaging.imaging.refusals import cut_off, damaged

# Far beyond what any camera writes, far below what costs seconds to walk.
MAX_BOXES = 1_000
_MAX_ITEMS = 10_000


def trimmed(data: bytes) -> bytes:
    """The file without what phones append behind the picture, in boxes or not.

    ImageTruncatedError when a box that the picture needs reaches beyond the file.
    """
    at = 0
    seen: set[bytes] = set()
    for _ in range(MAX_BOXES):
        if at == len(data):
            return data
        name, size = _head(data, at, len(data))
        has_picture = {b"ftyp", b"meta", b"mdat"} <= seen
        if size < len(b"sizename") or at + size > len(data):
            if has_picture:
                return data[:at]
            raise damaged() if size < len(b"sizename") else cut_off()
        seen.add(name)
        at += size
    if {b"ftyp", b"meta", b"mdat"} <= seen:
        return data[:at]
    raise damaged()


def color_numbers(data: bytes) -> tuple[int, int] | None:
    """Primaries and transfer (ITU-T H.273) of the primary picture, as its `nclx` box says; None without one."""
    for name, start, end in boxes(data, 0, len(data)):
        if name == b"meta":
            return _of_primary(data, start + 4, end)
    return None


def _of_primary(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    parts = contents(data, start, end)
    if b"iprp" not in parts:
        return None
    properties = contents(data, *parts[b"iprp"])
    if b"ipco" not in properties:
        return None
    numbers = {
        index: (int.from_bytes(data[at + 4 : at + 6]), int.from_bytes(data[at + 6 : at + 8]))
        for index, (name, at, _) in enumerate(boxes(data, *properties[b"ipco"]), 1)
        if name == b"colr" and data[at : at + 4] == b"nclx"
    }
    primary = _primary_id(data, parts.get(b"pitm"))
    associations = _associations(data, *properties[b"ipma"]) if b"ipma" in properties else {}
    mine = [numbers[index] for index in associations.get(primary, ()) if index in numbers]
    return next(iter(mine), None)


def _primary_id(data: bytes, box: tuple[int, int] | None) -> int:
    if box is None:
        return 0
    at = box[0]
    return int.from_bytes(data[at + 4 : at + (8 if data[at] else 6)])


def _associations(data: bytes, start: int, end: int) -> dict[int, list[int]]:
    """Which properties each item has, by their place in `ipco`, from 1."""
    version, is_wide = data[start], data[start + 3] & 1
    count, at = min(int.from_bytes(data[start + 4 : start + 8]), _MAX_ITEMS), start + 8
    found: dict[int, list[int]] = {}
    for _ in range(count):
        if at >= end:
            break
        width = 4 if version else 2
        item, at = int.from_bytes(data[at : at + width]), at + width
        number, at = data[at] if at < end else 0, at + 1
        step, mask = (2, 0x7FFF) if is_wide else (1, 0x7F)
        found[item] = [int.from_bytes(data[at + n * step : at + (n + 1) * step]) & mask for n in range(number)]
        at += number * step
    return found


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, and start and end of the content, of the boxes that lie within these bounds."""
    at = start
    for _ in range(MAX_BOXES):
        if at + 8 > end:
            return
        name, size = _head(data, at, end)
        if size < len(b"sizename") or at + size > end:
            return
        yield name, at + (16 if int.from_bytes(data[at : at + 4]) == 1 else 8), at + size
        at += size


def contents(data: bytes, start: int, end: int) -> dict[bytes, tuple[int, int]]:
    """Start and end of the boxes' contents by name, the last one of each."""
    return {name: (at, to) for name, at, to in boxes(data, start, end)}


def _head(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """Name and size of a box; size 0 in the file means "to the end"."""
    size, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
    if len(name) < 4:
        return name, end - at + 8
    if size == 1:
        size = int.from_bytes(data[at + 8 : at + 16])
    return name, size or end - at
