"""Signed addresses name the bucket's own Region, where S3's global one redirects or refuses, and end with their
session."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import botocore.session
import pytest
from botocore.credentials import RefreshableCredentials

from realstaging import aws
from realstaging.gateways.media import Media
from tests.support import rows

REGIONS = ("us-east-1", "eu-central-1", "eu-south-1", "ap-southeast-3")
BUCKET = "realstaging-prod-media"


def _media(region: str) -> Media:
    return Media(boto3.client("s3", region_name=region, config=aws.BULK), BUCKET)


@pytest.mark.parametrize("region", REGIONS)
def test_a_form_goes_to_the_buckets_own_region(region: str) -> None:
    form = _media(region).upload_form(rows.image(), datetime.now(UTC), max_bytes=1000, seconds=900)
    assert form.url == f"https://{BUCKET}.s3.{region}.amazonaws.com/"
    assert f"/{region}/s3/aws4_request" in form.fields["x-amz-credential"]


@pytest.mark.parametrize("region", REGIONS)
def test_a_link_goes_to_the_buckets_own_region(region: str) -> None:
    link = urlsplit(_media(region).link("staged/alice/job_1/1.jpg", 900))
    assert link.netloc == f"{BUCKET}.s3.{region}.amazonaws.com"
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link.query


def test_an_emulator_at_an_ip_address_is_asked_by_path() -> None:
    client = boto3.client("s3", region_name="eu-central-1", endpoint_url="http://127.0.0.1:4599", config=aws.BULK)
    link = urlsplit(Media(client, BUCKET).link("staged/alice/job_1/1.jpg", 900))
    assert (link.netloc, link.path) == ("127.0.0.1:4599", f"/{BUCKET}/staged/alice/job_1/1.jpg")


def _signed_by_a_session(seconds_left: int, renewed: int | None = None) -> Media:
    """A client whose credentials end; near their end they are renewed for so long, if at all."""

    def told(seconds: int) -> dict[str, str]:
        ends = datetime.now(UTC) + timedelta(seconds=seconds)
        return {"access_key": "a", "secret_key": "b", "token": "c", "expiry_time": ends.isoformat()}

    session = botocore.session.get_session()
    # botocore loads them from files and services only.
    session._credentials = RefreshableCredentials.create_from_metadata(  # type: ignore[attr-defined]
        told(seconds_left), lambda: told(renewed or seconds_left), "a role", advisory_timeout=300, mandatory_timeout=60
    )
    client = boto3.session.Session(botocore_session=session).client("s3", region_name="eu-central-1", config=aws.BULK)
    return Media(client, BUCKET)


@pytest.mark.parametrize(("left", "renewed", "shall"), [(1200, None, 1200), (200, 2000, 2000), (7200, None, 3600)])
def test_an_address_ends_with_its_session_and_says_so(left: int, renewed: int | None, shall: int) -> None:
    media, at = _signed_by_a_session(left, renewed), datetime.now(UTC)

    file = media.file("staged/alice/job_1/1.jpg", "image/jpeg", at, 3600, name=None)
    form = media.upload_form(rows.image(), at, max_bytes=1000, seconds=3600)
    link = media.link("staged/alice/job_1/1.jpg", 3600)

    for told in (file.expires_at, form.expires_at):
        assert (told - at).total_seconds() == pytest.approx(shall, abs=30)
    for url in (file.url, link):
        assert int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0]) == pytest.approx(shall, abs=30)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    assert (datetime.fromisoformat(policy["expiration"]) - at).total_seconds() == pytest.approx(shall, abs=30)


def test_credentials_that_tell_no_end_leave_it_at_what_was_asked_for() -> None:
    at = datetime.now(UTC)
    assert _media("eu-central-1").file("a", "image/jpeg", at, 3600, name=None).expires_at == at + timedelta(hours=1)
