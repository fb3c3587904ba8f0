"""Projects in the single table."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from realstaging.dynamodb.conditions import Key
from realstaging.errors import NotFoundError
from realstaging.models.projects import Project
from realstaging.stores import keys
from realstaging.stores.table import LostRaceError, Write, Writes, row

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table


class ProjectStore:
    def __init__(self, table: "Table") -> None:
        self._table, self._writes = table, Writes(table)

    def create(self, project: Project, *also: Write) -> None:
        """Raises LostRaceError when a row of `also` exists."""
        item = row(project, keys.project(project.owner, project.id))
        self._writes.transact_write([self._writes.put_new(item), *also])

    def find(self, owner: str, project_id: str) -> Project | None:
        item = self._writes.get(keys.project(owner, project_id))
        return Project.model_validate(item) if item else None

    def get(self, owner: str, project_id: str) -> Project:
        project = self.find(owner, project_id)
        if project is None:
            raise NotFoundError("project")
        return project

    def existing(self, owner: str, project_ids: Iterable[str]) -> set[str]:
        """The ids of these projects that exist; what is in the others is hidden from its owner."""
        found = self._writes.get_many([keys.project(owner, project_id) for project_id in sorted(set(project_ids))])
        return {str(item["id"]) for item in found}

    def rename(self, owner: str, project_id: str, name: str, at: datetime) -> Project:
        """The last write wins; the version grows. Raises NotFoundError."""
        write = self._writes.update(
            keys.project(owner, project_id),
            put={"name": name, "updated_at": keys.stamp(at)},
            add={"version": 1},
            when="attribute_exists(#version)",
        )
        try:
            return Project.model_validate(self._writes.update_item(write))
        except LostRaceError as error:
            raise NotFoundError("project") from error

    def of(self, owner: str, *, limit: int, before: str | None) -> tuple[list[Project], str | None]:
        """A page, newest first, and the next page's `before`."""
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
