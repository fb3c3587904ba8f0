"""The directories of a TIFF file: is it a camera's RAW file, and are all its strips there."""

import struct
from collections.abc import Iterator

# Far beyond what programs write.
_MAX_ENTRIES, _MAX_SUB_DIRECTORIES, _MAX_PARTS = 2_000, 16, 1_000_000

_SUBFILE_TYPE, _PHOTOMETRIC, _SUB_DIRECTORIES, _DNG_VERSION, _MAKE = 254, 262, 330, 50706, 271
_WIDTH, _BITS, _COMPRESSION, _SAMPLES, _PLANES, _SAMPLE_FORMAT = 256, 258, 259, 277, 284, 339
_COLOR_FILTER_ARRAY, _LINEAR_RAW = 32803, 34892
_STRIPS, _TILES = (273, 279), (324, 325)
_FORMATS = {1: "B", 3: "H", 4: "I", 7: "B", 13: "I", 16: "Q", 18: "Q"}

# None, fax (Huffman, G3, G4), LZW, JPEG (old and new), deflate (two numbers), PackBits, LZMA, Zstandard.
_COMPRESSIONS = {1, 2, 3, 4, 5, 6, 7, 8, 32946, 32773, 34925, 50000}
_FLOAT, _WHITE_IS_ZERO, _SEPARATE = 3, 0, 2

# Of a disk or memory card; and the share of a picture that is no dark corner any more.
_BLOCK, _SECTOR, _LARGE = 4096, 512, 0.05

type _Directory = dict[int, tuple[int, int, int]]


def has_signature(data: bytes) -> bool:
    """Classic TIFF and BigTIFF, in either byte order."""
    return data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def raw_kind(data: bytes) -> str | None:
    """The kind of camera RAW file that has the form of a TIFF; None for a plain TIFF."""
    if data[8:10] == b"CR" and data[:4] == b"II*\0":
        return "CR2"
    first, _ = _directory(data, _first_offset(data))
    if _DNG_VERSION in first:
        return "DNG"
    directories = [first]
    for at in _values(data, first.get(_SUB_DIRECTORIES), _MAX_SUB_DIRECTORIES):
        directories.append(_directory(data, at)[0])
    kinds = {_value(data, each.get(_PHOTOMETRIC)) for each in directories}
    has_preview_first = _value(data, first.get(_SUBFILE_TYPE)) == 1 and len(directories) > 1
    if kinds & {_COLOR_FILTER_ARRAY, _LINEAR_RAW} or (has_preview_first and _MAKE in first):
        return "NEF, ARW or the like"
    return None


def unsupported(data: bytes) -> str | None:
    """What of the first picture our decoder does not read, or reads wrong; None for all that it reads right."""
    first, _ = _directory(data, _first_offset(data))
    told = {tag: _value(data, entry) for tag, entry in first.items()}
    bits = told.get(_BITS) or 1
    if told.get(_SAMPLE_FORMAT) == _FLOAT or bits > 16:
        return f"{bits} bits a channel" if told.get(_SAMPLE_FORMAT) != _FLOAT else f"{bits}-bit floating-point numbers"
    if (told.get(_COMPRESSION) or 1) not in _COMPRESSIONS:
        return f"a compression that is not read (number {told[_COMPRESSION]})"
    if bits == 16 and told.get(_PLANES) == _SEPARATE and (told.get(_SAMPLES) or 1) > 1:
        return "16 bits and its channels one after the other"
    if bits == 16 and told.get(_SAMPLES) == 2:
        return "16 bits in gray with transparency"
    if bits == 16 and told.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        return "16 bits and white as zero"
    return None


def is_whole(data: bytes) -> bool:
    """Whether every strip or tile of the first picture lies within the file."""
    first, _ = _directory(data, _first_offset(data))
    if not first:
        return False
    for offsets, counts in (_STRIPS, _TILES):
        starts = _values(data, first.get(offsets), _MAX_PARTS)
        sizes = _values(data, first.get(counts), _MAX_PARTS)
        if any(start + size > len(data) for start, size in zip(starts, sizes, strict=False)):
            return False
    return True


def has_lost_blocks(data: bytes) -> bool:
    """Whether a large part of an uncompressed picture is one value from a disk's sector on, in the middle of a row.

    Borders of a picture begin with a row; what is black or white in it begins at a sector once in 512 times.
    """
    first, _ = _directory(data, _first_offset(data))
    numbers = {tag: _value(data, first.get(tag)) or 1 for tag in (_WIDTH, _BITS, _COMPRESSION, _SAMPLES, _PLANES)}
    starts, sizes = (list(_values(data, first.get(tag), _MAX_PARTS)) for tag in _STRIPS)
    if numbers[_COMPRESSION] != 1 or not starts or not sizes:
        return False
    samples = numbers[_SAMPLES] if numbers[_PLANES] == 1 else 1
    row = max(numbers[_WIDTH] * numbers[_BITS] * samples // 8, 1)
    begin, end = starts[0], min(starts[-1] + sizes[-1], len(data))
    least = max(int(_LARGE * (end - begin)), 2 * row, 2 * _BLOCK)
    for start, stop in _runs(data, begin, end):
        in_block = [at % _SECTOR == 0 and (at - begin) % row for at in (start, stop)]
        if stop - start >= least and any(in_block):
            return True
    return False


def _runs(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Where whole blocks, and what is around them, are all zeros or all ones."""
    at = -(-begin // _BLOCK) * _BLOCK
    while at + _BLOCK <= end:
        value = data[at : at + 1]
        if value not in (b"\0", b"\xff") or data[at : at + _BLOCK] != value * _BLOCK:
            at += _BLOCK
            continue
        start = begin + len(data[begin:at].rstrip(value))
        while data[at : at + _BLOCK] == value * _BLOCK and at + _BLOCK <= end:
            at += _BLOCK
        tail = data[at : min(at + _BLOCK, end)]
        stop = at + len(tail) - len(tail.lstrip(value))
        yield start, stop
        at += _BLOCK


def _order(data: bytes) -> str:
    return "<" if data[:2] == b"II" else ">"


def _is_big(data: bytes) -> bool:
    return b"+" in data[2:4]


def _first_offset(data: bytes) -> int:
    return _unpack(data, "Q", 8) if _is_big(data) else _unpack(data, "I", 4)


def _unpack(data: bytes, kind: str, at: int) -> int:
    """One number; 0 where the file has ended."""
    size = struct.calcsize("<" + kind)
    return int(struct.unpack_from(_order(data) + kind, data, at)[0]) if at + size <= len(data) else 0


def _directory(data: bytes, at: int) -> tuple[_Directory, int]:
    """Tag to (type, count, place of the value field), and where the directory ends."""
    big = _is_big(data)
    count = _unpack(data, "Q" if big else "H", at) if at else 0
    start, step = at + (8 if big else 2), 20 if big else 12
    entries: _Directory = {}
    for number in range(min(count, _MAX_ENTRIES)):
        entry = start + number * step
        if entry + step > len(data):
            break
        length = _unpack(data, "Q" if big else "I", entry + 4)
        entries[_unpack(data, "H", entry)] = (_unpack(data, "H", entry + 2), length, entry + (12 if big else 8))
    return entries, start + count * step


def _value(data: bytes, entry: tuple[int, int, int] | None) -> int | None:
    return next(_values(data, entry, 1), None)


def _values(data: bytes, entry: tuple[int, int, int] | None, most: int) -> Iterator[int]:
    if entry is None or entry[0] not in _FORMATS:
        return
    kind, count, at = _FORMATS[entry[0]], min(entry[1], most), entry[2]
    size = struct.calcsize("<" + kind)
    if size * entry[1] > (8 if _is_big(data) else 4):
        at = _unpack(data, "Q" if _is_big(data) else "I", at)
    for number in range(count):
        if at + (number + 1) * size > len(data):
            return
        yield _unpack(data, kind, at + number * size)
