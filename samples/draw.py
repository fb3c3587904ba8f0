"""`python -m samples.draw [FOLDER]`: draws the sample rooms again, always the same."""

import sys
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

from samples.rooms import ROOMS
from samples.surfaces import speckle

QUALITY = 88


def finished(drawn: Image.Image, seed: int) -> Image.Image:
    """What a lens does: light spills from bright places, corners darken, a little noise."""
    picture = drawn.reduce(2)
    small = picture.resize((picture.width // 4, picture.height // 4))
    bright = small.point([max(0, value - 205) * 3 for value in range(256)] * 3)
    glow = bright.filter(ImageFilter.GaussianBlur(small.width / 28)).resize(picture.size)
    picture = ImageChops.screen(picture, glow.point([value // 3 for value in range(256)] * 3))
    # Pillow's radial gradient is dark in the middle: only its far end is used.
    edge = Image.radial_gradient("L").resize(picture.size).point([max(0, value - 130) // 3 for value in range(256)])
    picture.paste((24, 20, 18), (0, 0), edge)
    noise = speckle(picture.size, seed).point([128 + (value - 128) // 22 for value in range(256)])
    return ImageChops.overlay(picture, Image.merge("RGB", (noise, noise, noise)))


def draw(name: str) -> Image.Image:
    return finished(ROOMS[name](), seed=len(name))


def main(folder: Path) -> None:
    for name in ROOMS:
        draw(name).save(folder / f"{name}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
