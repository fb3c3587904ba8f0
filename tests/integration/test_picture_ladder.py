"""A result that does not keep the room: reported, made again, or refused; never charged."""

from typing import Any

import pytest

from realstaging.gateways.media import original_key
from realstaging.models.jobs import Job, JobStatus
from realstaging.stores.checks import CheckStore
from tests.support import factories
from tests.support.http_client import call
from tests.support.steps import finish, results, stage
from tests.support.world import World


def staged(world: World, *outcomes: str, **order: Any) -> Job:
    """A job as ordered, staged until it ends, with one outcome of the provider for each attempt."""
    image, [job] = factories.queued(world, order={"size": "source"} | order)
    world.media.put_once(original_key("alice", str(image.sha256)), factories.photo(), "image/jpeg")
    for attempt, outcome in enumerate(outcomes, 1):
        world.provider.script(outcome)
        stage(world) if attempt > 1 else world.run("stage_image", factories.to_start(job))
        finish(world, results(world, job, attempt))
    return world.job(job)


BAD = "result:blank"


@pytest.mark.parametrize("policy", ["report", "reroll", "refuse"])
def test_a_result_that_keeps_the_room_is_delivered_and_charged(world: World, policy: str) -> None:
    job = staged(world, "succeed", check_policy=policy)

    assert (job.status, job.charged, job.attempt) == (JobStatus.READY, True, 1)
    assert job.check is not None
    assert job.check.verdict in ("pass", "review")
    assert job.result is not None
    assert (job.result.width, job.result.height) == (768, 512)  # the photo's own size
    assert job.result.frame in ("restored", "resized")
    assert world.ledger() == {job.id: "captured"}


def test_a_stretched_result_is_laid_back_on_the_photo(world: World) -> None:
    job = staged(world, "result:stretched")

    assert (job.status, job.charged, job.attempt) == (JobStatus.READY, True, 1)
    assert job.result is not None
    assert (job.result.width, job.result.height, job.result.frame) == (768, 512, "restored")


def test_reported_a_bad_result_is_delivered_at_once_and_free(world: World) -> None:
    job = staged(world, BAD, check_policy="report")

    assert (job.status, job.charged, job.attempt, job.check and job.check.verdict) == ("ready", False, 1, "fail")
    assert world.ledger() == {job.id: "released"}
    assert world.usage().used == 0


def test_a_bad_result_is_made_again_from_another_seed_and_the_good_one_charged(world: World) -> None:
    job = staged(world, BAD, "succeed", check_policy="reroll", seed=7)

    assert (job.status, job.charged, job.attempt, job.seed) == ("ready", True, 2, 8)
    assert [run.outcome for run in job.runs] == ["structure_changed", "delivered"]
    figures = CheckStore(world.table).figures(world.clock.at)[job.model]
    assert (figures.passed + figures.review, figures.failed) == (1, 1)
    assert all(run.cost_usd for run in job.runs)
    assert job.result_key == f"staged/alice/{job.id}/2.jpg"


def test_where_none_passes_the_best_is_delivered_free(world: World) -> None:
    job = staged(world, "result:other_view", BAD, BAD, check_policy="reroll")

    assert (job.status, job.charged, job.attempt) == ("ready", False, 3)
    assert job.result_key == f"staged/alice/{job.id}/1.jpg"
    assert world.ledger() == {job.id: "released"}
    assert (world.usage().used, world.usage().captured) == (0, 0)


def test_the_best_is_delivered_too_when_the_last_attempt_failed_otherwise(world: World) -> None:
    job = staged(world, BAD, "sensitive", check_policy="reroll")

    assert (job.status, job.charged, job.attempt, job.error) == ("ready", False, 2, None)
    assert job.result_key == f"staged/alice/{job.id}/1.jpg"


def test_refused_a_bad_result_ends_in_words_that_say_what_changed(world: World) -> None:
    job = staged(world, BAD, BAD, BAD, check_policy="refuse")

    assert (job.status, job.charged, job.result, job.error and job.error.code) == (
        "failed",
        False,
        None,
        "structure_changed",
    )
    assert "it shows nothing" in str(job.error)
    status, report, _ = call(world, "GET", f"/v1/jobs/{job.id}/report")
    assert (status, report["verdict"]) == (200, "fail")
    status, _, _ = call(world, "GET", f"/v1/jobs/{job.id}/file")
    assert status == 409


def test_a_bad_result_that_comes_twice_is_one_attempt(world: World) -> None:
    job = staged(world, BAD, check_policy="reroll")
    before = world.rows()

    finish(world, results(world, job, 1) * 2)

    assert world.rows() == before
    assert world.job(job).status is JobStatus.QUEUED


def test_report_and_overlay_are_there_with_the_result(world: World) -> None:
    job = staged(world, "succeed")

    status, report, _ = call(world, "GET", f"/v1/jobs/{job.id}/report")
    assert status == 200
    assert (report["mode"], report["frame"]["frame"]) == ("staging", job.result and job.result.frame)
    status, file, _ = call(world, "GET", f"/v1/jobs/{job.id}/file", query={"variant": "overlay"})
    assert (status, file["content_type"]) == (200, "image/jpeg")
    assert call(world, "GET", f"/v1/jobs/{job.id}/report", owner="bob")[0] == 404


def test_before_there_is_a_result_there_is_no_report(world: World) -> None:
    _, [job] = factories.queued(world)

    status, problem, _ = call(world, "GET", f"/v1/jobs/{job.id}/report")

    assert (status, problem["code"]) == (409, "job_not_ready")


@pytest.mark.parametrize(("format", "kind"), [("webp", "image/webp"), ("png", "image/png")])
def test_a_result_has_the_format_and_size_that_were_ordered(world: World, format: str, kind: str) -> None:
    job = staged(world, "succeed", format=format, size="model")

    assert job.result is not None
    assert (job.result.content_type, job.result.frame) == (kind, "model")
    assert (job.result.width, job.result.height) == (job.result.made_width, job.result.made_height)
    status, file, _ = call(world, "GET", f"/v1/jobs/{job.id}/file", query={"download": "1"})
    assert (status, file["content_type"]) == (200, kind)
