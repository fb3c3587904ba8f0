"""Every photo that a camera, phone or editor writes: taken as it should look, or refused by its kind."""

import io
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat

from realstaging import config
from realstaging.errors import (
    ImageTooWideError,
    ImageTruncatedError,
    ImageUnreadableError,
    PhotoError,
    UnsupportedImageTypeError,
)
from realstaging.imaging import color, jpeg
from realstaging.imaging.normalize import normalize
from tests.support.camera_files import (
    CORNERS,
    SIZE,
    closed_at,
    exif,
    film,
    heic_with_nclx,
    hlg,
    in_space,
    overwritten,
    pq,
    raw_tiff,
    room,
    saved,
    sixteen_bit_tiff,
    with_code_points,
    with_profile_pieces,
    with_tiff_number,
    without_intervals,
    xmp,
)
from tests.support.pictures import chunk


def gray_profile() -> bytes:
    """A linear gray profile: its curve says gamma 1."""
    tags = {b"desc": b"desc\0\0\0\0\0\0\0\2g\0" + bytes(78), b"wtpt": b"XYZ \0\0\0\0\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d"}
    tags[b"kTRC"] = b"curv\0\0\0\0\0\0\0\0"
    at, table, body = 132 + 12 * len(tags), b"", b""
    for name, value in tags.items():
        table += name + (at + len(body)).to_bytes(4) + len(value).to_bytes(4)
        body += value + bytes(-len(value) % 4)
    head = (at + len(body)).to_bytes(4) + bytes(4) + b"\2\x10\0\0mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(28)
    head += b"\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d"
    return head.ljust(128, b"\0") + len(tags).to_bytes(4) + table + body


LIMITS = config.load("dev").images
GRAY = gray_profile()
JPEG, PROGRESSIVE = saved(room()), saved(room(), progressive=True)
RESTARTS = saved(room(), restart_marker_rows=1)
PNG, WEBP, HEIC = saved(room(), "PNG"), saved(room(), "WEBP"), saved(room(), "HEIF")
NOISE = random.Random(3).randbytes(6000).replace(b"\xff", b"\xfe")
WILD = random.Random(4).randbytes(6000)  # with markers that mean nothing


def corners(data: bytes) -> list[list[int]]:
    image = Image.open(io.BytesIO(data))
    width, height = image.size
    spots = [(x, y) for y in (0.05, 0.88) for x in (0.05, 0.88)]
    boxes = [(int(x * width), int(y * height), int((x + 0.07) * width), int((y + 0.07) * height)) for x, y in spots]
    return [[round(v) for v in ImageStat.Stat(image.crop(box)).mean] for box in boxes]


def off_by(data: bytes) -> int:
    pairs = zip(corners(data), CORNERS, strict=True)
    return max(abs(a - b) for seen, wanted in pairs for a, b in zip(seen, wanted, strict=True))


def tif(**options: Any) -> bytes:
    return saved(room(), "TIFF", **options)


P3 = color.profile(color.P3, None)
BROKEN_PROFILES = {
    "a piece is missing": [(1, 2, P3[:300])],
    "number 0": [(0, 1, P3)],
    "twice": [(1, 1, P3), (1, 1, P3)],
    "counts differ": [(1, 2, P3[:300]), (2, 3, P3[300:])],
    "nothing in it": [(1, 1, b"")],
}
FINE_RESTARTS = saved(room(), restart_marker_blocks=4)
SCANS = re.finditer(rb"\xff\xda", PROGRESSIVE)

UNSUPPORTED = {
    "32-bit floating-point": saved(room().convert("F"), "TIFF"),
    "32 bits": saved(room().convert("I"), "TIFF"),
    "compression": with_tiff_number(tif(), 259, 50002),
    "one after the other": with_tiff_number(sixteen_bit_tiff(1), 284, 2),
    "gray with transparency": with_tiff_number(sixteen_bit_tiff(1), 277, 2),
    "white as zero": with_tiff_number(sixteen_bit_tiff(1), 262, 0),
    "12 bits": JPEG.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c"),
}

ACCEPTED: dict[str, tuple[bytes, int]] = {
    "plain JPEG": (JPEG, 6),
    "progressive JPEG": (PROGRESSIVE, 6),
    "no end marker": (JPEG[:-2], 6),
    "no end marker, progressive": (PROGRESSIVE[:-2], 6),
    "stray bytes between segments": (JPEG[:20] + bytes(700) + JPEG[20:], 6),
    "stray bytes in the scan's end": (JPEG[:-2] + bytes(20) + JPEG[-2:], 6),
    "a film behind a JPEG": (JPEG + film(boxes=False), 6),
    "a gain map behind a JPEG": (JPEG + saved(room().convert("L").resize((225, 160))), 6),
    "several pictures": (saved(room(), "MPO", save_all=True, append_images=[Image.new("RGB", SIZE)]), 6),
    "JPEG with only a remainder in XMP": (saved(room(), xmp=xmp(6)), 6),
    "orientation that means nothing": (saved(room(), exif=exif(0)), 6),
    "EXIF before XMP": (saved(room(), exif=exif(1), xmp=xmp(6)), 6),
    "Adobe RGB by EXIF": (
        saved(in_space(color.ADOBE, lambda v: v ** (256 / 563)), exif=exif(space=65535, interop="R03")),
        6,
    ),
    "sRGB by EXIF": (saved(room(), exif=exif(space=1, interop="R98")), 6),
    "P3 by profile": (saved(in_space(color.P3), icc_profile=color.profile(color.P3, None)), 6),
    "P3 by cICP": (with_code_points(saved(in_space(color.P3), "PNG"), 12, 13, 0, 1), 6),
    "sRGB by cICP": (with_code_points(PNG, 1, 13, 0, 1), 6),
    "PQ by cICP": (with_code_points(saved(in_space(color.BT2020, pq), "PNG"), 9, 16, 0, 1), 30),
    "HLG by cICP": (with_code_points(saved(in_space(color.BT2020, hlg), "PNG"), 9, 18, 0, 1), 30),
    "linear by gamma": (PNG[:33] + chunk(b"gAMA", (45455).to_bytes(4)) + PNG[33:], 6),
    "P3 by nclx": (heic_with_nclx(in_space(color.P3), 12, 13), 8),
    "PQ by nclx": (heic_with_nclx(in_space(color.BT2020, pq), 9, 16), 30),
    "HLG by nclx": (heic_with_nclx(in_space(color.BT2020, hlg), 9, 18), 30),
    "PNG with a wrong checksum of a note": (PNG[:33] + chunk(b"tIME", bytes(7))[:-1] + b"\1" + PNG[33:], 6),
    "PNG with a wrong checksum of EXIF": (PNG[:33] + chunk(b"eXIf", exif(1)[6:])[:-1] + b"\1" + PNG[33:], 6),
    "PNG without an end marker": (PNG[:-12], 6),
    "bytes behind a PNG": (PNG + NOISE, 6),
    "bytes behind a WebP": (WEBP + NOISE, 8),
    "bytes behind a HEIC": (HEIC + b"\0\0\0", 8),
    "a film behind a HEIC": (HEIC + film(boxes=False), 8),
    "a film in boxes behind a HEIC": (HEIC + film(boxes=True), 8),
    "AVIF": (saved(room(), "AVIF"), 8),
    "TIFF": (tif(), 6),
    "TIFF, LZW": (tif(compression="tiff_lzw"), 6),
    "TIFF, deflate": (tif(compression="tiff_adobe_deflate"), 6),
    "TIFF, JPEG within": (tif(compression="jpeg"), 8),
    "TIFF of 16 bits": (sixteen_bit_tiff(1), 6),
    "TIFF of 16 bits, deflate": (sixteen_bit_tiff(8), 6),
    **{f"broken profile: {name}": (with_profile_pieces(JPEG, *pieces), 6) for name, pieces in BROKEN_PROFILES.items()},
    **{f"gray profile, colored {kind}": (saved(room(), kind, icc_profile=GRAY), 8) for kind in ("JPEG", "PNG", "WEBP")},
    "stray bytes in the scan's end, zeros behind": (JPEG[:-2] + bytes(10) + JPEG[-2:] + bytes(4096), 6),
    "TIFF of many pages": (tif(save_all=True, append_images=[Image.new("RGB", SIZE)]), 6),
}

TURNED: dict[str, bytes] = {
    "PNG by XMP only": saved(room().transpose(Image.Transpose.ROTATE_90), "PNG", pnginfo=None)[:33]
    + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6))
    + saved(room().transpose(Image.Transpose.ROTATE_90), "PNG")[33:],
    "JPEG by EXIF": saved(room().transpose(Image.Transpose.ROTATE_90), exif=exif(6)),
    "TIFF by its tag": saved(room().transpose(Image.Transpose.ROTATE_90), "TIFF", tiffinfo={274: 6}),
    "AVIF by EXIF": saved(room().transpose(Image.Transpose.ROTATE_90), "AVIF", exif=exif(6)),
}

REFUSED: dict[str, tuple[bytes, type[PhotoError] | tuple[type[PhotoError], ...]]] = {
    "upload broke off": (JPEG[: len(JPEG) // 2], ImageTruncatedError),
    "upload broke off, progressive": (PROGRESSIVE[: len(PROGRESSIVE) * 2 // 3], ImageTruncatedError),
    "closed by a recovery tool": (closed_at(JPEG, 0.5), ImageTruncatedError),
    "closed by a recovery tool, progressive": (closed_at(PROGRESSIVE, 0.5), ImageTruncatedError),
    "closed by a recovery tool, with restarts": (closed_at(RESTARTS, 0.6), ImageTruncatedError),
    "closed after its first scan": (
        PROGRESSIVE[: PROGRESSIVE.index(b"\xff\xc4", PROGRESSIVE.index(b"\xff\xda"))] + b"\xff\xd9",
        ImageTruncatedError,
    ),
    "zeros in the middle": (overwritten(JPEG, 0.4, bytes(6000)), (ImageTruncatedError, ImageUnreadableError)),
    "noise in the middle": (overwritten(JPEG, 0.4, NOISE), (ImageTruncatedError, ImageUnreadableError)),
    "wild bytes in the middle": (overwritten(JPEG, 0.4, WILD), (ImageTruncatedError, ImageUnreadableError)),
    "a block lost, with restarts": (overwritten(RESTARTS, 0.4, bytes(8192)), ImageUnreadableError),
    "a block lost, progressive": (
        overwritten(PROGRESSIVE, 0.2, bytes(8192)),
        (ImageTruncatedError, ImageUnreadableError),
    ),
    "a hole": (JPEG[: len(JPEG) // 3] + JPEG[len(JPEG) // 2 :], (ImageTruncatedError, ImageUnreadableError)),
    "PNG cut": (PNG[: len(PNG) // 2], ImageTruncatedError),
    "PNG damaged": (overwritten(PNG, 0.5, NOISE), ImageUnreadableError),
    "WebP cut": (WEBP[: len(WEBP) // 2], ImageTruncatedError),
    "HEIC cut": (HEIC[: len(HEIC) // 2], ImageTruncatedError),
    "TIFF cut": (tif()[:40_000], (ImageTruncatedError, ImageUnreadableError)),
    "AVIF cut": (saved(room(), "AVIF")[:-2000], ImageTruncatedError),
    "closed after half of its scans": (PROGRESSIVE[: list(SCANS)[4].start()] + b"\xff\xd9", ImageTruncatedError),
    "closed by a recovery tool behind a broken profile": (
        with_profile_pieces(closed_at(JPEG, 0.5), (1, 2, P3[:300])),
        ImageTruncatedError,
    ),
    "many intervals lost": (without_intervals(RESTARTS, 10, 11), (ImageTruncatedError, ImageUnreadableError)),
    "intervals lost, in step": (without_intervals(FINE_RESTARTS, 100, 64), (ImageTruncatedError, ImageUnreadableError)),
    "DNG": (raw_tiff(dng=True), UnsupportedImageTypeError),
    "NEF": (raw_tiff(dng=False), UnsupportedImageTypeError),
    "far too wide": (saved(room(size=(5400, 600))), ImageTooWideError),
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_a_photo_of_this_kind_looks_as_it_should(kind: str) -> None:
    data, tolerance = ACCEPTED[kind]

    photo = normalize(data, LIMITS)

    assert (photo.width, photo.height) == SIZE
    assert off_by(photo.master) <= tolerance, corners(photo.master)


@pytest.mark.parametrize("kind", TURNED)
def test_a_photo_that_lies_on_its_side_stands_upright(kind: str) -> None:
    photo = normalize(TURNED[kind], LIMITS)

    assert (photo.width, photo.height) == SIZE
    assert off_by(photo.master) <= 8, corners(photo.master)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_of_this_kind_is_refused(kind: str) -> None:
    data, refusal = REFUSED[kind]

    with pytest.raises(refusal):
        normalize(data, LIMITS)


@pytest.mark.parametrize("kind", ["DNG", "NEF"])
def test_a_raw_file_is_told_what_to_export(kind: str) -> None:
    with pytest.raises(UnsupportedImageTypeError, match=r"camera RAW file .* Export it .* as JPEG"):
        normalize(REFUSED[kind][0], LIMITS)


def test_intervals_of_a_lossless_frame_are_not_counted_in_blocks() -> None:
    lost = without_intervals(RESTARTS, 10, 11)
    with pytest.raises((ImageTruncatedError, ImageUnreadableError)):
        jpeg.whole(lost)

    lossless = lost.replace(b"\xff\xc0\x00\x11", b"\xff\xc3\x00\x11")
    assert jpeg.whole(lossless).data == lossless


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_a_variant_that_is_not_read_is_told_what_to_export(kind: str) -> None:
    with pytest.raises(UnsupportedImageTypeError, match=rf"{kind}.*Export it"):
        normalize(UNSUPPORTED[kind], LIMITS)


@pytest.mark.parametrize("alpha", [False, True])
def test_a_gray_profile_is_used_with_and_without_holes(alpha: bool) -> None:
    levels = (60, 110, 160, 210)
    linear = [round(255 * (((v / 255 + 0.055) / 1.055) ** 2.4)) for v in levels]
    image = room(tuple((v, v, v) for v in linear)).convert("LA" if alpha else "L")

    seen = corners(normalize(saved(image, "PNG", icc_profile=GRAY), LIMITS).master)

    assert all(abs(corner[0] - level) <= 4 for corner, level in zip(seen, levels, strict=True)), seen


CASES = Path(__file__).parents[4] / "shared" / "cases"
# The cases were drawn when these two were not offered.
OFFERED_SINCE = {"type-avif", "type-tiff-as-jpeg"}


def shared_cases() -> list[Any]:
    index = CASES / "index.json"
    return json.loads(index.read_text()) if index.exists() else []


@pytest.mark.skipif(not CASES.exists(), reason="there are no shared cases")
@pytest.mark.parametrize("case", shared_cases(), ids=lambda case: case["id"])
def test_a_shared_case_is_as_expected(case: dict[str, Any]) -> None:
    data = (CASES / case["file"]).read_bytes()
    ways = [case["expect"], *([case["expect"]["also_ok"]] if "also_ok" in case["expect"] else [])]
    if all(way["outcome"] == "rejected" for way in ways) and case["id"] not in OFFERED_SINCE:
        with pytest.raises(PhotoError) as refusal:
            normalize(data, LIMITS)
        assert refusal.value.code in [code for way in ways for code in way["code"]]
        return
    photo = normalize(data, LIMITS)
    if case["id"] in OFFERED_SINCE:
        return
    [way, *_] = [way for way in ways if (photo.width, photo.height) == (way.get("width"), way.get("height"))]
    wanted = way.get("corners", {})
    for seen, name in zip(corners(photo.master), ("tl", "tr", "bl", "br"), strict=True):
        near = [abs(a - b) <= way["tolerance"] for a, b in zip(seen, wanted.get(name, seen), strict=True) if wanted]
        assert all(near), (name, seen, wanted)
