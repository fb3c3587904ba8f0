"""What a run costs: by its model's rule, its real pixels and how it ended."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from realstaging.image_models import run_price
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Job, JobStatus
from realstaging.models.runs import Prediction
from realstaging.runs import costs

AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
SAME: Any = dict.fromkeys(("id", "project_id", "owner", "traceparent", "correlation_id"), "x") | dict.fromkeys(
    ("created_at", "updated_at"), AT
)
PHOTO = Image(
    **SAME,
    filename="room.jpg",
    status=ImageStatus.READY,
    content_type="image/jpeg",
    size_bytes=1,
    upload_by=AT,
    master_width=2048,
    master_height=1365,
)


def job(model: str = "black-forest-labs/flux-2-pro", **more: Any) -> Job:
    return Job(
        **SAME, image_id="x", batch_id="x", period="x", status=JobStatus.PROCESSING, model=model, attempt=2, **more
    )


def run(status: str, seconds: float | None = None) -> Prediction:
    return Prediction(id="run1", status=status, predict_seconds=seconds)


@pytest.mark.parametrize(
    ("status", "usd"),
    [("succeeded", "0.09"), ("canceled", "0.09"), ("failed", "0"), ("aborted", "0"), ("processing", "0")],
)
def test_what_was_delivered_or_stopped_after_it_had_begun_is_billed(status: str, usd: str) -> None:
    assert costs.build_run(job(), "x", run(status), PHOTO, (1728, 1152)).cost_usd == Decimal(usd)


def test_a_run_that_was_not_there_costs_nothing() -> None:
    ended = costs.build_run(job(), "staging_timed_out", None, PHOTO)

    assert (ended.attempt, ended.outcome, ended.cost_usd, ended.predict_seconds) == (
        2,
        "staging_timed_out",
        Decimal(0),
        None,
    )


def test_how_long_it_ran_is_kept_to_the_millisecond() -> None:
    assert costs.build_run(job(), "delivered", run("succeeded", 9.24051), PHOTO).predict_seconds == Decimal("9.241")


@pytest.mark.parametrize(
    ("photo", "made", "usd"),
    [
        (PHOTO, (1000, 1000), "0.075"),
        (PHOTO, (1001, 1000), "0.090"),
        (PHOTO, None, "0.105"),  # not known: as large as the photo
        (None, (1000, 1000), "0.045"),  # the photo is gone: a megapixel begun
    ],
)
def test_the_price_follows_from_the_real_pixels(photo: Image | None, made: tuple[int, int] | None, usd: str) -> None:
    assert run_price.price(job(), photo, made) == Decimal(usd)


def test_what_was_sent_may_change_the_price() -> None:
    sent = {"quality": "low"}

    assert run_price.price(job("openai/gpt-image-1.5", input=sent), PHOTO, None) == Decimal("0.013")
    assert run_price.price(job("openai/gpt-image-1.5"), PHOTO, None) == Decimal("0.136")


def test_a_model_that_is_known_no_more_has_no_price() -> None:
    assert run_price.price(job("nobody/nothing"), PHOTO, None) == 0
    assert not run_price.pixels_matter(job("nobody/nothing"))


def test_the_photo_matters_only_where_megapixels_are_billed() -> None:
    assert run_price.pixels_matter(job())
    assert not run_price.pixels_matter(job("qwen/qwen-image-edit-2511"))
