"""Closing an account and coming back: the month's free images are not there again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from realstaging.stores import keys
from realstaging.stores.former_usage import FormerUsage
from realstaging.stores.table import LostRaceError, Writes
from realstaging.stores.users import UserStore
from tests.support.fake_stripe import AS_SOLD, Payments
from tests.support.purchases import subscribe, usage
from tests.support.steps import ask, purge_everything
from tests.support.world import World


@pytest.fixture
def free_as_sold(overrides: dict[str, Any]) -> None:
    overrides["plans"] = AS_SOLD | {"free": {"images_per_month": 10}}


def use(world: World, images: int, owner: str = "alice") -> None:
    """As if so many had been delivered: counters and ledger, nothing else."""
    period = world.loaded["account_api"].live.of(owner, world.clock.at).allowance.period
    world.table.update_item(
        Key={"pk": f"USER#{owner}", "sk": f"USAGE#{period}"},
        UpdateExpression="SET #owner = :o, period = :p ADD used :n",
        ExpressionAttributeNames={"#owner": "owner"},
        ExpressionAttributeValues={":o": owner, ":p": period, ":n": images},
    )
    for number in range(images):
        world.table.update_item(
            Key=keys.captured(owner, period, f"job_{number}"),
            UpdateExpression="ADD captured :one",
            ExpressionAttributeValues={":one": 1},
        )
        world.table.put_item(
            Item={
                "pk": f"USER#{owner}",
                "sk": f"LEDGER#{period}#job_{world.clock.at:%f}{number}",
                "owner": owner,
                "period": period,
                "job_id": f"job_{world.clock.at:%f}{number}",
                "state": "captured",
            }
        )


def close(world: World) -> None:
    assert ask(world, "DELETE", "/v1/account")[0] == 204
    purge_everything(world)
    world.loaded.clear()


def former(world: World) -> list[dict[str, Any]]:
    return [row for row in world.rows() if row["pk"].startswith("FORMER#")]


def test_who_is_back_has_used_what_they_have_used(world: World) -> None:
    assert usage(world)["used"] == 0
    use(world, 7)
    close(world)

    back = usage(world)

    assert (back["plan"], back["used"]) == ("free", 7)
    for _ in range(2):
        close(world)
        assert usage(world)["used"] == 7, "however often"
    use(world, 2)
    close(world)
    assert usage(world)["used"] == 9


def test_what_is_kept_is_a_number_that_names_nobody_and_ends_with_the_month(world: World) -> None:
    usage(world)
    use(world, 3)

    close(world)

    [row] = former(world)
    start = world.clock.at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    assert not any("alice" in str(each) for each in world.rows())
    assert row.keys() == {"pk", "sk", "used", "expires_at"}
    assert datetime.fromtimestamp(int(row["expires_at"]), UTC) == end


def test_another_ones_month_is_not_touched(world: World) -> None:
    usage(world)
    use(world, 3)
    close(world)

    assert usage(world, owner="bob")["used"] == 0


def test_the_next_month_begins_anew(world: World) -> None:
    usage(world)
    use(world, 3)
    close(world)
    world.clock.forward(days=32)

    UserStore(world.table).create("alice", "user", world.clock.at)

    assert [row for row in world.rows() if row["sk"].startswith("USAGE#")] == []


def test_who_used_nothing_leaves_nothing(world: World) -> None:
    usage(world)

    close(world)

    assert former(world) == []
    assert usage(world)["used"] == 0


def test_paid_images_of_a_closed_account_do_not_eat_up_the_next_subscription(
    free_as_sold: None, world: World, payments: Payments
) -> None:
    subscribe(world, payments, "pro")
    use(world, 80)
    close(world)
    payments.pass_time(hours=2)

    back = usage(world)
    assert (back["used"], back["remaining"]) == (10, 0)
    subscribe(world, payments, "pro")
    assert usage(world)["remaining"] == 90


def test_what_was_counted_before_there_were_shards_is_kept_too(world: World) -> None:
    usage(world)
    use(world, 2)
    period = keys.month(world.clock.at)
    world.table.update_item(
        Key=keys.usage("alice", period),
        UpdateExpression="SET captured = :n, carried = :n ADD used :n",
        ExpressionAttributeValues={":n": 3},
    )
    close(world)

    assert usage(world)["used"] == 5


def test_what_changed_since_it_was_read_is_not_lost(world: World) -> None:
    usage(world)
    use(world, 4)
    user = UserStore(world.table).get("alice")
    writes = FormerUsage(world.table).keep(user, world.clock.at, 10)
    world.clock.forward(seconds=0.5)
    use(world, 1)

    with pytest.raises(LostRaceError):
        Writes(world.table).transact_write(writes)

    assert former(world) == []
    assert world.usage().captured == 5


def test_a_role_that_outlives_the_account_keeps_the_counters_too(world: World) -> None:
    usage(world)
    use(world, 4)
    world.table.update_item(
        Key={"pk": "USER#alice", "sk": "PROFILE"},
        UpdateExpression="SET role_set = :yes",
        ExpressionAttributeValues={":yes": True},
    )
    close(world)

    assert former(world) == []
    assert usage(world)["used"] == 4


def test_the_secret_of_the_stage_is_made_once(world: World) -> None:
    one, other = FormerUsage(world.table), FormerUsage(world.table)

    assert one.create_secret() == other.create_secret() == FormerUsage(world.table).find_secret()


def test_nothing_is_made_for_those_who_never_left(world: World) -> None:
    usage(world)

    assert [row["sk"] for row in world.rows() if row["pk"] == "SETTINGS"] == []
