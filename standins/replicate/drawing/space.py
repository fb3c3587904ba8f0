"""Solids on the floor of a photo: perspective, light, hidden surfaces, soft shadows."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFilter

type Color = tuple[int, int, int]
type Vector = tuple[float, float, float]
type Spot = tuple[float, float]

EYE = 1.5
HORIZON = 0.46
LIGHT: Vector = (-0.42, 0.78, -0.46)
SHADOW: Color = (22, 18, 16)


def shaded(color: Color, factor: float) -> Color:
    red, green, blue = (max(0, min(255, round(part * factor))) for part in color)
    return red, green, blue


def hull(points: Sequence[Spot]) -> list[Spot]:
    """The outline around points (Andrew's monotone chain)."""

    def half(ordered: Sequence[Spot]) -> list[Spot]:
        kept: list[Spot] = []
        for x, y in ordered:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], (x, y)) <= 0:
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    ordered = sorted(set(points))
    return half(ordered) + half(ordered[::-1])


def _turn(a: Spot, b: Spot, c: Spot) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


@dataclass(frozen=True)
class Solid:
    """A part of a piece: a box in the piece's space, and a function that paints it."""

    low: Vector
    high: Vector
    paint: Callable[[], None]

    def hides(self, other: "Solid", eye: Vector) -> bool:
        """True if a plane between the two has the eye on the side of this one."""
        for axis in range(3):
            if self.low[axis] >= other.high[axis] - 1e-6 and eye[axis] > self.low[axis]:
                return True
            if self.high[axis] <= other.low[axis] + 1e-6 and eye[axis] < self.high[axis]:
                return True
        return False


class Scene:
    """The picture to draw into, seen from eye height; `ambient` adapts colors to the light of the photo."""

    def __init__(self, picture: Image.Image, ambient: float = 1.0) -> None:
        self.picture, self.ambient = picture, ambient
        self.pen = ImageDraw.Draw(picture)
        self.focal = 1.05 * math.sqrt(picture.width * picture.height)
        self.center = picture.width / 2, picture.height * HORIZON
        self.pieces: list[Piece] = []

    def depth_at(self, row: float) -> float:
        """Distance in meters to the floor at a row, given as a share of the height."""
        return EYE * self.focal / ((row - HORIZON) * self.picture.height)

    def spot(self, point: Vector) -> Spot:
        x, y, z = point
        scale = self.focal / max(z, 0.3)
        return self.center[0] + x * scale, self.center[1] + (EYE - y) * scale

    def fill(self, points: Sequence[Vector], color: Color, factor: float = 1.0) -> None:
        self.pen.polygon([self.spot(point) for point in points], fill=shaded(color, factor * self.ambient))

    def piece(self, x: float, z: float, turn: float = 0.0) -> "Piece":
        made = Piece(self, x, z, turn)
        self.pieces.append(made)
        return made

    def show(self) -> None:
        """Shadows first, then from far to near."""
        self._cast_shadows()
        for piece in sorted(self.pieces, key=lambda each: -math.hypot(each.x, each.z)):
            piece.paint()

    def _cast_shadows(self) -> None:
        shrink = 8
        small = self.picture.width // shrink, self.picture.height // shrink
        mask = Image.new("L", small, 0)
        pen = ImageDraw.Draw(mask)
        for piece in self.pieces:
            for outline in piece.footprints():
                spots = [self.spot(point) for point in outline]
                pen.polygon([(x / shrink, y / shrink) for x, y in spots], fill=110)
        mask = mask.filter(ImageFilter.GaussianBlur(small[0] / 130)).resize(self.picture.size)
        self.picture.paste(SHADOW, (0, 0), mask)


class Piece:
    """A piece of furniture with its own axes: x to its right, y up, z away from the viewer."""

    def __init__(self, scene: Scene, x: float, z: float, turn: float) -> None:
        self.scene, self.x, self.z = scene, x, z
        angle = math.radians(turn)
        self._cos, self._sin = math.cos(angle), math.sin(angle)
        self._solids: list[Solid] = []

    def world(self, point: Vector) -> Vector:
        x, y, z = point
        return self.x + x * self._cos + z * self._sin, y, self.z - x * self._sin + z * self._cos

    def eye(self) -> Vector:
        """Where the camera is, in this piece's axes."""
        return -self.x * self._cos + self.z * self._sin, EYE, -self.x * self._sin - self.z * self._cos

    def paint(self) -> None:
        """Back to front: each solid after those it hides."""
        eye, left = self.eye(), list(self._solids)
        while left:
            free = [each for each in left if not any(each.hides(other, eye) for other in left if other is not each)]
            # Interlocking solids have no order: start with any.
            following = (free or left)[0]
            following.paint()
            left.remove(following)

    def footprints(self) -> list[list[Vector]]:
        """Low solids cast a shadow: moved away from the light and slightly larger."""
        outlines = []
        for solid in self._solids:
            (x0, y0, z0), (x1, _, z1) = solid.low, solid.high
            if y0 > 0.45:
                continue
            grow, slide = 0.05, 0.08
            corners = (
                (x0 - grow, z0 - grow),
                (x1 + grow, z0 - grow),
                (x1 + grow, z1 + grow),
                (x0 - grow, z1 + grow),
            )
            points = [self.world((x, 0, z)) for x, z in corners]
            outlines.append([(x + slide, y, z) for x, y, z in points])
        return outlines

    def solid(self, low: Vector, high: Vector, paint: Callable[[], None]) -> None:
        self._solids.append(Solid(low, high, paint))

    def box(self, at: Vector, size: Vector, color: Color, soft: float = 0.0) -> None:
        """A cuboid from its lowest corner; `soft`: radius of its edges, in meters."""
        high = at[0] + size[0], at[1] + size[1], at[2] + size[2]
        self.solid(at, high, lambda: self._paint_box(at, high, color, soft))

    def _paint_box(self, low: Vector, high: Vector, color: Color, soft: float) -> None:
        """Faces too thin for round corners are replaced by the outline, which makes cushions look soft."""
        eye = self.eye()
        size = [b - a for a, b in zip(low, high, strict=True)]
        roomy = [axis for axis in range(3) if all(size[other] > 2 * soft for other in range(3) if other != axis)]
        outline: list[Spot] = []
        faces = []
        for axis in roomy or range(3):
            for side, level in ((-1, low[axis]), (1, high[axis])):
                points = [self.world(point) for point in _face(axis, level, low, high, soft)]
                outline += [self.scene.spot(point) for point in points]
                if (eye[axis] - level) * side > 0:
                    faces.append((points, self._brightness(axis, side)))
        if soft:
            rim = max((factor for _, factor in faces), default=0.9) * 0.94
            self.scene.pen.polygon(hull(outline), fill=shaded(color, rim * self.scene.ambient))
        for points, factor in faces:
            self.scene.fill(points, color, factor)

    def _brightness(self, axis: int, side: int) -> float:
        normal = [0.0, 0.0, 0.0]
        normal[axis] = float(side)
        x, z = normal[0] * self._cos + normal[2] * self._sin, normal[2] * self._cos - normal[0] * self._sin
        return 0.8 + 0.32 * (x * LIGHT[0] + normal[1] * LIGHT[1] + z * LIGHT[2])

    def turned(self, at: Vector, profile: Sequence[Spot], color: Color, glow: float = 1.0) -> None:
        """A solid of revolution, upright on `at`: the profile is (radius, height) from the bottom up."""
        radius = max(r for r, _ in profile)
        low = at[0] - radius, at[1] + profile[0][1], at[2] - radius
        high = at[0] + radius, at[1] + profile[-1][1], at[2] + radius
        self.solid(low, high, lambda: self._paint_turned(at, profile, color, glow))

    def _paint_turned(self, at: Vector, profile: Sequence[Spot], color: Color, glow: float) -> None:
        x, y, z = self.world(at)
        for (r0, y0), (r1, y1) in pairwise(profile):
            rings = [_ring((x, y + up, z), radius) for radius, up in ((r0, y0), (r1, y1))]
            self.scene.pen.polygon(
                hull([self.scene.spot(point) for ring in rings for point in ring]),
                fill=shaded(color, 0.72 * glow * self.scene.ambient),
            )
            # Vertical strips, from the lit left to the dark right.
            for step, factor in enumerate((0.92, 1.04, 1.1, 1.02, 0.92, 0.82)):
                turn0, turn1 = (math.pi * (1 + (step + part) / 6) for part in (0, 1))
                strip = [
                    (x + r * math.cos(turn), y + up, z + r * math.sin(turn))
                    for r, up, turn in ((r0, y0, turn0), (r0, y0, turn1), (r1, y1, turn1), (r1, y1, turn0))
                ]
                self.scene.fill(strip, color, factor * glow)
        radius, up = profile[-1]
        if y + up < EYE:
            self.scene.fill(_ring((x, y + up, z), radius), color, 1.12 * glow)


def _ring(center: Vector, radius: float) -> list[Vector]:
    x, y, z = center
    angles = (step * math.tau / 20 for step in range(20))
    return [(x + radius * math.cos(angle), y, z + radius * math.sin(angle)) for angle in angles]


def _face(axis: int, level: float, low: Vector, high: Vector, soft: float) -> list[Vector]:
    """One side of a box with rounded corners; the outline draws its rim."""
    one, two = (other for other in range(3) if other != axis)
    radius = min(soft, (high[one] - low[one]) / 2.2, (high[two] - low[two]) / 2.2)
    rim = radius * 0.2
    a0, a1, b0, b1 = low[one] + rim, high[one] - rim, low[two] + rim, high[two] - rim
    corners = ((a1, b1, 0), (a0, b1, 1), (a0, b0, 2), (a1, b0, 3))
    points = []
    for a, b, quarter in corners:
        inner_a, inner_b = a - radius * (1 if a == a1 else -1), b - radius * (1 if b == b1 else -1)
        for step in range(4 if radius else 1):
            angle = math.pi / 2 * (quarter + step / 3)
            point = [0.0, 0.0, 0.0]
            point[axis] = level
            point[one] = inner_a + radius * math.cos(angle)
            point[two] = inner_b + radius * math.sin(angle)
            points.append((point[0], point[1], point[2]))
    return points
