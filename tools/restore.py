"""Brings back rows from a restored copy of the table, and files that were deleted; docs/restore.md says when.

make restore STAGE=dev ROWS=<copy of the table> [OWNER=<owner>] [WITHOUT="<owner> <owner>"] [YES=1]
make restore STAGE=dev FILES=originals/<owner>/ SINCE=2026-05-01T12:00:00Z [YES=1]

Without YES=1 it only counts. Nothing that is there is changed: rows that are missing are written, files whose latest
version is a deletion come back.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from tools.reconcile import region_of


class NotRestoredError(Exception):
    """Nothing was brought back; the message says why."""


def restore_rows(copy: Any, table: Any, at: datetime, *, owner: str | None, without: set[str], write: bool) -> int:
    """How many rows are missing, and were written if `write`. `without`: owners that were deleted since,
    or their `owner_hash` in the log."""
    missing = 0
    for row in _rows(copy, owner):
        if _has_passed(row, at) or _is_of_one(row, without):
            continue
        key = {name: row[name] for name in ("pk", "sk")}
        if not write:
            missing += "Item" not in table.get_item(Key=key, ProjectionExpression="pk")
            continue
        try:
            table.put_item(Item=row, ConditionExpression="attribute_not_exists(pk)")
        except table.meta.client.exceptions.ConditionalCheckFailedException:
            continue
        missing += 1
    return missing


def _rows(copy: Any, owner: str | None) -> Iterator[dict[str, Any]]:
    ask: dict[str, Any] = {"KeyConditionExpression": Key("pk").eq(f"USER#{owner}")} if owner else {}
    read = copy.query if owner else copy.scan
    while True:
        answer = read(**ask)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        ask["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _has_passed(row: dict[str, Any], at: datetime) -> bool:
    """Sockets, what the provider was like then, and what the table would delete at once."""
    ends = row.get("expires_at")
    is_of_that_time = str(row["pk"]).startswith("PROVIDER") or str(row.get("gsi1pk", "")).startswith("SOCKET#")
    return is_of_that_time or (ends is not None and int(ends) <= at.timestamp())


def _is_of_one(row: dict[str, Any], owners: set[str]) -> bool:
    owner = str(row.get("owner") or str(row["pk"]).removeprefix("USER#"))
    return not owners.isdisjoint({owner, hashlib.sha256(owner.encode()).hexdigest()[:12]})


def restore_files(s3: Any, bucket: str, prefix: str, since: datetime, *, write: bool) -> int:
    """How many files under `prefix` were deleted since then, and came back if `write`."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    deletions = [
        {"Key": marker["Key"], "VersionId": marker["VersionId"]}
        for page in pages
        for marker in page.get("DeleteMarkers", [])
        if marker["IsLatest"] and marker["LastModified"] >= since
    ]
    for deletion in deletions if write else []:
        s3.delete_object(Bucket=bucket, **deletion)  # the deletion itself goes; the version below is the latest again
    return len(deletions)


def _outputs(stage: str, region: str) -> dict[str, str]:
    stacks: Any = boto3.client("cloudformation", region_name=region)
    try:
        (stack,) = stacks.describe_stacks(StackName=f"realstaging-{stage}")["Stacks"]
    except ClientError as error:
        raise NotRestoredError(f"There is no stack realstaging-{stage} here: {error}") from error
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def _restore(given: argparse.Namespace, at: datetime) -> str:
    if not (region := region_of(given.stage)):
        raise NotRestoredError("No region is set: set AWS_REGION, or `region` in samconfig.toml or your profile.")
    outputs = _outputs(given.stage, region)
    done = "brought back" if given.yes else "would come back; YES=1 brings them back"
    if given.rows:
        tables: Any = boto3.resource("dynamodb", region_name=region)
        copy, table = tables.Table(given.rows), tables.Table(outputs["TableName"])
        without = set(given.without.split())
        count = restore_rows(copy, table, at, owner=given.owner, without=without, write=given.yes)
        return f"{count} rows {done}."
    if given.files and given.since:
        s3 = boto3.client("s3", region_name=region)
        count = restore_files(s3, outputs["BucketName"], given.files, given.since, write=given.yes)
        return f"{count} files {done}."
    raise NotRestoredError("Say what: ROWS=<copy of the table>, or FILES=<prefix> with SINCE=<time>.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--rows", help="the name of the restored copy")
    parser.add_argument("--owner", help="only this owner's rows")
    parser.add_argument("--without", default="", help="owners (or owner_hash) deleted since, separated by spaces")
    parser.add_argument("--files", help="a prefix in the bucket")
    parser.add_argument("--since", type=_time, help="deleted since then, with a time zone")
    parser.add_argument("--yes", action="store_true", help="write, and not only count")
    try:
        print(_restore(parser.parse_args(), datetime.now().astimezone()))
    except NotRestoredError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError("needs a time zone, e.g. 2026-05-01T12:00:00Z")
    return at


if __name__ == "__main__":
    sys.exit(main())
