"""A drawn empty room, in which a check finds straight lines: windows, a ceiling and a floor."""

import io

from PIL import Image, ImageDraw

_WALL, _FLOOR, _CEILING, _FRAME, _SKY = (
    (228, 224, 216),
    (176, 140, 100),
    (246, 245, 242),
    (250, 250, 250),
    (150, 185, 214),
)


def empty_room(width: int, height: int) -> Image.Image:
    picture = Image.new("RGB", (width, height), _WALL)
    picture.paste(_FLOOR, (0, round(height * 0.68), width, height))
    draw, thick = ImageDraw.Draw(picture), max(width // 110, 3)
    draw.rectangle((0, 0, width, round(height * 0.06)), fill=_CEILING)
    for start in (0.12, 0.62):
        left, right = round(width * start), round(width * (start + 0.24))
        top, bottom = round(height * 0.16), round(height * 0.5)
        draw.rectangle((left, top, right, bottom), fill=_SKY, outline=_FRAME, width=thick)
        middle, half = (left + right) // 2, (top + bottom) // 2
        draw.line((middle, top, middle, bottom), fill=_FRAME, width=thick)
        draw.line((left, half, right, half), fill=_FRAME, width=thick)
    return picture


def empty_room_file(width: int, height: int, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    empty_room(width, height).save(file, kind, quality=90)
    return file.getvalue()
