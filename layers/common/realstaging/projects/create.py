"""Opening a project, once however often it is asked for."""

from realstaging.idempotency import IdempotentRequest, RequestResult
from realstaging.ids import new_id
from realstaging.models.base import view
from realstaging.models.projects import NewProject, Project, ProjectView
from realstaging.stores.projects import ProjectStore
from realstaging.stores.table import LostRaceError


def open_project(new: NewProject, once: IdempotentRequest, *, projects: ProjectStore) -> RequestResult:
    if earlier := once.earlier():
        return earlier
    at = once.at
    id = new_id("prj", at, once.seed)
    project = Project(id=id, owner=once.owner, name=new.name, created_at=at, updated_at=at, version=1)
    outcome = RequestResult.created(view(ProjectView, project))
    try:
        projects.create(project, *once.remember(outcome))
    except LostRaceError:
        return once.repeated()
    return outcome
