"""/v1/admin: models, settings, secrets, users, jobs, queues, the audit log. For administrators, not for API keys."""

import realstaging  # noqa: F401 (first: it makes starts quick)

# isort: split
from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AfterValidator

from realstaging import aws
from realstaging.admin import audit_log
from realstaging.admin import breaker as breaking
from realstaging.admin import jobs as job_admin
from realstaging.admin import settings as setting_admin
from realstaging.admin import users as user_views
from realstaging.admin.changes import ChangeRequest, VersionedSettings
from realstaging.admin.dead_letters import to_function, to_queue
from realstaging.admin.jobs import JobSearch, Search
from realstaging.admin.models import ModelAdmin
from realstaging.admin.path_ids import decoded, in_one_part
from realstaging.admin.queues import DeadLetterQueue, Queues, Work
from realstaging.admin.secrets import PREFIX as SECRET
from realstaging.admin.secrets import SecretAdmin
from realstaging.admin.users import UserAdmin
from realstaging.api.app import Api, answered, serve
from realstaging.api.auth import Authenticator
from realstaging.api.documentation import Cursor, JobId, Limit, describe
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
    BreakerOrder,
    BreakerView,
    LetterList,
    ProviderView,
    QueueList,
    RedriveOrder,
    RedriveView,
    UserPatch,
)
from realstaging.models.base import view
from realstaging.models.jobs import JobStatus
from realstaging.models.runs import ResultMessage, StageMessage
from realstaging.models.verifications import VerifyMessage
from realstaging.observability import observed
from realstaging.pagination import audit_position, position, user_position, version_position
from realstaging.pagination import cursor as cursor_of
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.audit import AuditStore
from realstaging.stores.batches import BatchStore
from realstaging.stores.checks import CheckStore
from realstaging.stores.images import ImageStore
from realstaging.stores.job_index import JobIndex
from realstaging.stores.jobs import JobStore
from realstaging.stores.provider import ProviderStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.runtime_settings import OverrideStore

ModelId = Annotated[str, Path(description="The model's id; its slash is sent as `%2F`."), AfterValidator(decoded)]
SettingKey = Annotated[
    str, Path(description="The setting's key; a slash in it is sent as `%2F`."), AfterValidator(decoded)
]
Owner = Annotated[
    str,
    Path(description="An owner id, or the subject that the identity provider knows, percent-encoded."),
    AfterValidator(decoded),
]
QueueName = Annotated[str, Path(description="The queue.")]
Order = Annotated[ChangeOrder, Body()]
PLAIN = ChangeOrder()
EVERYTHING = RedriveOrder()
EVERY_BREAKER = BreakerOrder()

app = Api(settings(), aws.table())
gate = Authenticator(settings(), aws.table())
audit = AuditStore(aws.table())
versioned = VersionedSettings(settings(), OverrideStore(aws.table()), audit)
secret_writer = SecretWriter(aws.ssm, settings().stage)
model_admin = ModelAdmin(versioned, secret_writer)
checks = CheckStore(aws.table())
secret_admin = SecretAdmin(versioned, secret_writer)
live = RuntimeSettings(settings(), OverrideStore(aws.table()))
users = UserAdmin(gate.users, audit)
quota = QuotaStore(aws.table())
provider = ProviderStore(aws.table())
jobs = JobStore(aws.table())
images = ImageStore(aws.table())
batches = BatchStore(aws.table())
restager = Restager(images=images, jobs=jobs, batches=batches, queue=StageQueue(aws.sqs(), required("STAGE_QUEUE_URL")))
search = JobSearch(JobIndex(aws.table()), jobs)
stage = WatchedQueue(aws.sqs(), required("STAGE_QUEUE_URL"))
result = WatchedQueue(aws.sqs(), required("RESULT_QUEUE_URL"))
verify = WatchedQueue(aws.sqs(), required("VERIFY_QUEUE_URL"))
stage_dead = DeadLetters(aws.sqs(), required("STAGE_DEAD_LETTERS_URL"))
result_dead = DeadLetters(aws.sqs(), required("RESULT_DEAD_LETTERS_URL"))
verify_dead = DeadLetters(aws.sqs(), required("VERIFY_DEAD_LETTERS_URL"))
event_dead = DeadLetters(aws.sqs(), required("EVENT_DEAD_LETTERS_URL"))
reruns = AsyncRetries(aws.functions(), [required("UPLOAD_COMPLETE_ARN"), required("SWEEP_ARN"), required("PURGE_ARN")])
queues = Queues(
    {
        "stage": Work(stage, JobStatus.QUEUED),
        "result": Work(result, JobStatus.PROCESSING),
        "verify": Work(verify, None),
    },
    {
        "stage_dead_letters": DeadLetterQueue(stage_dead, to_queue(stage, StageMessage)),
        "result_dead_letters": DeadLetterQueue(result_dead, to_queue(result, ResultMessage)),
        "verify_dead_letters": DeadLetterQueue(verify_dead, to_queue(verify, VerifyMessage)),
        "event_dead_letters": DeadLetterQueue(event_dead, to_function(reruns)),
    },
    audit,
)


def act(order: ChangeOrder) -> ChangeRequest:
    """A change, counted as everybody's are."""
    at = datetime.now(UTC)
    app.count_creation(at)
    return ChangeRequest(app.owner, at, order)


@app.get(
    "/v1/admin/models",
    **describe(
        "Administration",
        "listModels",
        "List every model that could be offered",
        {200: "All of them, by id."},
        "`enabled` ones are on offer. `objection` says why one cannot be enabled; `secret` is the "
        "key in the settings under which the secret is written that it needs. `checks` counts the picture checks of "
        "its results over 30 days.",
    ),
)
def get_models() -> AdminModelList:
    return AdminModelList(items=model_admin.list_all(checks.figures(datetime.now(UTC))))


@app.get(
    "/v1/admin/models/<model_id>",
    **describe(
        "Administration",
        "getModel",
        "Get a model and what may be set for it",
        {200: "The model, with the JSON Schema of what may be set."},
    ),
)
def get_model(model_id: ModelId) -> AdminModelInFull:
    return model_admin.get(model_id)


@app.get(
    "/v1/admin/models/<model_id>/settings",
    **describe(
        "Administration",
        "getModelParameters",
        "Get what is set for a model, with its schema and version",
        {200: "The model, with the JSON Schema of what may be set."},
        "The same as `GET /v1/admin/models/{model_id}`.",
    ),
)
def get_model_settings(model_id: ModelId) -> AdminModelInFull:
    return model_admin.get(model_id)


@app.put(
    "/v1/admin/models/<model_id>/settings",
    **describe(
        "Administration",
        "setModelParameters",
        "Set a model's parameters",
        {200: "The model, with the JSON Schema of what may be set."},
        "The whole set, checked by the model's own schema; in force for the next run. What is not "
        "named is as we choose for each photo. The parameters may also be sent by themselves, "
        'without `parameters` around them (`{"output_quality": 90}`), `expected_version` and '
        "`note` beside them. `expected_version`, if given, must be the one it is at; `note` is "
        "kept with the version.",
        codes=("version_conflict",),
        counted=True,
    ),
)
def put_model_settings(model_id: ModelId, order: NewParameters) -> AdminModelInFull:
    return model_admin.set_parameters(model_id, order, act(order))


@app.post(
    "/v1/admin/models/<model_id>/enable",
    **describe(
        "Administration",
        "enableModel",
        "Offer a model",
        {200: "The model, with the JSON Schema of what may be set."},
        "`expected_version`, if given, must be the one it is at; `note` is kept with the version.",
        codes=("model_not_enableable", "version_conflict"),
        counted=True,
    ),
)
def post_enable(model_id: ModelId, order: Order = PLAIN) -> AdminModelInFull:
    return model_admin.switch(model_id, act(order), on=True)


@app.post(
    "/v1/admin/models/<model_id>/disable",
    **describe(
        "Administration",
        "disableModel",
        "Offer a model no more",
        {200: "The model, with the JSON Schema of what may be set."},
        "Jobs that wait for it are staged by the first of `models.fallbacks` that takes them. "
        "`expected_version`, if given, must be the one it is at; `note` is kept with the version.",
        codes=("model_is_default", "version_conflict"),
        counted=True,
    ),
)
def post_disable(model_id: ModelId, order: Order = PLAIN) -> AdminModelInFull:
    return model_admin.switch(model_id, act(order), on=False)


@app.post(
    "/v1/admin/models/<model_id>/make-default",
    **describe(
        "Administration",
        "makeModelDefault",
        "Make a model the one of requests that name none",
        {200: "The model, with the JSON Schema of what may be set."},
        "The same as `PUT /v1/admin/settings/models.default`: `expected_version`, if given, must "
        "be the one that this setting is at, not the model; `note` is kept with the version.",
        codes=("model_disabled", "version_conflict"),
        counted=True,
    ),
)
def post_make_default(model_id: ModelId, order: Order = PLAIN) -> AdminModelInFull:
    return model_admin.make_default(model_id, act(order))


@app.get(
    "/v1/admin/models/<model_id>/history",
    **describe(
        "Administration",
        "listModelVersions",
        "List the versions of a model's settings",
        {200: "A page, newest first."},
    ),
)
def get_model_history(model_id: ModelId, limit: Limit = 20, cursor: Cursor = None) -> ModelRevisionPage:
    return model_admin.history(model_id, limit=limit, before=version_position(cursor))


@app.post(
    "/v1/admin/models/<model_id>/rollback",
    **describe(
        "Administration",
        "rollBackModel",
        "Set a model back to what a version said",
        {200: "The model, with the JSON Schema of what may be set."},
        "Makes a new version; 0 stands for the stage's file. `expected_version`, if given, must be "
        "the one it is at; `note` is kept with the version.",
        codes=("model_not_enableable", "model_is_default", "version_conflict"),
        counted=True,
    ),
)
def post_model_rollback(model_id: ModelId, order: Rollback) -> AdminModelInFull:
    return model_admin.roll_back(model_id, order, act(order))


@app.get(
    "/v1/admin/settings",
    **describe(
        "Administration",
        "listSettings",
        "List what can be set while the system runs",
        {200: "All settings, then all secrets, whose values are never shown."},
    ),
)
def get_settings() -> SettingList:
    items = [*setting_admin.list_all(versioned), *secret_admin.list_all()]
    return SettingList(items=items, ignored=setting_admin.list_ignored(versioned))


@app.get(
    "/v1/admin/settings/<key>",
    **describe(
        "Administration",
        "getSetting",
        "Get a setting",
        {200: "The setting; of a secret only whether it is there, and who wrote it last."},
    ),
)
def get_setting(key: SettingKey) -> SettingView | SecretView:
    return secret_admin.get(key) if key.startswith(SECRET) else setting_admin.get(key, versioned)


@app.put(
    "/v1/admin/settings/<key>",
    **describe(
        "Administration",
        "setSetting",
        "Set a setting, or write a secret",
        {200: "The setting; of a secret only whether it is there, and who wrote it last."},
        "A setting is in force for the next request or job, a secret within five minutes. Of two "
        "who write a secret at the same time one is told so (409): the one to send it again. "
        "`expected_version`, if given, must be the one it is at; `note` is kept with the version.",
        codes=("version_conflict",),
        counted=True,
    ),
)
def put_setting(key: SettingKey, order: NewValue) -> SettingView | SecretView:
    if key.startswith(SECRET):
        return secret_admin.put(key, order, act(order))
    return setting_admin.put(key, order, act(order), versioned)


@app.get(
    "/v1/admin/settings/<key>/history",
    **describe(
        "Administration",
        "listSettingVersions",
        "List the versions of a setting",
        {200: "A page, newest first."},
    ),
)
def get_setting_history(key: SettingKey, limit: Limit = 20, cursor: Cursor = None) -> SettingRevisionPage:
    before = version_position(cursor)
    if key.startswith(SECRET):
        return secret_admin.history(key, limit=limit, before=before)
    return setting_admin.history(key, versioned, limit=limit, before=before)


@app.post(
    "/v1/admin/settings/<key>/rollback",
    **describe(
        "Administration",
        "rollBackSetting",
        "Set a setting back to what a version said",
        {200: "The setting; of a secret only whether it is there, and who wrote it last."},
        "Makes a new version; 0 stands for the stage's file. Not for secrets. `expected_version`, "
        "if given, must be the one it is at; `note` is kept with the version.",
        codes=("secret_not_kept", "version_conflict"),
        counted=True,
    ),
)
def post_setting_rollback(key: SettingKey, order: Rollback) -> SettingView | SecretView:
    made = act(order)
    return (
        secret_admin.roll_back(key) if key.startswith(SECRET) else setting_admin.roll_back(key, order, made, versioned)
    )


@app.get(
    "/v1/admin/users",
    **describe(
        "Administration",
        "listUsers",
        "List all users",
        {200: "A page, newest first. Nobody's address or telephone number is in it."},
    ),
)
def get_users(
    limit: Limit = 20,
    cursor: Annotated[str | None, Query(max_length=300, description="A `next_cursor` of this list.")] = None,
) -> AdminUserPage:
    at, now = datetime.now(UTC), live.settings()
    page, more = gate.users.page(limit=limit, before=user_position(cursor))
    return AdminUserPage(items=[user_views.overview(user, now, at) for user in page], next_cursor=cursor_of(more))


@app.get(
    "/v1/admin/users/<owner>",
    **describe(
        "Administration",
        "getUser",
        "Get a user",
        {200: "The user, with what is used of the running period."},
    ),
)
def get_user(owner: Owner) -> AdminUserWithUsage:
    return user_views.in_full(users.get(owner), live.settings(), datetime.now(UTC), counters=quota)


@app.patch(
    "/v1/admin/users/<owner>",
    **describe(
        "Administration",
        "updateUser",
        "Say a user's role, plan or extra images",
        {200: "The user, with what is used of the running period."},
        "A JSON merge patch (RFC 7396): what is not named stays, `null` takes back what was said. "
        "In force for the user's next request. Nobody changes their own role. What changes nothing "
        "is not in the audit log.",
        codes=("own_role", "conflict", "version_conflict"),
        counted=True,
    ),
)
def patch_user(owner: Owner, changes: UserPatch) -> AdminUserWithUsage:
    at, now = datetime.now(UTC), live.settings()
    app.count_creation(at)
    return user_views.in_full(users.patch(owner, changes, at, now, by=app.owner), now, at, counters=quota)


@app.get(
    "/v1/admin/jobs",
    **describe(
        "Administration",
        "listAllJobs",
        "List jobs of all owners",
        {200: "A page, newest first. It may be short and still have a `next_cursor`."},
        "Without `status`: what is unfinished and what failed. `older_than` is a span (`900`, "
        "`900s`, `15m`, `2h`, `3d`, `1w`, `PT15M`, `P3D`) or a time in RFC 3339: unfinished jobs "
        "count from when they came into their state, others from when they were made. Lists come "
        "from an index that is behind by a moment; of very many unfinished jobs those are listed "
        "that are due first.",
    ),
)
def get_jobs(
    status: Annotated[JobStatus | None, Query(description="Only jobs in this state.")] = None,
    older_than: Annotated[
        str | None,
        Query(
            max_length=40,
            description=(
                "Only jobs that are longer in their state: `15m`, `2h`, `3d`, or since before a time. For jobs "
                "that have ended: made so long ago."
            ),
        ),
    ] = None,
    owner: Annotated[
        str | None,
        Query(
            max_length=400, description="An owner id, or the subject that the identity provider knows, percent-encoded."
        ),
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> AdminJobPage:
    wanted = Search.of(status, older_than, owner, datetime.now(UTC))
    page, more = search.page(wanted, limit=limit, before=position(cursor, "job"))
    return AdminJobPage(items=[view(AdminJobView, job) for job in page], next_cursor=cursor_of(more))


@app.get(
    "/v1/admin/jobs/<job_id>",
    **describe(
        "Administration",
        "getAnyJob",
        "Get anybody's job",
        {200: "The job, without its prompt."},
    ),
)
def get_job(job_id: JobId) -> AdminJobView:
    return view(AdminJobView, search.get(job_id))


@app.post(
    "/v1/admin/jobs/<job_id>/retry",
    **describe(
        "Administration",
        "retryAnyJob",
        "Try anybody's failed or canceled job again",
        {201: "A new job of the same owner; its `parent_job_id` is the old one."},
        "On the owner's terms: their plan, their quota, their period.",
        codes=(
            "quota_exceeded",
            "too_many_canceled_runs",
            "conflict",
            "job_not_retryable",
            "image_not_ready",
            "too_many_waiting_jobs",
            "version_conflict",
        ),
        creates=True,
    ),
)
def post_retry(job_id: JobId) -> Response[AdminJobView]:
    once = app.idempotent(datetime.now(UTC))
    # A repeat is answered though the job may be deleted by now.
    if earlier := once.earlier():
        return answered(earlier)
    job, trace = search.get(job_id), app.trace
    return answered(job_admin.retry(job, once, trace, app.request_id, live=live, restager=restager, audit=audit))


@app.get(
    "/v1/admin/queues",
    **describe(
        "Administration",
        "listQueues",
        "What is in the queues",
        {200: "Both queues of work and the three of dead letters."},
    ),
)
def get_queues() -> QueueList:
    at = datetime.now(UTC)
    return queues.overview(at, search.oldest(at))


@app.get(
    "/v1/admin/queues/<name>/messages",
    **describe(
        "Administration",
        "listDeadLetters",
        "Look into a queue of dead letters",
        {200: "Some of the letters, longest dead first, reduced to ids. They stay where they are."},
        "The name of a queue of work stands for its own dead letters.",
    ),
)
def get_messages(name: QueueName, limit: Limit = 20) -> LetterList:
    return queues.messages(name, limit)


@app.post(
    "/v1/admin/queues/<name>/redrive",
    **describe(
        "Administration",
        "redriveDeadLetters",
        "Send dead letters back to where they failed",
        {200: "What was moved. Send it again while something is `left`."},
        "The name of a queue of work stands for its own dead letters. For ten seconds at most. "
        "`stage_dead_letters`, `result_dead_letters` and `verify_dead_letters` go back into their queues; of "
        "`event_dead_letters` the function that failed is called again with its event. What cannot "
        "be moved back, such as changes of the table, is skipped, or with `discard` deleted. A "
        "letter may be moved twice: whoever reads it does nothing twice.",
        counted=True,
    ),
)
def post_redrive(name: QueueName, order: Annotated[RedriveOrder, Body()] = EVERYTHING) -> RedriveView:
    at = datetime.now(UTC)
    app.count_creation(at)
    return queues.redrive(name, order, at, by=app.owner)


@app.get(
    "/v1/admin/breaker",
    **describe(
        "Administration",
        "getBreaker",
        "How it stands with our accounts at the provider",
        {200: "Each account's breaker and pace, and the models that are refused by themselves."},
    ),
)
def get_breaker() -> ProviderView:
    return breaking.show(provider, live.settings())


@app.post(
    "/v1/admin/breaker/close",
    **describe(
        "Administration",
        "closeBreaker",
        "Let runs be started again at once",
        {200: "What it was before. Closing what is closed changes nothing."},
        "While the provider refuses our account or does not answer, nothing is started and one run tries after each "
        "pause; likewise with single models. This ends the pauses. Jobs that wait in the queue come back when their "
        "delay is over, fifteen minutes at the most. Named in the body, only one of our accounts is closed.",
        codes=("version_conflict",),
        counted=True,
    ),
)
def post_breaker_close(order: Annotated[BreakerOrder, Body()] = EVERY_BREAKER) -> BreakerView:
    at = datetime.now(UTC)
    app.count_creation(at)
    return breaking.close(provider, audit, order, settings().replicate.every_account, at, by=app.owner)


@app.get(
    "/v1/admin/audit",
    **describe(
        "Administration",
        "listAudit",
        "List what administrators did",
        {200: ("A page, newest first, of the last thirteen months. It may be short and still have a `next_cursor`.")},
        "What changed nothing, such as enabling what is enabled, is not in it.",
    ),
)
def get_audit(
    limit: Limit = 20,
    cursor: Cursor = None,
    subject: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            description="Only what was done to this one, such as `settings/models.default`.",
        ),
    ] = None,
) -> AuditPage:
    return audit_log.page(audit, datetime.now(UTC), limit=limit, before=audit_position(cursor), subject=subject)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return serve(app, event | {"rawPath": in_one_part(event.get("rawPath", ""))}, context, authenticate=gate.admin)
