"""What somebody must look at by now: the sparse index, and nothing else."""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast

from boto3.dynamodb.conditions import Key

from realstaging.stores import keys
from realstaging.stores.table import LostRaceError, Writes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Lane = Literal["DUE", "PURGE"]
Kind = Literal["IMAGE", "JOB", "BATCH", "DELETED", "HASH", "PROFILE"]

PUT_OFF = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class DueRow:
    kind: Kind
    owner: str
    id: str


class DueStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def until(self, at: datetime, *, per_shard: int, lane: Lane = "DUE") -> list[DueRow]:
        """Overdue work, the longest waiting first. The rows themselves must be read anew.

        Over all shards: whoever runs out of time leaves what came due last, and not always the same shards.
        """
        found: list[tuple[str, DueRow]] = []
        for shard in range(keys.DUE_SHARDS):
            answer = self._table.query(
                IndexName="gsi2",
                KeyConditionExpression=Key("gsi2pk").eq(f"{lane}#{shard}") & Key("gsi2sk").lt(keys.stamp(at)),
                ProjectionExpression="pk, sk, gsi2sk",
                Limit=per_shard,
            )
            for item in answer["Items"]:
                kind, _, id = str(item["sk"]).partition("#")
                row = DueRow(cast(Kind, kind), str(item["pk"]).removeprefix("USER#"), id)
                found.append((str(item["gsi2sk"]), row))
        return [row for _, row in sorted(found, key=lambda each: each[0])]

    def put_off(self, due: DueRow, at: datetime, *, lane: Lane = "DUE") -> None:
        """Look at it a little later, if it is still overdue at all."""
        key = keys.named(due.owner, f"{due.kind}#{due.id}" if due.id else due.kind)
        later = at + PUT_OFF
        due_keys = keys.due(later, due.id) if lane == "DUE" else keys.purge(later, due.id or due.owner)
        write = self._writes.update(key, put=due_keys, when="#due_at <= :now", values={":now": keys.stamp(at)})
        with contextlib.suppress(LostRaceError):
            self._writes.update_item(write)
