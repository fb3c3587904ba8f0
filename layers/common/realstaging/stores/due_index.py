"""Overdue rows, read from the sparse index gsi2."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast

from realstaging.dynamodb.conditions import Key
from realstaging.stores import keys
from realstaging.stores.table import LostRaceError, Writes

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

Lane = Literal["DUE", "PURGE"]
Kind = Literal["IMAGE", "JOB", "BATCH", "VERIFICATION", "DELETED", "HASH", "PROFILE"]

PUT_OFF = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class DueRow:
    kind: Kind
    owner: str
    id: str
    since: str = field(default="", compare=False)  # sorts by when it became due


class DueStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def overdue(
        self, at: datetime, *, per_shard: int, lane: Lane = "DUE", shards: Iterable[int] = range(keys.DUE_SHARDS)
    ) -> list[DueRow]:
        """Overdue rows of these shards, oldest first; the index may lag, so read each row again.

        The order makes a sweep that runs out of time leave the newest rows, not always the same shards.
        """
        found: list[DueRow] = []
        for shard in shards:
            answer = self._table.query(
                IndexName="gsi2",
                KeyConditionExpression=Key("gsi2pk").eq(f"{lane}#{shard}") & Key("gsi2sk").lt(keys.stamp(at)),
                ProjectionExpression="pk, sk, gsi2sk",
                Limit=per_shard,
            )
            for item in answer["Items"]:
                kind, _, id = str(item["sk"]).partition("#")
                owner = str(item["pk"]).removeprefix("USER#")
                found.append(DueRow(cast(Kind, kind), owner, id, str(item["gsi2sk"])))
        return sorted(found, key=lambda row: row.since)

    def put_off(self, due: DueRow, at: datetime, *, lane: Lane = "DUE") -> None:
        """Move an overdue row to PUT_OFF after `at`; nothing if it is not overdue any more."""
        key = keys.named(due.owner, f"{due.kind}#{due.id}" if due.id else due.kind)
        later = at + PUT_OFF
        due_keys = keys.due(later, due.id) if lane == "DUE" else keys.purge(later, due.id or due.owner)
        write = self._writes.update(key, put=due_keys, when="#due_at <= :now", values={":now": keys.stamp(at)})
        with contextlib.suppress(LostRaceError):
            self._writes.update_item(write)
