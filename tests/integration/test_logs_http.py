"""What the second half of the API logs: no key, no prompt, nothing an owner wrote, whatever goes wrong."""

from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.http_client import call
from tests.support.log_lines import Lines
from tests.support.steps import arrived, ask, failed, keyed, purge_everything
from tests.support.world import World

WISH = "a grand piano in front of the window, please"


def test_no_key_and_nothing_an_owner_wrote_is_logged(world: World, lines: Lines) -> None:
    secret = ask(world, "POST", "/v1/account/api-keys", {"name": "the piano player"})[1]["key"]
    project = factories.project(world)
    image, _ = arrived(world, project)
    order = {"items": [{"image_id": image.id}], "defaults": {"prompt": WISH}}
    _, answer, _ = keyed(world, "/v1/jobs", order, "key of the piano player")
    keyed(world, "/v1/jobs", order | {"items": []}, "key of the piano player")
    job = world.jobs.get("alice", answer["items"][0]["job"]["id"])
    ask(world, "POST", "/v1/jobs", {"items": [{"image_id": image.id, "settings": {"style": WISH}}]})
    failed(world, job)
    call(world, "POST", f"/v1/jobs/{job.id}/retry", token=secret)
    call(world, "POST", f"/v1/batches/{job.batch_id}/cancel", token=secret + "x")
    ask(world, "PATCH", "/v1/account", {"full_name": "Pia Piano", "email": "piano@example.test", "phone": WISH})
    ask(world, "PATCH", f"/v1/projects/{project.id}", {"name": WISH})
    for operation in ("TransactWriteItems", "GetItem", "UpdateItem"):
        with faulty(world.table.meta.client, operation, CrashError("the disk is on fire")):
            call(world, "POST", "/v1/jobs", token=secret, body=order)
            ask(world, "PATCH", "/v1/account", {"full_name": "Pia Piano"})
    call(world, "DELETE", "/v1/account")
    purge_everything(world)

    logged = lines.getvalue()
    assert len(lines.all()) > 15
    assert "the disk is on fire" in logged
    for word in (secret, secret[12:], "iano", "Bearer ", world.token("alice"), "X-Amz-Signature"):
        assert word not in logged
