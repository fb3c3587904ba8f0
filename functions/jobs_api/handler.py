"""Everything users do with their own data: projects, images, jobs, batches. And GET /v1/health."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import __version__, aws
from realstaging.batches import overview
from realstaging.config import required, settings
from realstaging.files import image_file, job_file
from realstaging.gate import Gate
from realstaging.gateways.media import Media
from realstaging.http import Api, caller, created, serve
from realstaging.ids import new_id
from realstaging.models import (
    BatchView,
    FileView,
    Health,
    ImagePage,
    ImageView,
    ImageWithJobs,
    JobPage,
    JobStatus,
    JobView,
    NewProject,
    Project,
    ProjectPage,
    ProjectView,
    view,
)
from realstaging.observability import log, metrics
from realstaging.paging import cursor as cursor_of
from realstaging.paging import position
from realstaging.stores.batches import BatchStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore

PUBLIC = frozenset({"/v1/health"})
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=100)]
Seconds = Annotated[int, Query(ge=60, le=3600)]
Download = Annotated[Literal["0", "1"], Query()]

app = Api()
gate = Gate(settings(), aws.table())
projects = ProjectStore(aws.table())
quota = QuotaStore(aws.table())
jobs = JobStore(aws.table(), quota)
images = ImageStore(aws.table(), jobs, quota)
batches = BatchStore(aws.table(), images, jobs, quota)
media = Media(aws.s3(), required("BUCKET_NAME"))


@app.get("/v1/health")
def get_health() -> Health:
    return Health(version=__version__)


@app.post("/v1/projects")
def post_project(new: NewProject) -> Response[ProjectView]:
    at = datetime.now(UTC)
    owner = caller(app).owner
    project = Project(id=new_id("prj", at), owner=owner, name=new.name, created_at=at, updated_at=at, version=1)
    projects.create(project)
    return created(view(ProjectView, project))


@app.get("/v1/projects")
def get_projects(limit: Limit = 20, cursor: Cursor = None) -> ProjectPage:
    page, more = projects.of(caller(app).owner, limit=limit, before=position(cursor, "prj"))
    return ProjectPage(items=[view(ProjectView, project) for project in page], next_cursor=cursor_of(more))


@app.get("/v1/projects/<project_id>")
def get_project(project_id: str) -> ProjectView:
    return view(ProjectView, projects.get(caller(app).owner, project_id))


@app.get("/v1/projects/<project_id>/images")
def get_images(project_id: str, limit: Limit = 20, cursor: Cursor = None) -> ImagePage:
    # The index knows no owners: whose project it is, the table says.
    project = projects.get(caller(app).owner, project_id)
    page, more = images.of_project(project.id, limit=limit, before=position(cursor, "img"))
    items = [view(ImageWithJobs, image, jobs=[view(JobView, job) for job in each]) for image, each in page]
    return ImagePage(items=items, next_cursor=cursor_of(more))


@app.get("/v1/images/<image_id>")
def get_image(image_id: str) -> ImageView:
    return view(ImageView, images.get(caller(app).owner, image_id))


@app.get("/v1/images/<image_id>/file")
def get_image_file(
    image_id: str,
    variant: Annotated[Literal["original", "master", "thumbnail"], Query()] = "original",
    expires_in: Seconds = 900,
    download: Download = "0",
) -> FileView:
    image = images.get(caller(app).owner, image_id)
    return image_file(image, variant, datetime.now(UTC), expires_in, download=download == "1", media=media)


@app.get("/v1/jobs")
def get_jobs(
    project_id: Annotated[str | None, Query(max_length=64)] = None,
    batch_id: Annotated[str | None, Query(max_length=64)] = None,
    status: JobStatus | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> JobPage:
    owner, before = caller(app).owner, position(cursor, "job")
    if batch_id:
        page, more = batches.jobs_of(owner, batch_id, project_id=project_id, status=status, limit=limit, before=before)
    else:
        page, more = jobs.of(owner, project_id=project_id, status=status, limit=limit, before=before)
    return JobPage(items=[view(JobView, job) for job in page], next_cursor=cursor_of(more))


@app.get("/v1/jobs/<job_id>")
def get_job(job_id: str) -> JobView:
    return view(JobView, jobs.get(caller(app).owner, job_id))


@app.get("/v1/jobs/<job_id>/file")
def get_job_file(
    job_id: str,
    variant: Annotated[Literal["staged", "thumbnail"], Query()] = "staged",
    expires_in: Seconds = 900,
    download: Download = "0",
) -> FileView:
    job = jobs.get(caller(app).owner, job_id)
    return job_file(job, variant, datetime.now(UTC), expires_in, download=download == "1", media=media)


@app.get("/v1/batches/<batch_id>")
def get_batch(batch_id: str) -> BatchView:
    owner = caller(app).owner
    batch = batches.get(owner, batch_id)
    return overview(batch, jobs.get_many(owner, batch.job_ids))


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return serve(app, event, context, gate=gate, public=PUBLIC)
