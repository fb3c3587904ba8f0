"""Where the photo's frame lies in the altered picture: x and y scale and shift, to a fraction of a pixel.

Found in two steps: phase correlation of the gradients over a grid of scales, at a quarter of the working
size; then each straight line of the photo looks for itself across its own direction in the altered picture,
and a robust least-squares fit moves the frame until nothing moves any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from realstaging.imaging.checks.fields import Field, Floats, shrunk
from realstaging.imaging.checks.lines import Points

_SCALES = (0.91, 0.94, 0.97, 1.0, 1.03, 1.06, 1.09)
_TINY, _SMALL = 8, 4
_TRIED_AGAIN = 10
_GOOD_PEAK = 0.5
_MOST_POINTS = 3000
_ROUNDS = ((9, 4.0), (7, 3.0), (5, 2.0), (4, 1.2), (3, 0.8), (3, 0.8))
_LARGEST_SHIFT = 0.12
# The share of lines that follow a transform beyond which no other is looked for.
_ENOUGH = 0.6


@dataclass(frozen=True, slots=True)
class Transform:
    """A point of the photo, as a fraction of its width and height from the middle, lies in the altered picture
    at `scale` times itself plus `shift`, in fractions of the altered picture's own width and height.

    `peak` is the phase-correlation peak of the aligned gradients, 0 to 1: how much of the picture agrees.
    """

    scale_x: float = 1.0
    scale_y: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    peak: float = 0.0

    def affine(self, size: tuple[int, int]) -> tuple[float, float, float, float, float, float]:
        """For Image.transform: from a pixel of the photo to one of the altered picture, both at this size."""
        width, height = size
        return (
            self.scale_x, 0.0, width * (0.5 - 0.5 * self.scale_x + self.shift_x),
            0.0, self.scale_y, height * (0.5 - 0.5 * self.scale_y + self.shift_y),
        )  # fmt: skip

    def inverse(
        self, altered: tuple[int, int], photo: tuple[int, int], margin: int = 0
    ) -> tuple[float, float, float, float, float, float]:
        """For Image.transform: from a pixel of the altered picture, at its size, to one of the photo at its own,
        which is continued by so many pixels on each side."""
        a, e = photo[0] / (altered[0] * self.scale_x), photo[1] / (altered[1] * self.scale_y)
        return (
            a, 0.0, photo[0] * (0.5 - (0.5 + self.shift_x) / self.scale_x) + margin,
            0.0, e, photo[1] * (0.5 - (0.5 + self.shift_y) / self.scale_y) + margin,
        )  # fmt: skip

    def seen(self, size: tuple[int, int], margin: float = 0.5) -> NDArray[np.bool_]:
        """The pixels of the photo, at this size, that the altered picture shows."""
        width, height = size
        a, _, c, _, e, f = self.affine(size)
        x, y = a * (np.arange(width) + 0.5) + c, e * (np.arange(height) + 0.5) + f
        in_x, in_y = (x > margin) & (x < width - margin), (y > margin) & (y < height - margin)
        return in_y[:, None] & in_x[None, :]


def align(original: Field, altered: Field, points: Points, aspect: float) -> Transform:
    """The transform that most of the photo's lines follow.

    Both fields have one size: the altered picture was stretched to it. `aspect` is its width over height,
    divided by the photo's: far from 1, a picture that was cropped or padded is thought of as well.
    """
    chosen = _some(points)
    best, agreed = Transform(), -1.0
    for start in _starts(original, altered, aspect):
        fitted, share = _refined(start, chosen, altered)
        if share > agreed:
            best, agreed = fitted, share
        if share > _ENOUGH:
            break
    peak, _, _ = _correlated(_spectrum(_complex(original, 2)), _complex(altered, 2), best)
    return replace(best, peak=peak)


def warped(image: Image.Image, transform: Transform) -> Image.Image:
    """The altered picture, given at the photo's size, in the photo's frame; what it does not show is black."""
    return image.transform(image.size, Image.Transform.AFFINE, transform.affine(image.size), Image.Resampling.BICUBIC)


def _starts(original: Field, altered: Field, aspect: float) -> Iterator[Transform]:
    """Up to eight guesses, the untouched frame first: most pictures have it, and the others take time to find.

    Every pair of scales is tried at an eighth of the working size, the best few again at a quarter.
    """
    yield Transform()
    coarse, fine = (_complex(altered, step) for step in (_TINY, _SMALL))
    fine_spectrum = _spectrum(_complex(original, _SMALL))
    same = _moved(fine_spectrum, fine, Transform())
    yield same
    if same.peak > _GOOD_PEAK:
        return
    yield from (Transform(*scales) for scales in _uniform(aspect))
    spectrum = _spectrum(_complex(original, _TINY))
    tried = [
        _moved(spectrum, coarse, Transform(base_x * scale_x, base_y * scale_y))
        for base_x, base_y in _bases(aspect)
        for scale_x in _SCALES
        for scale_y in _SCALES
    ]
    tried.sort(key=lambda guess: -guess.peak)
    again = [_moved(fine_spectrum, fine, Transform(guess.scale_x, guess.scale_y)) for guess in tried[:_TRIED_AGAIN]]
    again.sort(key=lambda guess: -guess.peak)
    yield from again[:4]


def _moved(spectrum: NDArray[np.complex64], other: Floats, guess: Transform) -> Transform:
    """The guess with the shift that fits it best."""
    peak, x, y = _correlated(spectrum, other, guess)
    return replace(guess, shift_x=x, shift_y=y, peak=peak)


def _uniform(aspect: float) -> list[tuple[float, float]]:
    """The scales of a picture in another shape that was cropped or padded, not stretched."""
    return [] if abs(aspect - 1) < 0.004 else [(1.0, aspect), (1 / aspect, 1.0)]


def _bases(aspect: float) -> list[tuple[float, float]]:
    """What the tried scales are multiplied with: nothing, and in a clearly other shape the cropped picture."""
    if abs(aspect - 1) < 0.05:
        return [(1.0, 1.0)]
    return [(1.0, 1.0), (1 / aspect, 1.0) if aspect < 1 else (1.0, aspect)]


def _complex(field: Field, step: int) -> Floats:
    """Both parts of the normalized gradient, made smaller: rows x columns x 2."""
    strength = np.minimum(field.strength, 3)
    return np.stack((shrunk(field.x * strength, step), shrunk(field.y * strength, step)), axis=-1)


def _spectrum(parts: Floats) -> NDArray[np.complex64]:
    height, width = parts.shape[:2]
    window = np.hanning(height)[:, None] * np.hanning(width)[None, :]
    return np.fft.fft2((parts[..., 0] + 1j * parts[..., 1]).astype(np.complex64) * window.astype(np.float32))


def _correlated(spectrum: NDArray[np.complex64], other: Floats, guess: Transform) -> tuple[float, float, float]:
    """Peak, and the shift as a fraction of width and height that has to be added to the guess."""
    height, width = other.shape[:2]
    if guess == Transform():
        moved = other
    else:
        affine = guess.affine((width, height))
        moved = np.stack(
            [
                np.asarray(
                    Image.fromarray(np.ascontiguousarray(other[..., part])).transform(
                        (width, height), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR
                    )
                )
                for part in (0, 1)
            ],
            axis=-1,
        )
    cross = np.conj(spectrum) * _spectrum(moved)
    surface = np.fft.ifft2(cross / np.maximum(np.abs(cross), 1e-6)).real
    at = int(np.argmax(surface))
    y, x = divmod(at, width)
    y, x = (y - height if y > height // 2 else y), (x - width if x > width // 2 else x)
    if abs(x) > _LARGEST_SHIFT * width or abs(y) > _LARGEST_SHIFT * height:
        return 0.0, guess.shift_x, guess.shift_y
    return (
        float(surface.flat[at]),
        guess.shift_x + guess.scale_x * x / width,
        guess.shift_y + guess.scale_y * y / height,
    )


def _some(points: Points) -> Points:
    """Enough points for a fit, evenly taken."""
    step = max(1, len(points) // _MOST_POINTS)
    return points.where(slice(None, None, step))


def _refined(start: Transform, points: Points, altered: Field) -> tuple[Transform, float]:
    """The fit that starts here, and the share of points that found their line within a pixel and a half."""
    height, width = altered.shape
    scale = np.array([start.scale_x, start.scale_y])
    shift = np.array([start.shift_x * width, start.shift_y * height])
    x, y = points.x + 0.5 - width / 2, points.y + 0.5 - height / 2
    share = 0.0
    for reach, spread in _ROUNDS:
        nx, ny = points.normal_x / scale[0], points.normal_y / scale[1]
        length = np.hypot(nx, ny)
        nx, ny = nx / length, ny / length
        at_x, at_y = scale[0] * x + shift[0] + width / 2 - 0.5, scale[1] * y + shift[1] + height / 2 - 0.5
        offset, found = _offsets(altered, (at_x, at_y), (nx, ny), reach)
        weight = found * np.clip(1 - (offset / (3 * spread)) ** 2, 0, None) ** 2
        share = float(np.mean(found & (np.abs(offset) < 1.5))) if len(points) else 0.0
        columns = np.stack((nx * x, nx, ny * y, ny), axis=1).astype(np.float64)
        step = _solved(columns, offset, weight, (width, height))
        scale, shift = scale + step[[0, 2]], shift + step[[1, 3]]
        if np.any(scale < 0.85 * np.array([start.scale_x, start.scale_y])):
            return start, 0.0
    return Transform(float(scale[0]), float(scale[1]), float(shift[0] / width), float(shift[1] / height)), share


def _offsets(
    altered: Field, at: tuple[Floats, Floats], normal: tuple[Floats, Floats], reach: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """How far across the line, in pixels, the same line lies in the altered picture, and where it was found."""
    (at_x, at_y), (nx, ny) = at, normal
    height, width = altered.shape
    steps = np.arange(-reach, reach + 1)
    columns = np.clip(np.rint(at_x[:, None] + steps * nx[:, None]).astype(np.intp), 0, width - 1)
    rows = np.clip(np.rint(at_y[:, None] + steps * ny[:, None]).astype(np.intp), 0, height - 1)
    places = rows * width + columns
    along = np.abs(altered.x.take(places) * nx[:, None] + altered.y.take(places) * ny[:, None])
    score = np.where(along > 0.96, np.minimum(altered.strength.take(places), 4), 0) / (1 + 0.03 * steps**2)
    best = np.clip(np.argmax(score, axis=1), 1, 2 * reach - 1)
    each = np.arange(len(best))
    left, middle, right = score[each, best - 1], score[each, best], score[each, best + 1]
    bend = np.minimum(left - 2 * middle + right, -1e-3)
    fraction = np.clip((left - right) / (2 * bend), -0.5, 0.5)
    # What was rounded to whole pixels is part of the offset.
    landed = (columns[each, best] - at_x) * nx + (rows[each, best] - at_y) * ny
    return landed + fraction, middle > 0.8


def _solved(columns: NDArray[np.float64], offset: Floats, weight: Floats, size: tuple[int, int]) -> NDArray[np.float64]:
    """Weighted least squares for the change of x scale, x shift, y scale, y shift; held back where lines say little."""
    normal = columns.T @ (columns * weight[:, None])
    width, height = size
    hold = 1e-3 * len(columns) * np.array([(width / 4) ** 2, 1.0, (height / 4) ** 2, 1.0])
    return np.linalg.solve(normal + np.diag(hold + 1e-6), columns.T @ (offset * weight))
