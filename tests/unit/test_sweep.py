"""One sweep: every overdue row gets its look, whatever becomes of the others, as long as there is time."""

import itertools
import time
from datetime import datetime

import pytest

from realstaging.errors import InternalError
from realstaging.stores.due_index import DueRow
from realstaging.sweep import sweep
from tests.support.rows import NOW

LATER = 3600.0


class Watched:
    """Remembers what was looked at; what is called `bad…` cannot be dealt with."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.later: list[str] = []

    def put_off(self, due: DueRow, at: datetime) -> None:
        assert at == NOW
        self.later.append(due.id)

    def look_at(self, due: DueRow, at: datetime) -> None:
        self.looked.append(due.id)
        if due.id.startswith("bad"):
            raise {"bad app": InternalError("no"), "bad key": KeyError("x")}.get(due.id, RuntimeError("broken row"))


def swept(sweeper: Watched, found: list[DueRow], seconds: float = LATER) -> tuple[int, int]:
    return sweep(found, NOW, sweeper.look_at, put_off=sweeper.put_off, until=time.monotonic() + seconds)


def _due(*ids: str) -> list[DueRow]:
    return [DueRow("JOB", "alice", id) for id in ids]


def test_every_overdue_row_is_looked_at_once() -> None:
    sweeper = Watched()

    assert sweep(
        _due("a", "b", "c"), NOW, sweeper.look_at, put_off=sweeper.put_off, until=time.monotonic() + LATER
    ) == (3, 0)
    assert sorted(sweeper.looked) == ["a", "b", "c"]


@pytest.mark.parametrize("bad", ["bad", "bad app", "bad key"])
def test_one_row_that_cannot_be_dealt_with_does_not_hide_the_others(bad: str) -> None:
    sweeper = Watched()

    assert sweep(
        _due("a", bad, "c", bad, "e"), NOW, sweeper.look_at, put_off=sweeper.put_off, until=time.monotonic() + LATER
    ) == (5, 2)
    assert sweeper.looked == ["a", bad, "c", bad, "e"]
    assert sweeper.later == [bad, bad]


def test_out_of_time_the_rest_is_left_to_the_next_minute() -> None:
    sweeper = Watched()

    assert swept(sweeper, _due("a", "b"), seconds=-1) == (0, 0)
    assert sweeper.looked == []


def test_time_that_runs_out_in_the_middle_ends_the_sweep_there(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()
    monkeypatch.setattr("realstaging.sweep.time.monotonic", lambda: next(seconds))
    sweeper = Watched()

    looked, failed = sweep(
        _due(*"abcdefghijklmnopqrstuvwxyz"), NOW, sweeper.look_at, put_off=sweeper.put_off, until=0.5
    )

    assert (looked, failed) == (1, 0)
    assert len(sweeper.looked) == 1


def test_nothing_overdue_is_nothing_done() -> None:
    sweeper = Watched()

    assert swept(sweeper, []) == (0, 0)
