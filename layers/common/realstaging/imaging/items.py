"""The items of an ISO media file (HEIC, AVIF): where the coded data of its main picture lies, and whether it holds."""

from realstaging.imaging.boxes import boxes, contents
from realstaging.imaging.refusals import damaged
from realstaging.imaging.sectors import check_repeats

# Far beyond the 48 tiles of a phone's photo.
_MAX_PARTS, _MAX_DEPTH = 10_000, 4
_HEVC, _AV1 = b"hvc1", b"av01"

type _Parts = tuple[tuple[int, int], ...]


def check_coded(data: bytes) -> None:
    """ImageUnreadableError where the main picture, or one of its tiles, cannot be what was written.

    Decoders leave such a tile green, or go on with whatever they read, and say nothing.
    """
    meta = contents(data, 0, len(data)).get(b"meta")
    parts = contents(data, meta[0] + 4, meta[1]) if meta else {}
    if not {b"pitm", b"iloc", b"iinf"} <= parts.keys():
        return
    places, kinds = _places(data, *parts[b"iloc"]), _kinds(data, *parts[b"iinf"])
    made_of = _made_of(data, *parts[b"iref"]) if b"iref" in parts else {}
    primary = _Reader(data, *parts[b"pitm"])
    wanted = {primary.number(4 if primary.version() else 2)}
    for _ in range(_MAX_DEPTH):
        wanted = {part for item in wanted for part in made_of.get(item, [item])}
    # Tiles that look the same may share their place.
    coded = {(places[item], kinds[item]) for item in wanted & places.keys() & kinds.keys()}
    if sum(end - start for item, _ in coded for start, end in item) > len(data):
        return
    for item, kind in coded:
        if kind in (_HEVC, _AV1):
            joined = b"".join(data[start:end] for start, end in item)
            if kind == _HEVC:
                _check_units(joined)
            check_repeats(joined)


def _check_units(coded: bytes) -> None:
    """Each unit of HEVC is behind its length, and the last one ends where the item does."""
    at = 0
    for _ in range(_MAX_PARTS):
        if at >= len(coded):
            break
        at += 4 + int.from_bytes(coded[at : at + 4])
    if at != len(coded):
        raise damaged()


def _places(data: bytes, start: int, end: int) -> dict[int, _Parts]:
    """Where in the file each item lies; without those that lie elsewhere."""
    reader = _Reader(data, start, end)
    version, sizes = reader.version(), reader.number(2)
    offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15 if version else 0
    width, left = 4 if version == 2 else 2, _MAX_PARTS
    found: dict[int, _Parts] = {}
    for _ in range(min(reader.number(width), _MAX_PARTS)):
        item = reader.number(width)
        method, source = reader.number(2) & 15 if version else 0, reader.number(2)
        begin, parts = reader.number(base), []
        for _ in range(min(reader.number(2), left)):
            reader.number(index)
            at = begin + reader.number(offset)
            parts.append((at, at + reader.number(length)))
        left -= len(parts)
        if not method and not source:
            found[item] = tuple(parts)
    return found


def _kinds(data: bytes, start: int, end: int) -> dict[int, bytes]:
    count = 4 if _Reader(data, start, end).version() else 2
    found = {}
    for _, at, to in boxes(data, start + 4 + count, end):
        reader = _Reader(data, at, to)
        item = reader.number(4 if reader.version() == 3 else 2)
        reader.number(2)
        found[item] = reader.number(4).to_bytes(4)
    return found


def _made_of(data: bytes, start: int, end: int) -> dict[int, list[int]]:
    """The tiles, or the one picture, that an item is put together from."""
    width = 4 if _Reader(data, start, end).version() else 2
    found: dict[int, list[int]] = {}
    for name, at, to in boxes(data, start + 4, end):
        if name == b"dimg":
            reader = _Reader(data, at, to)
            item = reader.number(width)
            found[item] = [reader.number(width) for _ in range(min(reader.number(2), _MAX_PARTS))]
    return found


class _Reader:
    """Numbers one behind the other; 0 where the box has ended."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data, self._at, self._end = data, at, end

    def number(self, size: int) -> int:
        at = self._at
        self._at += size
        return int.from_bytes(self._data[at : self._at]) if self._at <= self._end else 0

    def version(self) -> int:
        return self.number(4) >> 24
