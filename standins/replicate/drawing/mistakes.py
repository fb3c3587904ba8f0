"""What real models do wrong: another frame, another view, a window or the paint of a wall changed, nothing done."""

from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

Mistake = Literal[
    "zoomed", "shifted", "stretched", "other_view", "window_removed", "wall_recoloured", "blank", "unchanged"
]

# Shares of the side: as much as models are seen to do.
USUAL = {"zoomed": 0.04, "shifted": 0.015, "stretched": 0.06}

# The picture is searched at this width.
SMALL = 160
PAINT = (0.55, 0.76, 0.95)


def changed_room(photo: Image.Image, mistake: str | None) -> Image.Image:
    """The room before it is furnished."""
    match mistake:
        case "other_view":
            return turned(photo)
        case "window_removed":
            return without_window(photo)
        case "wall_recoloured":
            return repainted(photo)
        case _:
            return photo


def reframed(picture: Image.Image, mistake: str | None, by: float | None) -> Image.Image:
    """The finished picture in another frame; `by` is a share of its side."""
    width, height = picture.size
    share = USUAL.get(mistake or "", 0.0) if by is None else by
    match mistake:
        case "zoomed":
            x, y = width / 2 * (1 - 1 / (1 + share)), height / 2 * (1 - 1 / (1 + share))
            return picture.resize(picture.size, Image.Resampling.BICUBIC, box=(x, y, width - x, height - y))
        case "shifted":
            moved = ImageChops.offset(picture, round(width * share), 0)
            # What comes into view is made up: here, mirrored.
            strip = picture.crop((0, 0, round(width * share), height))
            moved.paste(strip.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (0, 0))
            return moved
        case "stretched":
            return picture.resize((round(width * (1 + share)), height), Image.Resampling.BICUBIC)
        case _:
            return picture


def turned(photo: Image.Image) -> Image.Image:
    """As if the camera had stepped to the side and turned."""
    width, height = photo.size
    corners = (0.22 * width, 0.14 * height, 0.1 * width, 0.9 * height, 0.96 * width, height, 0.9 * width, 0)
    return photo.transform(photo.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)


def without_window(photo: Image.Image) -> Image.Image:
    """The window or door with the most lines is painted over with the wall beside it."""
    left, top, right, bottom = window(photo)
    before = photo.crop((left - 1, top, left, bottom)).resize((right - left, bottom - top))
    after = photo.crop((right, top, right + 1, bottom)).resize((right - left, bottom - top))
    across = Image.linear_gradient("L").rotate(90).resize((right - left, bottom - top))
    wall = Image.composite(after, before, across).filter(ImageFilter.GaussianBlur(photo.width / 300))
    result = photo.copy()
    result.paste(wall, (left, top))
    return result


def window(photo: Image.Image) -> tuple[int, int, int, int]:
    """The box on the walls with many lines inside and few along its border."""
    small = photo.convert("L").resize((SMALL, round(SMALL * photo.height / photo.width)), Image.Resampling.BOX)
    lines = small.filter(ImageFilter.FIND_EDGES)
    width, height = lines.size
    best, found = -1.0, (0, 0, 1, 1)
    for wide, high in ((w, h) for w in (0.14, 0.2, 0.26, 0.34) for h in (0.22, 0.3, 0.4, 0.5)):
        for left in range(width // 20, round(width * (0.95 - wide)), 3):
            for top in range(height // 8, round(height * (0.7 - high)), 3):
                box = left, top, left + round(wide * width), top + round(high * height)
                inside, ring = _lines(lines, box), _lines(lines, (box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2))
                if inside - 6 * (ring - inside) > best:
                    best, found = inside - 6 * (ring - inside), box
    scale_x, scale_y = photo.width / width, photo.height / height
    left, top, right, bottom = found
    return round(left * scale_x), round(top * scale_y), round(right * scale_x), round(bottom * scale_y)


def _lines(lines: Image.Image, box: tuple[int, int, int, int]) -> float:
    return float(ImageStat.Stat(lines.crop(box)).sum[0])


def repainted(photo: Image.Image) -> Image.Image:
    """The largest wall in another color; its light and its lines stay."""
    red, green, blue = photo.split()
    paint = [channel.point([round(value * share) for value in range(256)]) for channel, share in zip(
        (red, green, blue), PAINT, strict=True
    )]  # fmt: skip
    return Image.composite(Image.merge("RGB", paint), photo, wall(photo))


def wall(photo: Image.Image) -> Image.Image:
    """A mask of the largest even area at eye level."""
    small = photo.resize((SMALL, round(SMALL * photo.height / photo.width)), Image.Resampling.BOX)
    small = small.filter(ImageFilter.MedianFilter(3))
    marker = (255, 0, 255)
    most, chosen = -1.0, Image.new("L", small.size)
    for x, y in ((x, y) for x in (0.12, 0.3, 0.5, 0.7, 0.88) for y in (0.3, 0.42)):
        filled = small.copy()
        ImageDraw.floodfill(filled, (round(x * small.width), round(y * small.height)), marker, thresh=60)
        mask = ImageChops.difference(filled, small).convert("L").point([0] + [255] * 255)
        share = ImageStat.Stat(mask).mean[0] / 255
        if most < share < 0.75:
            most, chosen = share, mask
    closed = chosen.filter(ImageFilter.MaxFilter(3))
    return closed.resize(photo.size, Image.Resampling.BICUBIC)
