"""Two accounts at the provider: what one of them refuses the other one takes, and each run stays its own account's."""

import json
import time
from typing import Any

import pytest

from realstaging import aws
from realstaging.config import settings
from realstaging.models.jobs import Job, JobStatus
from realstaging.stores.costs import CostStore
from realstaging.stores.provider import ProviderStore
from tests.support import factories
from tests.support.events import event, webhook
from tests.support.fake_replicate import SECOND_SECRET, SECRET
from tests.support.steps import ask, finish, hear, purge, settle, stage, sweep
from tests.support.world import World

TOKENS = {"default": "r8_local", "second": "r8_second"}


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, object]:
    accounts = {"second": {"creations_per_minute": None}}
    return overrides | {"replicate": overrides["replicate"] | {"accounts": accounts}}


def only(world: World, account: str) -> None:
    """The other account is being emptied."""
    [other] = set(TOKENS) - {account}
    keys = {"default": "replicate.creations_per_minute", "second": "replicate.accounts.second.creations_per_minute"}
    factories.set_now(world, {keys[other]: 0})


def refused_by(account: str, outcome: str = "create:402") -> dict[str, Any]:
    return {"match": {"token": TOKENS[account]}, "then": outcome}


def started_in(world: World, account: str, *outcomes: str) -> Job:
    only(world, account)
    world.provider.script(*([list(outcomes)] if outcomes else []))
    _, [job] = factories.queued(world)
    world.run("stage_image", factories.to_start(job))
    return world.job(job)


def open_breakers(world: World) -> list[str]:
    store = ProviderStore(world.table)
    return [name for name in TOKENS if store.of(name).breaker().until]


def start_all(world: World, jobs: list[Job]) -> list[Job]:
    world.run("stage_image", factories.to_start(*jobs))
    for _ in range(len(jobs)):
        stage(world)
    return [world.job(job) for job in jobs]


@pytest.mark.parametrize("account", TOKENS)
def test_what_one_account_refuses_the_other_one_takes_at_once(world: World, account: str) -> None:
    world.provider.script(refused_by(account))
    _, jobs = factories.queued(world, jobs=12)

    now = start_all(world, jobs)

    [other] = set(TOKENS) - {account}
    assert {(job.status, job.attempt, job.provider_account) for job in now} == {(JobStatus.PROCESSING, 1, other)}
    assert open_breakers(world) == [account]
    # Refused once, by whoever came first: it is the account's trouble, and no job's.
    assert sum(job.deferrals for job in now) == 1
    assert {run["token"] for run in world.provider.runs()} == {TOKENS[other]}


def test_an_account_that_throttles_holds_its_own_schedule_only(world: World) -> None:
    factories.set_now(
        world,
        {"replicate.creations_per_minute": 6000, "replicate.accounts.second.creations_per_minute": 6000},
    )
    world.provider.script(refused_by("default", "create:429"))
    _, jobs = factories.queued(world, jobs=6)

    now = start_all(world, jobs)

    assert {(job.status, job.provider_account) for job in now} == {(JobStatus.PROCESSING, "second")}
    assert open_breakers(world) == []


def test_where_all_accounts_refuse_jobs_wait_as_with_one(world: World) -> None:
    world.provider.script({"then": "create:402"})
    _, [job] = factories.queued(world)

    world.run("stage_image", factories.to_start(job))
    stage(world)
    [message] = world.to_stage()

    now = world.job(job)
    assert (now.status, now.attempt, now.deferrals) == (JobStatus.QUEUED, 0, 2)
    assert message["delay"] >= 1
    assert open_breakers(world) == ["default", "second"]


def test_after_its_pause_an_account_is_tried_by_one_run(world: World) -> None:
    world.provider.script(refused_by("default"))
    start_all(world, factories.queued(world, jobs=12)[1])
    world.provider.script()
    world.clock.forward(minutes=1)
    only(world, "default")

    [job] = start_all(world, factories.queued(world)[1])

    assert (job.status, job.provider_account) == (JobStatus.PROCESSING, "default")
    assert open_breakers(world) == []


def test_a_run_whose_answer_was_lost_is_adopted_from_its_account(world: World) -> None:
    job = started_in(world, "second", "create:reset_after_create")
    assert (job.status, job.prediction_id) == (JobStatus.PROCESSING, None)
    world.provider.wait_for_runs()

    sweep(world, seconds=120)
    settle(world)

    now = world.job(job)
    assert (now.status, now.attempt, now.provider_account) == (JobStatus.READY, 1, "second")
    assert len(world.provider.runs()) == 1
    assert [run.account for run in now.runs] == ["second"]
    assert now.runs[0].cost_usd


def test_a_report_comes_by_the_secret_of_the_runs_account(world: World) -> None:
    job = started_in(world, "second")

    assert hear(world, job) == [202]
    settle(world)

    assert world.job(job).status is JobStatus.READY


def test_a_report_signed_with_another_accounts_secret_is_refused(world: World) -> None:
    job = started_in(world, "second")
    world.provider.webhooks(job.id)
    again = {"webhook_contains": job.id, "signed_by": TOKENS["default"]}

    world.provider.http.post("/_redeliver", json=again).raise_for_status()

    assert hear(world, job, count=2)[1] == 401
    assert len(world.to_settle()) == 1


def test_a_report_of_another_account_about_this_run_is_not_believed(world: World) -> None:
    """Whoever has the secret of one account may say what that account ran, and nothing of others."""
    job = started_in(world, "second")
    world.provider.wait_for_runs()
    body = json.loads(event("replicate-webhook")["body"]) | {"id": job.prediction_id, "status": "failed"}
    sent = webhook(SECRET, int(time.time()), owner=job.owner, job_id=job.id, body=body)

    assert world.run("replicate_webhook", sent)["statusCode"] == 202
    finish(world, world.to_settle())

    # The account itself was asked.
    assert (world.job(job).status, world.job(job).attempt) == (JobStatus.READY, 1)


def test_a_report_of_an_unknown_account_is_refused_like_a_wrong_signature(world: World) -> None:
    job = started_in(world, "second")
    answers = []
    for account, secret in (("third", SECOND_SECRET), ("second", SECRET)):
        sent = webhook(secret, int(time.time()), owner=job.owner, job_id=job.id)
        sent["queryStringParameters"]["account"] = account
        answers.append(world.run("replicate_webhook", sent))

    pages = [json.loads(answer["body"]) for answer in answers]
    assert [answer["statusCode"] for answer in answers] == [401, 401]
    assert pages[0] == pages[1]
    assert world.to_settle() == []


def test_a_run_is_canceled_in_its_account(world: World) -> None:
    job = started_in(world, "second", "hang")

    assert ask(world, "POST", f"/v1/jobs/{job.id}/cancel")[0] == 200
    settle(world)

    [run] = world.provider.wait_for_runs()
    assert (run["token"], run["status"]) == (TOKENS["second"], "canceled")


def test_an_account_that_is_emptied_starts_nothing_and_its_runs_are_settled(world: World) -> None:
    job = started_in(world, "second")
    only(world, "default")

    [other] = start_all(world, factories.queued(world)[1])
    hear(world, job)
    settle(world)

    assert other.provider_account == "default"
    assert world.job(job).status is JobStatus.READY


def test_where_every_account_is_emptied_jobs_wait_for_a_day(world: World) -> None:
    factories.set_now(world, {"replicate.creations_per_minute": 0, "replicate.accounts.second.creations_per_minute": 0})
    _, [job] = factories.queued(world)

    world.run("stage_image", factories.to_start(job))

    assert world.job(job).status is JobStatus.QUEUED
    [message] = world.to_stage()
    assert message["delay"] == 900
    assert world.provider.log()["creations"] == []


def test_a_job_of_an_account_that_was_taken_out_comes_to_a_clear_end(
    world: World, monkeypatch: pytest.MonkeyPatch, overrides: dict[str, Any]
) -> None:
    job = started_in(world, "second", "hang")
    monkeypatch.setenv("SETTINGS_OVERRIDES", json.dumps(overrides | {"replicate": {**_without_accounts(overrides)}}))
    settings.cache_clear()

    sweep(world, minutes=2)
    settle(world)
    assert world.job(job).status is JobStatus.PROCESSING, "it may be configured again"
    sweep(world, minutes=3)
    settle(world)

    now = world.job(job)
    assert now.status is JobStatus.FAILED
    assert now.error is not None
    assert now.error.code == "run_lost"
    assert world.usage().used == 0


def _without_accounts(overrides: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in overrides["replicate"].items() if name != "accounts"}


def test_an_account_without_a_token_stops_no_other(world: World) -> None:
    aws.ssm().delete_parameter(Name="/realstaging/local/replicate/second/api_token")
    _, jobs = factories.queued(world, jobs=8)

    now = start_all(world, jobs)

    assert {(job.status, job.deferrals, job.provider_account) for job in now} == {(JobStatus.PROCESSING, 0, "default")}


def test_a_run_that_shows_up_after_its_job_went_to_another_account_is_booked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = started_in(world, "second", "create:reset_after_create")
    with monkeypatch.context() as patch:
        # The provider's list lags.
        patch.setattr(world.function("finish_job").replicate.of("second"), "find_marked", lambda *_: None)
        sweep(world, seconds=120)
        settle(world)
    only(world, "default")
    world.provider.script()
    world.clock.forward(minutes=1)
    stage(world)
    assert world.job(job).provider_account == "default"

    assert set(hear(world, job, count=2)) == {202}
    settle(world)

    now = world.job(job)
    assert (now.status, now.attempt) == (JobStatus.READY, 1)
    assert [(run.attempt, run.account, run.cost_usd > 0) for run in now.runs] == [
        (1, "second", True),
        (2, "default", True),
    ]


def test_the_run_of_a_deleted_job_is_asked_for_and_booked_in_its_account(world: World) -> None:
    job = started_in(world, "second", "webhook:drop")
    world.provider.wait_for_runs()
    assert ask(world, "DELETE", f"/v1/images/{job.image_id}")[0] == 204
    world.to_settle()

    purge(world, minutes=15)
    asked = world.to_settle()
    assert {message["account"] for message in asked} == {"second"}
    finish(world, [message | {"account": "default"} for message in asked])
    assert CostStore(world.table).of(job.owner).total_cost_usd == 0
    finish(world, asked)

    assert CostStore(world.table).of(job.owner).total_cost_usd > 0
