"""Rooms drawn in perspective, and what models do to them: for tests of the picture check."""

import io
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Box = tuple[float, float, float, float]

WALL, SIDE, CEILING, FLOOR = (222, 216, 205), (204, 197, 186), (240, 239, 236), (168, 128, 88)


@dataclass(frozen=True)
class Room:
    """A room of 960 x 720 pixels; boxes are fractions of its width and height."""

    image: Image.Image
    back: Box
    window: Box
    door: Box


def room(seed: int = 0, size: tuple[int, int] = (960, 720)) -> Room:
    """An empty room with a window and a door in its back wall; another one for every seed."""
    pick = random.Random(seed)
    left, right = pick.uniform(0.16, 0.24), pick.uniform(0.76, 0.84)
    top, bottom = pick.uniform(0.17, 0.23), pick.uniform(0.6, 0.66)
    window = (left + 0.07, top + 0.09, left + pick.uniform(0.22, 0.27), bottom - 0.14)
    door = (right - 0.19, top + 0.1, right - 0.07, bottom)
    large = size[0] * 2, size[1] * 2
    image = Image.new("RGB", large)
    draw = ImageDraw.Draw(image)

    def at(x: float, y: float) -> tuple[float, float]:
        return x * large[0], y * large[1]

    corners = at(left, top), at(right, top), at(right, bottom), at(left, bottom)
    draw.polygon([at(0, 0), at(1, 0), corners[1], corners[0]], fill=CEILING)
    draw.polygon([at(0, 1), at(1, 1), corners[2], corners[3]], fill=FLOOR)
    draw.polygon([at(0, 0), corners[0], corners[3], at(0, 1)], fill=SIDE)
    draw.polygon([at(1, 0), corners[1], corners[2], at(1, 1)], fill=tuple(value - 12 for value in SIDE))
    draw.polygon(corners, fill=WALL)
    for board in range(-12, 25):
        start = left + (right - left) * board / 12
        draw.line([at(start, bottom), at(0.5 + (start - 0.5) * 2.6, 1.15)], fill=(138, 102, 66), width=3)
    draw.polygon([at(0, 0), at(0, 1), corners[3], corners[0]], fill=SIDE)
    draw.polygon([at(1, 0), at(1, 1), corners[2], corners[1]], fill=tuple(value - 12 for value in SIDE))
    for from_, to in ((corners[3], corners[2]), (corners[3], at(0, 1)), (corners[2], at(1, 1))):
        draw.line([from_, to], fill=(250, 248, 244), width=12)
    _window(draw, [edge * large[at % 2] for at, edge in enumerate(window)])
    _door(draw, [edge * large[at % 2] for at, edge in enumerate(door)])
    small = image.resize(size, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.6))
    return Room(_lit(small, seed), (left, top, right, bottom), window, door)


def _window(draw: ImageDraw.ImageDraw, box: list[float]) -> None:
    left, top, right, bottom = box
    draw.rectangle((left, top, right, bottom), fill=(250, 250, 248), outline=(150, 145, 138), width=4)
    half, middle = (left + right) / 2, (top + bottom) / 2
    for x, y in ((left, top), (half, top), (left, middle), (half, middle)):
        pane = (x + 16, y + 16, x + half - left - 16, y + middle - top - 16)
        draw.rectangle(pane, fill=(150, 190, 226), outline=(120, 122, 126), width=4)


def _door(draw: ImageDraw.ImageDraw, box: list[float]) -> None:
    left, top, right, bottom = box
    draw.rectangle((left, top, right, bottom), fill=(128, 92, 62), outline=(88, 62, 42), width=8)
    for y in (top + 40, (top + bottom) / 2 + 20):
        inner = (left + 40, y, right - 40, y + (bottom - top) / 2 - 70)
        draw.rectangle(inner, fill=(114, 80, 54), outline=(84, 60, 40), width=4)


def _lit(image: Image.Image, seed: int) -> Image.Image:
    """Light that falls off to one side, and the grain of a camera."""
    values = np.asarray(image, dtype=np.float32)
    height, width = values.shape[:2]
    light = np.linspace(1.05, 0.85, width)[None, :, None] * np.linspace(1.0, 0.92, height)[:, None, None]
    grain = np.random.default_rng(seed).normal(0, 1.2, (height, width, 1))
    return _image(values * light + grain)


def _image(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    return round(box[0] * size[0]), round(box[1] * size[1]), round(box[2] * size[0]), round(box[3] * size[1])


def furnished(image: Image.Image) -> Image.Image:
    """A sofa, a table and a rug on the floor."""
    result, (width, height) = image.copy(), image.size
    draw = ImageDraw.Draw(result)
    for shape, color in FURNITURE:
        draw.polygon([(x * width, y * height) for x, y in shape], fill=color)
    return result


FURNITURE = (
    (((0.36, 0.78), (0.72, 0.78), (0.84, 0.97), (0.27, 0.97)), (196, 186, 168)),
    (((0.2, 0.6), (0.47, 0.6), (0.47, 0.8), (0.2, 0.8)), (72, 92, 104)),
    (((0.2, 0.7), (0.47, 0.7), (0.49, 0.84), (0.18, 0.84)), (88, 108, 120)),
    (((0.54, 0.74), (0.7, 0.74), (0.74, 0.83), (0.52, 0.83)), (98, 66, 40)),
    (((0.54, 0.83), (0.56, 0.83), (0.56, 0.92), (0.54, 0.92)), (60, 40, 24)),
    (((0.7, 0.83), (0.72, 0.83), (0.72, 0.92), (0.7, 0.92)), (60, 40, 24)),
)


def furniture_mask(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size)
    for shape, _ in FURNITURE:
        ImageDraw.Draw(mask).polygon([(x * size[0], y * size[1]) for x, y in shape], fill=255)
    return mask


def painted_out(image: Image.Image, box: Box) -> Image.Image:
    """The box filled with the wall beside it, grain included."""
    left, top, right, bottom = pixels(box, image.size)
    values = np.asarray(image, dtype=np.float32).copy()
    margin = 6
    before = values[top - margin : bottom, left - 2 * margin : left - margin].mean(axis=1, keepdims=True)
    after = values[top - margin : bottom, right + margin : right + 2 * margin].mean(axis=1, keepdims=True)
    share = np.linspace(0, 1, right - left + 2 * margin)[None, :, None]
    fill = before * (1 - share) + after * share
    fill += np.random.default_rng(1).normal(0, 1.2, (*fill.shape[:2], 1))
    values[top - margin : bottom, left - margin : right + margin] = fill
    return _image(values)


def recolored(image: Image.Image, shape: list[tuple[float, float]], factors: tuple[float, float, float]) -> Image.Image:
    """The polygon in another paint: every channel times its factor, light and texture kept."""
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).polygon([(x * image.width, y * image.height) for x, y in shape], fill=255)
    painted = _image(np.asarray(image, dtype=np.float32) * np.asarray(factors, dtype=np.float32))
    return Image.composite(painted, image, mask.filter(ImageFilter.GaussianBlur(1)))


def moved(
    image: Image.Image, scale_x: float = 1, scale_y: float = 1, shift_x: float = 0, shift_y: float = 0
) -> Image.Image:
    """Another frame: zoomed in by the scales, its content moved right and down by shares of the side."""
    width, height = image.size
    left, top = width * (0.5 - 0.5 / scale_x - shift_x / scale_x), height * (0.5 - 0.5 / scale_y - shift_y / scale_y)
    x, y = (np.arange(width) + 0.5) / scale_x + left - 0.5, (np.arange(height) + 0.5) / scale_y + top - 0.5
    # Beyond the border a model makes up something similar.
    values = np.asarray(image, dtype=np.float32)
    rows, columns = _between(y, height), _between(x, width)
    values = values[rows[0]] * (1 - rows[1])[:, None, None] + values[rows[0] + 1] * rows[1][:, None, None]
    values = (
        values[:, columns[0]] * (1 - columns[1])[None, :, None] + values[:, columns[0] + 1] * columns[1][None, :, None]
    )
    return _image(values)


def _between(at: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """The pixel before each place, mirrored into the picture, and the share of the next one."""
    at = np.abs(at)
    at = np.minimum(at, 2 * (length - 1) - at)
    low = np.minimum(at.astype(np.intp), length - 2)
    return low, at - low


def square(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def toned(image: Image.Image, gamma: float = 1.0, factors: tuple[float, float, float] = (1, 1, 1)) -> Image.Image:
    values = (np.asarray(image, dtype=np.float32) / 255) ** gamma * 255
    return _image(values * np.asarray(factors, dtype=np.float32))


def jpeg(image: Image.Image, quality: int = 80) -> Image.Image:
    return Image.open(io.BytesIO(encoded(image, quality))).convert("RGB")


def encoded(image: Image.Image, quality: int = 80) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()
