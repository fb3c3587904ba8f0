"""Jobs of all owners, through the sparse index gsi2. It may lag, so the rows are read again."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from realstaging.dynamodb.conditions import Attr, Condition, Key
from realstaging.models.jobs import Job, JobStatus
from realstaging.stores import keys
from realstaging.stores.table import Item, Writes, query_all

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

LANE_PAGE = 50
# 1 MB each: about 14,000 unfinished jobs in every shard.
UNFINISHED_PAGES = 2


@dataclass(frozen=True, slots=True, order=True)
class IndexedJob:
    """A job's id and owner from the index. Sorts by id, so by time."""

    id: str
    owner: str


class JobIndex:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def ended(self, status: JobStatus, before: str | None) -> Iterator[IndexedJob]:
        """Jobs in a final state, newest first; pages are read as they are consumed."""
        lanes = [self._query_ended(keys.ended_lane(status, shard), before) for shard in range(keys.DUE_SHARDS)]
        return heapq.merge(*lanes, reverse=True)

    def unfinished(self, *, due_before: datetime | None = None) -> list[IndexedJob]:
        """Unfinished jobs, newest first; beyond UNFINISHED_PAGES, only those that are due first."""
        found: list[IndexedJob] = []
        for shard in range(keys.DUE_SHARDS):
            found += self._query_due(shard, Attr("sk").begins_with("JOB#"), due_before)
        return sorted(found, reverse=True)

    def read(self, found: Sequence[IndexedJob]) -> list[Job]:
        items = self._writes.get_many([keys.job(each.owner, each.id) for each in found])
        return [Job.model_validate(item) for item in items]

    def find(self, job_id: str) -> Job | None:
        """By its id alone: queries the lane of each state."""
        return next((job for found in self._find_entries(job_id) for job in self.read([found])), None)

    def _find_entries(self, job_id: str) -> Iterator[IndexedJob]:
        for status in (status for status in JobStatus if status.final):
            lane = keys.ended(status, job_id)
            condition = Key("gsi2pk").eq(lane["gsi2pk"]) & Key("gsi2sk").eq(lane["gsi2sk"])
            yield from self._query(KeyConditionExpression=condition)
        yield from self._query_due(keys.shard(job_id), Attr("sk").eq(f"JOB#{job_id}"), None)

    def _query_ended(self, lane: str, before: str | None) -> Iterator[IndexedJob]:
        condition: Condition = Key("gsi2pk").eq(lane)
        if before:
            condition &= Key("gsi2sk").lt(before)
        query: dict[str, Any] = {"KeyConditionExpression": condition, "ScanIndexForward": False, "Limit": LANE_PAGE}
        return self._query(**query)

    def _query_due(self, shard: int, which: Condition, before: datetime | None) -> Iterator[IndexedJob]:
        condition: Condition = Key("gsi2pk").eq(f"DUE#{shard}")
        if before:
            condition &= Key("gsi2sk").lt(keys.stamp(before))
        query: dict[str, Any] = {"KeyConditionExpression": condition, "FilterExpression": which}
        return self._query(pages=UNFINISHED_PAGES, **query)

    def _query(self, **query: Any) -> Iterator[IndexedJob]:
        return map(_read_entry, query_all(self._table, IndexName="gsi2", ProjectionExpression="pk, sk", **query))


def _read_entry(item: Item) -> IndexedJob:
    return IndexedJob(str(item["sk"]).removeprefix("JOB#"), str(item["pk"]).removeprefix("USER#"))
