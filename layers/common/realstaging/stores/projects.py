"""Projects in the single table."""

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from realstaging import keys
from realstaging.errors import NotFoundError
from realstaging.models import Project
from realstaging.stores.table import Writes, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class ProjectStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def create(self, project: Project) -> None:
        item = row(project, keys.project(project.owner, project.id))
        self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")

    def get(self, owner: str, project_id: str) -> Project:
        item = self._writes.get(keys.project(owner, project_id))
        if item is None:
            raise NotFoundError("project")
        return Project.model_validate(item)

    def of(self, owner: str, *, limit: int, before: str | None) -> tuple[list[Project], str | None]:
        """A page, newest first, and the id to go on from."""
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(f"USER#{owner}") & Key("sk").begins_with("PROJECT#"),
            "ScanIndexForward": False,
            "Limit": limit + 1,
        }
        if before:
            query["ExclusiveStartKey"] = keys.project(owner, before)
        items = self._table.query(**query)["Items"]
        projects = [Project.model_validate(item) for item in items[:limit]]
        return projects, projects[-1].id if len(items) > limit else None
