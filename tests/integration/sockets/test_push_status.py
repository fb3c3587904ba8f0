"""The table's stream: every owner's sockets hear of every change of state, and of nobody else's."""

from datetime import timedelta
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from realstaging.models.jobs import Job, JobStatus
from realstaging.stores import keys
from realstaging.stores.connections import ConnectionStore
from realstaging.stores.table import Writes
from tests.support import factories
from tests.support.events import event, together
from tests.support.steps import ask, failures
from tests.support.world import World


def changed(new: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    """The stream record of a row's change; without `old`, of its first writing."""
    made = event("dynamodb-stream-job")
    record = made["Records"][0]
    wire = {name: TypeSerializer().serialize(value) for name, value in new.items()}
    record["dynamodb"]["Keys"] = {"pk": wire["pk"], "sk": wire["sk"]}
    record["dynamodb"]["NewImage"] = wire
    if old is None:
        record["eventName"] = "INSERT"
        del record["dynamodb"]["OldImage"]
    else:
        record["dynamodb"]["OldImage"] = {name: TypeSerializer().serialize(value) for name, value in old.items()}
    return made


def listening(world: World, *connections: str, owner: str = "alice") -> None:
    for connection in connections:
        ConnectionStore(world.table).add(owner, connection, world.clock.at - timedelta(minutes=5), 2)


def job_moved(world: World) -> tuple[Job, dict[str, Any]]:
    _, [job] = factories.queued(world)
    old = world.item(keys.job(job.owner, job.id))
    factories.claimed(world, job, prediction_id=None)
    return world.job(job), changed(world.item(keys.job(job.owner, job.id)), old)


def test_a_jobs_change_of_state_goes_to_every_socket_of_its_owner_and_to_no_other(world: World) -> None:
    listening(world, "a1=", "a2=")
    listening(world, "b1=", owner="bob")
    job, change = job_moved(world)

    answer = world.run("push_status", change)

    assert failures(answer) == []
    assert world.sockets.sent.keys() == {"a1=", "a2="}
    [message] = world.sockets.sent["a1="]
    assert message["type"] == "job.updated"
    assert (message["job"]["id"], message["job"]["status"]) == (job.id, "processing")
    assert message["job"]["version"] == job.version


def test_what_only_we_need_is_not_told(world: World) -> None:
    listening(world, "a1=")
    _, change = job_moved(world)

    world.run("push_status", change)

    told = world.sockets.sent["a1="][0]["job"].keys()
    assert not told & {"owner", "period", "traceparent", "due_at", "prediction_id", "input", "result_key", "pk"}


def test_a_new_row_is_told_too(world: World) -> None:
    listening(world, "a1=")
    image, [job] = factories.waiting(world)

    world.run(
        "push_status",
        together(changed(world.item(keys.job("alice", job.id))), changed(world.item(keys.image("alice", image.id)))),
    )

    assert [message["type"] for message in world.sockets.sent["a1="]] == ["job.updated", "image.updated"]


def test_an_images_change_of_state_is_told(world: World) -> None:
    listening(world, "a1=")
    image, _ = factories.waiting(world)
    old = world.item(keys.image("alice", image.id))
    world.run("upload_complete", factories.uploaded(world, image, b"not a photo"))

    world.run("push_status", changed(world.item(keys.image("alice", image.id)), old))

    [message] = world.sockets.sent["a1="]
    assert message["type"] == "image.updated"
    assert message["image"]["status"] == "rejected"
    assert message["image"]["error"]["code"] == "unsupported_image_type"


def test_a_delivered_job_is_told_with_its_price(world: World) -> None:
    listening(world, "a1=")
    job = factories.processing(world)
    old = world.item(keys.job("alice", job.id))
    result = {"content_type": "image/jpeg", "width": 768, "height": 512, "size_bytes": 1}
    world.jobs.deliver(job, world.clock.at, {"result": result}, factories.run(job))

    world.run("push_status", changed(world.item(keys.job("alice", job.id)), old))

    told = world.sockets.sent["a1="][0]["job"]
    assert (told["status"], told["cost_usd"]) == ("ready", "0.03")
    assert told["result"].items() >= result.items()


def test_usage_is_told_when_it_changes(world: World) -> None:
    listening(world, "a1=")
    factories.user(world)
    _, [job] = factories.waiting(world)
    old = world.item(keys.usage("alice", job.period))
    factories.canceled(world, job)
    new = world.item(keys.usage("alice", job.period))

    world.run("push_status", together(changed(new, old), changed(new, new), changed(old)))

    assert [message["type"] for message in world.sockets.sent["a1="]] == ["usage.updated"] * 2
    assert world.sockets.sent["a1="][0]["usage"]["used"] == 0


def test_usage_of_an_earlier_period_is_not_told(world: World) -> None:
    listening(world, "a1=")
    factories.user(world)
    _, [job] = factories.waiting(world)
    row = world.item(keys.usage("alice", job.period))
    world.clock.forward(days=40)

    world.run("push_status", changed(row))

    assert world.sockets.sent == {}


@pytest.mark.parametrize("what", ["the time of the next look", "the run that belongs to it"])
def test_a_change_that_is_no_change_of_state_is_not_told(world: World, what: str) -> None:
    listening(world, "a1=")
    job = factories.processing(world)
    old = world.item(keys.job("alice", job.id))
    if what == "the time of the next look":
        world.jobs.look_again(job, world.clock.forward(seconds=5))
    else:
        world.jobs.note_run(job, "run2", due=world.clock.at)

    world.run("push_status", changed(world.item(keys.job("alice", job.id)), old))

    assert world.sockets.sent == {}


def test_a_socket_that_is_gone_is_forgotten_and_the_others_hear(world: World) -> None:
    listening(world, "a1=", "a2=")
    world.sockets.gone.add("a1=")
    _, change = job_moved(world)

    answer = world.run("push_status", change)

    assert failures(answer) == []
    assert world.sockets.sent.keys() == {"a2="}
    assert world.open_sockets() == ["a2="]


def test_nobody_listens_and_nothing_happens(world: World) -> None:
    _, change = job_moved(world)

    assert failures(world.run("push_status", change)) == []


def test_a_bad_record_is_reported_and_nothing_is_told_twice(world: World) -> None:
    listening(world, "a1=")
    _, good = job_moved(world)
    bad = event("dynamodb-stream-job")
    del bad["Records"][0]["dynamodb"]["NewImage"]["status"]
    bad["Records"][0]["dynamodb"]["NewImage"]["model"] = {"NULL": True}
    records = together(good, bad, good)

    answer = world.run("push_status", records)

    assert failures(answer) == [records["Records"][1]["dynamodb"]["SequenceNumber"]]
    assert len(world.sockets.sent["a1="]) == 1
    # Lambda sends the bad one and all that follows again; in the end it gives the bad one up.
    world.run("push_status", {"Records": records["Records"][2:]})
    assert len(world.sockets.sent["a1="]) == 2


def test_usage_carries_a_version_that_tells_old_from_new(world: World) -> None:
    listening(world, "a1=")
    factories.user(world)
    _, [job] = factories.waiting(world)
    first = world.item(keys.usage("alice", job.period))
    factories.canceled(world, job)
    second = world.item(keys.usage("alice", job.period))

    world.run("push_status", together(changed(second, first), changed(first)))

    newer, older = [message["usage"] for message in world.sockets.sent["a1="]]
    assert (newer["used"], older["used"]) == (0, 1)
    assert newer["version"] > older["version"]
    assert ask(world, "GET", "/v1/account/usage")[1]["version"] == newer["version"]


def test_what_is_granted_moves_the_version_too(world: World) -> None:
    listening(world, "a1=")
    factories.user(world)
    before = ask(world, "GET", "/v1/account/usage")[1]["version"]
    users = world.function("account_api").users
    old = world.item(keys.user("alice"))
    user = users.get("alice").model_copy(update={"extra_images": 5})
    users.grant(user, world.clock.at, Writes(world.table).put({**keys.audit(world.clock.at, "aud_1")}))

    world.run("push_status", changed(world.item(keys.user("alice")), old))

    [message] = world.sockets.sent["a1="]
    assert message["usage"]["version"] > before


def test_a_removed_row_is_nothing_to_tell(world: World) -> None:
    listening(world, "a1=")
    _, change = job_moved(world)
    change["Records"][0]["eventName"] = "REMOVE"
    del change["Records"][0]["dynamodb"]["NewImage"]

    assert failures(world.run("push_status", change)) == []
    assert world.sockets.sent == {}


def test_a_socket_opened_between_two_batches_hears_the_second(world: World) -> None:
    job, change = job_moved(world)
    world.run("push_status", change)
    listening(world, "a1=")

    world.run("push_status", change)

    assert [message["job"]["id"] for message in world.sockets.sent["a1="]] == [job.id]
    assert world.job(job).status is JobStatus.PROCESSING


def test_the_file_with_a_real_record_is_understood(world: World) -> None:
    real = event("dynamodb-stream-job", owner="alice")
    listening(world, "a1=")

    assert failures(world.run("push_status", real)) == []
    assert world.sockets.sent["a1="][0]["job"]["status"] == "processing"
