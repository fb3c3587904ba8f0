"""Everything users do with their own data: projects, images, jobs, batches. And what is public."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import __version__, aws
from realstaging.api.app import Api, RateLimiter, answered, gone, serve
from realstaging.api.auth import Authenticator
from realstaging.api.capabilities import capabilities
from realstaging.config import required, settings
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue, StageQueue
from realstaging.idempotency import IdempotentRequest
from realstaging.jobs.batches import overview
from realstaging.jobs.builder import RequestContext
from realstaging.jobs.cancel import cancel, cancel_all
from realstaging.jobs.restage import Restager
from realstaging.models.base import view
from realstaging.models.catalog import Capabilities, Health
from realstaging.models.images import FileView, ImagePage, ImageView, ImageWithJobs
from realstaging.models.jobs import BatchView, JobPage, JobStatus, JobView
from realstaging.models.projects import CostView, NewProject, ProjectPage, ProjectPatch, ProjectView
from realstaging.models.requests import RestageAnswer, RestageRequest
from realstaging.observability import log, metrics
from realstaging.pagination import cursor as cursor_of
from realstaging.pagination import position
from realstaging.projects.create import open_project
from realstaging.projects.deletion import Deleter
from realstaging.projects.downloads import image_file, job_file
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.batches import BatchStore
from realstaging.stores.costs import CostStore
from realstaging.stores.idempotency import IdempotencyStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.rate_limits import RateStore
from realstaging.stores.runtime_settings import OverrideStore
from realstaging.stores.tombstones import TombstoneStore

PUBLIC = frozenset({"/v1/health", "/v1/capabilities", "/v1/openapi.json", "/docs"})
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=100)]
Seconds = Annotated[int, Query(ge=60, le=3600)]
Download = Annotated[Literal["0", "1"], Query()]

app = Api(RateLimiter(settings().rates, RateStore(aws.table()), IdempotencyStore(aws.table())))
gate = Authenticator(settings(), aws.table())
projects = ProjectStore(aws.table())
costs = CostStore(aws.table())
quota = QuotaStore(aws.table())
jobs = JobStore(aws.table(), quota)
images = ImageStore(aws.table(), jobs, quota)
batches = BatchStore(aws.table(), images, jobs, quota)
media = Media(aws.s3(), required("BUCKET_NAME"))
results = ResultQueue(aws.sqs(), required("RESULT_QUEUE_URL"))
live = RuntimeSettings(settings(), OverrideStore(aws.table()))
restager = Restager(images=images, jobs=jobs, batches=batches, queue=StageQueue(aws.sqs(), required("STAGE_QUEUE_URL")))
deleter = Deleter(
    projects=projects, images=images, jobs=jobs, remains=TombstoneStore(aws.table(), quota), results=results
)


def asked(once: IdempotentRequest) -> RequestContext:
    return app.asked(once, live.of(once.owner, once.at))


@app.get("/v1/health")
def get_health() -> Health:
    return Health(version=__version__)


@app.get("/v1/capabilities")
def get_capabilities() -> Capabilities:
    return capabilities(live.settings())


@app.get("/v1/openapi.json")
def get_openapi() -> Response[str]:
    from realstaging.api import openapi  # two routes need it, and seldom

    return Response(200, content_type="application/json", body=openapi.document())


@app.get("/docs")
def get_docs() -> Response[str]:
    from realstaging.api import openapi  # as above

    page, policy = openapi.page()
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
    return Response(200, content_type="text/html; charset=utf-8", body=page, headers=headers)


@app.post("/v1/projects")
def post_project(new: NewProject) -> Response[ProjectView]:
    return answered(open_project(new, app.once(datetime.now(UTC)), projects=projects))


@app.get("/v1/projects")
def get_projects(limit: Limit = 20, cursor: Cursor = None) -> ProjectPage:
    page, more = projects.of(app.owner, limit=limit, before=position(cursor, "prj"))
    return ProjectPage(items=[view(ProjectView, project) for project in page], next_cursor=cursor_of(more))


@app.get("/v1/projects/<project_id>")
def get_project(project_id: str) -> ProjectView:
    return view(ProjectView, projects.get(app.owner, project_id))


@app.patch("/v1/projects/<project_id>")
def patch_project(project_id: str, changes: ProjectPatch) -> ProjectView:
    project = projects.get(app.owner, project_id)
    return view(ProjectView, projects.rename(app.owner, project.id, changes.name, datetime.now(UTC)))


@app.delete("/v1/projects/<project_id>")
def delete_project(project_id: str) -> Response[None]:
    deleter.project(projects.get(app.owner, project_id), datetime.now(UTC))
    return gone()


@app.get("/v1/projects/<project_id>/cost")
def get_cost(project_id: str) -> CostView:
    return costs.of_project(app.owner, projects.get(app.owner, project_id).id)


@app.get("/v1/projects/<project_id>/images")
def get_images(project_id: str, limit: Limit = 20, cursor: Cursor = None) -> ImagePage:
    # The index knows no owners: whose project it is, the table says.
    project = projects.get(app.owner, project_id)
    page, more = images.of_project(project.id, limit=limit, before=position(cursor, "img"))
    items = [view(ImageWithJobs, image, jobs=[view(JobView, job) for job in each]) for image, each in page]
    return ImagePage(items=items, next_cursor=cursor_of(more))


@app.get("/v1/images/<image_id>")
def get_image(image_id: str) -> ImageView:
    return view(ImageView, images.get(app.owner, image_id))


@app.delete("/v1/images/<image_id>")
def delete_image(image_id: str) -> Response[None]:
    deleter.image(images.get(app.owner, image_id), datetime.now(UTC))
    return gone()


@app.get("/v1/images/<image_id>/file")
def get_image_file(
    image_id: str,
    variant: Annotated[Literal["original", "master", "thumbnail"], Query()] = "original",
    expires_in: Seconds = 900,
    download: Download = "0",
) -> FileView:
    image = images.get(app.owner, image_id)
    return image_file(image, variant, datetime.now(UTC), expires_in, download=download == "1", media=media)


@app.post("/v1/jobs")
def post_jobs(request: RestageRequest) -> Response[RestageAnswer]:
    once = app.once(datetime.now(UTC))
    return answered(restager.restage(request, asked(once), once))


@app.get("/v1/jobs")
def get_jobs(
    project_id: Annotated[str | None, Query(max_length=64)] = None,
    batch_id: Annotated[str | None, Query(max_length=64)] = None,
    status: JobStatus | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> JobPage:
    owner, before = app.owner, position(cursor, "job")
    if batch_id:
        page, more = batches.jobs_of(owner, batch_id, project_id=project_id, status=status, limit=limit, before=before)
    else:
        page, more = jobs.of(owner, project_id=project_id, status=status, limit=limit, before=before)
    return JobPage(items=[view(JobView, job) for job in page], next_cursor=cursor_of(more))


@app.get("/v1/jobs/<job_id>")
def get_job(job_id: str) -> JobView:
    return view(JobView, jobs.get(app.owner, job_id))


@app.delete("/v1/jobs/<job_id>")
def delete_job(job_id: str) -> Response[None]:
    deleter.job(jobs.get(app.owner, job_id), datetime.now(UTC))
    return gone()


@app.post("/v1/jobs/<job_id>/cancel")
def post_cancel(job_id: str) -> JobView:
    job = jobs.get(app.owner, job_id)
    return view(JobView, cancel(job, datetime.now(UTC), jobs=jobs, results=results))


@app.post("/v1/jobs/<job_id>/retry")
def post_retry(job_id: str) -> Response[JobView]:
    once = app.once(datetime.now(UTC))
    # A repeat is answered though the job may be deleted by now.
    return answered(once.earlier() or restager.retry(jobs.get(app.owner, job_id), asked(once), once))


@app.get("/v1/jobs/<job_id>/file")
def get_job_file(
    job_id: str,
    variant: Annotated[Literal["staged", "thumbnail"], Query()] = "staged",
    expires_in: Seconds = 900,
    download: Download = "0",
) -> FileView:
    job = jobs.get(app.owner, job_id)
    return job_file(job, variant, datetime.now(UTC), expires_in, download=download == "1", media=media)


@app.get("/v1/batches/<batch_id>")
def get_batch(batch_id: str) -> BatchView:
    batch = batches.get(app.owner, batch_id)
    return overview(batch, jobs.get_many(app.owner, batch.job_ids))


@app.post("/v1/batches/<batch_id>/cancel")
def post_batch_cancel(batch_id: str) -> BatchView:
    batch = batches.get(app.owner, batch_id)
    cancel_all(jobs.get_many(app.owner, batch.job_ids), datetime.now(UTC), jobs=jobs, results=results)
    return overview(batch, jobs.get_many(app.owner, batch.job_ids))


@app.post("/v1/batches/<batch_id>/retry")
def post_batch_retry(batch_id: str) -> Response[RestageAnswer]:
    once = app.once(datetime.now(UTC))
    batch = batches.get(app.owner, batch_id)
    return answered(restager.retry_all(jobs.get_many(app.owner, batch.job_ids), asked(once), once))


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return serve(app, event, context, gate=gate, public=PUBLIC, max_body_bytes=settings().uploads.max_body_bytes)
