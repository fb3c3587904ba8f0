"""Which object stands behind a variant, and a name for it that browsers can be trusted with."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.errors import ImageNotReadyError, JobNotReadyError
from realstaging.gateways.media import Media, attachment
from realstaging.models.images import FileView, ImageStatus
from realstaging.models.jobs import JobStatus, ResultView
from realstaging.projects.downloads import image_file, job_file
from tests.support.rows import NOW, image, job

SHA = "a" * 64
RESULT = ResultView(content_type="image/jpeg", width=1, height=1, size_bytes=1)


class Links(Media):
    """Addresses that say what they were made of."""

    def __init__(self) -> None:
        self.name: str | None = None

    def file(self, key: str, content_type: str, at: datetime, seconds: int, *, name: str | None) -> FileView:
        self.name = name
        return FileView(url=key, expires_at=at + timedelta(seconds=seconds), content_type=content_type)


def _image(variant: str = "original", *, download: bool = True, **given: Any) -> tuple[FileView, str | None]:
    links = Links()
    made = image(**{"status": ImageStatus.READY, "sha256": SHA} | given)
    return image_file(made, variant, NOW, 900, download=download, media=links), links.name


@pytest.mark.parametrize(
    ("variant", "key", "content_type", "name"),
    [
        ("original", f"originals/alice/{SHA}", "image/heic", "living room.heic"),
        ("master", "masters/alice/img_01K0000000000000000000000A.jpg", "image/jpeg", "living room-master.jpg"),
        ("thumbnail", "thumbnails/alice/img_01K0000000000000000000000A.jpg", "image/jpeg", "living room-thumbnail.jpg"),
    ],
)
def test_each_variant_of_an_image_is_its_own_object(variant: str, key: str, content_type: str, name: str) -> None:
    shown, given = _image(variant, content_type="image/heic")

    assert (shown.url, shown.content_type, given) == (key, content_type, name)
    assert shown.expires_at == NOW + timedelta(seconds=900)


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"])
def test_every_type_that_is_taken_in_can_be_given_out(content_type: str) -> None:
    assert _image(content_type=content_type)[0].content_type == content_type


def test_a_file_to_look_at_has_no_name() -> None:
    assert _image(download=False)[1] is None


@pytest.mark.parametrize("status", [each for each in ImageStatus if each is not ImageStatus.READY])
def test_an_image_that_is_not_ready_has_no_file(status: ImageStatus) -> None:
    with pytest.raises(ImageNotReadyError, match=status):
        _image(status=status)


NAMES = st.text(max_size=255) | st.text('a";\r\n\\/.%', max_size=20)


@given(NAMES)
def test_no_file_name_can_end_or_extend_the_header_it_stands_in(filename: str) -> None:
    _, name = _image(filename=filename)

    assert name is not None
    header = attachment(name)
    assert re.fullmatch(r"attachment; filename=\"[A-Za-z0-9_. ()-]*\"; filename\*=UTF-8''[A-Za-z0-9_.~%-]+", header)


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ('a"; filename="evil.exe', 'a"; filename="evil.jpg'),  # tamed in the header
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie: x=1.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\me\\room.JPG", "room.jpg"),
        ("Wohnzimmer groß.jpg", "Wohnzimmer groß.jpg"),
        ("x" * 255, "x" * 100 + ".jpg"),
        ("/", "photo.jpg"),
    ],
)
def test_a_file_is_saved_under_its_own_name_without_folders(filename: str, name: str) -> None:
    assert _image(filename=filename)[1] == name


@pytest.mark.parametrize(
    ("variant", "key"), [("staged", "staged/alice/j/1.jpg"), ("thumbnail", "staged/alice/j/1-thumbnail.jpg")]
)
def test_a_delivered_job_has_a_picture_and_a_thumbnail(variant: str, key: str) -> None:
    links = Links()
    done = job(
        status=JobStatus.READY,
        result=RESULT,
        result_key="staged/alice/j/1.jpg",
        thumbnail_key="staged/alice/j/1-thumbnail.jpg",
    )

    assert job_file(done, variant, NOW, 60, download=True, media=links).url == key
    assert links.name == f"{done.id}-{variant}.jpg"


@pytest.mark.parametrize("status", JobStatus)
def test_a_job_without_a_result_has_no_file(status: JobStatus) -> None:
    with pytest.raises(JobNotReadyError, match=status):
        job_file(job(status=status), "staged", NOW, 60, download=False, media=Links())
