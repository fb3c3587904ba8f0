"""A drill: rows from a restored copy of the table, files from under their deletion."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support.table_template import table_shape
from tools import restore

NOW = datetime.now(UTC)
LATER = int((NOW + timedelta(days=1)).timestamp())


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield


def row(owner: str, sort: str, **more: Any) -> dict[str, Any]:
    return {"pk": f"USER#{owner}", "sk": sort, "owner": owner, **more}


@pytest.fixture
def table() -> Any:
    """The stage's table: alice has a profile and two jobs, bob has closed his account since."""
    tables: Any = boto3.resource("dynamodb", region_name="us-east-1")
    made = tables.create_table(TableName="live", **table_shape())
    tables.meta.client.update_continuous_backups(
        TableName="live", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    for each in (
        row("alice", "PROFILE"),
        row("alice", "JOB#1", version=1),
        row("alice", "JOB#2", version=1),
        row("alice", "SOCKET#c1", gsi1pk="SOCKET#c1", gsi1sk="SOCKET", expires_at=LATER),
        row("alice", "TICKET#1", expires_at=1),
        row("bob", "PROFILE"),
        {"pk": "PROVIDER", "sk": "BREAKER"},
    ):
        made.put_item(Item=each)
    return made


@pytest.fixture
def copy(table: Any) -> Any:
    """Restored as of now; after it, everything is deleted, and one job goes on."""
    tables: Any = boto3.resource("dynamodb", region_name="us-east-1")
    tables.meta.client.restore_table_to_point_in_time(
        SourceTableName="live", TargetTableName="copy", UseLatestRestorableTime=True
    )
    for each in table.scan()["Items"]:
        table.delete_item(Key={"pk": each["pk"], "sk": each["sk"]})
    table.put_item(Item=row("alice", "JOB#2", version=2))
    return tables.Table("copy")


def keys(table: Any) -> set[tuple[str, str]]:
    return {(each["pk"], each["sk"]) for each in table.scan()["Items"]}


def test_missing_rows_are_counted_first_and_then_written(table: Any, copy: Any) -> None:
    assert restore.restore_rows(copy, table, NOW, owner=None, without=set(), write=False) == 3
    assert len(keys(table)) == 1

    assert restore.restore_rows(copy, table, NOW, owner=None, without=set(), write=True) == 3

    assert keys(table) == {
        ("USER#alice", "PROFILE"), ("USER#alice", "JOB#1"), ("USER#alice", "JOB#2"), ("USER#bob", "PROFILE"),
    }  # fmt: skip
    assert restore.restore_rows(copy, table, NOW, owner=None, without=set(), write=True) == 0


def test_what_is_there_and_newer_stays(table: Any, copy: Any) -> None:
    restore.restore_rows(copy, table, NOW, owner="alice", without=set(), write=True)

    assert table.get_item(Key={"pk": "USER#alice", "sk": "JOB#2"})["Item"]["version"] == 2
    assert ("USER#bob", "PROFILE") not in keys(table)


@pytest.mark.parametrize("named", ["bob", hashlib.sha256(b"bob").hexdigest()[:12]])
def test_who_was_deleted_on_purpose_does_not_come_back(named: str, table: Any, copy: Any) -> None:
    restore.restore_rows(copy, table, NOW, owner=None, without={named}, write=True)

    assert {pk for pk, _ in keys(table)} == {"USER#alice"}


def test_deleted_files_come_back_with_their_bytes_and_others_stay_deleted() -> None:
    s3: Any = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="media")
    s3.put_bucket_versioning(Bucket="media", VersioningConfiguration={"Status": "Enabled"})
    for key in ("originals/alice/1", "originals/alice/2", "originals/bob/1"):
        s3.put_object(Bucket="media", Key=key, Body=key.encode())
    for key in ("originals/alice/1", "originals/bob/1"):
        s3.delete_object(Bucket="media", Key=key)
    began, later = NOW - timedelta(minutes=1), NOW + timedelta(hours=1)

    assert restore.restore_files(s3, "media", "originals/alice/", later, write=True) == 0
    assert restore.restore_files(s3, "media", "originals/alice/", began, write=False) == 1
    assert restore.restore_files(s3, "media", "originals/alice/", began, write=True) == 1

    there = {each["Key"] for each in s3.list_objects_v2(Bucket="media")["Contents"]}
    assert there == {"originals/alice/1", "originals/alice/2"}
    assert s3.get_object(Bucket="media", Key="originals/alice/1")["Body"].read() == b"originals/alice/1"
