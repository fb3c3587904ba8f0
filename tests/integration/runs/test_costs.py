"""What runs cost us: every one that is billed, once, by its model's rule and real pixels, whatever it came to."""

from decimal import Decimal
from typing import Any

import pytest

from realstaging.models.jobs import Job, JobStatus
from tests.support import factories
from tests.support.steps import ask, finish, hear, results, settle, stage, started, sweep, told
from tests.support.world import World

FLUX = "black-forest-labs/flux-2-pro"


def costs(world: World, job: Job) -> tuple[list[Any], list[Any]]:
    """Of the job's project and of its owner: total, and number of jobs."""
    answers = [ask(world, "GET", path) for path in (f"/v1/projects/{job.project_id}/cost", "/v1/account/cost")]
    project, account = [[float(body["total_cost_usd"]), body["job_count"]] for _, body in answers]
    return project, account


def outcomes(job: Job) -> list[tuple[str, str]]:
    return [(run.outcome, str(run.cost_usd)) for run in job.runs]


def test_a_delivered_run_is_booked_with_its_time(world: World) -> None:
    job = started(world)

    finish(world, results(world, job))

    done = world.job(job)
    [run] = done.runs
    assert (run.attempt, run.model, run.outcome, run.cost_usd) == (1, job.model, "delivered", Decimal("0.03"))
    assert run.predict_seconds is not None
    assert done.cost_usd == Decimal("0.03")
    assert costs(world, job) == ([0.03, 1], [0.03, 1])


def test_a_run_that_failed_is_free(world: World) -> None:
    job = started(world, "error_director")

    finish(world, results(world, job))

    now = world.job(job)
    assert (now.status, now.cost_usd, outcomes(now)) == (JobStatus.QUEUED, None, [("staging_failed", "0")])
    assert costs(world, job) == ([0, 0], [0, 0])


def test_an_unusable_result_is_paid_for_and_not_charged(world: World) -> None:
    job = started(world, "result:square")

    finish(world, results(world, job))

    now = world.job(job)
    assert (now.status, now.cost_usd, now.charged) == (JobStatus.QUEUED, Decimal("0.03"), False)
    assert costs(world, job) == ([0.03, 1], [0.03, 1])
    assert (world.usage().used, world.usage().captured) == (1, 0)


def test_a_job_that_fails_after_paid_attempts_costs_their_sum_and_counts_once(world: World) -> None:
    job = started(world, "result:square")
    for attempt in (1, 2):
        finish(world, results(world, job, attempt))
        stage(world)

    failed = world.job(job)
    assert (failed.status, failed.charged, failed.cost_usd) == (JobStatus.FAILED, False, Decimal("0.06"))
    assert costs(world, job) == ([0.06, 1], [0.06, 1])
    assert world.usage().used == 0


def test_a_job_that_succeeds_at_last_costs_all_of_its_runs(world: World) -> None:
    world.provider.script({"then": "result:html", "times": 1})
    _, [job] = factories.queued(world)
    world.run("stage_image", factories.to_start(job))

    finish(world, results(world, job))
    stage(world)
    finish(world, results(world, job, 2))

    done = world.job(job)
    assert (done.status, done.cost_usd) == (JobStatus.READY, Decimal("0.06"))
    assert outcomes(done) == [("output_unusable", "0.03"), ("delivered", "0.03")]
    assert costs(world, job) == ([0.06, 1], [0.06, 1])


def test_the_same_end_heard_twice_is_booked_once(world: World) -> None:
    job = started(world, "result:square")
    messages = results(world, job)

    finish(world, messages * 2)
    finish(world, messages)

    assert len(world.job(job).runs) == 1
    assert costs(world, job)[1] == [0.03, 1]


def test_megapixels_are_those_that_were_given_and_really_made(world: World) -> None:
    world.provider.script({"then": "result:square"})
    _, [job] = factories.queued(world, order={"model": FLUX})
    world.run("stage_image", factories.to_start(job))

    finish(world, results(world, job))

    # The run, one megapixel begun of the photo, two of the square.
    assert world.job(job).cost_usd == Decimal("0.060")


def test_what_was_set_for_the_model_decides_its_price(world: World) -> None:
    banana = "google/nano-banana-pro"
    factories.set_now(world, models={banana: {"parameters": {"resolution": "4K"}}})
    _, [job] = factories.queued(world, order={"model": banana, "seed": None})
    world.run("stage_image", factories.to_start(job))
    now = world.job(job)

    finish(world, [told(now, 1, "canceled")])

    assert world.job(job).cost_usd == Decimal("0.30")


@pytest.mark.parametrize(("status", "usd"), [("canceled", "0.03"), ("aborted", None), ("failed", None)])
def test_a_run_that_was_stopped_is_billed_if_it_had_begun(world: World, status: str, usd: str | None) -> None:
    job = factories.processing(world)

    finish(world, [told(job, 1, status)])

    assert world.job(job).cost_usd == (usd and Decimal(usd))


def test_a_run_that_takes_too_long_is_called_off_and_counts_as_billed(world: World) -> None:
    job = started(world, "hang")

    sweep(world, minutes=10)
    settle(world)

    now = world.job(job)
    assert (now.status, now.cost_usd) == (JobStatus.QUEUED, Decimal("0.03"))
    assert outcomes(now) == [("staging_timed_out", "0.03")]


def test_a_run_that_never_began_is_called_off_and_free(world: World) -> None:
    job = started(world, {"outcome": "hang", "started": False})

    sweep(world, minutes=10)
    settle(world)

    assert world.job(job).cost_usd is None


def test_the_run_of_a_canceled_job_is_booked_when_the_provider_says_that_it_was_billed(world: World) -> None:
    job = started(world, "hang")
    assert ask(world, "POST", f"/v1/jobs/{job.id}/cancel")[0] == 200
    settle(world)
    hear(world, job)
    messages = world.to_settle()

    finish(world, messages)
    before = world.rows()
    finish(world, messages)

    now = world.job(job)
    assert (now.status, now.charged, now.cost_usd) == (JobStatus.CANCELED, False, Decimal("0.03"))
    assert costs(world, job) == ([0.03, 1], [0.03, 1])
    assert [row for row in world.rows() if not row["sk"].startswith("RATE")] == [
        row for row in before if not row["sk"].startswith("RATE")
    ]
    assert world.usage().used == 0


def test_a_result_that_comes_after_its_job_was_given_up_is_booked_and_not_delivered(world: World) -> None:
    job = started(world)
    messages = results(world, job)
    world.clock.forward(hours=25)
    finish(world, [{name: value for name, value in messages[0].items() if name != "prediction"}])
    assert world.job(job).status is JobStatus.FAILED

    finish(world, messages)

    now = world.job(job)
    assert (now.status, now.error and now.error.code, now.charged) == (JobStatus.FAILED, "run_lost", False)
    assert now.cost_usd == Decimal("0.03")
    assert world.objects("staged/") == []


def test_a_run_that_was_given_up_for_lost_is_not_delivered_beside_its_successor(world: World) -> None:
    job = factories.processing(world, prediction_id=None)
    sweep(world, minutes=3)
    settle(world)
    assert outcomes(world.job(job)) == []  # a start that made no run is no attempt
    stage(world)
    late = told(job, 1, "succeeded", id="lost", marks=job.marker, output=["x"])

    finish(world, [late, late])

    assert world.job(job).status == JobStatus.PROCESSING
    hear(world, job)
    settle(world)
    # There was a run after all: it is billed, and so it is booked, once.
    assert (world.job(job).status, world.job(job).cost_usd) == (JobStatus.READY, Decimal("0.06"))
    assert world.ledger() == {job.id: "captured"}


def test_of_an_attempt_that_is_over_only_its_own_run_is_booked(world: World) -> None:
    job = started(world, "error_director")
    finish(world, results(world, job))
    stage(world)

    finish(world, [told(job, 1, "succeeded", id="another"), told(job, 1, "failed", marks=job.marker)])

    assert outcomes(world.job(job)) == [("staging_failed", "0")]


def test_a_strangers_run_is_never_booked(world: World) -> None:
    job = started(world, "hang")
    factories.canceled(world, job)

    finish(world, [told(job, 1) | {"prediction": {"id": "another", "status": "succeeded", "output": []}}])

    assert world.job(job).runs == []


def test_totals_of_a_deleted_project_stay_with_the_owner(world: World) -> None:
    job = started(world)
    finish(world, results(world, job))

    ask(world, "DELETE", f"/v1/projects/{job.project_id}")

    assert ask(world, "GET", "/v1/account/cost")[1] == {
        "total_cost_usd": "0.030000",
        "job_count": 1,
        "average_cost_usd": "0.030000",
    }
    assert ask(world, "GET", "/v1/account/cost", owner="bob")[1]["total_cost_usd"] == "0.000000"
