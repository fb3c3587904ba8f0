"""The provider's word that a run has ended: verified first, and then only queued."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from realstaging.models.jobs import Job, JobStatus
from tests.support import factories
from tests.support.events import event, webhook
from tests.support.fake_replicate import SECRET
from tests.support.steps import delivery, started
from tests.support.world import World

OTHER_SECRET = "whsec_c29tZWJvZHkgZWxzZQ=="


def body_of(name: str = "replicate-webhook") -> dict[str, Any]:
    body: dict[str, Any] = json.loads(event(name)["body"])
    return body


def signed(job: Job, *, at: float = 0, secret: str = SECRET, **changes: Any) -> dict[str, Any]:
    """The real webhook of a job's first attempt, signed `at` seconds from now."""
    body = body_of() | changes.pop("page", {})
    return webhook(secret, int(time.time() + at), owner=job.owner, job_id=job.id, body=body, **changes)


def test_a_finished_run_is_queued_once_and_answered(world: World) -> None:
    job = factories.processing(world)

    answer = world.run("replicate_webhook", signed(job))

    assert answer["statusCode"] == 202
    assert answer["headers"]["X-Request-Id"]
    [message] = world.to_settle()
    assert (message["owner"], message["job_id"], message["attempt"]) == (job.owner, job.id, 1)
    assert message["traceparent"].split("-")[1] == factories.TRACE.split("-")[1]
    assert message["prediction"]["output"] == body_of()["output"]
    # The input travels with the webhook; nothing of it goes on.
    assert "prompt" not in json.dumps(message)


@pytest.mark.parametrize("status", ["succeeded", "failed", "canceled", "aborted"])
def test_every_end_is_passed_on(world: World, status: str) -> None:
    world.run("replicate_webhook", signed(factories.processing(world), page={"status": status}))

    assert [message["prediction"]["status"] for message in world.to_settle()] == [status]


@pytest.mark.parametrize("status", ["starting", "processing", "reviewing", ""])
def test_what_is_no_end_is_taken_and_forgotten(world: World, status: str) -> None:
    answer = world.run("replicate_webhook", signed(factories.processing(world), page={"status": status}))

    assert (answer["statusCode"], world.to_settle()) == (202, [])


def _tampered(job: Job) -> dict[str, Any]:
    made = signed(job)
    return made | {"body": made["body"].replace("succeeded", "failed")}


def _with(job: Job, **headers: str | None) -> dict[str, Any]:
    made = signed(job)
    kept = {name: value for name, value in (made["headers"] | headers).items() if value is not None}
    return made | {"headers": kept}


FORGED: dict[str, Callable[[Job], dict[str, Any]]] = {
    "unsigned": lambda job: _with(job, **{"webhook-signature": None}),
    "without an id": lambda job: _with(job, **{"webhook-id": None}),
    "with another id": lambda job: _with(job, **{"webhook-id": "msg_other"}),
    "without a time": lambda job: _with(job, **{"webhook-timestamp": None}),
    "with a strange time": lambda job: _with(job, **{"webhook-timestamp": "soon"}),
    "with a later time": lambda job: _with(job, **{"webhook-timestamp": str(int(time.time()) + 1)}),
    "signed by somebody else": lambda job: signed(job, secret=OTHER_SECRET),
    "stale": lambda job: signed(job, at=-301),
    "from the future": lambda job: signed(job, at=+330),
    "tampered with": _tampered,
    "with a signature that is no base64": lambda job: _with(job, **{"webhook-signature": "v1,ü"}),
    "with another version of signature": lambda job: _with(job, **{"webhook-signature": "v2,abc"}),
    "without headers": lambda job: signed(job) | {"headers": None},
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_webhook_that_is_not_surely_theirs_is_refused_and_nothing_is_queued(world: World, kind: str) -> None:
    answer = world.run("replicate_webhook", FORGED[kind](factories.processing(world)))

    assert answer["statusCode"] == 401
    assert json.loads(answer["body"])["code"] == "unauthorized"
    assert answer["headers"]["X-Request-Id"]
    assert world.to_settle() == []


@pytest.mark.parametrize("kind", ["forged", "unsigned", "stale", "tampered"])
def test_what_the_stand_in_breaks_is_refused_too(world: World, kind: str) -> None:
    job = started(world, f"webhook:{kind}")

    [sent] = world.provider.webhooks(job.id)

    assert world.run("replicate_webhook", sent)["statusCode"] == 401
    assert world.to_settle() == []


def test_one_good_signature_among_others_is_enough(world: World) -> None:
    made = signed(factories.processing(world))
    made["headers"]["webhook-signature"] = "v1,AAAA v2,zzz " + made["headers"]["webhook-signature"]

    assert world.run("replicate_webhook", made)["statusCode"] == 202


@pytest.mark.parametrize("page", ["not JSON", "[]", "null", '"text"', "[[[", "\x00"])
def test_what_is_signed_but_no_prediction_is_malformed(world: World, page: str) -> None:
    job = factories.processing(world)
    made = webhook(SECRET, int(time.time()), owner=job.owner, job_id=job.id, body=page)

    answer = world.run("replicate_webhook", made)

    assert (answer["statusCode"], world.to_settle()) == (400, [])


@pytest.mark.parametrize("attempt", ["", "first", "1.5"])
def test_an_address_we_never_gave_out_is_malformed(world: World, attempt: str) -> None:
    made = signed(factories.processing(world), pathParameters={"attempt": attempt})

    answer = world.run("replicate_webhook", made)

    assert (answer["statusCode"], world.to_settle()) == (400, [])


def test_a_webhook_larger_than_any_prediction_is_refused(world: World) -> None:
    made = signed(factories.processing(world), page={"logs": "x" * 1024 * 1024})

    assert world.run("replicate_webhook", made)["statusCode"] == 413


def test_a_webhook_that_comes_twice_is_queued_twice_and_delivered_once(world: World) -> None:
    job = started(world, "webhook:duplicate")

    answers = [world.run("replicate_webhook", each)["statusCode"] for each in world.provider.webhooks(job.id, 2)]

    assert answers == [202, 202]
    messages = world.to_settle()
    assert len(messages) == 2
    world.run("finish_job", delivery("sqs-result-queue", messages))
    assert world.job(job).status is JobStatus.READY
    assert world.usage().captured == 1


def test_a_webhook_without_its_trace_starts_a_new_one(world: World) -> None:
    job = factories.processing(world)
    made = signed(job)
    made["queryStringParameters"] = {"owner": job.owner}

    assert world.run("replicate_webhook", made)["statusCode"] == 202
    assert len(world.to_settle()[0]["traceparent"]) == 55
