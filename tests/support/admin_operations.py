"""An administrator of the table's own, what they ask for, and what is on record of it."""

import json
from typing import Any

from realstaging.stores import keys
from realstaging.stores.users import UserStore
from tests.support.steps import ask
from tests.support.world import World

Json = dict[str, Any]


def appointed(world: World, owner: str = "root") -> str:
    """An owner whom an administrator has made one, whatever their token says."""
    UserStore(world.table).create(owner, "admin", world.clock.at)
    world.table.update_item(
        Key=keys.user(owner), UpdateExpression="SET role_set = :yes", ExpressionAttributeValues={":yes": True}
    )
    return owner


def asked(world: World, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Json]:
    """What `root` is answered; status and body."""
    if "Item" not in world.table.get_item(Key=keys.user("root")):
        appointed(world)
    return ask(world, method, path, body, owner="root", **more)


def audited(world: World) -> list[Json]:
    """What is on record, oldest first."""
    rows = [row for row in world.rows() if row["pk"].startswith("AUDIT#")]
    return [
        {name: row[name] for name in ("by", "action", "subject")}
        | {name: json.loads(row[name]) for name in ("before", "after")}
        for row in rows
    ]
