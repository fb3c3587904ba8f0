"""Administrators see every user and say their role, plan and extra images: at once, on record, never their own role."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from realstaging.models.accounts import Profile, Subscribed
from realstaging.stores import keys
from realstaging.stores.users import UserStore
from tests.support import factories
from tests.support.admin_operations import appointed, asked, audited
from tests.support.fault_injection import faulty, refusal
from tests.support.steps import ask, at_once
from tests.support.world import World

SUBJECT = "auth0|5f7c"
OWNER = "auth0!7C5f7c"
SAID = {"role": "user", "role_set": False, "plan_override": None, "extra_quota": 0}


def come(world: World, *owners: str) -> None:
    """Users of their own accord, one a minute."""
    for owner in owners:
        world.clock.forward(minutes=1)
        UserStore(world.table).create(owner, "user", world.clock.at)


def patched(world: World, owner: str, **changes: Any) -> dict[str, Any]:
    status, shown = asked(world, "PATCH", f"/v1/admin/users/{owner}", changes)
    assert status == 200, shown
    return shown


def limit_of(world: World, owner: str) -> tuple[str, int]:
    usage = ask(world, "GET", "/v1/account/usage", owner=owner)[1]
    return usage["plan"], usage["limit"]


def test_users_are_listed_newest_first_page_by_page(world: World) -> None:
    appointed(world)
    come(world, "alice", "bob", OWNER)

    status, first = asked(world, "GET", "/v1/admin/users", query={"limit": "2"})
    assert status == 200
    assert [user["id"] for user in first["items"]] == [OWNER, "bob"]
    _, second = asked(world, "GET", "/v1/admin/users", query={"limit": "2", "cursor": first["next_cursor"]})
    assert [user["id"] for user in second["items"]] == ["alice", "root"]
    assert second["next_cursor"] is None


def test_a_list_tells_what_counts_and_nobodys_address(world: World) -> None:
    appointed(world)
    come(world, "alice")
    users = UserStore(world.table)
    users.save(users.get("alice"), Profile(email="alice@example.com", phone="12345"), world.clock.at)

    for path in ("/v1/admin/users", "/v1/admin/users/alice"):
        _, page = asked(world, "GET", path)
        [alice] = [user for user in page.get("items", [page]) if user["id"] == "alice"]
        assert {name: alice[name] for name in SAID} == SAID
        assert (alice["plan"], alice["subscription_status"], alice["deleted_at"]) == ("free", None, None)
        assert "example.com" not in str(page)
        assert "12345" not in str(page)


@pytest.mark.parametrize("place", ["", "nonsense", "USERS", "2026-11-20T12:00:00.000000Z#", "2026-11-20#alice"])
def test_a_cursor_we_never_gave_out_is_refused(world: World, place: str) -> None:
    cursor = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")

    status, problem = asked(world, "GET", "/v1/admin/users", query={"cursor": cursor})

    assert (status, problem["errors"][0]["pointer"]) == (422, "/cursor")


@pytest.mark.parametrize("name", [OWNER, SUBJECT, "auth0%7C5f7c", "auth0%217C5f7c"])
def test_a_user_is_found_by_owner_id_and_by_subject(world: World, name: str) -> None:
    come(world, OWNER)

    status, shown = asked(world, "GET", f"/v1/admin/users/{name}")

    assert (status, shown["id"]) == (200, OWNER)


@pytest.mark.parametrize("name", ["nobody", "a" * 121, "!" * 120, "a" * 3000, "é"])
def test_an_unknown_user_is_not_found(world: World, name: str) -> None:
    for method, body in (("GET", None), ("PATCH", {"extra_quota": 1})):
        status, problem = asked(world, method, f"/v1/admin/users/{name}", body)
        assert (status, problem["code"], problem["detail"]) == (404, "not_found", "No such user.")


def test_one_user_is_shown_with_what_is_used_of_the_running_period(world: World) -> None:
    come(world, "alice")
    factories.queued(world, jobs=2)

    _, shown = asked(world, "GET", "/v1/admin/users/alice")

    assert shown["usage"]["used"] == 2
    assert shown["usage"] == ask(world, "GET", "/v1/account/usage")[1]


def test_a_subscription_shows_its_status(world: World) -> None:
    come(world, "alice")
    at = world.clock.at
    paid = Subscribed(
        id="sub_1", plan="pro", status="active", started_at=at, period_start=at, period_end=at + timedelta(days=30)
    )
    world.table.update_item(
        Key=keys.user("alice"),
        UpdateExpression="SET subscribed = :paid",
        ExpressionAttributeValues={":paid": paid.model_dump(mode="json", exclude_none=True)},
    )

    _, shown = asked(world, "GET", "/v1/admin/users/alice")

    assert (shown["plan"], shown["subscription_status"]) == ("pro", "active")


def test_a_plan_and_extra_images_count_for_the_next_request(world: World) -> None:
    come(world, "alice")
    assert limit_of(world, "alice") == ("free", world.settings.plans["free"].images_per_month)

    shown = patched(world, "alice", plan_override="business", extra_quota=7)

    expected = ("business", world.settings.plans["business"].images_per_month + 7)
    assert (shown["plan"], shown["usage"]["limit"]) == expected
    assert limit_of(world, "alice") == expected
    patched(world, "alice", plan_override=None, extra_quota=None)
    assert limit_of(world, "alice") == ("free", world.settings.plans["free"].images_per_month)


def test_what_is_not_named_stays(world: World) -> None:
    come(world, "alice")
    patched(world, "alice", role="admin", plan_override="pro", extra_quota=5)

    shown = patched(world, "alice", extra_quota=6)

    assert {name: shown[name] for name in SAID} == {
        "role": "admin",
        "role_set": True,
        "plan_override": "pro",
        "extra_quota": 6,
    }


def test_every_change_is_on_record_with_what_was_before(world: World) -> None:
    come(world, "alice")

    patched(world, "alice", extra_quota=5)
    world.clock.forward(seconds=1)
    patched(world, "alice", role="admin")

    subject = {"by": "root", "action": "user.update", "subject": "users/alice"}
    first, second = SAID | {"extra_quota": 5}, {"extra_quota": 5, "role": "admin", "role_set": True}
    assert audited(world) == [
        {**subject, "before": SAID, "after": first},
        {**subject, "before": first, "after": SAID | second},
    ]


@pytest.mark.parametrize("changes", [{}, {"role": None}, {"extra_quota": 0}, {"plan_override": None}])
def test_what_changes_nothing_leaves_nothing(world: World, changes: dict[str, Any]) -> None:
    come(world, "alice")
    before = world.item(keys.user("alice"))

    patched(world, "alice", **changes)

    assert world.item(keys.user("alice")) == before
    assert audited(world) == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"plan_override": "gold"}, "/plan_override"),
        ({"plan_override": ""}, "/plan_override"),
        ({"plan_override": 7}, "/plan_override"),
        ({"role": "owner"}, "/role"),
        ({"extra_quota": -1}, "/extra_quota"),
        ({"extra_quota": 100_001}, "/extra_quota"),
        ({"extra_quota": "5"}, "/extra_quota"),
        ({"extra_quota": 1.5}, "/extra_quota"),
        ({"extra_images": 5}, "/extra_images"),
        ({"owner": "root"}, "/owner"),
    ],
)
def test_what_cannot_be_is_pointed_at_and_changes_nothing(world: World, changes: dict[str, Any], pointer: str) -> None:
    come(world, "alice")
    before = world.item(keys.user("alice"))

    status, problem = asked(world, "PATCH", "/v1/admin/users/alice", changes)

    assert (status, [each["pointer"] for each in problem["errors"]]) == (422, [pointer])
    assert world.item(keys.user("alice")) == before
    assert audited(world) == []


def test_an_account_that_is_being_deleted_is_shown_and_not_changed(world: World) -> None:
    come(world, "alice")
    ask(world, "DELETE", "/v1/account")

    assert asked(world, "GET", "/v1/admin/users/alice")[1]["deleted_at"]
    status, problem = asked(world, "PATCH", "/v1/admin/users/alice", {"extra_quota": 5})
    assert (status, problem["code"]) == (409, "conflict")
    assert audited(world) == []


def test_changes_at_the_same_time_are_all_made_and_all_on_record(world: World) -> None:
    appointed(world)
    come(world, "alice")
    changes: list[dict[str, Any]] = [{"role": "admin"}, {"plan_override": "pro"}, {"extra_quota": 5}] * 2
    turns = iter(changes)

    answers = at_once(world, 6, lambda each: asked(each, "PATCH", "/v1/admin/users/alice", next(turns))[0])

    assert answers == [200] * 6
    assert {name: asked(world, "GET", "/v1/admin/users/alice")[1][name] for name in SAID} == {
        "role": "admin",
        "role_set": True,
        "plan_override": "pro",
        "extra_quota": 5,
    }
    record = audited(world)
    assert len(record) == 3, "who came second changed nothing"
    said: Any = SAID
    for _ in range(3):
        [said] = [each["after"] for each in record if each["before"] == said]


def test_who_always_loses_the_race_is_told_so(world: World) -> None:
    appointed(world)
    come(world, "alice")
    lost = {
        "Error": {"Code": "TransactionCanceledException", "Message": "canceled"},
        "CancellationReasons": [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}],
    }

    with faulty(world.table.meta.client, "TransactWriteItems", lost, at=range(1, 50)):
        status, problem = asked(world, "PATCH", "/v1/admin/users/alice", {"extra_quota": 5})

    assert (status, problem["code"], problem["retryable"]) == (409, "version_conflict", True)


def test_a_fault_changes_nothing_and_records_nothing(world: World) -> None:
    appointed(world)
    come(world, "alice")
    before = world.item(keys.user("alice"))

    with faulty(world.table.meta.client, "TransactWriteItems", refusal("InternalServerError"), at=range(1, 50)):
        assert asked(world, "PATCH", "/v1/admin/users/alice", {"extra_quota": 5})[0] == 500

    assert world.item(keys.user("alice")) == before
    assert audited(world) == []
