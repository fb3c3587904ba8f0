"""Which model stages a job: as ordered, as set just now, and who takes over."""

from typing import Any

import pytest

from realstaging.models.jobs import Job, JobStatus
from tests.support import factories
from tests.support.fault_injection import watched
from tests.support.steps import ask, delivery, failures, finish, hear, results, settle, stage, told
from tests.support.world import World

DEFAULT = "qwen/qwen-image-edit-2511"
PLUS, BANANA = "qwen/qwen-image-edit-plus", "google/nano-banana"
SEEDREAM, GPT = "bytedance/seedream-4.5", "openai/gpt-image-1"
OFF = {"enabled": False}


def start(world: World, **order: Any) -> Job:
    _, [job] = factories.queued(world, order=order)
    assert failures(world.run("stage_image", factories.to_start(job))) == []
    return world.job(job)


def models(world: World) -> list[str]:
    return [str(run["model"]) for run in world.provider.log()["creations"]]


def fail(world: World, job: Job, **prediction: Any) -> Job:
    """The current attempt ends, and the next one starts, if there is one."""
    now = world.job(job)
    finish(world, [told(now, now.attempt, **{"status": "failed"} | prediction)])
    stage(world)
    return world.job(job)


def unusable(world: World, job: Job) -> Job:
    return fail(world, job, status="succeeded", output=["data:text/plain,no picture"])


# -- what was set --------------------------------------------------------------------------------------


def test_what_was_set_a_moment_ago_is_in_the_next_run(world: World) -> None:
    start(world)
    factories.set_now(world, models={DEFAULT: {"parameters": {"output_quality": 80, "go_fast": False}}})
    second = start(world)

    before, after = [run["input"] for run in world.provider.runs()]
    assert (before["output_quality"], after["output_quality"], after["go_fast"]) == (95, 80, False)
    assert second.input is not None
    assert (second.input["output_quality"], second.input["go_fast"]) == (80, False)


def test_parameters_that_fit_no_more_are_left_out(world: World) -> None:
    factories.set_now(world, models={DEFAULT: {"parameters": {"retired": 1}}})

    assert start(world).status is JobStatus.PROCESSING
    assert "retired" not in world.provider.runs()[0]["input"]


def test_a_seed_that_was_set_before_seeds_had_bounds_is_left_out(world: World) -> None:
    factories.set_now(world, models={DEFAULT: {"parameters": {"seed": 10**40}}})

    job = start(world, seed=None)

    assert job.seed is not None
    assert 1 <= job.seed < 2**32


def test_a_start_reads_all_it_depends_on_in_two_calls(world: World) -> None:
    client = world.table.meta.client
    _, [job] = factories.queued(world)

    with (
        watched(client, "BatchGetItem") as reads,
        watched(client, "GetItem") as more,
        watched(client, "UpdateItem") as writes,
    ):
        world.run("stage_image", factories.to_start(job))

    assert (len(reads), len(more)) == (1, 1)  # and the project, which only the job names
    assert len(writes) == 2  # claimed, and the run noted


# -- seeds ---------------------------------------------------------------------------------------------


def test_an_owners_seed_is_used_and_shown(world: World) -> None:
    factories.set_now(world, models={DEFAULT: {"parameters": {"seed": 5}}})

    job = start(world, seed=7)

    assert (job.seed, world.provider.runs()[0]["input"]["seed"]) == (7, 7)


def test_without_an_owners_seed_the_one_that_was_set_is_used(world: World) -> None:
    factories.set_now(world, models={DEFAULT: {"parameters": {"seed": 5}}})

    job = start(world, seed=None)

    assert (job.seed, world.provider.runs()[0]["input"]["seed"]) == (5, 5)


def test_a_run_without_any_seed_gets_one_that_repeats_it_and_a_retry_another(world: World) -> None:
    job = start(world, seed=None)
    assert job.seed is not None
    assert world.provider.runs()[0]["input"]["seed"] == job.seed

    factories.canceled(world, job)
    status, again = ask(world, "POST", f"/v1/jobs/{job.id}/retry")

    assert (status, again["seed"]) == (201, None)


def test_the_next_attempt_draws_another_seed_and_keeps_a_given_one(world: World) -> None:
    drawn, kept = start(world, seed=None), start(world, seed=7)

    first = drawn.seed
    assert fail(world, drawn).seed != first
    assert fail(world, kept).seed == 7


def test_a_model_that_takes_no_seed_shows_none_and_a_retry_has_it_again(world: World) -> None:
    job = start(world, seed=7, model=SEEDREAM)
    assert job.seed is None

    factories.canceled(world, job)
    status, again = ask(world, "POST", f"/v1/jobs/{job.id}/retry")

    assert (status, again["seed"], again["model"]) == (201, 7, SEEDREAM)


# -- who takes over ------------------------------------------------------------------------------------


def test_a_model_that_is_switched_off_is_replaced_and_a_retry_wants_it_again(world: World) -> None:
    factories.set_now(world, {"models.default": PLUS}, {DEFAULT: OFF})

    job = start(world)

    assert (job.model, job.ordered_model) == (PLUS, DEFAULT)
    assert models(world) == [PLUS]
    factories.set_now(world)
    factories.canceled(world, job)
    status, again = ask(world, "POST", f"/v1/jobs/{job.id}/retry")
    assert (status, again["model"]) == (201, DEFAULT)


def test_a_model_nobody_knows_any_more_is_replaced(world: World) -> None:
    job = start(world, model="nobody/nothing")

    assert job.model == PLUS


def test_who_takes_over_must_take_the_owners_seed(world: World) -> None:
    factories.set_now(world, {"models.default": BANANA, "models.fallbacks": [BANANA, PLUS]}, {DEFAULT: OFF})

    assert start(world, seed=7).model == PLUS
    assert start(world, seed=None).model == BANANA


def test_who_takes_over_must_take_the_prompt(world: World) -> None:
    factories.set_now(world, {"models.default": SEEDREAM, "models.fallbacks": [SEEDREAM, PLUS]}, {DEFAULT: OFF})

    assert start(world, seed=None, prompt="A sofa. " * 500).model == PLUS
    assert start(world, seed=None, prompt="A sofa, please.").model == SEEDREAM


def test_when_no_fallback_takes_it_the_default_does(world: World) -> None:
    factories.set_now(world, {"models.fallbacks": []}, {PLUS: OFF})

    assert start(world, model=PLUS).model == DEFAULT


def test_when_nobody_takes_it_the_job_fails_and_says_so(world: World) -> None:
    factories.set_now(world, {"models.default": BANANA, "models.fallbacks": [BANANA]}, {DEFAULT: OFF})

    job = start(world, seed=7)

    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error.code == "input_refused"
    assert "not offered any more" in job.error.detail
    assert (world.provider.runs(), world.usage().used) == ([], 0)


def test_a_model_without_its_secret_is_replaced_and_with_it_gets_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realstaging.gateways.secrets.MISSING_SECONDS", 0)
    factories.set_now(world, models={GPT: {"enabled": True}})
    assert start(world, model=GPT, seed=None).model == PLUS

    ssm = world.function("stage_image").aws.ssm()
    name = f"/realstaging/local/models/{GPT}/openai_api_key"
    ssm.put_parameter(Name=name, Value="sk-one-and-only", Type="SecureString")
    job = start(world, model=GPT, seed=None)

    assert job.model == GPT
    assert world.provider.runs()[-1]["input"]["openai_api_key"]
    assert "sk-one-and-only" not in str(world.rows())


def test_a_model_that_keeps_failing_hands_over(world: World) -> None:
    job = start(world)

    fail(world, job)
    last = fail(world, job)

    assert models(world) == [DEFAULT, DEFAULT, PLUS]
    assert (last.model, last.attempt, last.status) == (PLUS, 3, JobStatus.PROCESSING)
    assert fail(world, job).status is JobStatus.FAILED
    assert [run.outcome for run in world.job(job).runs] == ["staging_failed"] * 3


def test_a_model_goes_on_by_itself_when_nobody_takes_over(world: World) -> None:
    factories.set_now(world, {"models.fallbacks": [], "jobs.max_attempts": 4})
    job = start(world)

    for _ in range(4):
        last = fail(world, job)

    assert models(world) == [DEFAULT] * 4
    assert last.status is JobStatus.FAILED


def test_who_delivered_something_unusable_is_not_paid_again(world: World) -> None:
    job = start(world)

    second = unusable(world, job)
    third = unusable(world, job)

    assert models(world) == [DEFAULT, PLUS]  # the next one takes no seed
    assert (second.model, third.status) == (PLUS, JobStatus.FAILED)
    assert third.error is not None
    assert (third.error.code, third.charged) == ("output_unusable", False)
    assert [run.outcome for run in third.runs] == ["output_unusable"] * 2


def test_after_an_unusable_result_the_next_model_starts_at_once(world: World) -> None:
    job = start(world)

    finish(world, [told(job, 1, status="succeeded", output=None)])

    [message] = world.to_stage()
    assert message["delay"] == 0


def test_an_unusable_result_of_the_only_model_is_the_end(world: World) -> None:
    factories.set_now(world, {"models.fallbacks": []})
    job = start(world)

    assert unusable(world, job).status is JobStatus.FAILED
    assert models(world) == [DEFAULT]


def test_a_job_is_delivered_by_the_model_that_took_over(world: World) -> None:
    world.provider.script({"then": "result:square", "match": {"model": DEFAULT}})
    job = start(world)

    finish(world, results(world, job))
    stage(world)
    hear(world, job, count=2)
    settle(world)

    done = world.job(job)
    assert (done.status, done.model, done.attempt) == (JobStatus.READY, PLUS, 2)
    assert [run.outcome for run in done.runs] == ["output_unusable", "delivered"]


def test_a_model_that_was_asked_for_and_cannot_do_it_says_so_itself(world: World) -> None:
    image, [job] = factories.waiting(world, order={"model": "openai/gpt-image-1.5", "seed": None})
    world.run("upload_complete", factories.uploaded(world, image, factories.photo(800, 600)))

    world.run("stage_image", delivery("sqs-stage-queue", world.to_stage()))

    now = world.job(job)
    assert now.error is not None
    assert "800 x 600" in now.error.detail
    assert world.provider.runs() == []


@pytest.mark.parametrize("attempts", [1, 2])
def test_no_job_gets_more_attempts_than_all_of_them_may(world: World, attempts: int) -> None:
    factories.set_now(world, {"jobs.max_attempts": attempts})
    job = start(world)

    for _ in range(attempts):
        last = fail(world, job)

    assert (last.status, last.attempt, len(models(world))) == (JobStatus.FAILED, attempts, attempts)
