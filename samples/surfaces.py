"""What rooms are made of: boards, tiles, plaster, windows with a view, doors, cupboards."""

import math
import random

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from samples.space import PIXELS_PER_METRE, Colour, Flat, Points, rectangle, shaded

WHITE: Colour = (244, 243, 240)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def speckle(size: tuple[int, int], seed: int, grain: int = 1) -> Image.Image:
    """Grey noise that is the same on every machine; a bigger grain makes clouds."""
    width, height = max(2, size[0] // grain), max(2, size[1] // grain)
    noise = Image.frombytes("L", (width, height), random.Random(seed).randbytes(width * height))
    return noise.resize(size, Image.Resampling.BICUBIC)


def roughen(flat: Flat, seed: int, amount: float, grain: int) -> None:
    """Lay clouds of light and dark over a flat."""
    noise = speckle(flat.size, seed, grain).filter(ImageFilter.GaussianBlur(grain / 2))
    flat.image = Image.blend(flat.image, ImageOps.colorize(noise, (0, 0, 0), (255, 255, 255)), amount)


def plaster(width: float, height: float, colour: Colour, seed: int) -> Flat:
    flat = Flat(width, height, colour)
    roughen(flat, seed, 0.02, 40)
    return flat


def boards(width: float, depth: float, colour: Colour, seed: int, *, broad: float = 0.19, along: bool = True) -> Flat:
    """A wooden floor: every board has its own tone, its grain and its ends."""
    chance = random.Random(seed)
    flat = Flat(width, depth, colour) if along else Flat(depth, width, colour)
    x = 0.0
    while x < flat.width:
        y = -chance.uniform(0, 1.6)
        while y < flat.height:
            length = chance.uniform(1.1, 2.0)
            _board(flat, (x, y, broad, length), shaded(colour, chance.uniform(0.88, 1.08)), chance)
            y += length
        x += broad
    if not along:
        flat.image = flat.image.transpose(Image.Transpose.ROTATE_90)
        flat.width, flat.height, flat.size = width, depth, flat.image.size
    return flat


def _board(flat: Flat, box: tuple[float, float, float, float], tone: Colour, chance: random.Random) -> None:
    x, y, broad, length = box
    flat.rect(x, y, broad, length, tone)
    for _ in range(9):
        start, reach = chance.uniform(0, length * 0.8), chance.uniform(0.2, length)
        grain = shaded(tone, chance.uniform(0.9, 1.07))
        flat.rect(
            x + chance.uniform(0, broad),
            y + start,
            chance.uniform(0.006, 0.02),
            min(reach, length - start),
            grain,
        )
    flat.rect(x, y, 0.006, length, shaded(tone, 0.72))
    flat.rect(x, y, broad, 0.006, shaded(tone, 0.68))


def herringbone(width: float, depth: float, colour: Colour, seed: int) -> Flat:
    """Short boards laid in a zigzag: drawn straight on a bigger flat, then turned by 45 degrees."""
    chance, step, cells = random.Random(seed), 0.11, 5
    big = Flat(width + depth, width + depth, colour)
    count = int(big.width / step) + cells
    for row in range(count):
        for column in range(-cells, count):
            # A lying board begins at every tenth cell of a row, one later in the next; upright ones fill up.
            if (column - row) % (2 * cells) == 0:
                _block(big, (column * step, row * step), (cells * step, step), colour, chance)
            if (row - column - 1) % (2 * cells) == 0:
                _block(big, (column * step, row * step), (step, cells * step), colour, chance)
    turned = big.image.rotate(45, Image.Resampling.BILINEAR)
    flat = Flat(width, depth, colour)
    left, top = (turned.width - flat.size[0]) // 2, (turned.height - flat.size[1]) // 2
    flat.image = turned.crop((left, top, left + flat.size[0], top + flat.size[1]))
    return flat


def _block(
    flat: Flat, at: tuple[float, float], size: tuple[float, float], colour: Colour, chance: random.Random
) -> None:
    tone = shaded(colour, chance.uniform(0.9, 1.1))
    flat.rect(at[0], at[1], size[0], size[1], shaded(tone, 0.78))
    flat.rect(at[0] + 0.005, at[1] + 0.005, size[0] - 0.008, size[1] - 0.008, tone)


def tiles(
    width: float,
    height: float,
    colours: tuple[Colour, ...],
    seed: int,
    *,
    size: tuple[float, float],
    grout: Colour,
) -> Flat:
    """Tiles in rows; several colours alternate like a chessboard."""
    chance, flat = random.Random(seed), Flat(width, height, grout)
    across, up = size
    for row in range(int(height / up) + 1):
        for column in range(int(width / across) + 1):
            tone = shaded(colours[(row + column) % len(colours)], chance.uniform(0.95, 1.04))
            x, y = column * across, row * up
            flat.rect(x + 0.006, y + 0.006, across - 0.01, up - 0.01, tone)
            flat.rect(x + 0.006, y + up - 0.016, across - 0.01, 0.01, shaded(tone, 1.06))
    return flat


def outlook(width: float, height: float, seed: int, *, sky: Colour = (188, 214, 236)) -> Image.Image:
    """What is outside: sky, hills, trees, out of focus and overexposed as in photographs of rooms."""
    chance = random.Random(seed)
    size = max(8, round(width * PIXELS_PER_METRE)), max(8, round(height * PIXELS_PER_METRE))
    shade = Image.linear_gradient("L").resize(size)
    view = ImageOps.colorize(shade, sky, (250, 250, 246))
    pen = ImageDraw.Draw(view)
    for level, colour in ((0.55, (196, 212, 208)), (0.68, (170, 196, 168)), (0.82, (146, 180, 134))):
        for _ in range(14):
            x, radius = chance.uniform(-0.1, 1.1) * size[0], chance.uniform(0.06, 0.16) * size[1]
            y = (level + chance.uniform(-0.03, 0.06)) * size[1]
            pen.ellipse(
                (x - radius * 1.6, y - radius, x + radius * 1.6, y + radius * 3),
                fill=shaded(colour, chance.uniform(0.95, 1.06)),
            )
        pen.rectangle((0, (level + 0.1) * size[1], size[0], size[1]), fill=colour)
    view = view.filter(ImageFilter.GaussianBlur(0.02 * PIXELS_PER_METRE + 2))
    return Image.blend(view, Image.new("RGB", size, (255, 255, 252)), 0.3)


def window(
    wall: Flat,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    view: int,
    panes: tuple[int, int] = (2, 1),
    frame: Colour = WHITE,
) -> None:
    """A window with its reveal, frame, bars and sill; the wall around it catches some of its light."""
    wall.light(rectangle(x - 0.25, y - 0.2, width + 0.5, height + 0.4), 1.07, 0.3)
    wall.rect(x - 0.06, y - 0.04, width + 0.12, height + 0.1, shaded(frame, 0.9))
    wall.rect(x - 0.045, y - 0.025, width + 0.09, height + 0.07, frame)
    wall.rect(x - 0.01, y - 0.01, width + 0.02, height + 0.02, shaded(frame, 0.72))
    wall.paste(outlook(width, height, view), x, y)
    columns, rows = panes
    for column in range(columns + 1):
        bar = x + column * (width - 0.05) / columns
        wall.rect(bar, y, 0.05, height, frame)
        wall.rect(bar + 0.05, y, 0.012, height, shaded(frame, 0.8))
    for row in range(rows + 1):
        bar = y + row * (height - 0.05) / rows
        wall.rect(x, bar, width, 0.05, frame)
        wall.rect(x, bar - 0.01, width, 0.012, shaded(frame, 0.82))
    wall.rect(x - 0.12, y - 0.09, width + 0.24, 0.06, shaded(frame, 1.03))
    wall.rect(x - 0.12, y - 0.105, width + 0.24, 0.02, shaded(frame, 0.7))
    wall.light(rectangle(x - 0.1, y - 0.26, width + 0.2, 0.14), 0.86, 0.06)


def door(
    wall: Flat,
    x: float,
    *,
    width: float = 0.9,
    height: float = 2.05,
    colour: Colour = WHITE,
    panels: int = 2,
    glass: int | None = None,
    leaves: int = 1,
) -> None:
    """A closed door, of one leaf or two, with raised panels or with a view through glass."""
    case = 0.09
    wall.light(rectangle(x - case - 0.05, 0, width + 2 * case + 0.1, height + case + 0.05), 0.9, 0.05)
    wall.rect(x - case, 0, width + 2 * case, height + case, shaded(colour, 0.97))
    wall.rect(x - 0.02, 0, width + 0.04, height + 0.02, shaded(colour, 0.62))
    broad = width / leaves
    for leaf in range(leaves):
        left = x + leaf * broad
        wall.rect(left, 0.01, broad - 0.006, height, shaded(colour, 0.93))
        _panels(wall, (left + 0.14, 0.16, broad - 0.28, height - 0.3), panels, colour, glass)
        knob = left + (broad - 0.08 if leaf == 0 else 0.08)
        wall.ellipse(knob, 1.02, 0.028, 0.028, (120, 112, 98))
        wall.ellipse(knob - 0.005, 1.026, 0.014, 0.014, (214, 206, 190))


def _panels(wall: Flat, box: tuple[float, float, float, float], count: int, colour: Colour, glass: int | None) -> None:
    left, bottom, width, height = box
    gap = 0.12
    tall = (height - gap * (count - 1)) / count
    for number in range(count):
        low = bottom + number * (tall + gap)
        wall.rect(left - 0.02, low - 0.02, width + 0.04, tall + 0.04, shaded(colour, 0.78))
        wall.rect(left, low - 0.02, width + 0.02, tall + 0.02, shaded(colour, 1.04))
        if glass is None:
            wall.rect(left, low, width, tall, shaded(colour, 0.9))
        else:
            wall.paste(outlook(width, tall, glass), left, low)


def skirting(wall: Flat, colour: Colour = WHITE, height: float = 0.11) -> None:
    wall.rect(0, 0, wall.width, height, shaded(colour, 0.97))
    wall.rect(0, height - 0.012, wall.width, 0.012, shaded(colour, 1.05))
    wall.rect(0, height, wall.width, 0.008, shaded(colour, 0.66))
    wall.rect(0, 0, wall.width, 0.015, shaded(colour, 0.6))


def cupboards(width: float, height: float, count: int, colour: Colour, *, handle: Colour = (150, 142, 130)) -> Flat:
    """The fronts of fitted cupboards, one beside the other."""
    flat = Flat(width, height, shaded(colour, 0.7))
    each = width / count
    for number in range(count):
        left = number * each
        flat.rect(left + 0.008, 0.008, each - 0.016, height - 0.016, colour)
        flat.rect(left + 0.06, 0.06, each - 0.12, height - 0.12, shaded(colour, 0.86))
        flat.rect(left + 0.07, 0.06, each - 0.13, height - 0.13, shaded(colour, 0.95))
        side = left + (each - 0.045 if number % 2 == 0 else 0.03)
        flat.rect(side, height * 0.42, 0.016, 0.16, handle)
    return flat


def panelling(wall: Flat, height: float, colour: Colour, count: int) -> None:
    """Wood to the height of a chair, in fields, with a rail on top."""
    wall.rect(0, 0, wall.width, height, colour)
    each = wall.width / count
    for number in range(count):
        left = number * each + 0.09
        wall.rect(left, 0.2, each - 0.18, height - 0.32, shaded(colour, 0.84))
        wall.rect(left + 0.012, 0.2, each - 0.192, height - 0.332, shaded(colour, 1.03))
        wall.rect(left + 0.03, 0.22, each - 0.228, height - 0.37, shaded(colour, 0.96))
    wall.rect(0, height, wall.width, 0.05, shaded(colour, 1.05))
    wall.rect(0, height - 0.012, wall.width, 0.014, shaded(colour, 0.7))
    skirting(wall, colour, 0.13)


def sunbeam(floor: Flat, points: Points, *, strength: float = 0.32) -> None:
    """Sun on the floor: a bright field with a wide, warm halo."""
    floor.light(points, 1 + strength * 0.5, 0.35, (255, 236, 204))
    floor.light(points, 1 + strength, 0.035, (255, 240, 214))


def rounded(x: float, y: float, width: float, height: float, radius: float) -> Points:
    """A rectangle with round corners, as a polygon."""
    corners = ((x + width - radius, y + height - radius, 0), (x + radius, y + height - radius, 90),
               (x + radius, y + radius, 180), (x + width - radius, y + radius, 270))  # fmt: skip
    angles = [(cx, cy, math.radians(start + step * 10)) for cx, cy, start in corners for step in range(10)]
    return [(cx + radius * math.cos(angle), cy + radius * math.sin(angle)) for cx, cy, angle in angles]
