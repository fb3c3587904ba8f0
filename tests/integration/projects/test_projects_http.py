"""Projects renamed, and what they cost."""

import pytest

from tests.support import factories
from tests.support.http_client import call
from tests.support.steps import ask, at_once, delivered, failed
from tests.support.world import World


def test_a_project_is_renamed_and_its_version_grows(world: World) -> None:
    project = factories.project(world)
    world.clock.forward(seconds=1)

    status, renamed = ask(world, "PATCH", f"/v1/projects/{project.id}", {"name": " 15 Oak Street "})

    assert (status, renamed["name"], renamed["version"]) == (200, "15 Oak Street", 2)
    assert renamed["updated_at"] > renamed["created_at"]
    assert ask(world, "GET", f"/v1/projects/{project.id}")[1] == renamed
    assert ask(world, "GET", "/v1/projects")[1]["items"] == [renamed]


@pytest.mark.parametrize("changes", [{}, {"name": None}, {"name": "  "}, {"name": "a" * 101}, {"id": "prj_1"}])
def test_a_name_that_is_none_changes_nothing(world: World, changes: dict[str, object]) -> None:
    project = factories.project(world)

    status, problem = ask(world, "PATCH", f"/v1/projects/{project.id}", changes)

    assert (status, problem["code"]) == (422, "validation_failed")
    assert world.projects.get("alice", project.id) == project


def test_of_names_given_at_once_each_counts(world: World) -> None:
    project = factories.project(world)

    at_once(world, 4, lambda process: call(process, "PATCH", f"/v1/projects/{project.id}", body={"name": "a"}))

    assert world.projects.get("alice", project.id).version == 5


def test_a_projects_cost_is_that_of_all_results_ever_delivered_in_it(world: World) -> None:
    path = f"/v1/projects/{factories.project(world).id}/cost"
    assert ask(world, "GET", path)[1] == {
        "total_cost_usd": "0.000000", "job_count": 0, "average_cost_usd": "0.000000",
    }  # fmt: skip
    _, [one, two, three, _] = factories.queued(world, jobs=4)
    path = f"/v1/projects/{one.project_id}/cost"
    delivered(world, one)
    delivered(world, two)
    failed(world, three)

    cost = ask(world, "GET", path)[1]
    call(world, "DELETE", f"/v1/jobs/{one.id}")

    assert cost == {"total_cost_usd": "0.060000", "job_count": 2, "average_cost_usd": "0.030000"}
    assert ask(world, "GET", path)[1] == cost
    call(world, "DELETE", f"/v1/projects/{one.project_id}")
    assert call(world, "GET", path)[0] == 404
