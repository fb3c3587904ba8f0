"""Pictures brought home: opened, checked to have the shape of the photo they came from, and kept in pairs."""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from realstaging_client import Client, Problem
from realstaging_client.progress import Shot
from tools.demo.photos import upright_size

TOLERANCE = 0.01  # of the aspect ratio; sides are whole pixels


class UnusableError(Exception):
    """What was delivered is not what was promised."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True)
class Result:
    """A delivered picture on this machine's disk."""

    path: Path
    width: int
    height: int
    size_bytes: int


@dataclass(frozen=True)
class Pair:
    before: Path
    after: Result


def bring_home(shot: Shot, client: Client, folder: Path) -> Pair:
    """The result into `<name>-staged.jpg`, and the photo as the API took it in into `<name>-before.jpg`.

    The photo's own file would do only sometimes: browsers show no HEIC, and it may say where it was taken.
    """
    assert shot.image is not None
    (staged,) = shot.saved.values()
    result = save(staged.read_bytes(), folder / f"{shot.photo.name}-staged.jpg")
    before = folder / f"{shot.photo.name}-before.jpg"
    client.fetch(client.image_file(shot.image.id, "master"), before)
    if not same_shape(upright_size(shot.photo.path), (result.width, result.height)):
        detail = f"The result is {result.width} × {result.height} pixels, the photo is not of that shape."
        raise UnusableError(Problem(title="The result has another aspect ratio", detail=detail))
    return Pair(before, result)


def save(data: bytes, path: Path) -> Result:
    """Raises UnusableError unless it opens, to the last pixel."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
            width, height = picture.size
    except (OSError, UnidentifiedImageError) as error:
        raise UnusableError(Problem(title="The result is not a picture that opens", detail=str(error))) from error
    path.write_bytes(data)
    return Result(path, width, height, len(data))


def same_shape(source: tuple[int, int] | None, result: tuple[int, int]) -> bool:
    if source is None:
        return False
    return abs((result[0] / result[1]) / (source[0] / source[1]) - 1) <= TOLERANCE
