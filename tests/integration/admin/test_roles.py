"""Roles that administrators say: whatever tokens claim, never their own, and beyond the end of an account."""

from typing import Any

import pytest

from realstaging.stores.users import UserStore
from tests.support.admin import token
from tests.support.admin_operations import appointed, asked, audited
from tests.support.http_client import call
from tests.support.steps import ask, purge_everything
from tests.support.world import World


def patched(world: World, owner: str, **changes: Any) -> dict[str, Any]:
    status, shown = asked(world, "PATCH", f"/v1/admin/users/{owner}", changes)
    assert status == 200, shown
    return shown


def test_a_role_that_was_said_stays_whatever_tokens_say(world: World) -> None:
    UserStore(world.table).create("alice", "user", world.clock.at)

    patched(world, "alice", role="admin")

    assert asked(world, "GET", "/v1/admin/users/alice")[1]["role"] == "admin"
    assert ask(world, "GET", "/v1/admin/users", owner="alice")[0] == 200
    assert ask(world, "PATCH", "/v1/admin/users/alice", {"role": "user"}, owner="alice")[0] == 409
    patched(world, "alice", role="user")
    assert ask(world, "GET", "/v1/admin/users", owner="alice")[0] == 403


def test_without_a_word_of_ours_the_token_says_the_role(world: World) -> None:
    UserStore(world.table).create("alice", "user", world.clock.at)
    patched(world, "alice", role="admin")

    shown = patched(world, "alice", role=None)

    assert (shown["role"], shown["role_set"]) == ("user", False)


@pytest.mark.parametrize("role", ["user", None])
def test_nobody_changes_their_own_role(world: World, role: str | None) -> None:
    status, problem = asked(world, "PATCH", "/v1/admin/users/root", {"role": role, "extra_quota": 5})

    assert (status, problem["code"]) == (409, "own_role")
    assert asked(world, "GET", "/v1/admin/users/root")[1]["extra_quota"] == 0
    assert audited(world) == []


def test_an_admin_may_give_themselves_images_and_say_again_what_they_are(world: World) -> None:
    appointed(world)

    assert patched(world, "root", role="admin", extra_quota=5)["extra_quota"] == 5


def test_who_is_an_administrator_by_token_may_say_so_of_themselves(world: World) -> None:
    by_token = {"token": token(world, "ruth")}

    status, shown = asked(world, "PATCH", "/v1/admin/users/ruth", {"role": "admin"}, **by_token)

    assert (status, shown["role"], shown["role_set"]) == (200, "admin", True)
    assert asked(world, "PATCH", "/v1/admin/users/ruth", {"role": "user"}, **by_token)[1]["code"] == "own_role"


def test_a_demotion_outlives_the_account(world: World) -> None:
    by_token = token(world, "mallory")
    assert call(world, "GET", "/v1/admin/users", token=by_token)[0] == 200
    patched(world, "mallory", role="user", plan_override="pro", extra_quota=7)
    call(world, "PATCH", "/v1/account", token=by_token, body={"full_name": "Mallory"})

    assert call(world, "DELETE", "/v1/account", token=by_token)[0] == 204
    purge_everything(world)

    assert call(world, "GET", "/v1/admin/users", token=by_token)[0] == 403
    assert call(world, "GET", "/v1/account", token=by_token)[1]["full_name"] is None
    _, shown = asked(world, "GET", "/v1/admin/users/mallory")
    assert (shown["role"], shown["role_set"], shown["plan_override"], shown["extra_quota"]) == ("user", True, None, 0)
    assert (shown["plan"], shown["deleted_at"], shown["version"]) == ("free", None, 1)
    assert [user["id"] for user in asked(world, "GET", "/v1/admin/users")[1]["items"]].count("mallory") == 1
