"""Examples of what administrators ask and are told of users, jobs and queues."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from realstaging.models import admin_operations as o
from realstaging.models.accounts import UsageView
from realstaging.models.base import view
from realstaging.models.jobs import Job, JobStatus

AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
TAIL = "01KKNA8Y2GQ5V7M3RZT4XW9B"  # 24 of a ULID's 26 characters
OWNER = "auth0!7C5f7c"

_user = o.AdminUserView(
    id=OWNER,
    role="user",
    role_set=False,
    plan="business",
    plan_override="business",
    extra_quota=25,
    subscription_status=None,
    created_at=AT,
    updated_at=AT,
    version=2,
)
_with_usage = o.AdminUserWithUsage(
    **_user.model_dump(),
    usage=UsageView(
        plan="business",
        limit=525,
        used=3,
        remaining=522,
        period_start=AT.replace(day=1, hour=0, minute=0, second=0),
        period_end=AT.replace(month=4, day=1, hour=0, minute=0, second=0),
        version=9,
    ),
)
_row = Job(
    id=f"job_{TAIL}2A",
    owner=OWNER,
    image_id=f"img_{TAIL}1A",
    project_id=f"prj_{TAIL}0P",
    batch_id=f"bat_{TAIL}3A",
    status=JobStatus.PROCESSING,
    room_type="living_room",
    style="scandinavian",
    model="qwen/qwen-image-edit-2511",
    attempt=1,
    deferrals=2,
    prediction_id="gm3qorzdhgbfurvjtvhg6dckhu",
    period="2026-03-01",
    traceparent="",
    correlation_id="",
    created_at=AT,
    queued_at=AT + timedelta(seconds=4),
    started_at=AT + timedelta(seconds=40),
    updated_at=AT + timedelta(seconds=40),
    due_at=AT + timedelta(seconds=130),
    version=5,
)
_job = view(o.AdminJobView, _row)
_again = _job.model_copy(
    update={
        "id": f"job_{TAIL}2B",
        "parent_job_id": _row.id,
        "status": JobStatus.QUEUED,
        "attempt": 0,
        "deferrals": 0,
        "prediction_id": None,
        "started_at": None,
        "version": 1,
    }
)
_empty = {"depth": 0, "visible": 0, "in_flight": 0, "delayed": 0}
_letter = o.LetterView(
    id="5fea7756-0ea4-451a-a703-a558b933e274", owner=OWNER, job_id=_row.id, receive_count=6, sent_at=AT
)

REQUESTS: dict[str, dict[str, Any]] = {
    "PATCH /v1/admin/users/{owner}": {
        "a plan and some more": {"plan_override": "business", "extra_quota": 25},
        "an administrator": {"role": "admin"},
        "as it was": {"role": None, "plan_override": None, "extra_quota": None},
    },
    "POST /v1/admin/queues/{name}/redrive": {"a first try": {"max": 10}, "what nobody needs": {"discard": True}},
    "POST /v1/admin/breaker/close": {"all": {}, "of one account": {"account": "second"}},
}
ANSWERS: dict[str, BaseModel] = {
    "GET /v1/admin/users 200": o.AdminUserPage(items=[_user], next_cursor=None),
    "GET /v1/admin/users/{owner} 200": _with_usage,
    "PATCH /v1/admin/users/{owner} 200": _with_usage,
    "GET /v1/admin/jobs 200": o.AdminJobPage(items=[_job], next_cursor=None),
    "GET /v1/admin/jobs/{job_id} 200": _job,
    "POST /v1/admin/jobs/{job_id}/retry 201": _again,
    "GET /v1/admin/queues 200": o.QueueList(
        items=[
            o.QueueView(name="stage", depth=16, visible=12, in_flight=3, delayed=1, oldest_seconds=41),
            o.QueueView(name="result", **_empty, oldest_seconds=9),
            o.QueueView(name="stage_dead_letters", depth=1, visible=1, in_flight=0, delayed=0, oldest_seconds=5400),
            o.QueueView(name="result_dead_letters", **_empty),
            o.QueueView(name="event_dead_letters", **_empty),
        ]
    ),
    "GET /v1/admin/queues/{name}/messages 200": o.LetterList(items=[_letter]),
    "POST /v1/admin/breaker/close 200": o.BreakerView(
        was_open=True, reason="account", until=AT + timedelta(seconds=120), accounts=["default"], models=[]
    ),
    "GET /v1/admin/breaker 200": o.ProviderView(
        accounts=[
            o.ProviderAccountView(
                name="default",
                creations_per_minute=600,
                open=True,
                reason="account",
                until=AT + timedelta(seconds=120),
            ),
            o.ProviderAccountView(name="second", creations_per_minute=600, open=False, reason=None, until=None),
        ],
        models=[],
    ),
    "POST /v1/admin/queues/{name}/redrive 200": o.RedriveView(moved=1, discarded=0, skipped=0, left=0),
}
