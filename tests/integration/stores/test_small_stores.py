"""Projects, users, tickets, sockets, usage and what is due."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from realstaging.errors import ForbiddenError, NotFoundError
from realstaging.stores import keys
from realstaging.stores.audit import AuditStore
from realstaging.stores.connections import ConnectionStore, TicketStore
from realstaging.stores.due_index import DueRow
from realstaging.stores.runtime_settings import OverrideStore
from realstaging.stores.table import LostRaceError, Writes
from realstaging.stores.users import UserStore
from tests.support import factories
from tests.support.fault_injection import before, faulty, refusal, watched
from tests.support.world import World

TICKET = "f" * 64


def test_projects_are_listed_newest_first_and_paged(world: World) -> None:
    made = []
    for _ in range(5):
        world.clock.forward(seconds=1)
        made.append(factories.project(world))
    factories.project(world, "bob")
    newest_first = made[::-1]

    first, more = world.projects.of("alice", limit=2, before=None)
    second, rest = world.projects.of("alice", limit=3, before=more)

    assert [*first, *second] == newest_first
    assert (more, rest) == (newest_first[1].id, None)


def test_another_owners_project_is_not_there(world: World) -> None:
    project = factories.project(world)

    assert world.projects.get("alice", project.id) == project
    with pytest.raises(NotFoundError):
        world.projects.get("bob", project.id)


def test_a_project_is_created_once(world: World) -> None:
    project = factories.project(world)

    with pytest.raises(LostRaceError):
        world.projects.create(project.model_copy(update={"name": "another"}))

    assert world.projects.get("alice", project.id).name == "14 Elm Street"


def test_ten_first_requests_at_once_make_one_user(world: World) -> None:
    def first_request(role: str) -> None:
        UserStore(world.table).ensure("alice", role, world.clock.at)  # each in a process of its own

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(first_request, ["user"] * 10))

    [row] = world.rows()
    assert (row["owner"], row["role"], row["version"]) == ("alice", "user", 1)


def test_a_user_that_is_there_stays_as_it_is(world: World) -> None:
    UserStore(world.table).ensure("alice", "admin", world.clock.at)
    before = world.rows()

    assert UserStore(world.table).ensure("alice", "admin", world.clock.forward(days=1)) == "admin"
    assert UserStore(world.table).ensure("alice", None, world.clock.at) == "admin"  # an API key says nothing of roles

    assert world.rows() == before


def test_the_role_follows_the_token_until_an_administrator_has_said_it(world: World) -> None:
    UserStore(world.table).ensure("alice", "user", world.clock.at)

    assert UserStore(world.table).ensure("alice", "admin", world.clock.at) == "admin"
    assert world.item(keys.user("alice"))["role"] == "admin"

    world.table.put_item(Item=world.item(keys.user("alice")) | {"role": "user", "role_set": True})

    assert UserStore(world.table).ensure("alice", "admin", world.clock.at) == "user"
    assert world.item(keys.user("alice"))["role"] == "user"


def test_a_process_asks_for_each_owner_once(world: World) -> None:
    users = UserStore(world.table)

    with watched(world.table.meta.client, "TransactWriteItems") as calls:
        for owner in ("alice", "bob", "alice", "bob"):
            users.ensure(owner, "user", world.clock.at)

    assert len(calls) == 2


def test_a_user_that_could_not_be_written_is_tried_again(world: World) -> None:
    users = UserStore(world.table)
    with (
        faulty(world.table.meta.client, "TransactWriteItems", refusal("InternalServerError")),
        pytest.raises(ClientError),
    ):
        users.ensure("alice", "user", world.clock.at)

    users.ensure("alice", "user", world.clock.at)

    assert len(world.rows()) == 1


def test_a_ticket_is_good_once(world: World) -> None:
    tickets = TicketStore(world.table)
    tickets.create(TICKET, "alice", world.clock.at + timedelta(seconds=30))

    with ThreadPoolExecutor(5) as pool:
        owners = list(pool.map(lambda _: tickets.redeem(TICKET, world.clock.at), range(5)))

    assert sorted(map(str, owners)) == ["None"] * 4 + ["alice"]
    assert world.rows() == []


def test_a_ticket_is_good_for_its_time_though_its_row_is_still_there(world: World) -> None:
    tickets = TicketStore(world.table)
    tickets.create(TICKET, "alice", world.clock.at + timedelta(seconds=30))

    assert tickets.redeem(TICKET, world.clock.at + timedelta(seconds=30)) is None
    assert tickets.redeem(TICKET, world.clock.at + timedelta(seconds=29)) == "alice"


def test_a_ticket_nobody_gave_out_opens_nothing(world: World) -> None:
    assert TicketStore(world.table).redeem(TICKET, world.clock.at) is None


def test_each_owner_has_sockets_of_their_own(world: World) -> None:
    sockets = ConnectionStore(world.table)
    for owner, connection in (("alice", "c1="), ("alice", "c2="), ("bob", "c3=")):
        sockets.add(owner, connection, world.clock.at, 2)

    sockets.forget_connection("c1=")
    sockets.forget_connection("never-seen=")
    sockets.forget("alice", "c3=")

    assert (world.open_sockets("alice"), world.open_sockets("bob")) == (["c2="], ["c3="])


def test_socket_rows_go_by_themselves(world: World) -> None:
    ConnectionStore(world.table).add("alice", "c1=", world.clock.at, 2)

    assert world.rows()[0]["expires_at"] == int(world.clock.at.timestamp()) + 7200


def test_more_is_never_given_back_than_is_reserved(world: World) -> None:
    _, [job] = factories.waiting(world)
    writes = Writes(world.table)

    with pytest.raises(LostRaceError):
        writes.transact_write([world.quota.give_back("alice", job.period, 2)])

    assert world.usage().used == 1


def test_what_is_due_comes_with_the_longest_waiting_first_and_bounded(world: World) -> None:
    for _ in range(30):
        factories.waiting(world)
        world.clock.forward(seconds=1)

    due = world.due.overdue(world.clock.at + timedelta(days=3), per_shard=2)
    waiting = world.due.overdue(world.clock.at + timedelta(hours=1), per_shard=50)

    assert len(due) <= 20
    assert len(waiting) == 30
    assert {each.kind for each in waiting} == {"IMAGE"}
    assert world.due.overdue(world.clock.at, per_shard=50) == []
    assert isinstance(due[0], DueRow)


def test_a_role_said_while_a_token_claims_another_is_the_one_that_counts(world: World) -> None:
    users = UserStore(world.table)
    users.create("mallory", "user", world.clock.at)
    row = world.item(keys.user("mallory")) | {"role_set": True}

    with before(world, "UpdateItem", lambda: world.table.put_item(Item=row)):
        role = users.ensure_now("mallory", "admin", world.clock.at)

    assert role == "user"
    assert world.item(keys.user("mallory"))["role"] == "user"


def test_an_account_closed_while_its_role_follows_the_token_is_closed(world: World) -> None:
    users = UserStore(world.table)
    users.create("mallory", "user", world.clock.at)
    closed = before(world, "UpdateItem", lambda: users.mark_for_deletion("mallory", world.clock.at))

    with closed, pytest.raises(ForbiddenError):
        users.ensure_now("mallory", "admin", world.clock.at)


def test_versions_and_what_was_done_are_read_as_they_are_now(world: World) -> None:
    with watched(world.table.meta.client, "Query") as queries:
        OverrideStore(world.table).revisions("settings/jobs.max_attempts", limit=1, before=None)
        AuditStore(world.table).of_month("2026-11", limit=1, before=None, subject=None)

    assert [query.get("ConsistentRead") for query in queries] == [True, True]
