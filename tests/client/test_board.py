"""What is believed of what is heard."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from realstaging_client import Image, Job, Problem
from realstaging_client.display import Lines, show
from realstaging_client.models import Check
from realstaging_client.photos import Photo
from realstaging_client.progress import Board, Shot, Step


def job(status: str, version: int, error: Problem | None = None, *, id: str = "job_1") -> Job:
    return Job(id=id, status=status, version=version, model="some/model", error=error)


PHOTO = Photo(Path("kitchen.jpg"), "kitchen", "image/jpeg")
AWAITED = Image(id="img_1", status="awaiting_upload", version=1)


@pytest.fixture
def seen() -> list[Step]:
    return []


@pytest.fixture
def board(seen: list[Step]) -> Board:
    """One photo, accepted."""
    board = Board([PHOTO], lambda shot: seen.append(shot.step))
    board.planned(board.shots[0], AWAITED, [job("awaiting_upload", 1)])
    return board


def test_a_late_message_of_an_older_version_changes_nothing(board: Board) -> None:
    board.take(job("processing", 3))
    board.take(job("queued", 2))
    assert board.shots[0].step is Step.STAGING


def test_a_photo_goes_through_its_steps_in_order(board: Board, seen: list[Step]) -> None:
    board.sent(board.shots[0], 0.5)
    board.sent(board.shots[0], 1.0)
    board.take(Image(id="img_1", status="ready", version=2))
    for version, status in enumerate(["queued", "processing", "ready"], 2):
        board.take(job(status, version))
    assert seen == [Step.UPLOADING, Step.UPLOADED, Step.TAKEN_IN, Step.QUEUED, Step.STAGING, Step.READY]


def test_a_finished_photo_is_over_and_complete_once_its_result_is_saved(board: Board) -> None:
    shot = board.shots[0]
    board.sent(shot, 1.0)
    board.take(job("ready", 4))
    assert shot.over
    assert shot.ended is not None
    assert not shot.complete
    shot.saved["job_1"] = Path("kitchen-modern.jpg")
    assert shot.complete


def test_a_photo_with_several_jobs_is_ready_when_all_of_them_are(board: Board) -> None:
    shot = board.shots[0]
    board.planned(shot, AWAITED, [job("awaiting_upload", 1), job("awaiting_upload", 1, id="job_2")])
    board.take(job("ready", 4))
    board.take(job("queued", 2, id="job_2"))
    assert shot.step is Step.STAGING
    board.take(job("failed", 3, Problem(title="The model failed"), id="job_2"))
    assert shot.reason is not None
    assert not shot.complete  # what is ready is still to be saved


def test_a_failed_job_says_why(board: Board) -> None:
    board.take(job("failed", 2, Problem(title="The picture is too small", detail="Send a larger one.")))
    assert str(board.shots[0].reason) == "The picture is too small. Send a larger one."


def test_a_job_tried_again_takes_the_place_of_the_failed_one(board: Board) -> None:
    board.take(job("failed", 2, Problem(title="The model failed")))
    board.replaced("job_1", job("queued", 1, id="job_2"))
    assert board.shots[0].step is Step.QUEUED
    assert list(board.shots[0].jobs) == ["job_2"]
    board.take(job("ready", 9))
    assert board.shots[0].step is Step.QUEUED


def test_a_photo_that_is_only_uploaded_is_ready_once_it_is_taken_in() -> None:
    board = Board([PHOTO], lambda _: None, staged=False)
    board.planned(board.shots[0], AWAITED, [])
    board.sent(board.shots[0], 1.0)
    assert board.shots[0].step is Step.UPLOADED
    board.take(replace(AWAITED, status="ready", version=2))
    assert board.shots[0].complete


def test_a_file_refused_in_the_plan_is_over_at_once() -> None:
    board = Board([PHOTO], lambda _: None)
    board.failed(board.shots[0], Problem(title="Some fields are not valid"))
    assert board.shots[0].complete
    assert board.shots[0].step is Step.FAILED


def test_messages_about_other_work_are_let_pass(board: Board) -> None:
    board.take(job("ready", 9, id="job_of_another_batch"))
    assert board.shots[0].step is Step.WAITING


def test_a_log_has_a_line_for_each_step_that_matters() -> None:
    out = io.StringIO()
    lines = Lines(Console(file=out, width=160))
    shot = Shot(PHOTO, sent=1.0, jobs={"job_1": job("awaiting_upload", 1)})
    lines.step(shot)
    shot.jobs = {"job_1": job("failed", 2, Problem(title="The picture is too small"))}
    lines.step(shot)
    assert out.getvalue().splitlines() == [
        "kitchen.jpg              uploaded",
        "kitchen.jpg              failed: The picture is too small",
    ]


def test_pictures_that_changed_the_room_are_named_with_why_and_that_they_are_free(board: Board) -> None:
    shot, said = board.shots[0], io.StringIO()
    board.take(replace(job("ready", 4), check=Check(verdict="fail", score=0.3, reasons=["lines_lost"])))
    shot.saved["job_1"] = Path("staged/kitchen-modern.jpg")

    show(board.shots, Path("staged"), Console(file=said, width=200), staged=True)

    assert "! kitchen-modern.jpg: the room was changed (walls, windows or doors have changed). Not charged" in (
        said.getvalue()
    )


def test_of_pictures_that_keep_the_room_nothing_is_said(board: Board) -> None:
    said = io.StringIO()
    board.take(replace(job("ready", 4), check=Check(verdict="pass", score=0.9, reasons=["reframed"])))

    show(board.shots, Path("staged"), Console(file=said, width=200), staged=True)

    assert "room" not in said.getvalue()
