"""Projects."""

from decimal import Decimal

from pydantic import AwareDatetime, ConfigDict, Field

from realstaging.models.base import Frozen, Name


class ProjectView(Frozen):
    id: str
    name: str
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int


class Project(ProjectView):
    owner: str


class NewProject(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Name = Field(min_length=1, max_length=100)


class ProjectPatch(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Name = Field(min_length=1, max_length=100)


class CostView(Frozen):
    """What runs cost us at the provider, those that came to nothing and those of deleted jobs included.

    `job_count`: the jobs of which at least one run was billed.
    """

    total_cost_usd: Decimal
    job_count: int
    average_cost_usd: Decimal


class ProjectPage(Frozen):
    items: list[ProjectView]
    next_cursor: str | None = Field(description="The `cursor` of the next page; `null` on the last.")
