"""A camera in a room: flat drawings, measured in metres, are put up in space and seen in perspective."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter

type Colour = tuple[int, int, int]
type Vector = tuple[float, float, float]
type Points = Sequence[tuple[float, float]]

RIGHT, UP, AHEAD = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
PIXELS_PER_METRE = 200


def shaded(colour: Colour, factor: float) -> Colour:
    red, green, blue = (max(0, min(255, round(part * factor))) for part in colour)
    return red, green, blue


def dot(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def minus(one: Vector, other: Vector) -> Vector:
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def rectangle(x: float, y: float, width: float, height: float) -> Points:
    return (x, y), (x + width, y), (x + width, y + height), (x, y + height)


class Flat:
    """A flat thing to draw on; the origin is its lower left corner, lengths are metres."""

    def __init__(self, width: float, height: float, colour: Colour, *, scale: int = PIXELS_PER_METRE) -> None:
        self.width, self.height, self.scale = width, height, scale
        self.size = max(1, round(width * scale)), max(1, round(height * scale))
        self.image = Image.new("RGB", self.size, colour)

    def _pixels(self, points: Points) -> list[tuple[float, float]]:
        return [(x * self.scale, (self.height - y) * self.scale) for x, y in points]

    def polygon(self, points: Points, colour: Colour) -> None:
        ImageDraw.Draw(self.image).polygon(self._pixels(points), fill=colour)

    def rect(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Half-open, so that neighbours neither overlap nor leave a gap."""
        (left, bottom), (right, top) = self._pixels([(x, y), (x + width, y + height)])
        box = (
            round(left),
            round(top),
            max(round(right), round(left) + 1),
            max(round(bottom), round(top) + 1),
        )
        self.image.paste(colour, box)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        (left, bottom), (right, top) = self._pixels([(x - rx, y - ry), (x + rx, y + ry)])
        ImageDraw.Draw(self.image).ellipse((left, top, right, bottom), fill=colour)

    def light(self, points: Points, factor: float, blur: float, tint: Colour = (255, 255, 255)) -> None:
        """Brighten (or darken, below 1) an area with soft edges; the texture below stays visible."""
        # A quarter of the size is enough for something blurred.
        small = max(1, self.size[0] // 4), max(1, self.size[1] // 4)
        mask = Image.new("L", small, 0)
        ImageDraw.Draw(mask).polygon([(x / 4, y / 4) for x, y in self._pixels(points)], fill=255)
        mask = mask.filter(ImageFilter.GaussianBlur(blur * self.scale / 4)).resize(self.size)
        bands = [
            band.point([min(255, round(value * (1 + (factor - 1) * part / 255))) for value in range(256)])
            for band, part in zip(self.image.split(), tint, strict=True)
        ]
        self.image.paste(Image.merge("RGB", bands), (0, 0), mask)

    def corners(self, factor: float = 0.8, depth: float = 0.22) -> None:
        """Where surfaces meet less light arrives."""
        width, height = self.width, self.height
        for edge in (
            rectangle(-1, -1, 1, height + 2),
            rectangle(width, -1, 1, height + 2),
            rectangle(-1, -1, width + 2, 1),
            rectangle(-1, height, width + 2, 1),
        ):
            self.light(edge, factor - 0.35, depth)

    def paste(self, image: Image.Image, x: float, y: float) -> None:
        """Put a picture with its lower left corner at a place."""
        left, top = round(x * self.scale), round((self.height - y) * self.scale) - image.height
        self.image.paste(image, (left, top))


class Camera:
    """Level, so that upright things stay upright; `horizon` is where the eye's height falls, from the top."""

    def __init__(
        self,
        size: tuple[int, int],
        *,
        at: Vector,
        turn: float = 0,
        focal: float = 0.75,
        horizon: float = 0.46,
    ) -> None:
        self.canvas = Image.new("RGB", size, (200, 200, 200))
        self.at = at
        self._focal = focal * math.sqrt(size[0] * size[1])
        self._centre = size[0] / 2, size[1] * horizon
        angle = math.radians(turn)
        self._right: Vector = (math.cos(angle), 0, -math.sin(angle))
        self._ahead: Vector = (math.sin(angle), 0, math.cos(angle))

    def place(self, flat: Flat, origin: Vector, across: Vector, up: Vector) -> None:
        """Show a flat whose lower left corner is at `origin` and whose sides run along two unit vectors.

        A ray through a pixel meets the plane at a quotient of two linear functions of the pixel: exactly the
        eight numbers that Pillow's perspective transformation wants.
        """
        normal = cross(across, up)
        offset = minus(self.at, origin)
        below = self._linear(normal)
        x = self._hit(offset, normal, across)
        # The picture counts down from its upper edge.
        y = [flat.height * b - part for b, part in zip(below, self._hit(offset, normal, up), strict=True)]
        left, top, right, bottom = self._frame(flat, origin, across, up)
        if right <= left or bottom <= top:
            return
        for line in (x, y, below):
            line[2] += line[0] * left + line[1] * top
        scale = below[2] / flat.scale
        numbers = [part / scale for part in x + y] + [part / below[2] for part in below[:2]]
        size, kind = (right - left, bottom - top), Image.Transform.PERSPECTIVE
        seen = flat.image.transform(size, kind, numbers, Image.Resampling.BILINEAR)
        mask = Image.new("L", flat.size, 255).transform(size, kind, numbers, Image.Resampling.BILINEAR)
        self.canvas.paste(seen, (left, top), mask)

    def _frame(self, flat: Flat, origin: Vector, across: Vector, up: Vector) -> tuple[int, int, int, int]:
        """The part of the canvas that a flat can touch: all of it when the flat reaches behind the eye."""
        whole = (0, 0, *self.canvas.size)
        seen = []
        for a, b in ((0.0, 0.0), (flat.width, 0.0), (flat.width, flat.height), (0.0, flat.height)):
            x, y, z = (o + a * u + b * v for o, u, v in zip(origin, across, up, strict=True))
            away = minus((x, y, z), self.at)
            depth = dot(away, self._ahead)
            if depth < 0.05:
                return whole
            scale = self._focal / depth
            seen.append((self._centre[0] + dot(away, self._right) * scale, self._centre[1] - away[1] * scale))
        columns, rows = [x for x, _ in seen], [y for _, y in seen]
        left, top = max(0, int(min(columns)) - 2), max(0, int(min(rows)) - 2)
        return left, top, min(whole[2], int(max(columns)) + 2), min(whole[3], int(max(rows)) + 2)

    def _linear(self, direction: Vector) -> list[float]:
        """How far a pixel's ray goes in a direction, as a function of the pixel: (per x, per y, constant)."""
        right, up, ahead = (dot(axis, direction) for axis in (self._right, UP, self._ahead))
        x, y = self._centre
        return [right, -up, ahead * self._focal - right * x + up * y]

    def _hit(self, offset: Vector, normal: Vector, axis: Vector) -> list[float]:
        along, away = dot(offset, axis), dot(offset, normal)
        return [along * n - away * a for n, a in zip(self._linear(normal), self._linear(axis), strict=True)]

    def box(self, at: Vector, size: Vector, colour: Colour, front: Flat | None = None, top: Flat | None = None) -> None:
        """A cuboid along the axes; its front may carry a drawing."""
        (x, y, z), (width, height, depth) = at, size
        if self.at[0] < x:
            self.place(_even(depth, height, shaded(colour, 0.82)), (x, y, z), AHEAD, UP)
        if self.at[0] > x + width:
            self.place(_even(depth, height, shaded(colour, 0.76)), (x + width, y, z), AHEAD, UP)
        if self.at[1] > y + height:
            self.place(top or _even(width, depth, shaded(colour, 1.06)), (x, y + height, z), RIGHT, AHEAD)
        if self.at[1] < y:
            self.place(_even(width, depth, shaded(colour, 0.6)), (x, y, z), RIGHT, AHEAD)
        if self.at[2] < z:
            self.place(front or _even(width, height, shaded(colour, 0.94)), (x, y, z), RIGHT, UP)


def _even(width: float, height: float, colour: Colour) -> Flat:
    return Flat(width, height, colour)
