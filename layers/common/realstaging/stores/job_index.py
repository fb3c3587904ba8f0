"""Jobs of all owners, found through the sparse index: it may be behind by a moment, so rows are read anew."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from realstaging.models.jobs import Job, JobStatus
from realstaging.stores import keys
from realstaging.stores.table import Item, Writes, query_all

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

LANE_PAGE = 50
# A megabyte each: some fourteen thousand unfinished jobs in every lane.
UNFINISHED_PAGES = 2


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A job that the index tells of; later ones are greater."""

    id: str
    owner: str


class JobIndex:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def ended(self, status: JobStatus, before: str | None) -> Iterator[Found]:
        """Jobs in a state that is final, newest first, read as far as they are wanted."""
        lanes = [self._ended(keys.ended_lane(status, shard), before) for shard in range(keys.DUE_SHARDS)]
        return heapq.merge(*lanes, reverse=True)

    def unfinished(self, *, due_before: datetime | None = None) -> list[Found]:
        """All jobs that somebody must look at some time, newest first. Of very many, those that are due first."""
        found: list[Found] = []
        for shard in range(keys.DUE_SHARDS):
            found += self._due(shard, Attr("sk").begins_with("JOB#"), due_before)
        return sorted(found, reverse=True)

    def read(self, found: Sequence[Found]) -> list[Job]:
        items = self._writes.get_many([keys.job(each.owner, each.id) for each in found])
        return [Job.model_validate(item) for item in items]

    def find(self, job_id: str) -> Job | None:
        """By its id alone: a look into the lane of each state."""
        return next((job for found in self._places(job_id) for job in self.read([found])), None)

    def _places(self, job_id: str) -> Iterator[Found]:
        for status in (status for status in JobStatus if status.final):
            lane = keys.ended(status, job_id)
            condition = Key("gsi2pk").eq(lane["gsi2pk"]) & Key("gsi2sk").eq(lane["gsi2sk"])
            yield from self._query(KeyConditionExpression=condition)
        yield from self._due(keys.shard(job_id), Attr("sk").eq(f"JOB#{job_id}"), None)

    def _ended(self, lane: str, before: str | None) -> Iterator[Found]:
        condition: ConditionBase = Key("gsi2pk").eq(lane)
        if before:
            condition &= Key("gsi2sk").lt(before)
        query: dict[str, Any] = {"KeyConditionExpression": condition, "ScanIndexForward": False, "Limit": LANE_PAGE}
        return self._query(**query)

    def _due(self, shard: int, which: ConditionBase, before: datetime | None) -> Iterator[Found]:
        condition: ConditionBase = Key("gsi2pk").eq(f"DUE#{shard}")
        if before:
            condition &= Key("gsi2sk").lt(keys.stamp(before))
        query: dict[str, Any] = {"KeyConditionExpression": condition, "FilterExpression": which}
        return self._query(pages=UNFINISHED_PAGES, **query)

    def _query(self, **query: Any) -> Iterator[Found]:
        return map(_found, query_all(self._table, IndexName="gsi2", ProjectionExpression="pk, sk", **query))


def _found(item: Item) -> Found:
    return Found(str(item["sk"]).removeprefix("JOB#"), str(item["pk"]).removeprefix("USER#"))
