"""Whose turn it is to stage a job, without a table, a photo or a provider."""

from datetime import UTC, datetime
from typing import Any

import pytest

from realstaging.config import Settings
from realstaging.image_models import registry
from realstaging.image_models.registry import Order, StagingModel
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.runs import Run
from realstaging.runs import model_selection
from tests.support.upload_plans import SETTINGS

DEFAULT = "qwen/qwen-image-edit-2511"
PLUS, BANANA, GPT = "qwen/qwen-image-edit-plus", "google/nano-banana", "openai/gpt-image-1.5"
AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def job(model: str = DEFAULT, runs: str = "", **more: Any) -> Job:
    """`runs`: who ran and how it ended, as in `default:staging_failed`."""
    names = {"default": DEFAULT, "plus": PLUS, "banana": BANANA}
    ended = [each.partition(":") for each in runs.split()]
    same: Any = dict.fromkeys(("id", "image_id", "project_id", "batch_id", "owner", "period"), "x")
    return Job(
        status=JobStatus.QUEUED,
        model=model,
        created_at=AT,
        updated_at=AT,
        traceparent="",
        correlation_id="",
        runs=[Run(attempt=n + 1, model=names[who], outcome=how) for n, (who, _, how) in enumerate(ended)],
        **same,
        **more,
    )


def settings(**models: Any) -> Settings:
    chosen = {"fallbacks": (PLUS, BANANA), "tries_each": 2} | models
    return SETTINGS.model_copy(update={"models": SETTINGS.models.model_copy(update=chosen)})


def anybody(model: StagingModel) -> bool:
    return True


def chosen(job: Job, settings: Settings) -> str | None:
    model = model_selection.choose(job, settings, anybody)
    return model.id if model else None


def test_the_chain_begins_with_what_was_ordered_and_names_nobody_twice() -> None:
    ids = [model.id for model in model_selection.chain(job(BANANA), settings())]

    assert ids == [BANANA, PLUS, DEFAULT]


def test_what_was_ordered_stays_the_first_choice_when_another_has_had_a_try() -> None:
    assert model_selection.chain(job(PLUS, ordered_model=BANANA), settings())[0].id == BANANA


@pytest.mark.parametrize("gone", [(PLUS, BANANA), (PLUS, BANANA, "nobody/nothing")])
def test_who_is_not_on_offer_or_not_there_is_left_out(gone: tuple[str, ...]) -> None:
    assert [model.id for model in model_selection.chain(job("nobody/nothing"), settings(enabled=gone))] == [
        PLUS,
        BANANA,
    ]


@pytest.mark.parametrize(
    ("runs", "next_one"),
    [
        ("", DEFAULT),
        ("default:staging_failed", DEFAULT),
        ("default:staging_failed default:staging_timed_out", PLUS),
        ("default:output_unusable", PLUS),
        ("default:output_unusable plus:staging_failed", PLUS),
        ("default:output_unusable plus:output_unusable", BANANA),
        ("default:output_unusable plus:output_unusable banana:output_unusable", None),
        ("default:output_unusable plus:staging_failed plus:staging_failed", BANANA),
        (" ".join(f"{who}:staging_failed" for who in ("default", "plus", "banana") for _ in range(2)), DEFAULT),
        ("default:output_unusable " + "plus:staging_failed " * 2 + "banana:staging_failed " * 2, PLUS),
    ],
)
def test_the_next_model_follows_from_the_attempts_so_far(runs: str, next_one: str | None) -> None:
    assert chosen(job(runs=runs), settings()) == next_one


def test_how_often_each_may_fail_is_set() -> None:
    runs = "default:staging_failed " * 3

    assert chosen(job(runs=runs), settings(tries_each=4)) == DEFAULT
    assert chosen(job(runs=runs), settings(tries_each=3)) == PLUS


def test_nobody_who_does_not_take_it_is_chosen() -> None:
    assert model_selection.choose(job(), settings(), lambda model: False) is None


@pytest.mark.parametrize(
    ("model_id", "order", "takes"),
    [
        (PLUS, Order("", "A room.", 7), True),
        (BANANA, Order("", "A room.", 7), False),
        (BANANA, Order("", "A room."), True),
        (GPT, Order("", "A room.", None, 1500, 1000), True),
        (GPT, Order("", "A room.", None, 1600, 1000), False),
        (GPT, Order("", "A room."), False),
        ("bytedance/seedream-4.5", Order("", "x" * 4001), False),
    ],
)
def test_who_takes_over_must_be_able_to_do_what_was_ordered(model_id: str, order: Order, takes: bool) -> None:
    model = registry.get(model_id)

    assert model_selection.takes_over(model, job(), order) is takes
    assert model_selection.takes_over(model, job(model_id), order)


def test_settings_that_name_models_rightly_raise_no_objection() -> None:
    assert model_selection.objections(settings(parameters={DEFAULT: {"output_quality": 90}})) == []


@pytest.mark.parametrize(
    ("models", "objection"),
    [
        ({"enabled": (DEFAULT, "nobody/nothing")}, "nobody/nothing is not registered."),
        ({"enabled": (DEFAULT, "bytedance/seedream-3")}, "bytedance/seedream-3 cannot stage a photo."),
        ({"enabled": (DEFAULT, "openai/gpt-image-1")}, "openai/gpt-image-1 needs a secret"),
        ({"enabled": (PLUS, BANANA)}, f"models.default: {DEFAULT} is not enabled."),
        ({"fallbacks": (PLUS, "nobody/nothing")}, "models.fallbacks.1: nobody/nothing is not enabled."),
        ({"parameters": {"nobody/nothing": {}}}, "models.parameters: nobody/nothing is not registered."),
        ({"parameters": {DEFAULT: {"output_quality": 101}}}, "output_quality"),
        ({"parameters": {DEFAULT: {"prompt": "Mine."}}}, "prompt"),
    ],
)
def test_what_is_wrong_with_models_is_said(models: dict[str, Any], objection: str) -> None:
    assert any(objection in each for each in model_selection.objections(settings(**models)))


def test_a_plans_model_must_be_enabled() -> None:
    plan = SETTINGS.plans["free"].model_copy(update={"model": "nobody/nothing"})

    found = model_selection.objections(SETTINGS.model_copy(update={"plans": {"free": plan}}))

    assert found == ["plans.free.model: nobody/nothing is not enabled."]
