"""What an upload request becomes: images and jobs in the order of its files, each with the settings it asked for."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.jobs.builder import MAX_SEED
from tests.support.rows import NOW, TRACE
from tests.support.upload_plans import FILE, SETTINGS, planned

STYLES = [style.id for style in SETTINGS.styles]


def _orders(defaults: dict[str, Any] | None, **file: Any) -> list[tuple[Any, ...]]:
    """What one file's jobs ask for."""
    answer, written = planned([FILE | file], defaults=defaults)
    assert answer.failed == 0, answer.items[0].error
    return [(job.room_type, job.style, job.prompt, job.seed) for job in written.jobs]


def test_without_settings_and_defaults_a_file_is_only_stored() -> None:
    answer, written = planned([FILE])

    assert written.jobs == []
    assert written.images[0].waiting_jobs == []
    assert (answer.items[0].status, answer.items[0].jobs) == (201, [])


def test_a_file_that_says_nothing_takes_the_defaults() -> None:
    defaults = {"room_type": "kitchen", "style": "modern", "prompt": "with a large table", "seed": 7}

    assert _orders(defaults) == [("kitchen", "modern", "with a large table", 7)]


def test_a_file_that_says_null_is_only_stored_whatever_the_defaults() -> None:
    assert _orders({"room_type": "kitchen"}, settings=None) == []


def test_a_files_settings_override_the_defaults_key_by_key() -> None:
    defaults = {"room_type": "kitchen", "style": "modern", "seed": 7}

    assert _orders(defaults, settings={"room_type": "bedroom"}) == [("bedroom", "modern", None, 7)]
    assert _orders(defaults, settings={}) == [("kitchen", "modern", None, 7)]
    assert _orders(None, settings={"room_type": "bedroom"}) == [("bedroom", None, None, None)]


def test_an_explicit_null_takes_one_default_away() -> None:
    defaults = {"room_type": "kitchen", "style": "modern", "seed": 7}

    assert _orders(defaults, settings={"seed": None, "style": None}) == [("kitchen", None, None, None)]


@pytest.mark.parametrize(
    ("defaults", "own", "styles"),
    [
        ({"style": "modern"}, {"styles": ["industrial", "traditional"]}, ["industrial", "traditional"]),
        ({"styles": ["modern", "industrial"]}, {"style": "traditional"}, ["traditional"]),
        ({"styles": ["modern", "industrial"]}, {"room_type": "kitchen"}, ["modern", "industrial"]),
        ({"styles": ["modern", "industrial"]}, {"styles": None}, [None]),
        ({"style": "modern"}, {"style": None, "styles": ["industrial"]}, ["industrial"]),
    ],
)
def test_a_files_choice_of_styles_replaces_the_defaults_however_either_is_spelled(
    defaults: dict[str, Any], own: dict[str, Any], styles: list[str | None]
) -> None:
    assert [style for _, style, _, _ in _orders(defaults, settings=own)] == styles


KEYS: dict[str, st.SearchStrategy[Any]] = {
    "room_type": st.sampled_from(["kitchen", "bedroom", None]),
    "style": st.sampled_from([*STYLES[:2], None]),
    "prompt": st.sampled_from(["with a large table", "with a small table", None]),
    "seed": st.sampled_from([1, 2, None]),
    "variations": st.sampled_from([1, 2, None]),
}
PARTIAL = st.fixed_dictionaries({}, optional=KEYS)


@given(st.none() | PARTIAL, PARTIAL)
def test_every_key_is_the_files_own_or_else_the_defaults(defaults: dict[str, Any] | None, own: dict[str, Any]) -> None:
    expected = {name: own[name] if name in own else (defaults or {}).get(name) for name in KEYS}
    orders = _orders(defaults, settings=own)

    assert len(orders) == (expected["variations"] or 1)
    first = (expected["room_type"], expected["style"], expected["prompt"], expected["seed"])
    assert orders[0] == first


@given(
    st.lists(st.sampled_from(STYLES), min_size=1, max_size=4),
    st.none() | st.integers(1, 4),
    st.none() | st.integers(1, MAX_SEED) | st.integers(MAX_SEED - 4, MAX_SEED),
)
def test_each_style_is_made_as_often_as_asked_and_its_seeds_count_up_and_wrap(
    styles: list[str], variations: int | None, seed: int | None
) -> None:
    orders = _orders(None, settings={"styles": styles, "variations": variations, "seed": seed})

    turns = range(variations or 1)
    assert [style for _, style, _, _ in orders] == [style for style in styles for _ in turns]
    seeds = [None] * len(turns) if seed is None else [(seed + turn - 1) % MAX_SEED + 1 for turn in turns]
    assert [made for _, _, _, made in orders] == seeds * len(styles)
    assert all(made is None or 1 <= made <= MAX_SEED for made in seeds)


def test_the_seed_after_the_last_is_the_first() -> None:
    orders = _orders(None, settings={"seed": MAX_SEED, "variations": 3})

    assert [seed for _, _, _, seed in orders] == [MAX_SEED, 1, 2]


def test_fifty_files_keep_their_order_in_ids_rows_forms_and_answer() -> None:
    files = [FILE | {"filename": f"{number}.jpg"} for number in range(50)]
    answer, written = planned(files, defaults={"styles": ["modern", "industrial"], "variations": 2})

    names = [f"{number}.jpg" for number in range(50)]
    assert [image.filename for image in written.images] == names
    assert [item.image and item.image.filename for item in answer.items] == names
    assert [item.index for item in answer.items] == list(range(50))
    ids = [image.id for image in written.images]
    assert ids == sorted(ids)
    assert [item.upload and item.upload.fields["key"] for item in answer.items] == ids
    jobs = [job.id for job in written.jobs]
    assert len(jobs) == 200
    assert jobs == sorted(jobs)
    assert [job.id for item in answer.items for job in item.jobs or []] == jobs
    assert written.batch is not None
    assert (written.batch.image_ids, written.batch.job_ids) == (ids, jobs)


def test_each_image_waits_with_exactly_its_own_jobs() -> None:
    answer, written = planned([FILE, FILE, FILE], defaults={"variations": 2})

    for image, jobs in written.groups:
        assert image.waiting_jobs == [job.id for job in jobs]
        assert {job.image_id for job in jobs} == {image.id}
    assert answer.batch_id is not None
    assert {job.batch_id for job in written.jobs} == {answer.batch_id}


def test_every_row_says_whose_it_is_what_it_is_charged_to_and_which_trace_it_follows() -> None:
    _, written = planned([FILE | {"sha256": "a" * 64}], defaults={})
    (image,), (job,) = written.images, written.jobs

    for row in (image, job):
        assert (row.owner, row.project_id, row.traceparent, row.correlation_id) == (
            "alice",
            "prj_1",
            TRACE,
            "request-1",
        )
    assert (job.period, job.model, job.attempt) == ("2026-11-01", SETTINGS.models.default, 0)
    assert image.announced_sha256 == "a" * 64
    assert image.sha256 is None, "what was announced is not yet known to be true"
    assert written.limit == SETTINGS.plans["free"].images_per_month


def test_somebody_looks_at_the_image_before_its_job() -> None:
    _, written = planned([FILE], defaults={})
    (image,), (job,) = written.images, written.jobs

    assert image.due_at is not None
    assert job.due_at is not None
    assert NOW < image.due_at < image.upload_by < job.due_at


def test_the_form_takes_no_more_than_the_settings_allow() -> None:
    answer, _ = planned([FILE])
    form = answer.items[0].upload

    assert form is not None
    assert form.fields["most"] == str(SETTINGS.uploads.max_bytes)
    assert form.expires_at == NOW + timedelta(seconds=SETTINGS.uploads.url_seconds)
