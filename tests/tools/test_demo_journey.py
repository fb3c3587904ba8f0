"""The demo against an API that loses sockets and refuses files: every photo ends, with its result or a reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from realstaging_client import Client
from realstaging_client.progress import Board, Step
from tests.support.small_api import SmallApi, small_api
from tools.demo.journey import stage
from tools.demo.photos import chosen
from tools.demo.results import Pair

OFTEN, NEVER = 0.01, 3600.0


@pytest.fixture
def api(tmp_path: Path) -> Iterator[SmallApi]:
    with small_api(tmp_path) as api:
        yield api


def staged(
    api: SmallApi, folder: Path, read_every: float = OFTEN, patience: float = 60
) -> tuple[Board, dict[str, Pair]]:
    board = Board(chosen([api.photo]), lambda _: None)
    with Client(api.url, "token", sleep=lambda _: None) as client:
        pace = {"read_every": read_every, "patience": patience}
        return board, stage(client, board, project="Demo", style="modern", folder=folder, **pace)


def test_after_a_lost_socket_the_batch_is_read_again(api: SmallApi, tmp_path: Path) -> None:
    api.drops = 1
    board, _ = staged(api, tmp_path, NEVER)
    assert board.shots[0].step is Step.READY
    assert board.reads > 0


def test_where_nothing_is_pushed_reading_finds_the_end(api: SmallApi, tmp_path: Path) -> None:
    board, pairs = staged(api, tmp_path)
    assert board.shots[0].step is Step.READY
    assert pairs["bedroom"].after.path == tmp_path / "bedroom-staged.jpg"
    assert pairs["bedroom"].after.path.read_bytes() == api.photo.read_bytes()
    assert (tmp_path / "bedroom-before.jpg").exists()


def test_an_upload_that_is_refused_fails_the_photo_with_a_reason(api: SmallApi, tmp_path: Path) -> None:
    api.storage_answer = 403
    board, pairs = staged(api, tmp_path)
    assert str(board.shots[0].reason) == "The upload was refused: the storage answered 403."
    assert pairs == {}


def test_a_file_refused_in_the_plan_fails_with_the_words_of_the_api(api: SmallApi, tmp_path: Path) -> None:
    api.photo.write_bytes(b"x")
    board, _ = staged(api, tmp_path)
    assert str(board.shots[0].reason) == "The file is too small. It has one byte."


def test_a_result_of_another_shape_fails_the_photo(api: SmallApi, tmp_path: Path) -> None:
    api.result = tmp_path / "square.jpg"
    Image.new("RGB", (64, 64)).save(api.result)
    board, pairs = staged(api, tmp_path)
    assert board.shots[0].step is Step.FAILED
    assert board.shots[0].reason is not None
    assert board.shots[0].reason.title == "The result has another aspect ratio"
    assert pairs == {}


def test_when_nothing_moves_any_more_it_gives_up(api: SmallApi, tmp_path: Path) -> None:
    api.stuck = True
    board, _ = staged(api, tmp_path, patience=0)
    assert board.shots[0].reason is not None
    assert board.shots[0].reason.title == "Nothing happened any more"
