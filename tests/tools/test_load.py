"""The load: what its figures are made of, and what the simulation foresees for a small machine."""

from datetime import UTC, datetime

import pytest

from tools.load.__main__ import shown
from tools.load.orders import Load, Photo, photo
from tools.simulate.small import foresee

ENDED = {
    "status": "ready",
    "queued_at": "2026-11-29T08:00:01Z",
    "started_at": "2026-11-29T08:00:03Z",
    "finished_at": "2026-11-29T08:00:07Z",
}
UPLOADED = datetime(2026, 11, 29, 8, tzinfo=UTC).timestamp()


def test_the_steps_of_a_photo_are_the_times_of_its_job() -> None:
    assert photo(20, 30, UPLOADED, ENDED) == Photo(20, 30, ingest=1000, wait=2000, run=4000, whole=7000)


def test_what_is_not_ready_has_no_times() -> None:
    made = photo(20, 30, UPLOADED, ENDED | {"status": "failed"})

    assert (made.ready, made.run) == (False, None)


def test_an_event_that_was_quicker_than_the_answer_took_no_time() -> None:
    assert photo(20, 30, UPLOADED + 2, ENDED).ingest == 0


@pytest.mark.parametrize(("seconds", "saturated"), [(62, False), (180, True)])
def test_a_machine_is_full_when_the_last_photos_come_late(seconds: float, saturated: bool) -> None:
    load = Load([photo(20, 30, UPLOADED, ENDED)] * 60, seconds, failed=0)

    figures = shown(load, 60, 60, alone_seconds=1)

    assert (figures["saturated"], figures["ready"]) == (saturated, 60)
    assert figures["per_minute"] == pytest.approx(60 * 60 / seconds, abs=0.1)


def test_a_small_machine_that_keeps_up_makes_nobody_wait() -> None:
    assert foresee(30, 60, cores=2, cpu_seconds=1.5, at_once=4, alone_seconds=2).wait_seconds == 0


def test_a_small_machine_that_is_full_sustains_what_its_processors_can() -> None:
    foreseen = foresee(600, 60, cores=2, cpu_seconds=2, at_once=4, alone_seconds=2)

    assert (foreseen.per_minute, foreseen.saturated) == (60, True)
    assert foreseen.wait_seconds == pytest.approx(60 * (1 - 0.1))
