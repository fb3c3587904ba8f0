"""What the demo believes of what it hears."""

import io

import pytest
from rich.console import Console

from local.demo.answers import Form, Image, Item, Job, Plan, Problem
from local.demo.photos import chosen
from local.demo.screen import Lines
from local.demo.shots import Board, Shot, Step


def job(status: str, version: int, error: Problem | None = None) -> Job:
    return Job(id="job_1", status=status, version=version, model="some/model", error=error)


@pytest.fixture
def seen() -> list[Step]:
    return []


@pytest.fixture
def board(seen: list[Step]) -> Board:
    """One photo, accepted."""
    board = Board(chosen([])[:1], lambda shot: seen.append(shot.step))
    image = Image(id="img_1", status="awaiting_upload", version=1)
    item = Item(index=0, image=image, upload=Form(url="", fields={}), jobs=[job("awaiting_upload", 1)])
    board.planned(Plan(batch_id="bat_1", items=[item]))
    return board


def test_a_late_message_of_an_older_version_changes_nothing(board: Board) -> None:
    board.take_job(job("processing", 3))
    board.take_job(job("queued", 2))
    assert board.shots[0].step is Step.STAGING


def test_a_photo_goes_through_its_steps_in_order(board: Board, seen: list[Step]) -> None:
    board.sent(board.shots[0], 0.5)
    board.sent(board.shots[0], 1.0)
    board.take_image(Image(id="img_1", status="ready", version=2))
    for version, status in enumerate(["queued", "processing", "ready"], 2):
        board.take_job(job(status, version))
    assert seen == [Step.UPLOADING, Step.UPLOADED, Step.TAKEN_IN, Step.QUEUED, Step.STAGING, Step.READY]


def test_a_finished_photo_is_over(board: Board) -> None:
    shot = board.shots[0]
    board.sent(shot, 1.0)
    board.take_job(job("ready", 4))
    assert shot.over.is_set()
    assert shot.ended is not None


def test_a_failed_job_says_why(board: Board) -> None:
    board.take_job(job("failed", 2, Problem(title="The picture is too small", detail="Send a larger one.")))
    assert str(board.shots[0].reason) == "The picture is too small. Send a larger one."


def test_a_file_refused_in_the_plan_is_over_at_once() -> None:
    board = Board(chosen([])[:1], lambda _: None)
    board.planned(Plan(batch_id=None, items=[Item(index=0, error=Problem(title="Some fields are not valid"))]))
    assert board.shots[0].over.is_set()
    assert board.shots[0].step is Step.FAILED


def test_messages_about_other_work_are_let_pass(board: Board) -> None:
    board.take_job(job("ready", 9).model_copy(update={"id": "job_of_another_batch"}))
    assert board.shots[0].step is Step.WAITING


def test_a_log_gets_one_plain_line_a_step() -> None:
    output = io.StringIO()
    lines = Lines(Console(file=output, width=100))
    shot = Shot(chosen([])[0], job=job("failed", 2, Problem(title="The file [red]ends[/] too early")))
    lines.step(shot)
    assert output.getvalue().split(maxsplit=1) == [shot.photo.path.name, "failed: The file [red]ends[/] too early\n"]
