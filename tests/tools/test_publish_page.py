"""The page's files on their way to its bucket: their names, how long they may be kept, what is left over."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tools import publish_page
from tools.publish_page import ASK, FOREVER, WEB

URL = "https://app.example.com"
CONFIG = {"api": URL, "issuer": "https://tenant.eu.auth0.com/", "audience": "https://api", "client_id": "page"}
PARAMETERS = {
    "PageClientId": "page",
    "PageIssuer": "https://tenant.eu.auth0.com",
    "AllowedOrigins": URL,
    "SettingsOverrides": json.dumps({
        "identity": {"issuer": CONFIG["issuer"], "audience": CONFIG["audience"]},
        "stripe": {"return_url": f"{URL}/"},
    }),
}  # fmt: skip
NOW = datetime.now(UTC)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client: Any = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="page")
        yield client


def keys(s3: Any) -> set[str]:
    return {each["Key"] for each in s3.list_objects_v2(Bucket="page")["Contents"]}


def test_what_the_page_names_is_there_and_never_changes(s3: Any) -> None:
    publish_page.publish(s3, "page", CONFIG, NOW)
    page = s3.get_object(Bucket="page", Key="index.html")
    assert (page["CacheControl"], page["ContentType"]) == (ASK, "text/html; charset=utf-8")
    text = page["Body"].read().decode()
    named = [part.split('"')[0] for part in text.split('"v/')[1:]]
    assert {name.split("/", 1)[1] for name in named} > {
        "js/main.js",
        "css/tokens.css",
        "css/page.css",
        "css/listing.css",
    }
    for name in named:
        found = s3.get_object(Bucket="page", Key=f"v/{name}")
        assert found["CacheControl"] == FOREVER
        assert found["ContentType"] in ("text/css; charset=utf-8", "text/javascript; charset=utf-8")
    config = s3.get_object(Bucket="page", Key="config.json")
    assert (json.loads(config["Body"].read()), config["CacheControl"]) == (CONFIG, ASK)
    modules = {path.name for path in (WEB / "js").iterdir()}
    assert {key.rsplit("/", 1)[1] for key in keys(s3) if "/js/" in key} == modules


def test_the_page_comes_after_everything_it_names() -> None:
    assert [each.key for each in publish_page.files(CONFIG)][-1] == "index.html"


def test_another_content_has_another_folder(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    for name, text in {"index.html": '<script src="js/main.js">', "icon.svg": "<svg/>", "js/main.js": "1"}.items():
        (tmp_path / name).write_text(text)
    before = [each.key for each in publish_page.files(CONFIG, tmp_path)]
    (tmp_path / "js/main.js").write_text("2")
    after = [each.key for each in publish_page.files(CONFIG, tmp_path)]
    assert before[0] != after[0]
    assert before[-3:] == after[-3:] == ["icon.svg", "config.json", "index.html"]


def test_old_versions_stay_for_a_month(s3: Any) -> None:
    s3.put_object(Bucket="page", Key="v/old/js/main.js", Body=b"")
    publish_page.publish(s3, "page", CONFIG, NOW)
    assert "v/old/js/main.js" in keys(s3)
    assert publish_page.publish(s3, "page", CONFIG, NOW + timedelta(days=31)) == 3
    assert "v/old/js/main.js" not in keys(s3)


def test_the_page_gets_what_signs_people_in() -> None:
    assert publish_page.config_of(PARAMETERS, URL) == CONFIG


def test_an_issuer_that_the_page_may_not_talk_to_is_refused() -> None:
    assert publish_page.objection(PARAMETERS) is None
    assert publish_page.objection({"PageClientId": ""}) is None
    found = publish_page.objection(PARAMETERS | {"PageIssuer": "https://other.example.org"})
    assert found is not None
    assert "https://tenant.eu.auth0.com" in found


def test_what_does_not_fit_the_address_is_named() -> None:
    assert publish_page.advice(PARAMETERS, URL) == []
    other = publish_page.advice(PARAMETERS, "https://d1.cloudfront.net")
    assert [each.split(" ")[0] for each in other] == ["AllowedOrigins", "stripe.return_url"]
