"""`realstaging verify`: is the altered picture still the room of the photo? In numbers, without a server."""

import contextlib
import hashlib
import io
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from realstaging_client.session import console

CHECKOUT = Path(__file__).resolve().parents[2] / "layers" / "common"
NOT_USABLE = 2


class Mode(StrEnum):
    STAGING = "staging"
    DECLUTTER = "declutter"
    ENHANCEMENT = "enhancement"


def verify(
    before: Annotated[Path, typer.Argument(help="The photo.", exists=True, dir_okay=False)],
    after: Annotated[Path, typer.Argument(help="What was made of it.", exists=True, dir_okay=False)],
    *,
    mode: Annotated[Mode, typer.Option(help="What was to be done with the photo.")] = Mode.STAGING,
    overlay: Annotated[Path | None, typer.Option(help="Write a picture of what changed here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
) -> None:
    """Compare two pictures of a room. Ends with 0 for pass and review, 1 for fail, 2 if a file cannot be used."""
    checks = _checks()
    (original, original_sha256), (altered, altered_sha256) = _read(before), _read(after)
    report = checks.check(original, altered, mode.value)
    if overlay:
        checks.overlay(report, original).save(overlay)
    if as_json:
        sys.stdout.write(json.dumps(report.to_json(original_sha256, altered_sha256)) + "\n")
    else:
        reasons = f"  {', '.join(report.reasons)}" if report.reasons else ""
        console().print(f"{report.verdict}  {report.score:.3f}{reasons}", highlight=False)
    raise typer.Exit(1 if report.verdict == "fail" else 0)


class _Checks:
    """The functions of the picture check. Loaded with the first use: NumPy and Pillow are an extra."""

    def __init__(self) -> None:
        from realstaging.imaging.checks.check import check
        from realstaging.imaging.checks.overlay import overlay

        self.check: Any = check
        self.overlay: Any = overlay


def _checks() -> _Checks:
    if CHECKOUT.is_dir() and str(CHECKOUT) not in sys.path:
        sys.path.append(str(CHECKOUT))
    try:
        return _Checks()
    except ImportError as error:
        console(stderr=True).print(f"The picture check needs {error.name}: pip install 'realstaging-client[verify]'")
        raise typer.Exit(NOT_USABLE) from error


def _read(path: Path) -> tuple[Any, str]:
    """The picture upright in sRGB, and the file's SHA-256."""
    from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

    with contextlib.suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()
    data = path.read_bytes()
    try:
        with Image.open(io.BytesIO(data)) as file:
            picture = ImageOps.exif_transpose(file)
            profile = file.info.get("icc_profile")
            if profile and picture.mode == "RGB":
                with contextlib.suppress(ImageCms.PyCMSError):
                    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
                    picture = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB")) or picture
            return picture.convert("RGB"), hashlib.sha256(data).hexdigest()
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        console(stderr=True).print(f"{path.name} is not a picture that can be read. Export it as JPEG, PNG or WebP.")
        raise typer.Exit(NOT_USABLE) from error
