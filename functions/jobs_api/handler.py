"""Everything users do with their own data: projects, images, jobs, batches. And what is public."""

import realstaging  # noqa: F401 (first: it makes starts quick)

# isort: split
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import __version__, aws
from realstaging.api.app import Api, answered, no_content, serve
from realstaging.api.auth import Authenticator
from realstaging.api.capabilities import capabilities
from realstaging.api.documentation import (
    GONE,
    ITEMS,
    BatchId,
    Cursor,
    Download,
    ImageId,
    JobId,
    Limit,
    ProjectId,
    Seconds,
    VerificationId,
    describe,
)
from realstaging.config import required, settings
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue, StageQueue, VerifyQueue
from realstaging.idempotency import IdempotentRequest
from realstaging.jobs.batches import overview
from realstaging.jobs.builder import RequestContext
from realstaging.jobs.cancel import cancel, cancel_all
from realstaging.jobs.restage import Restager
from realstaging.models.base import view
from realstaging.models.catalog import Capabilities, Health
from realstaging.models.images import FileView, ImagePage, ImageView, ImageWithJobs
from realstaging.models.jobs import Batch, BatchView, JobPage, JobStatus, JobView
from realstaging.models.picture_checks import ReportView
from realstaging.models.projects import CostView, NewProject, ProjectPage, ProjectPatch, ProjectView
from realstaging.models.requests import RestageAnswer, RestageRequest
from realstaging.models.verifications import NewVerification, VerificationAnswer, VerificationView
from realstaging.observability import observed
from realstaging.pagination import cursor as cursor_of
from realstaging.pagination import position
from realstaging.projects.create import create_project
from realstaging.projects.deletion import Deleter
from realstaging.projects.downloads import image_file, job_file, job_report
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.batches import BatchStore
from realstaging.stores.costs import CostStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.runtime_settings import OverrideStore
from realstaging.stores.tombstones import TombstoneStore
from realstaging.stores.verifications import VerificationStore
from realstaging.verifications.create import Creator
from realstaging.verifications.files import verification_file
from realstaging.verifications.sources import Sources

PUBLIC = frozenset({"/v1/health", "/v1/capabilities", "/v1/openapi.json", "/docs"})

app = Api(settings(), aws.table())
gate = Authenticator(settings(), aws.table())
projects = ProjectStore(aws.table())
costs = CostStore(aws.table())
quota = QuotaStore(aws.table())
jobs = JobStore(aws.table())
images = ImageStore(aws.table())
batches = BatchStore(aws.table())
media = Media(aws.s3(), required("BUCKET_NAME"))
results = ResultQueue(aws.sqs(), required("RESULT_QUEUE_URL"))
live = RuntimeSettings(settings(), OverrideStore(aws.table()))
restager = Restager(images=images, jobs=jobs, batches=batches, queue=StageQueue(aws.sqs(), required("STAGE_QUEUE_URL")))
deleter = Deleter(projects=projects, images=images, jobs=jobs, tombstones=TombstoneStore(aws.table()), results=results)

verifications, sources = VerificationStore(aws.table()), Sources(images, jobs)
verification_creator = Creator(
    settings(), verifications, sources, media, VerifyQueue(aws.sqs(), required("VERIFY_QUEUE_URL"))
)


def asked(once: IdempotentRequest) -> RequestContext:
    return RequestContext(once.owner, once.at, live.of(once.owner, once.at), app.trace, app.request_id, once.seed)


def overview_of(batch: Batch) -> BatchView:
    jobs_of = jobs.visible(batch.owner, batch.job_ids)
    return overview(batch, jobs_of, images.visible(batch.owner, batch.unstaged_ids))


@app.get(
    "/v1/health",
    **describe(
        "Service",
        "getHealth",
        "Whether the service answers",
        {200: "It does."},
    ),
)
def get_health() -> Health:
    return Health(version=__version__)


@app.get(
    "/v1/capabilities",
    **describe(
        "Service",
        "getCapabilities",
        "What is on offer: rooms, styles, models, limits, plans",
        {200: "Everything a form needs. A deprecated style still works and `maps_to` another."},
    ),
)
def get_capabilities() -> Capabilities:
    return capabilities(live.settings())


@app.get(
    "/v1/openapi.json",
    **describe(
        "Service",
        "getOpenapi",
        "This document",
        {200: "OpenAPI 3.1, for all routes."},
    ),
)
def get_openapi() -> Response[str]:
    from realstaging.api import openapi  # two routes need it, and seldom

    return Response(200, content_type="application/json", body=openapi.document())


@app.get(
    "/docs",
    **describe(
        "Service",
        "getDocs",
        "This document, to be read",
        {200: "One page, without scripts."},
        content_type="text/html",
    ),
)
def get_docs() -> Response[str]:
    from realstaging.api import openapi  # as above

    page, policy = openapi.page()
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
    return Response(200, content_type="text/html; charset=utf-8", body=page, headers=headers)


@app.post(
    "/v1/projects",
    **describe(
        "Projects",
        "createProject",
        "Open a project",
        {201: "The new project."},
        creates=True,
    ),
)
def post_project(new: NewProject) -> Response[ProjectView]:
    return answered(create_project(new, app.idempotent(datetime.now(UTC)), projects=projects))


@app.get(
    "/v1/projects",
    **describe(
        "Projects",
        "listProjects",
        "List projects",
        {200: "A page, newest first."},
    ),
)
def get_projects(limit: Limit = 20, cursor: Cursor = None) -> ProjectPage:
    page, more = projects.of(app.owner, limit=limit, before=position(cursor, "prj"))
    return ProjectPage(items=[view(ProjectView, project) for project in page], next_cursor=cursor_of(more))


@app.get(
    "/v1/projects/<project_id>",
    **describe(
        "Projects",
        "getProject",
        "Get a project",
        {200: "The project."},
    ),
)
def get_project(project_id: ProjectId) -> ProjectView:
    return view(ProjectView, projects.get(app.owner, project_id))


@app.patch(
    "/v1/projects/<project_id>",
    **describe(
        "Projects",
        "renameProject",
        "Rename a project",
        {200: "The project, its `version` grown."},
    ),
)
def patch_project(project_id: ProjectId, changes: ProjectPatch) -> ProjectView:
    project = projects.get(app.owner, project_id)
    return view(ProjectView, projects.rename(app.owner, project.id, changes.name, datetime.now(UTC)))


@app.delete(
    "/v1/projects/<project_id>",
    **describe(
        "Projects",
        "deleteProject",
        "Delete a project and everything in it",
        GONE,
        codes=("version_conflict",),
    ),
)
def delete_project(project_id: ProjectId) -> Response[None]:
    deleter.project(projects.get(app.owner, project_id), datetime.now(UTC))
    return no_content()


@app.get(
    "/v1/projects/<project_id>/cost",
    **describe(
        "Projects",
        "getProjectCost",
        "What a project's runs cost at the provider",
        {200: "Totals of all runs ever billed for it, those of deleted jobs included."},
    ),
)
def get_cost(project_id: ProjectId) -> CostView:
    return costs.of_project(app.owner, projects.get(app.owner, project_id).id)


@app.get(
    "/v1/projects/<project_id>/images",
    **describe(
        "Projects",
        "listProjectImages",
        "List a project's images, each with its jobs",
        {200: "A page, newest first."},
    ),
)
def get_images(project_id: ProjectId, limit: Limit = 20, cursor: Cursor = None) -> ImagePage:
    # The index knows no owners: whose project it is, the table says.
    project = projects.get(app.owner, project_id)
    page, more = images.of_project(project.id, limit=limit, before=position(cursor, "img"))
    items = [view(ImageWithJobs, image, jobs=[view(JobView, job) for job in each]) for image, each in page]
    return ImagePage(items=items, next_cursor=cursor_of(more))


@app.get(
    "/v1/images/<image_id>",
    **describe(
        "Images",
        "getImage",
        "Get an image",
        {200: "The image."},
    ),
)
def get_image(image_id: ImageId) -> ImageView:
    return view(ImageView, images.get(app.owner, image_id))


@app.delete(
    "/v1/images/<image_id>",
    **describe(
        "Images",
        "deleteImage",
        "Delete an image and its jobs",
        GONE,
        codes=("version_conflict",),
    ),
)
def delete_image(image_id: ImageId) -> Response[None]:
    deleter.image(images.get(app.owner, image_id), datetime.now(UTC))
    return no_content()


@app.get(
    "/v1/images/<image_id>/file",
    **describe(
        "Images",
        "getImageFile",
        "Get an address of a photo",
        {200: "A signed address, good until `expires_at`."},
        "`original`: the very bytes that were uploaded. `master`: an upright JPEG without "
        "location, which is what models see. `thumbnail`: a small JPEG.",
        codes=("image_not_ready",),
    ),
)
def get_image_file(
    image_id: ImageId,
    variant: Annotated[
        Literal["original", "master", "thumbnail"], Query(description="Which of its files.")
    ] = "original",
    expires_in: Seconds = 900,
    download: Download = "0",
) -> FileView:
    image = images.get(app.owner, image_id)
    return image_file(image, variant, datetime.now(UTC), expires_in, download=download == "1", media=media)


@app.post(
    "/v1/jobs",
    **describe(
        "Jobs",
        "createJobs",
        "Stage 1–50 images that are there, again or in other ways",
        {202: "Every item was taken.", 207: "Some items were taken, some refused."},
        (
            "Images may also still be `awaiting_upload`: their jobs wait for the file. An item's "
            "`settings` override `defaults` key by key. "
        )
        + ITEMS,
        codes=("quota_exceeded", "too_many_canceled_runs", "conflict"),
        creates=True,
        itemized=True,
    ),
)
def post_jobs(request: RestageRequest) -> Response[RestageAnswer]:
    once = app.idempotent(datetime.now(UTC))
    return answered(restager.restage(request, asked(once), once))


@app.get(
    "/v1/jobs",
    **describe(
        "Jobs",
        "listJobs",
        "List jobs",
        {200: "A page, newest first. A filter that matches nothing gives an empty page."},
    ),
)
def get_jobs(
    *,
    project_id: Annotated[str | None, Query(max_length=64, description="Only jobs of this project.")] = None,
    batch_id: Annotated[str | None, Query(max_length=64, description="Only jobs of this batch.")] = None,
    image_id: Annotated[str | None, Query(max_length=64, description="Only jobs of this image.")] = None,
    status: Annotated[JobStatus | None, Query(description="Only jobs in this state.")] = None,
    style: Annotated[str | None, Query(max_length=64, description="Only jobs in this style.")] = None,
    room_type: Annotated[str | None, Query(max_length=64, description="Only jobs for this room type.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> JobPage:
    owner, before = app.owner, position(cursor, "job")
    filters = {
        "project_id": project_id,
        "image_id": image_id,
        "status": status,
        "style": style,
        "room_type": room_type,
    }
    if batch_id:
        page, more = batches.jobs_of(owner, batch_id, filters, limit=limit, before=before)
    else:
        page, more = jobs.of(owner, filters, limit=limit, before=before)
    return JobPage(items=[view(JobView, job) for job in page], next_cursor=cursor_of(more))


@app.get(
    "/v1/jobs/<job_id>",
    **describe(
        "Jobs",
        "getJob",
        "Get a job",
        {200: "The job."},
    ),
)
def get_job(job_id: JobId) -> JobView:
    return view(JobView, jobs.get(app.owner, job_id))


@app.delete(
    "/v1/jobs/<job_id>",
    **describe(
        "Jobs",
        "deleteJob",
        "Delete a job and its result",
        GONE,
        codes=("version_conflict",),
    ),
)
def delete_job(job_id: JobId) -> Response[None]:
    deleter.job(jobs.get(app.owner, job_id), datetime.now(UTC))
    return no_content()


@app.post(
    "/v1/jobs/<job_id>/cancel",
    **describe(
        "Jobs",
        "cancelJob",
        "Cancel a job",
        {200: "The job, `canceled`."},
        "Before there is a result; then it costs nothing.",
        codes=("job_not_cancelable",),
    ),
)
def post_cancel(job_id: JobId) -> JobView:
    job = jobs.get(app.owner, job_id)
    return view(JobView, cancel(job, datetime.now(UTC), jobs=jobs, results=results))


@app.post(
    "/v1/jobs/<job_id>/retry",
    **describe(
        "Jobs",
        "retryJob",
        "Try a failed or canceled job again",
        {201: "A new job; its `parent_job_id` is the old one."},
        codes=(
            "quota_exceeded",
            "too_many_canceled_runs",
            "conflict",
            "job_not_retryable",
            "image_not_ready",
            "too_many_waiting_jobs",
        ),
        creates=True,
    ),
)
def post_retry(job_id: JobId) -> Response[JobView]:
    once = app.idempotent(datetime.now(UTC))
    # A repeat is answered though the job may be deleted by now.
    return answered(once.earlier() or restager.retry(jobs.get(app.owner, job_id), asked(once), once))


@app.get(
    "/v1/jobs/<job_id>/file",
    **describe(
        "Jobs",
        "getJobFile",
        "Get an address of a result",
        {200: "A signed address, good until `expires_at`."},
        codes=("job_not_ready",),
    ),
)
def get_job_file(
    job_id: JobId,
    variant: Annotated[
        Literal["staged", "thumbnail", "overlay"],
        Query(description="Which of its files; `overlay`: what changed, over the original."),
    ] = "staged",
    expires_in: Seconds = 900,
    download: Download = "0",
) -> FileView:
    job = jobs.get(app.owner, job_id)
    return job_file(job, variant, datetime.now(UTC), expires_in, download=download == "1", media=media)


@app.get(
    "/v1/jobs/<job_id>/report",
    **describe(
        "Jobs",
        "getJobReport",
        "Get the picture check of a result",
        {200: "The whole report; of a job that failed with `structure_changed`, that of its last result."},
        codes=("job_not_ready",),
    ),
)
def get_job_report(job_id: JobId) -> ReportView:
    return job_report(jobs.get(app.owner, job_id), media)


@app.get(
    "/v1/batches/<batch_id>",
    **describe(
        "Batches",
        "getBatch",
        "Get a batch with its jobs",
        {200: "The batch, its counts and jobs."},
    ),
)
def get_batch(batch_id: BatchId) -> BatchView:
    return overview_of(batches.get(app.owner, batch_id))


@app.post(
    "/v1/batches/<batch_id>/cancel",
    **describe(
        "Batches",
        "cancelBatch",
        "Cancel what has not ended in a batch",
        {200: "The batch. A job that ended in this very moment keeps its result."},
    ),
)
def post_batch_cancel(batch_id: BatchId) -> BatchView:
    batch = batches.get(app.owner, batch_id)
    cancel_all(jobs.visible(app.owner, batch.job_ids), datetime.now(UTC), jobs=jobs, results=results)
    return overview_of(batch)


@app.post(
    "/v1/batches/<batch_id>/retry",
    **describe(
        "Batches",
        "retryBatch",
        "Try a batch's failed jobs again",
        {202: "New jobs, in a batch of their own.", 207: "New jobs for some, refusals for others."},
        "Only what failed and was not tried again yet. " + ITEMS,
        codes=("quota_exceeded", "too_many_canceled_runs", "conflict", "job_not_retryable"),
        creates=True,
        itemized=True,
    ),
)
def post_batch_retry(batch_id: BatchId) -> Response[RestageAnswer]:
    once = app.idempotent(datetime.now(UTC))
    return answered(restager.retry_batch(batch_id, asked(once), once))


@app.post(
    "/v1/verifications",
    **describe(
        "Verifications",
        "createVerification",
        "Check whether a picture keeps the room of its photo",
        {201: "The verification, with a form for each file that was announced."},
        "For any pair: a photo and what was made of it, here or elsewhere. No job, no charge. Files that were "
        "announced are awaited for an hour.",
        codes=("not_found", "image_not_ready", "job_not_ready"),
        creates=True,
    ),
)
def post_verification(new: NewVerification) -> Response[VerificationAnswer]:
    once = app.idempotent(datetime.now(UTC))
    return answered(verification_creator.create(new, once, trace=app.trace, request_id=app.request_id))


@app.get(
    "/v1/verifications/<verification_id>",
    **describe(
        "Verifications",
        "getVerification",
        "Get a verification",
        {200: "The verification, with its report once it is `ready`."},
        "Also pushed, as `verification.updated`.",
    ),
)
def get_verification(verification_id: VerificationId) -> VerificationView:
    return view(VerificationView, verifications.get(app.owner, verification_id, datetime.now(UTC)))


@app.get(
    "/v1/verifications/<verification_id>/file",
    **describe(
        "Verifications",
        "getVerificationFile",
        "Get an address of a verification's overlay",
        {200: "A signed address, good until `expires_at`."},
        codes=("verification_not_ready",),
    ),
)
def get_verification_file(
    verification_id: VerificationId,
    variant: Annotated[
        Literal["overlay"], Query(description="`overlay`: what changed, over the original.")
    ] = "overlay",
    expires_in: Seconds = 900,
    download: Download = "0",
) -> FileView:
    at = datetime.now(UTC)
    verification = verifications.get(app.owner, verification_id, at)
    return verification_file(verification, at, expires_in, download=download == "1", media=media, sources=sources)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return serve(
        app, event, context, authenticate=gate, public=PUBLIC, max_body_bytes=settings().uploads.max_body_bytes
    )
