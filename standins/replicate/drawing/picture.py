"""From photo bytes to staged photo bytes: decode, furnish, mark as sample, encode."""

import io
import math
import random

from PIL import Image, ImageDraw, ImageFont, ImageOps, ImageStat

from standins.replicate.drawing import mistakes
from standins.replicate.drawing.order import PIXELS, Order, PictureError
from standins.replicate.drawing.palettes import palette
from standins.replicate.drawing.sets import Stage, frame, furnishing
from standins.replicate.drawing.space import Scene

GRID = 16
MARK = "SAMPLE · not a real staging"
FORMATS = {"webp": "WEBP", "jpg": "JPEG", "png": "PNG"}
# Drawn at twice the size, for smooth edges.
FINER = 2


def size_for(width: int, height: int, aspect_ratio: str, pixels: int = PIXELS) -> tuple[int, int]:
    """About so many pixels in the wanted proportions, on the model's grid."""
    if aspect_ratio != "match_input_image":
        width, height = map(int, aspect_ratio.split(":"))
    scale = math.sqrt(pixels / (width * height))
    return max(GRID, round(width * scale / GRID) * GRID), max(GRID, round(height * scale / GRID) * GRID)


def draw(room: bytes, order: Order) -> bytes:
    photo = opened(room, order.aspect_ratio)
    if order.mistake == "blank":
        picture = Image.new("RGB", photo.size, (128, 128, 128))
    elif order.mistake == "unchanged":
        picture = photo
    else:
        picture = furnished(mistakes.changed_room(photo, order.mistake), order)
        mark(picture)
        picture = mistakes.reframed(picture, order.mistake, order.by)
    if order.pixels != PIXELS:
        # Drawn at one size and enlarged: drawing furniture is slow, and details do not matter.
        picture = picture.resize(size_for(*picture.size, "match_input_image", order.pixels), Image.Resampling.BILINEAR)
    return encoded(picture, order)


def opened(room: bytes, aspect_ratio: str) -> Image.Image:
    try:
        file = Image.open(io.BytesIO(room))
        # A phone's 12 megapixels are decoded at a fraction of the work.
        file.draft("RGB", (1280, 1280))
        picture = ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError("cannot identify image file") from error
    return ImageOps.fit(picture, size_for(*picture.size, aspect_ratio), Image.Resampling.BILINEAR)


def furnished(picture: Image.Image, order: Order) -> Image.Image:
    chance = random.Random(order.seed)
    colors = palette(order.prompt, chance)
    furnish, with_picture = furnishing(order.prompt)
    scene = Scene(picture.resize((picture.width * FINER, picture.height * FINER), Image.Resampling.BILINEAR))
    scene.ambient = 0.68 + 0.5 * ImageStat.Stat(picture.resize((16, 16)).convert("L")).mean[0] / 255
    wall = scene.depth_at(floor_line(picture))
    if with_picture:
        frame(scene, calm_spot(scene, picture, wall), wall, (0.9, 0.65), colors)
    # Far furniture would be tiny, so the arrangement moves forward.
    furnish(Stage(scene, colors, min(wall, 7.2), chance))
    scene.show()
    return scene.picture.reduce(FINER)


def floor_line(picture: Image.Image) -> float:
    """Where the floor ends, as a share of the height: up from the bottom until the color changes."""
    size = 24
    small = picture.resize((size, 2 * size), Image.Resampling.BOX)
    rows = []
    for column in range(size // 4, size - size // 4):
        pixels = [small.getpixel((column, row)) for row in range(2 * size)]
        near = [sum(channel) / 8 for channel in zip(*pixels[-8:], strict=True)]
        row = 2 * size - 9
        while row > size and math.dist(pixels[row], near) < 48:  # type: ignore[arg-type]
            row -= 1
        rows.append(row + 1)
    middle = sorted(rows)[len(rows) // 2] / (2 * size)
    return min(0.8, max(0.6, middle))


def calm_spot(scene: Scene, picture: Image.Image, wall: float) -> float:
    """Where a picture on the far wall covers no window or door: the spot with the least variation."""

    def bustle(x: float) -> float:
        left, top = scene.spot((x - 0.5, 2.15, wall))
        right, bottom = scene.spot((x + 0.5, 1.4, wall))
        box = [round(edge / FINER) for edge in (left, top, right, bottom)]
        return sum(ImageStat.Stat(picture.crop((box[0], box[1], box[2], box[3])).resize((12, 12))).stddev)

    return min((0.0, -0.9, 0.9, -1.5, 1.5), key=lambda x: bustle(x) + abs(x))


def mark(picture: Image.Image) -> None:
    """Mark as a sample: across the corner, readable on any background."""
    font = ImageFont.load_default(picture.width / 42)
    band = Image.new("L", (round(picture.width * 0.46), round(picture.width * 0.042)), 0)
    ImageDraw.Draw(band).text((band.width / 2, band.height / 2), MARK, 255, font, anchor="mm")
    text = band.rotate(32, Image.Resampling.BILINEAR, expand=True)
    strip = Image.new("L", band.size, 150).rotate(32, Image.Resampling.BILINEAR, expand=True)
    at = (-round(text.width * 0.1), -round(text.height * 0.07))
    picture.paste((30, 30, 34), at, strip)
    picture.paste((255, 255, 255), at, text)


def encoded(picture: Image.Image, order: Order) -> bytes:
    file = io.BytesIO()
    options = {"method": 0} if order.output_format == "webp" else {"compress_level": 1}
    # Speed before file size: many of these are drawn on a small machine.
    picture.save(file, FORMATS[order.output_format], quality=order.quality, **options)
    return file.getvalue()
