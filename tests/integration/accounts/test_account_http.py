"""/v1/account: what owners say about themselves, what they used, and the end of it all."""

from typing import Any

import pytest

from realstaging.models.jobs import JobStatus
from tests.support import factories
from tests.support.fault_injection import CrashError, faulty
from tests.support.http_client import call
from tests.support.steps import arrived, ask, at_once, delivered, in_state, purge, purge_everything
from tests.support.world import World

ADDRESS = {"line1": "14 Elm Street", "city": "Springfield", "country": "US"}
WHOLE = {
    "email": "alice@example.test",
    "full_name": "Alice Archer",
    "company_name": "Elm Homes",
    "phone": "+1 (555) 010-0199",
    "billing_address": ADDRESS,
    "preferences": {"marketing_emails": True, "default_style": "modern", "default_room_type": "bedroom"},
}


def patch(world: World, changes: Any, **more: Any) -> tuple[int, dict[str, Any]]:
    return ask(world, "PATCH", "/v1/account", changes, **more)


def test_an_account_is_there_on_first_use_with_nothing_in_it(world: World) -> None:
    status, account = ask(world, "GET", "/v1/account")

    assert (status, account["id"], account["role"], account["plan"], account["version"]) == (
        200, "alice", "user", "free", 1,
    )  # fmt: skip
    assert account["email"] is account["billing_address"] is None
    assert account["preferences"]["email_notifications"] is True


def test_what_is_named_changes_what_is_null_goes_and_the_rest_stays(world: World) -> None:
    status, before = patch(world, WHOLE)
    assert (status, before["version"]) == (200, 2)

    status, after = patch(
        world,
        {
            "full_name": None,
            "company_name": "Oak Homes",
            "billing_address": {"line1": None, "city": "Shelbyville"},
            "preferences": {"default_style": None, "email_notifications": False},
        },
        headers={"content-type": "application/merge-patch+json"},
    )

    assert (status, after["version"]) == (200, 3)
    assert after["full_name"] is None
    assert (after["company_name"], after["email"], after["phone"]) == ("Oak Homes", WHOLE["email"], WHOLE["phone"])
    address = {name: value for name, value in after["billing_address"].items() if value is not None}
    assert address == {"city": "Shelbyville", "country": "US"}
    assert after["preferences"] == {
        "email_notifications": False,
        "marketing_emails": True,
        "default_room_type": "bedroom",
        "default_style": None,
    }
    assert ask(world, "GET", "/v1/account")[1] == after
    assert patch(world, {"billing_address": None})[1]["billing_address"] is None


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"phone": "call me"}, "/phone"),
        ({"full_name": "a" * 101}, "/full_name"),
        ({"full_name": 7}, "/full_name"),
        ({"full_name": "\ud800"}, "/full_name"),
        ({"billing_address": {"country": "us"}}, "/billing_address/country"),
        ({"billing_address": {"planet": "Mars"}}, "/billing_address/planet"),
        ({"billing_address": "14 Elm Street"}, "/billing_address"),
        ({"preferences": {"default_style": "baroque"}}, "/preferences/default_style"),
        ({"preferences": {"default_room_type": "cellar"}}, "/preferences/default_room_type"),
        ({"preferences": {"email_notifications": "perhaps"}}, "/preferences/email_notifications"),
        ({"preferences": []}, "/preferences"),
        ({"role": "admin"}, "/role"),
        ({"plan": "business"}, "/plan"),
        ({"version": 9}, "/version"),
        ({"a/b": 1}, "/a~1b"),
    ],
)
def test_what_is_wrong_is_pointed_at_and_nothing_changes(world: World, changes: Any, pointer: str) -> None:
    before = patch(world, WHOLE)[1]

    status, problem = patch(world, changes | ({} if "full_name" in changes else {"full_name": "Bob"}))

    assert (status, problem["code"]) == (422, "validation_failed")
    assert [each["pointer"] for each in problem["errors"]] == [pointer]
    assert ask(world, "GET", "/v1/account")[1] == before


@pytest.mark.parametrize("body", ["[]", "7", '"text"', "null"])
def test_a_patch_that_is_no_object_is_refused(world: World, body: str) -> None:
    assert patch(world, body)[0] == 422


@pytest.mark.parametrize("path", ["/v1/account", "/v1/uploads", "/v1/jobs"])
def test_a_body_as_deep_as_the_sea_is_refused_and_no_fault(world: World, path: str) -> None:
    deep = '{"a":' * 9_000 + "1" + "}" * 9_000
    body = {
        "/v1/account": f'{{"billing_address":{deep}}}',
        "/v1/uploads": f'{{"project_id":"prj_1","files":[{deep}]}}',
        "/v1/jobs": f'{{"items":[{{"image_id":"img_1","settings":{deep}}}]}}',
    }[path]

    status, problem = ask(world, "PATCH" if path == "/v1/account" else "POST", path, body)

    assert status in (400, 413, 422), problem


def test_of_patches_at_once_none_is_lost_unheard(world: World) -> None:
    ask(world, "GET", "/v1/account")

    answers = at_once(world, 6, lambda process: patch(process, {"full_name": "Alice"}))

    won = [body for status, body in answers if status == 200]
    lost = [body for status, body in answers if status != 200]
    assert {(body["status"], body["code"], body["retryable"]) for body in lost} <= {(409, "version_conflict", True)}
    assert sorted(body["version"] for body in won) == list(range(2, 2 + len(won)))


def test_usage_and_ledger_tell_what_became_of_each_reservation(world: World) -> None:
    made = {}
    for state in (JobStatus.QUEUED, JobStatus.READY, JobStatus.CANCELED):
        made[in_state(world, state).id] = state
        world.clock.forward(seconds=1)

    usage = ask(world, "GET", "/v1/account/usage")[1]
    first = ask(world, "GET", "/v1/account/ledger", query={"limit": "2"})[1]
    second = ask(world, "GET", "/v1/account/ledger", query={"limit": "2", "cursor": first["next_cursor"]})[1]

    assert (usage["plan"], usage["used"], usage["remaining"]) == ("free", 2, usage["limit"] - 2)
    assert usage["period_start"] < usage["period_end"]
    assert second["next_cursor"] is None
    told = [(entry["job_id"], entry["state"]) for entry in first["items"] + second["items"]]
    ends = {JobStatus.QUEUED: "reserved", JobStatus.READY: "captured", JobStatus.CANCELED: "released"}
    assert told == [(id, ends[state]) for id, state in reversed(made.items())]
    assert ask(world, "GET", "/v1/account/ledger", owner="bob")[1]["items"] == []
    theirs = ask(world, "GET", "/v1/account/ledger", owner="bob", query={"cursor": first["next_cursor"]})
    assert (theirs[0], theirs[1]["items"]) == (200, [])


@pytest.mark.parametrize("cursor", ["x", "é", "am9iXzE", ""])
def test_a_ledgers_cursor_that_is_none_is_refused(world: World, cursor: str) -> None:
    assert ask(world, "GET", "/v1/account/ledger", query={"cursor": cursor})[0] == 422


def busy(world: World, owner: str) -> str:
    """An account with something of everything; its API key."""
    project = factories.project(world, owner)
    _, [done, going] = arrived(world, project, jobs=2)
    delivered(world, done)
    factories.claimed(world, going)
    factories.waiting(world, owner=owner)
    patch(world, WHOLE, owner=owner)
    return str(ask(world, "POST", "/v1/account/api-keys", {"name": "a program"}, owner=owner)[1]["key"])


def of(world: World, owner: str) -> tuple[list[dict[str, Any]], list[str]]:
    """All rows and objects of an owner."""
    rows = [row for row in world.rows() if owner in (row["pk"].removeprefix("USER#"), row.get("owner"))]
    return rows, [key for key in world.objects() if f"/{owner}/" in key]


def test_a_closed_account_is_taken_apart_and_nothing_of_others(world: World) -> None:
    secret, theirs = busy(world, "alice"), busy(world, "bob")
    kept = of(world, "bob")
    world.to_settle()

    assert ask(world, "DELETE", "/v1/account") == (204, {})

    world.loaded.clear()  # other processes hear of it within a minute
    for token in (None, secret):
        for path in ("/v1/account", "/v1/projects", "/v1/jobs", "/v1/account/api-keys"):
            status, problem, _ = call(world, "GET", path, token=token)
            assert (status, problem["code"]) == (403, "forbidden"), path
    purge(world, seconds=1)
    assert [message["cancel"] for message in world.to_settle()][:1] == ["run1"]
    assert [row["sk"].split("#")[0] for row in of(world, "alice")[0]] == ["CAPTURED", "PROFILE", "USAGE"]
    assert call(world, "GET", "/v1/projects")[0] == 403, "requests may still be under way"
    purge_everything(world)
    assert of(world, "alice") == ([], [])
    assert of(world, "bob") == kept
    assert call(world, "GET", "/v1/projects", token=theirs)[0] == 200
    assert call(world, "GET", "/v1/projects", token=secret)[0] == 401

    world.loaded.clear()
    status, account = ask(world, "GET", "/v1/account")
    assert (status, account["version"], account["email"]) == (200, 1, None)
    assert ask(world, "GET", "/v1/projects")[1]["items"] == []
    assert ask(world, "GET", "/v1/account/usage")[1]["used"] == 1, "what was delivered this month stays used"
    assert ask(world, "GET", "/v1/account/ledger")[1]["items"] == []


def test_an_account_whose_purge_dies_is_taken_apart_all_the_same(world: World) -> None:
    busy(world, "alice")
    call(world, "DELETE", "/v1/account")

    for client, operation in (
        (world.s3, "DeleteObjects"),
        (world.s3, "ListObjectsV2"),
        (world.sqs, "SendMessageBatch"),
        (world.table.meta.client, "BatchWriteItem"),
        (world.table.meta.client, "TransactWriteItems"),
    ):
        with faulty(client, operation, CrashError(), at=(1,)):
            purge(world, minutes=1)
    purge_everything(world)

    assert {row["pk"].partition("#")[0] for row in world.rows()} == {"FORMER", "SETTINGS"}
    assert world.objects() == []


def test_a_purge_that_comes_late_leaves_an_account_that_is_back(world: World) -> None:
    busy(world, "alice")
    call(world, "DELETE", "/v1/account")
    module = world.function("purge")
    at = world.clock.forward(minutes=3)
    late = module.due.overdue(at, per_shard=50, lane="PURGE")
    purge_everything(world)
    world.loaded.clear()
    busy(world, "alice")
    before = world.rows(), world.objects()

    for due in late:
        module.purger.purge(due, at)

    assert (world.rows(), world.objects()) == before


def test_what_was_under_way_when_the_account_was_closed_leaves_nothing(world: World) -> None:
    image, _ = factories.waiting(world)
    job = factories.processing(world)
    call(world, "GET", "/v1/account")
    call(world, "DELETE", "/v1/account")
    purge(world, seconds=1)

    world.run("upload_complete", factories.uploaded(world, image, factories.photo()))
    world.run("stage_image", factories.to_start(job))
    purge_everything(world)

    assert world.objects("originals/") == world.objects("masters/") == []
    # What is kept of the month, under a pseudonym: that a run was called off.
    former: list[dict[str, Any]] = []
    rest: list[dict[str, Any]] = []
    for row in world.rows():
        (former if row["pk"].startswith("FORMER#") else rest).append(row)
    assert [(row["used"], row["canceled_runs"]) for row in former] == [(0, 1)]
    assert [row for row in rest if row["sk"] not in ("PROFILE", "PSEUDONYMS")] == []
    assert world.usage().used == 0
