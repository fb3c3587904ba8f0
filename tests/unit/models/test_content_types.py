"""What a photo may be announced as: many names of few types, and nothing that a browser would run."""

import pytest
from pydantic import ValidationError

from realstaging.models.requests import UploadFile

FILE = {"filename": "IMG_0001.HEIC", "size_bytes": 1000}


@pytest.mark.parametrize(
    ("announced", "meant"),
    [
        ("image/jpeg", "image/jpeg"),
        ("image/jpg", "image/jpeg"),
        ("image/pjpeg", "image/jpeg"),
        ("IMAGE/JPEG", "image/jpeg"),
        ("image/png; charset=binary", "image/png"),
        ("image/heif", "image/heic"),
        ("image/heic-sequence", "image/heic"),
        ("image/tif", "image/tiff"),
        ("image/avif", "image/avif"),
        ("application/octet-stream", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_type_is_understood_by_its_other_names(announced: str, meant: str) -> None:
    assert UploadFile.model_validate(FILE | {"content_type": announced}).content_type == meant


@pytest.mark.parametrize(
    "announced", ["text/html", "image/svg+xml", "image/gif", "image/x-adobe-dng", "a/b\r\nc: d", "x"]
)
def test_another_type_is_refused_with_what_to_send(announced: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        UploadFile.model_validate(FILE | {"content_type": announced})

    assert refusal.value.errors()[0]["msg"].startswith("Must be one of image/jpeg, ")
