"""Which photos are meant, what results are called, and what a run remembers of both."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from realstaging_client import Client, Job
from realstaging_client.manifest import Journal, Order, Result, locked, names, opened, result_names
from realstaging_client.photos import BadArgumentError, Photo, content_type, found, guessed_room, left_out
from realstaging_client.session import finish

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


def test_photos_of_every_usual_ending_are_found_whatever_their_case(tmp_path: Path) -> None:
    names = ["a.jpg", "b.jfif", "c.JPE", "d.HIF", "e.avif", "f.TIF", "g.tiff", "h.PNG", "i.webp", "j.Heif"]
    wanted = [photo(tmp_path / name) for name in names]

    assert found([tmp_path]) == wanted
    assert [content_type(path) for path in wanted[:6]] == [
        *["image/jpeg"] * 3,
        "image/heic",
        "image/avif",
        "image/tiff",
    ]


def test_pictures_that_cannot_be_sent_are_named(tmp_path: Path) -> None:
    raw = [photo(tmp_path / name) for name in ("IMG_1.CR3", "IMG_2.dng")]
    for name in ("notes.txt", "a.jpg", ".hidden.dng"):
        photo(tmp_path / name)

    assert [path.resolve() for path in left_out([tmp_path, tmp_path / "a.jpg"])] == raw


def test_a_folder_of_raw_files_alone_names_them(tmp_path: Path) -> None:
    photo(tmp_path / "IMG_1.CR3")
    with pytest.raises(BadArgumentError, match=r"IMG_1\.CR3"):
        found([tmp_path])


def test_what_cannot_be_seen_in_a_name_is_not_sent(tmp_path: Path) -> None:
    path = photo(tmp_path / "\u200ekitchen\u202e\n.jpg")

    assert Photo(path, "kitchen", "image/jpeg").file(staged=True)["filename"] == "kitchen.jpg"


@pytest.mark.parametrize(
    ("stem", "named"),
    [
        ("Ku\u0308che", "K\u00fcche-modern.jpg"),
        ("ห้องนั่งเล่น", "ห้องนั่งเล่น-modern.jpg"),
        ("रसोई", "रसोई-modern.jpg"),
        ("مطبخ\u200cها", "مطبخ\u200cها-modern.jpg"),
        ("リビングルーム", "リビングルーム-modern.jpg"),
        ("a/b:c*d", "a_b_c_d-modern.jpg"),
    ],
)
def test_results_keep_the_letters_of_every_script(stem: str, named: str) -> None:
    assert names(stem, [job("1", "modern")]) == [named]


def test_a_long_name_in_any_script_fits_into_a_file_system() -> None:
    [name] = names("ห้อง" * 60, [job("1", "scandinavian")])

    assert len(name.encode()) <= 255
    assert name.endswith("-scandinavian.jpg")


def test_two_spellings_of_one_name_are_one_name() -> None:
    assert names("Ku\u0308che", [job("1", "modern")], ["K\u00fcche-modern"]) == ["K\u00fcche-modern-2.jpg"]
    assert names("K\u00fcche", [job("1", "modern")], ["Ku\u0308che-modern"]) == ["K\u00fcche-modern-2.jpg"]


def test_photos_that_were_moved_are_the_same_photos(tmp_path: Path) -> None:
    before, after, out = tmp_path / "Elm Street", tmp_path / "Elm Street 5", tmp_path / "out"
    before.mkdir()
    out.mkdir()
    made = journal(out, *(photo(before / name, name.encode()) for name in ("a.jpg", "b.jpg")))
    uploaded(made)
    before.rename(after)
    (after / "b.jpg").rename(after / "kitchen.jpg")

    again = opened(out, SERVER, ORDER)
    moved = again.take_up([(after / name).resolve() for name in ("a.jpg", "kitchen.jpg")], {})

    assert moved == [0, 1]
    assert [entry.name for entry in again.record.entries] == ["a", "b"]
    assert again.record.entries[0].image_id == "img_1"
    assert again.record.entries[1].photo.path == (after / "kitchen.jpg").resolve()


def test_two_files_of_the_same_bytes_stay_two_photos_also_when_moved(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    made = journal(tmp_path, *(photo(before / name) for name in ("a.jpg", "b.jpg")))
    assert len(made.record.entries) == 2
    before.rename(after)

    assert made.take_up([(after / name).resolve() for name in ("a.jpg", "b.jpg")], {}) == [0, 1]


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


def test_results_have_the_ending_of_their_format_and_the_name_of_what_was_done() -> None:
    assert names("kitchen", [replace(job("1", "modern"), format="webp")]) == ["kitchen-modern.webp"]
    assert names("kitchen", [replace(job("1", None), mode="declutter", format="png")]) == ["kitchen-declutter.png"]
    assert names("kitchen", [replace(job("1", "modern"), format="../exe")]) == ["kitchen-modern.jpg"]


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


def test_a_run_that_left_pictures_out_names_them_and_does_not_end_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Client(SERVER, "token") as client, pytest.raises(typer.Exit) as ended:
        finish(client, journal(tmp_path), [], [tmp_path / "IMG_1.CR3"])

    assert ended.value.exit_code == 1
    assert "IMG_1.CR3" in capsys.readouterr().out
