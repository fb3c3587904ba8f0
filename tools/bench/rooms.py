"""Fifty photos that no two are the same: the sample rooms, cut and compressed a little differently each time."""

from pathlib import Path

from PIL import Image

from tools.demo.photos import SAMPLES


def different(count: int, folder: Path) -> list[Path]:
    sources = sorted(SAMPLES.glob("*.jpg"))
    paths = []
    for number in range(count):
        source = sources[number % len(sources)]
        with Image.open(source) as room:
            margin = number // len(sources) * 2
            cut = room.crop((margin, margin, room.width - margin, room.height - margin))
        paths.append(folder / f"{source.stem}-{number + 1}.jpg")
        cut.save(paths[-1], quality=84 + number % 8)
    return paths
