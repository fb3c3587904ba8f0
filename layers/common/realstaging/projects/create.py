"""Creates a project, idempotently."""

from realstaging.idempotency import IdempotentRequest, RequestResult
from realstaging.ids import new_id
from realstaging.models.base import view
from realstaging.models.projects import NewProject, Project, ProjectView
from realstaging.stores.projects import ProjectStore
from realstaging.stores.table import LostRaceError


def create_project(new: NewProject, request: IdempotentRequest, *, projects: ProjectStore) -> RequestResult:
    if earlier := request.earlier():
        return earlier
    at = request.at
    id = new_id("prj", at, request.seed)
    project = Project(id=id, owner=request.owner, name=new.name, created_at=at, updated_at=at, version=1)
    outcome = RequestResult.created(view(ProjectView, project))
    try:
        projects.create(project, *request.remember(outcome))
    except LostRaceError:
        return request.repeated()
    return outcome
