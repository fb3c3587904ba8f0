"""How many results of each model passed their picture check, by day."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from realstaging.dynamodb.conditions import Key
from realstaging.models.picture_checks import CheckFigures
from realstaging.models.verdicts import Verdict
from realstaging.stores import keys
from realstaging.stores.table import Writes, query_all

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table

DAYS = 30
KEPT = timedelta(days=DAYS + 10)
COUNTERS: dict[Verdict, str] = {"pass": "passed", "review": "review", "fail": "failed"}


class CheckStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def count(self, model: str, verdict: Verdict, at: datetime) -> None:
        """One more check of a model. For statistics: a result whose message comes twice may count twice."""
        write = self._writes.update(
            keys.checks(_day(at), model),
            put={"expires_at": int((at + KEPT).timestamp()), "model": model},
            add={COUNTERS[verdict]: 1},
        )
        self._writes.update_item(write)

    def figures(self, at: datetime) -> dict[str, CheckFigures]:
        """By model, over the last DAYS days and this one; only models with checks."""
        first, pk = _day(at - timedelta(days=DAYS)), keys.checks("", "")["pk"]
        counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTERS.values(), 0))
        for item in query_all(self._table, KeyConditionExpression=Key("pk").eq(pk) & Key("sk").gte(first)):
            for name in COUNTERS.values():
                counts[str(item["model"])][name] += int(item.get(name, 0))
        return {model: CheckFigures(**found) for model, found in counts.items()}


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
