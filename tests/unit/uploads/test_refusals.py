"""A bad file is refused by itself, with the place of what is wrong; bad defaults refuse the whole request."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.errors import ValidationFailedError
from realstaging.jobs.builder import MAX_SEED
from realstaging.models.requests import StageSettings, UploadRequest
from realstaging.uploads.plan import plan
from tests.support.upload_plans import ASKED, FILE, ONCE, SETTINGS, Forms, Written, planned

BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"filename": ""}, ["/filename"]),
    ({"filename": "x" * 256}, ["/filename"]),
    ({"filename": None}, ["/filename"]),
    ({"filename": "\ud800"}, ["/filename"]),
    ({"content_type": "image/gif"}, ["/content_type"]),
    ({"content_type": "text/html; image/jpeg"}, ["/content_type"]),
    ({"content_type": "image/svg+xml"}, ["/content_type"]),
    ({"content_type": None}, ["/content_type"]),
    ({"size_bytes": 0}, ["/size_bytes"]),
    ({"size_bytes": -1}, ["/size_bytes"]),
    ({"size_bytes": 10**30}, ["/size_bytes"]),
    ({"size_bytes": SETTINGS.uploads.max_bytes + 1}, ["/size_bytes"]),
    ({"size_bytes": 1.5}, ["/size_bytes"]),
    ({"sha256": "A" * 64}, ["/sha256"]),
    ({"sha256": "a" * 63}, ["/sha256"]),
    ({"sha256": "a" * 64 + "\n"}, ["/sha256"]),
    ({"owner": "bob"}, ["/owner"]),
    ({"a/b~c": 1}, ["/a~1b~0c"]),
    ({"settings": []}, ["/settings"]),
    ({"settings": {"room_type": "dungeon"}}, ["/settings/room_type"]),
    ({"settings": {"style": "modern", "styles": ["modern"]}}, ["/settings/styles"]),
    ({"settings": {"styles": ["modern", "brutalist"]}}, ["/settings/styles/1"]),
    ({"settings": {"styles": []}}, ["/settings/styles"]),
    ({"settings": {"styles": ["modern"] * 5}}, ["/settings/styles"]),
    ({"settings": {"prompt": "too short"}}, ["/settings/prompt"]),
    ({"settings": {"prompt": " " * 20}}, ["/settings/prompt"]),
    ({"settings": {"prompt": "x" * 2001}}, ["/settings/prompt"]),
    ({"settings": {"seed": 0}}, ["/settings/seed"]),
    ({"settings": {"seed": MAX_SEED + 1}}, ["/settings/seed"]),
    ({"settings": {"variations": 5}}, ["/settings/variations"]),
    ({"settings": {"model": "nobody/nothing"}}, ["/settings/model"]),
    ({"settings": {"negative_prompt": "no"}}, ["/settings/negative_prompt"]),
    ({"filename": "", "size_bytes": 0}, ["/filename", "/size_bytes"]),
]


@pytest.mark.parametrize(("wrong", "places"), BAD, ids=[str(places) for _, places in BAD])
def test_a_bad_file_is_refused_by_itself_and_says_where(wrong: dict[str, Any], places: list[str]) -> None:
    answer, written = planned([FILE, FILE | wrong, FILE], defaults={})

    assert [item.status for item in answer.items] == [201, 422, 201]
    error = answer.items[1].error
    assert error is not None
    assert (error.code, error.retryable) == ("validation_failed", False)
    assert [each["pointer"] for each in error.errors or []] == [f"/files/1{place}" for place in places]
    assert all(each["message"] for each in error.errors or [])
    assert (answer.succeeded, answer.failed, len(written.images)) == (2, 1, 2)
    assert [item.index for item in answer.items] == [0, 1, 2]
    assert answer.model_dump_json()


@given(st.lists(st.booleans(), min_size=1, max_size=50))
def test_good_and_bad_files_mix_and_each_keeps_its_place(good: list[bool]) -> None:
    files = [FILE | ({} if each else {"size_bytes": 0}) | {"filename": f"{n}.jpg"} for n, each in enumerate(good)]
    answer, written = planned(files)

    assert [item.status == 201 for item in answer.items] == good
    assert [item.image.filename for item in answer.items if item.image] == [
        f"{number}.jpg" for number, each in enumerate(good) if each
    ]
    assert (answer.succeeded, answer.failed) == (sum(good), len(good) - sum(good))
    assert (written.batch is None) == (answer.batch_id is None) == (not any(good))


def test_where_no_file_is_good_nothing_is_written() -> None:
    answer, written = planned([FILE | {"size_bytes": 0}] * 3)

    assert (answer.batch_id, answer.succeeded, answer.failed) == (None, 0, 3)
    assert written.batch is None


def test_bad_defaults_refuse_the_whole_request() -> None:
    written = Written()
    request = UploadRequest(project_id="prj_1", defaults=StageSettings(room_type="dungeon"), files=[FILE])

    with pytest.raises(ValidationFailedError) as refused:
        plan(request, ASKED, ONCE, batches=written, media=Forms())

    assert refused.value.members["errors"][0]["pointer"] == "/defaults/room_type"
    assert written.batch is None


def test_a_file_with_a_hundred_thousand_wrong_fields_gets_a_short_answer() -> None:
    answer, _ = planned([FILE | {f"a{number}": 0 for number in range(20_000)}])

    assert len(answer.model_dump_json()) < 100_000


def test_a_stage_that_takes_fewer_files_says_how_many() -> None:
    few = SETTINGS.model_copy(update={"uploads": SETTINGS.uploads.model_copy(update={"max_files": 2})})
    request = UploadRequest(project_id="prj_1", files=[FILE] * 3)
    written = Written()

    with pytest.raises(ValidationFailedError) as refused:
        plan(request, replace(ASKED, terms=replace(ASKED.terms, settings=few)), ONCE, batches=written, media=Forms())

    assert refused.value.members["errors"] == [{"pointer": "/files", "message": "At most 2 files in one request."}]
