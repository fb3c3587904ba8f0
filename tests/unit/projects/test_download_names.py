"""The name a browser saves a file under: RFC 6266 with RFC 5987, and a tame one for old clients."""

import re
from datetime import UTC, datetime
from urllib.parse import unquote

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.gateways.media import Media, attachment
from realstaging.projects.downloads import image_file
from tests.support.rows import image as image_row

HEADER = re.compile(
    r"""attachment; filename="([A-Za-z0-9 ()._-]*)"; filename\*=UTF-8''((?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+)"""
)

CLIENT = boto3.client("s3", region_name="eu-central-1")


class NamedMedia(Media):
    def __init__(self) -> None:
        super().__init__(CLIENT, "media")

    def link(self, key: str, seconds: int, *, name: str | None = None) -> str:
        return name or ""


def saved_as(filename: str) -> str:
    ready = image_row(filename=filename, status="ready", sha256="0" * 64, content_type="image/jpeg")
    return image_file(ready, "original", datetime.now(UTC), 60, download=True, media=NamedMedia()).url


@pytest.mark.parametrize(
    ("name", "tame"),
    [
        ("plain.jpg", "plain.jpg"),
        ("Küche.jpg", "Kuche.jpg"),
        ("リビング.jpg", "____.jpg"),
        ('a"b\\c.jpg', "a_b_c.jpg"),
        ("50% off.jpg", "50_ off.jpg"),
    ],
)
def test_every_client_gets_a_name_it_can_read(name: str, tame: str) -> None:
    found = HEADER.fullmatch(attachment(name))

    assert found is not None
    assert (found[1], unquote(found[2])) == (tame, name)


@given(st.text(min_size=1, max_size=255).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_no_name_ends_the_header_it_stands_in(filename: str) -> None:
    assert HEADER.fullmatch(attachment(saved_as(filename)))


def test_names_of_all_scripts_stay_apart() -> None:
    names = ["居間.jpg", "リビングルーム.jpg", "Ku\u0308che.jpg", "रसोई.jpg", "غرفة.jpg", "👩‍👩‍👧 room.jpg"]

    assert [saved_as(name) for name in names] == names


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("C:\\photos\\a.PNG", "a.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("a\u202egpj.exe", "agpj.jpg"),
        ("a\r\nSet-Cookie: b.jpg", "aSet-Cookie: b.jpg"),
        ("\u0000.jpg", "photo.jpg"),
        ("x" * 200 + ".jpg", "x" * 100 + ".jpg"),
    ],
)
def test_folders_controls_and_endings_are_not_part_of_it(filename: str, name: str) -> None:
    assert saved_as(filename) == name
