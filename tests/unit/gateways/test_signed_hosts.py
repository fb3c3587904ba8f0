"""Signed addresses name the bucket's own Region: S3's global address redirects or refuses in most others."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import boto3
import pytest

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
