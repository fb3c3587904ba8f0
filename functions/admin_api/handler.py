"""/v1/admin: models, settings, secrets, users, jobs, queues, the audit log. For administrators, not for API keys."""

from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AfterValidator

from realstaging import aws
from realstaging.admin import audit_log
from realstaging.admin import jobs as alljobs
from realstaging.admin import settings as adjusting
from realstaging.admin import users as members
from realstaging.admin.changes import ChangeRequest, VersionedSettings
from realstaging.admin.dead_letters import to_function, to_queue
from realstaging.admin.jobs import JobSearch, Search
from realstaging.admin.models import ModelAdmin
from realstaging.admin.path_ids import decoded, in_one_part
from realstaging.admin.queues import DeadLetterQueue, Queues, Work
from realstaging.admin.secrets import PREFIX as SECRET
from realstaging.admin.secrets import SecretAdmin
from realstaging.admin.users import UserAdmin
from realstaging.api.app import Api, RateLimiter, answered, serve
from realstaging.api.auth import Authenticator
from realstaging.config import required, settings
from realstaging.gateways.dead_letters import AsyncRetries, DeadLetters, WatchedQueue
from realstaging.gateways.queues import StageQueue
from realstaging.gateways.secrets import SecretWriter
from realstaging.jobs.restage import Restager
from realstaging.models.admin import (
    AdminModelInFull,
    AdminModelList,
    AuditPage,
    ChangeOrder,
    ModelRevisionPage,
    NewParameters,
    NewValue,
    Rollback,
    SecretView,
    SettingList,
    SettingRevisionPage,
    SettingView,
)
from realstaging.models.admin_operations import (
    AdminJobPage,
    AdminJobView,
    AdminUserPage,
    AdminUserWithUsage,
    LetterList,
    QueueList,
    RedriveOrder,
    RedriveView,
    UserPatch,
)
from realstaging.models.base import view
from realstaging.models.jobs import JobStatus
from realstaging.models.runs import ResultMessage, StageMessage
from realstaging.observability import log, metrics
from realstaging.pagination import audit_position, position, user_position, version_position
from realstaging.pagination import cursor as cursor_of
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.audit import AuditStore
from realstaging.stores.batches import BatchStore
from realstaging.stores.idempotency import IdempotencyStore
from realstaging.stores.images import ImageStore
from realstaging.stores.job_index import JobIndex
from realstaging.stores.jobs import JobStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.rate_limits import RateStore
from realstaging.stores.runtime_settings import OverrideStore

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=100)]
Name = Annotated[str, Path(), AfterValidator(decoded)]
Order = Annotated[ChangeOrder, Body()]
PLAIN = ChangeOrder()
EVERYTHING = RedriveOrder()

app = Api(RateLimiter(settings().rates, RateStore(aws.table()), IdempotencyStore(aws.table())))
gate = Authenticator(settings(), aws.table())
audit = AuditStore(aws.table())
desk = VersionedSettings(settings(), OverrideStore(aws.table()), audit)
vault = SecretWriter(aws.ssm, settings().stage)
offering = ModelAdmin(desk, vault)
safe = SecretAdmin(desk, vault)
live = RuntimeSettings(settings(), OverrideStore(aws.table()))
users = UserAdmin(gate.users, audit)
quota = QuotaStore(aws.table())
jobs = JobStore(aws.table(), quota)
images = ImageStore(aws.table(), jobs, quota)
batches = BatchStore(aws.table(), images, jobs, quota)
restager = Restager(images=images, jobs=jobs, batches=batches, queue=StageQueue(aws.sqs(), required("STAGE_QUEUE_URL")))
search = JobSearch(JobIndex(aws.table()), jobs)
stage = WatchedQueue(aws.sqs(), required("STAGE_QUEUE_URL"))
result = WatchedQueue(aws.sqs(), required("RESULT_QUEUE_URL"))
stage_dead = DeadLetters(aws.sqs(), required("STAGE_DEAD_LETTERS_URL"))
result_dead = DeadLetters(aws.sqs(), required("RESULT_DEAD_LETTERS_URL"))
event_dead = DeadLetters(aws.sqs(), required("EVENT_DEAD_LETTERS_URL"))
reruns = AsyncRetries(aws.functions(), [required("UPLOAD_COMPLETE_ARN"), required("SWEEP_ARN"), required("PURGE_ARN")])
queues = Queues(
    {"stage": Work(stage, JobStatus.QUEUED), "result": Work(result, JobStatus.PROCESSING)},
    {
        "stage_dead_letters": DeadLetterQueue(stage_dead, to_queue(stage, StageMessage)),
        "result_dead_letters": DeadLetterQueue(result_dead, to_queue(result, ResultMessage)),
        "event_dead_letters": DeadLetterQueue(event_dead, to_function(reruns)),
    },
    audit,
)


def act(order: ChangeOrder) -> ChangeRequest:
    """A change, counted as everybody's are."""
    at = datetime.now(UTC)
    app.counted(at)
    return ChangeRequest(app.owner, at, order)


@app.get("/v1/admin/models")
def get_models() -> AdminModelList:
    return AdminModelList(items=offering.everything())


@app.get("/v1/admin/models/<model_id>")
def get_model(model_id: Name) -> AdminModelInFull:
    return offering.get(model_id)


@app.get("/v1/admin/models/<model_id>/settings")
def get_model_settings(model_id: Name) -> AdminModelInFull:
    return offering.get(model_id)


@app.put("/v1/admin/models/<model_id>/settings")
def put_model_settings(model_id: Name, order: NewParameters) -> AdminModelInFull:
    return offering.set_parameters(model_id, order, act(order))


@app.post("/v1/admin/models/<model_id>/enable")
def post_enable(model_id: Name, order: Order = PLAIN) -> AdminModelInFull:
    return offering.switch(model_id, act(order), on=True)


@app.post("/v1/admin/models/<model_id>/disable")
def post_disable(model_id: Name, order: Order = PLAIN) -> AdminModelInFull:
    return offering.switch(model_id, act(order), on=False)


@app.post("/v1/admin/models/<model_id>/make-default")
def post_make_default(model_id: Name, order: Order = PLAIN) -> AdminModelInFull:
    return offering.make_default(model_id, act(order))


@app.get("/v1/admin/models/<model_id>/history")
def get_model_history(model_id: Name, limit: Limit = 20, cursor: Cursor = None) -> ModelRevisionPage:
    return offering.history(model_id, limit=limit, before=version_position(cursor))


@app.post("/v1/admin/models/<model_id>/rollback")
def post_model_rollback(model_id: Name, order: Rollback) -> AdminModelInFull:
    return offering.roll_back(model_id, order, act(order))


@app.get("/v1/admin/settings")
def get_settings() -> SettingList:
    return SettingList(items=[*adjusting.everything(desk), *safe.everything()])


@app.get("/v1/admin/settings/<key>")
def get_setting(key: Name) -> SettingView | SecretView:
    return safe.get(key) if key.startswith(SECRET) else adjusting.get(key, desk)


@app.put("/v1/admin/settings/<key>")
def put_setting(key: Name, order: NewValue) -> SettingView | SecretView:
    if key.startswith(SECRET):
        return safe.put(key, order, act(order))
    return adjusting.put(key, order, act(order), desk)


@app.get("/v1/admin/settings/<key>/history")
def get_setting_history(key: Name, limit: Limit = 20, cursor: Cursor = None) -> SettingRevisionPage:
    before = version_position(cursor)
    if key.startswith(SECRET):
        return safe.history(key, limit=limit, before=before)
    return adjusting.history(key, desk, limit=limit, before=before)


@app.post("/v1/admin/settings/<key>/rollback")
def post_setting_rollback(key: Name, order: Rollback) -> SettingView | SecretView:
    made = act(order)
    return safe.roll_back(key) if key.startswith(SECRET) else adjusting.roll_back(key, order, made, desk)


@app.get("/v1/admin/users")
def get_users(limit: Limit = 20, cursor: Annotated[str | None, Query(max_length=300)] = None) -> AdminUserPage:
    at, now = datetime.now(UTC), live.settings()
    page, more = gate.users.page(limit=limit, before=user_position(cursor))
    return AdminUserPage(items=[members.overview(user, now, at) for user in page], next_cursor=cursor_of(more))


@app.get("/v1/admin/users/<owner>")
def get_user(owner: Name) -> AdminUserWithUsage:
    return members.in_full(users.get(owner), live.settings(), datetime.now(UTC), counters=quota)


@app.patch("/v1/admin/users/<owner>")
def patch_user(owner: Name, changes: UserPatch) -> AdminUserWithUsage:
    at, now = datetime.now(UTC), live.settings()
    app.counted(at)
    return members.in_full(users.patch(owner, changes, at, now, by=app.owner), now, at, counters=quota)


@app.get("/v1/admin/jobs")
def get_jobs(
    status: JobStatus | None = None,
    older_than: Annotated[str | None, Query(max_length=40)] = None,
    owner: Annotated[str | None, Query(max_length=400)] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> AdminJobPage:
    wanted = Search.of(status, older_than, owner, datetime.now(UTC))
    page, more = search.page(wanted, limit=limit, before=position(cursor, "job"))
    return AdminJobPage(items=[view(AdminJobView, job) for job in page], next_cursor=cursor_of(more))


@app.get("/v1/admin/jobs/<job_id>")
def get_job(job_id: str) -> AdminJobView:
    return view(AdminJobView, search.get(job_id))


@app.post("/v1/admin/jobs/<job_id>/retry")
def post_retry(job_id: str) -> Response[AdminJobView]:
    once = app.once(datetime.now(UTC))
    # A repeat is answered though the job may be deleted by now.
    if earlier := once.earlier():
        return answered(earlier)
    job, trace = search.get(job_id), app.trace
    return answered(alljobs.retry(job, once, trace, app.request_id, live=live, restager=restager, audit=audit))


@app.get("/v1/admin/queues")
def get_queues() -> QueueList:
    at = datetime.now(UTC)
    return queues.overview(at, search.oldest(at))


@app.get("/v1/admin/queues/<name>/messages")
def get_messages(name: str, limit: Limit = 20) -> LetterList:
    return queues.messages(name, limit)


@app.post("/v1/admin/queues/<name>/redrive")
def post_redrive(name: str, order: Annotated[RedriveOrder, Body()] = EVERYTHING) -> RedriveView:
    at = datetime.now(UTC)
    app.counted(at)
    return queues.redrive(name, order, at, by=app.owner)


@app.get("/v1/admin/audit")
def get_audit(
    limit: Limit = 20,
    cursor: Cursor = None,
    subject: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
) -> AuditPage:
    return audit_log.page(audit, datetime.now(UTC), limit=limit, before=audit_position(cursor), subject=subject)


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return serve(app, event | {"rawPath": in_one_part(event.get("rawPath", ""))}, context, gate=gate.admin)
