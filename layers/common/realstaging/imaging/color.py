"""Colors: from what a file says of its numbers to sRGB.

A file says it by an embedded profile, by code points (cICP in PNG, nclx in HEIC and AVIF), by gamma and
primaries (PNG), or by EXIF alone (cameras set to Adobe RGB). HDR pictures are tone-mapped.
"""

import contextlib
import functools
import io
import struct
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageCms, ImageFilter, ImageStat

type _Matrix = tuple[tuple[float, float, float], ...]
type Primaries = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]

_D65 = (0.3127, 0.3290)
SRGB: Primaries = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
P3: Primaries = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65)
BT2020: Primaries = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65)
ADOBE: Primaries = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65)

# Code points of ITU-T H.273.
_PRIMARIES = {1: SRGB, 5: SRGB, 6: SRGB, 7: SRGB, 9: BT2020, 11: P3, 12: P3}
_LINEAR, _PQ, _HLG = 8, 16, 18
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}

# BT.2408: the white of a page or wall is at 203 of PQ's nits. Brighter is highlight, and rolled off from KNEE.
_WHITE_NITS, _PEAK_NITS, _KNEE = 203.0, 1000.0, 0.8
_LUT_SIZE = 33

# Levels by which a coder may set the channels of a gray picture apart.
_GRAY_NOISE = 6

_STEPS = (0, 16, 32, 64, 96, 128, 192, 255)
_OUTPUT = ImageCms.createProfile("sRGB")
_BRADFORD: _Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_D50_XYZ = (0.9642, 1.0, 0.8249)


@dataclass(frozen=True, slots=True)
class ColorSpace:
    """What the numbers of a picture mean: an ICC profile, or HDR by code points; neither: sRGB."""

    profile: bytes | None = None
    hdr: tuple[int, int] | None = None


def of_code_points(primaries: int, transfer: int) -> ColorSpace:
    known = _PRIMARIES.get(primaries, SRGB)
    if transfer in (_PQ, _HLG):
        return ColorSpace(hdr=(primaries if primaries in _PRIMARIES else 1, transfer))
    gamma = _GAMMAS.get(transfer)
    return ColorSpace() if known is SRGB and gamma is None else ColorSpace(profile(known, gamma))


def of_gamma(gamma: float, primaries: Primaries) -> ColorSpace:
    """`gamma` is the display's, such as 2.2."""
    is_usual = abs(gamma - 2.2) < 0.06
    near = all(
        abs(a - b) < 0.01 for one, two in zip(primaries, SRGB, strict=True) for a, b in zip(one, two, strict=True)
    )
    if not 0.5 <= gamma <= 4 or (is_usual and near):
        return ColorSpace()
    with contextlib.suppress(ZeroDivisionError, struct.error, OverflowError):
        return ColorSpace(profile(primaries, None if is_usual else gamma))
    return ColorSpace()


def adobe_rgb() -> ColorSpace:
    return ColorSpace(profile(ADOBE, 563 / 256))


def to_srgb(image: Image.Image, space: ColorSpace) -> Image.Image:
    """RGB in sRGB; a profile that does not fit the picture is left aside."""
    if space.hdr:
        return image.convert("RGB").filter(_tone_map(*space.hdr))
    if space.profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(space.profile))
            if source.profile.xcolor_space.strip() == "GRAY" and image.mode == "RGB" and _is_gray(image):
                image = image.convert("L")
            transform = ImageCms.buildTransform(source, _OUTPUT, image.mode, "RGB")
            if image.mode == "RGB" and _changes_little(transform):
                return image
            return transform.apply(image)
    return image.convert("RGB")


def _is_gray(image: Image.Image) -> bool:
    """Whether there is no color in it: some formats have no other way to store a gray picture."""
    red, green, blue = image.reduce(max(min(image.size) // 256, 1)).split()
    extremes = ImageStat.Stat(Image.merge("RGB", [*map(ImageChops.difference, (red, green, blue), (green, blue, red))]))
    return max(most for _, most in extremes.extrema) <= _GRAY_NOISE


def _changes_little(transform: ImageCms.ImageCmsTransform) -> bool:
    """Most profiles are sRGB under some name: a look at a few hundred colors spares the whole picture."""
    colors = bytes(value for r in _STEPS for g in _STEPS for b in _STEPS for value in (r, g, b))
    sample = Image.frombytes("RGB", (len(_STEPS) ** 2, len(_STEPS)), colors)
    difference = ImageChops.difference(sample, transform.apply(sample))
    return max(most for _, most in ImageStat.Stat(difference).extrema) <= 1


@functools.cache
def profile(primaries: Primaries, gamma: float | None) -> bytes:
    """An ICC profile of these primaries; `gamma` None is the curve of sRGB."""
    columns = _to_d50(primaries)
    if gamma is None:
        curve = _fixed("para", 3, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    else:
        curve = _fixed("para", 0, (gamma,))
    xyz = [b"XYZ \0\0\0\0" + b"".join(_s15(row[n]) for row in columns) for n in range(3)]
    text = b"mluc\0\0\0\0\0\0\0\1\0\0\0\x0cenUS\0\0\0\2\0\0\0\x1c\0x\0\0"
    tags = {
        b"desc": text,
        b"cprt": text,
        b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(_s15, _D50_XYZ)),
        b"rXYZ": xyz[0],
        b"gXYZ": xyz[1],
        b"bXYZ": xyz[2],
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    at, table, body = 132 + 12 * len(tags), b"", b""
    for name, value in tags.items():
        table += name + struct.pack(">II", at + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"\0\0\0\0", 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + b"".join(map(_s15, _D50_XYZ))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _fixed(kind: str, function: int, values: tuple[float, ...]) -> bytes:
    return kind.encode() + b"\0\0\0\0" + struct.pack(">HH", function, 0) + b"".join(map(_s15, values))


def _s15(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


@functools.cache
def _tone_map(primaries: int, transfer: int) -> ImageFilter.Color3DLUT:
    """From PQ or HLG numbers to sRGB: white at white, highlights rolled off, hues kept."""
    matrix = _times(_inverse(_to_xyz(SRGB)), _to_xyz(_PRIMARIES[primaries]))
    to_light = [_pq(n / (_LUT_SIZE - 1)) if transfer == _PQ else _hlg(n / (_LUT_SIZE - 1)) for n in range(_LUT_SIZE)]

    def mapped(red: float, green: float, blue: float) -> tuple[float, float, float]:
        light = [to_light[round(value * (_LUT_SIZE - 1))] for value in (red, green, blue)]
        if transfer == _HLG:  # the display's part: gamma 1.2 on the luminance
            luminance = 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2]
            light = [value * luminance**0.2 * _PEAK_NITS / _WHITE_NITS for value in light]
        linear = [max(sum(m * v for m, v in zip(row, light, strict=True)), 0.0) for row in matrix]
        factor = _rolled_off(max(linear)) / (max(linear) or 1.0)
        out = [_to_srgb_curve(value * factor) for value in linear]
        return out[0], out[1], out[2]

    return ImageFilter.Color3DLUT.generate(_LUT_SIZE, mapped)


def _rolled_off(value: float) -> float:
    """Identity up to the knee, then a curve that reaches 1 at the peak."""
    peak = _PEAK_NITS / _WHITE_NITS
    if value <= _KNEE:
        return value
    x, most = (value - _KNEE) / (1 - _KNEE), (peak - _KNEE) / (1 - _KNEE)
    return min(_KNEE + (1 - _KNEE) * x * (1 + x / most**2) / (1 + x), 1.0)


def _pq(signal: float) -> float:
    """SMPTE ST 2084: light relative to diffuse white."""
    power = signal ** (1 / 78.84375)
    nits = 10_000 * (max(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    return float(nits / _WHITE_NITS)


def _hlg(signal: float) -> float:
    """ARIB STD-B67: light of the scene, 1 at the peak."""
    if signal <= 0.5:
        return signal * signal / 3
    return float((2.718281828459045 ** ((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12)


def _to_srgb_curve(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else float(1.055 * min(value, 1.0) ** (1 / 2.4) - 0.055)


def _to_xyz(primaries: Primaries) -> _Matrix:
    """From linear RGB to XYZ of the primaries' own white."""
    columns = [(x / y, 1.0, (1 - x - y) / y) for x, y in primaries]
    base: _Matrix = tuple((columns[0][n], columns[1][n], columns[2][n]) for n in range(3))
    scale = [sum(m * w for m, w in zip(row, columns[3], strict=True)) for row in _inverse(base)]
    return tuple((row[0] * scale[0], row[1] * scale[1], row[2] * scale[2]) for row in base)


def _to_d50(primaries: Primaries) -> _Matrix:
    x, y = primaries[3]
    white = (x / y, 1.0, (1 - x - y) / y)
    here, there = ([sum(m * v for m, v in zip(row, w, strict=True)) for row in _BRADFORD] for w in (white, _D50_XYZ))
    ratio: _Matrix = tuple(
        (t / h if n == 0 else 0.0, t / h if n == 1 else 0.0, t / h if n == 2 else 0.0)
        for n, (t, h) in enumerate(zip(there, here, strict=True))
    )
    return _times(_times(_inverse(_BRADFORD), _times(ratio, _BRADFORD)), _to_xyz(primaries))


def _times(one: _Matrix, two: _Matrix) -> _Matrix:
    return tuple(
        (
            sum(row[k] * two[k][0] for k in range(3)),
            sum(row[k] * two[k][1] for k in range(3)),
            sum(row[k] * two[k][2] for k in range(3)),
        )
        for row in one
    )


def _inverse(matrix: _Matrix) -> _Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
        ((e * i - f * h) / whole, (c * h - b * i) / whole, (b * f - c * e) / whole),
        ((f * g - d * i) / whole, (a * i - c * g) / whole, (c * d - a * f) / whole),
        ((d * h - e * g) / whole, (b * g - a * h) / whole, (a * e - b * d) / whole),
    )
