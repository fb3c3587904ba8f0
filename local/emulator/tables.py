"""Tables from a template: their time to live, which ministack drops."""

from typing import Any

from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from local.emulator.shapes import Record

_table = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
_table_create, _table_update = _table["create"], _table["update"]


def _set_time_to_live(table: str, properties: Record) -> None:
    if wanted := properties.get("TimeToLiveSpecification"):
        dynamodb._update_ttl({"TableName": table, "TimeToLiveSpecification": wanted})


def create_table(logical_id: str, properties: Record, stack: str) -> tuple[str, Record]:
    made: tuple[str, Record] = _table_create(logical_id, properties, stack)
    _set_time_to_live(made[0], properties)
    return made


def update_table(physical_id: str, old: Record, new: Record, *rest: Any, **named: Any) -> tuple[str, Record]:
    made: tuple[str, Record] = _table_update(physical_id, old, new, *rest, **named)
    if old.get("TimeToLiveSpecification") != new.get("TimeToLiveSpecification"):
        _set_time_to_live(made[0], new)
    return made


def install() -> None:
    _table.update(create=create_table, update=update_table)
