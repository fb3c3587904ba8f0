"""Which photos are meant, what results are called, and what a run remembers of both."""

import json
import os
from pathlib import Path

import pytest

from realstaging_client import Job
from realstaging_client.journal import Journal, Order, Result, locked, opened
from realstaging_client.naming import names, result_names
from realstaging_client.photos import BadArgumentError, found, guessed_room

ORDER = Order("Elm Street 5", {"styles": ["modern"]})
SERVER = "https://api.example.test"


def photo(path: Path, data: bytes = b"x") -> Path:
    path.write_bytes(data)
    return path.resolve()


def job(id: str, style: str | None) -> Job:
    return Job(id=id, status="queued", version=1, style=style)


def journal(folder: Path, *photos: Path) -> Journal:
    journal = opened(folder, SERVER, ORDER)
    journal.take_up(photos, {})
    return journal


def uploaded(journal: Journal) -> None:
    journal.record.entries[0].image_id = "img_1"
    journal.save()


def test_a_folder_gives_its_photos_and_nothing_else(tmp_path: Path) -> None:
    wanted = [photo(tmp_path / name) for name in ("a.jpg", "b.HEIC")]
    for name in ("notes.txt", ".hidden.jpg"):
        photo(tmp_path / name)
    (tmp_path / "deeper.jpg").mkdir()
    assert found([tmp_path, tmp_path / "a.jpg"]) == wanted


def test_results_beside_the_photos_are_not_staged_again(tmp_path: Path) -> None:
    wanted = photo(tmp_path / "a.jpg")
    assert found([tmp_path], but=[photo(tmp_path / "a-modern.jpg")]) == [wanted]


@pytest.mark.parametrize(("name", "says"), [("none.jpg", "does not exist"), ("a.txt", "not a JPEG"), ("", "no photos")])
def test_what_is_no_photo_is_refused_by_name(tmp_path: Path, name: str, says: str) -> None:
    photo(tmp_path / "a.txt")
    with pytest.raises(BadArgumentError, match=says):
        found([tmp_path / name])


def test_the_longest_word_for_a_room_counts() -> None:
    assert guessed_room("master-bedroom 2.jpg", ["bedroom", "living_room"]) == "bedroom"
    assert guessed_room("balcony.jpg", ["bedroom"]) is None


def test_results_are_called_after_photo_and_style() -> None:
    jobs = [job("1", "modern"), job("2", "scandinavian")]
    assert names("kitchen", jobs) == ["kitchen-modern.jpg", "kitchen-scandinavian.jpg"]
    assert names("kitchen", [job("1", "modern"), job("2", "modern")]) == [
        "kitchen-modern-1.jpg",
        "kitchen-modern-2.jpg",
    ]
    assert names("kitchen", [job("1", None)]) == ["kitchen-staged.jpg"]


def test_a_name_cannot_lead_out_of_the_folder() -> None:
    assert names("../kitchen", [job("1", "/etc/modern")]) == ["_kitchen-_etc_modern.jpg"]


def test_a_result_never_takes_the_name_of_a_file_that_is_there(tmp_path: Path) -> None:
    mine = photo(tmp_path / "kitchen-modern.jpg")
    made = journal(tmp_path, photo(tmp_path / "kitchen.jpg"))
    assert result_names(made, made.record.entries[0], [job("1", "modern")]) == ["kitchen-modern-2.jpg"]
    assert mine.read_bytes() == b"x"


def test_photos_of_the_same_name_get_results_of_different_names(tmp_path: Path) -> None:
    made = journal(tmp_path, *(photo(tmp_path / name) for name in ("Kitchen.heic", "kitchen.jpg")))
    assert [entry.name for entry in made.record.entries] == ["Kitchen", "kitchen-2"]


def test_the_next_run_finds_what_this_one_knew(tmp_path: Path) -> None:
    first = journal(tmp_path, photo(tmp_path / "a.jpg"))
    first.record.entries[0].results = [Result("job_1", "bat_1", "a-modern.jpg", 5)]
    call = first.begin("uploads", {"files": []}, [0])
    again = opened(tmp_path, SERVER, ORDER)
    assert again.record == first.record
    assert again.record.calls == [call]


def test_a_photo_with_other_bytes_is_another_photo(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg")
    made = journal(tmp_path, path)
    photo(path, b"another kitchen")
    assert made.take_up([path], {}) == [1]
    photo(path)
    assert made.take_up([path], {}) == [0]


def test_photos_of_a_call_without_an_answer_are_taken_up_too(tmp_path: Path) -> None:
    one, two = (photo(tmp_path / name, name.encode()) for name in ("a.jpg", "b.jpg"))
    made = journal(tmp_path, one, two)
    made.begin("uploads", {}, [0])
    assert made.take_up([two], {}) == [1, 0]


def test_a_folder_holds_one_order_once_something_came_of_it(tmp_path: Path) -> None:
    other = Order("Elm Street 5", {"styles": ["industrial"]})
    uploaded(journal(tmp_path, photo(tmp_path / "a.jpg")))
    with pytest.raises(BadArgumentError, match="choose another --out"):
        opened(tmp_path, SERVER, other)
    with pytest.raises(BadArgumentError, match=r"api\.example\.test"):
        opened(tmp_path, "https://elsewhere.example.test", ORDER)


def test_an_order_that_came_to_nothing_can_be_corrected(tmp_path: Path) -> None:
    journal(tmp_path, photo(tmp_path / "a.jpg"))
    other = Order("Elm Street 5", {"styles": ["industrial"]})
    assert opened(tmp_path, SERVER, other).record.order == other


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 1}', '{"format": 1, "server": 1, "order": 2}'])
def test_a_damaged_journal_is_told_and_kept(tmp_path: Path, text: str) -> None:
    (tmp_path / ".realstaging.json").write_text(text)
    with pytest.raises(BadArgumentError, match="damaged"):
        opened(tmp_path, SERVER, ORDER)
    assert (tmp_path / ".realstaging.json").read_text() == text


def test_a_journal_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".realstaging.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(BadArgumentError, match="another version"):
        opened(tmp_path, SERVER, ORDER)


def test_two_runs_do_not_work_in_one_folder(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(BadArgumentError, match="Another run"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_result_is_there_when_all_of_it_is(tmp_path: Path) -> None:
    made = journal(tmp_path, photo(tmp_path / "a.jpg"))
    result = Result("job_1", "bat_1", "a-modern.jpg", 5)
    assert not made.saved(result)
    photo(tmp_path / "a-modern.jpg", b"1234")
    assert not made.saved(result)
    photo(tmp_path / "a-modern.jpg", b"12345")
    assert made.saved(result)


def test_a_photo_whose_name_is_no_text_is_announced_and_remembered_all_the_same(tmp_path: Path) -> None:
    made = journal(tmp_path, photo(tmp_path / os.fsdecode(b"k\xfcche.jpg")))
    uploaded(made)
    file = opened(tmp_path, SERVER, ORDER).record.entries[0].photo.file(staged=True)
    assert file["filename"] == "k?che.jpg"
    assert Path(made.record.entries[0].path).exists()
