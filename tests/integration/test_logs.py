"""What the logs say: one trace from the request to the result, why something failed, and no secret ever."""

import json

import pytest

from tests.support import factories
from tests.support.events import event, request
from tests.support.fake_replicate import SECRET
from tests.support.fault_injection import CrashError, faulty
from tests.support.http_client import call
from tests.support.log_lines import Lines
from tests.support.steps import delivery, hear, settle, start_with, sweep
from tests.support.world import World

TRACE_ID = factories.TRACE.split("-")[1]
WISH = "a grand piano in front of the window, please"


def whole_path(world: World) -> None:
    """A photo is ordered with a wish, uploaded, staged and delivered; then pushed to a socket."""
    order = {
        "project_id": factories.project(world).id,
        "files": [{"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1000}],
        "defaults": {"prompt": WISH},
    }
    ordered = request(
        "POST", "/v1/uploads", token=world.token("alice"), body=order, headers={"traceparent": factories.TRACE}
    )
    [item] = json.loads(world.run("upload_urls", ordered, function_name="upload_urls")["body"])["items"]
    image = world.images.get("alice", item["image"]["id"])
    job = world.jobs.get("alice", item["jobs"][0]["id"])
    arrival = factories.uploaded(world, image, factories.photo())
    world.run("upload_complete", arrival, function_name="upload_complete")
    _run_queues(world)
    for sent in world.provider.webhooks(job.id):
        world.run("replicate_webhook", sent, function_name="replicate_webhook")
    _run_queues(world)
    assert world.job(job).status == "ready"


def _run_queues(world: World) -> None:
    for function, file, messages in (
        ("stage_image", "sqs-stage-queue", world.to_stage()),
        ("finish_job", "sqs-result-queue", world.to_settle()),
    ):
        if messages:
            world.run(function, delivery(file, messages), function_name=function)


def test_one_trace_leads_from_the_request_to_the_result(world: World, lines: Lines) -> None:
    whole_path(world)

    for function in ("upload_urls", "upload_complete", "stage_image", "replicate_webhook", "finish_job"):
        traces = {line.get("trace_id") for line in lines.of(function)}
        assert TRACE_ID in traces, function
        assert traces <= {TRACE_ID, None}, function


def test_no_secret_and_nothing_a_customer_wrote_is_logged(world: World, lines: Lines) -> None:
    whole_path(world)
    ticket = call(world, "POST", "/v1/account/socket-tickets")[1]["ticket"]
    world.run("sockets", event("websocket-connect", ticket=ticket))
    world.run("sockets", event("websocket-connect", ticket=ticket))
    call(world, "POST", "/v1/projects", body={"name": WISH, "extra": WISH})
    call(world, "GET", "/v1/projects", token="not.a.token")
    job = world.jobs.of("alice", {}, limit=1, before=None)[0][0]
    shown = call(world, "GET", f"/v1/jobs/{job.id}/file")[1]["url"]
    assert "X-Amz-Signature" in shown

    logged = lines.getvalue()
    assert len(lines.all()) > 8
    for secret in (world.token("alice"), "not.a.token", ticket, SECRET, SECRET[6:], "r8_local", WISH, "piano"):
        assert secret not in logged
    for part in ("X-Amz-Signature", "X-Amz-Credential", "base64,", "Bearer "):
        assert part not in logged


def test_the_providers_words_are_logged_without_the_signed_addresses_in_them(world: World, lines: Lines) -> None:
    start_with(world, world.reachable("/gone.jpg"))
    _, [job] = factories.queued(world)
    world.run("stage_image", factories.to_start(job))
    hear(world, job)
    settle(world)

    assert "Forbidden for url" in lines.getvalue()
    assert "gone.jpg" in lines.getvalue()
    assert "X-Amz-Signature" not in lines.getvalue()


def test_a_refusals_words_are_logged_without_the_signed_addresses_in_them(world: World, lines: Lines) -> None:
    _, [job] = factories.queued(world)
    world.provider.script("create:422")

    world.run("stage_image", factories.to_start(job))

    assert [line["message"] for line in lines.all() if line["level"] == "WARNING"] == ["input refused"]
    assert "X-Amz-Signature" not in lines.getvalue()


@pytest.mark.parametrize("function", ["stage_image", "finish_job"])
def test_a_message_that_failed_says_why(world: World, lines: Lines, function: str) -> None:
    job = factories.processing(world, prediction_id=None) if function == "finish_job" else factories.queued(world)[1][0]
    read = "BatchGetItem" if function == "stage_image" else "GetItem"
    with faulty(world.table.meta.client, read, CrashError("the disk is on fire")):
        if function == "stage_image":
            world.run(function, factories.to_start(job))
        else:
            world.run(function, event("sqs-result-queue", owner=job.owner, job_id=job.id))

    told = [line for line in lines.all() if "the disk is on fire" in line.get("exception", "")]
    assert len(told) == 1
    assert told[0]["trace_id"] == TRACE_ID


def test_a_row_the_sweep_could_not_deal_with_says_why(world: World, lines: Lines) -> None:
    factories.queued(world)

    with faulty(world.sqs, "SendMessageBatch", CrashError("the disk is on fire")):
        sweep(world, minutes=5)

    [told] = [line for line in lines.all() if line["level"] == "ERROR"]
    assert "the disk is on fire" in told["exception"]
    assert told["kind"] == "JOB"


def test_a_fault_is_logged_with_the_request_it_happened_in(world: World, lines: Lines) -> None:
    with faulty(world.table.meta.client, "Query", CrashError("the disk is on fire")):
        _, body, _ = call(world, "GET", "/v1/jobs")

    [told] = [line for line in lines.all() if line["level"] == "ERROR"]
    assert told["correlation_id"] == body["request_id"]
    assert "the disk is on fire" in told["exception"]
