"""One real story in examples: two photos of a house are planned, staged and looked at."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from realstaging.errors import ContentRefusedError, ImageNotReadyError, ValidationFailedError
from realstaging.jobs.batches import overview as batch_of
from realstaging.models.accounts import (
    AccountView,
    ApiKeyCreated,
    ApiKeyPage,
    ApiKeyView,
    LedgerEntry,
    LedgerPage,
    Profile,
    TicketView,
    UsageView,
)
from realstaging.models.base import Failure, Problem, view
from realstaging.models.catalog import Capabilities, Health
from realstaging.models.images import FileView, ImagePage, ImageStatus, ImageView, ImageWithJobs, PresignedPost
from realstaging.models.jobs import Batch, Job, JobPage, JobStatus, JobView, ResultView
from realstaging.models.picture_checks import (
    CheckView,
    FrameView,
    Lines,
    PictureInfo,
    ReportView,
    Tiles,
    Transform,
)
from realstaging.models.projects import CostView, ProjectPage, ProjectView
from realstaging.models.requests import (
    RestageAnswer,
    RestagedItem,
    StageSettings,
    UploadAnswer,
    UploadItem,
)
from realstaging.models.verifications import UploadForms, VerificationAnswer, VerificationStatus, VerificationView
from tools.reference import admin_examples, billing_examples, operating_examples

Json = dict[str, Any]
AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
TAIL = "01KKNA8Y2GQ5V7M3RZT4XW9B"  # 24 of a ULID's 26 characters
PROJECT, IMAGE, SECOND = f"prj_{TAIL}0P", f"img_{TAIL}1A", f"img_{TAIL}1B"
JOB, RETRIED, BATCH, KEY = f"job_{TAIL}2A", f"job_{TAIL}2B", f"bat_{TAIL}3A", f"key_{TAIL}4A"
VERIFICATION = f"ver_{TAIL}5A"
STORE = "https://realstaging-media.s3.amazonaws.com"
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
MODEL = "qwen/qwen-image-edit-2511"

project = ProjectView(id=PROJECT, name="14 Elm Street", created_at=AT, updated_at=AT, version=1)
awaited = ImageView(
    id=IMAGE,
    project_id=PROJECT,
    filename="living-room.jpg",
    status=ImageStatus.AWAITING_UPLOAD,
    content_type="image/jpeg",
    size_bytes=2483912,
    created_at=AT,
    updated_at=AT,
)
image = awaited.model_copy(
    update={"status": ImageStatus.READY, "width": 4032, "height": 3024, "sha256": SHA, "version": 2}
)
waiting = JobView(
    id=JOB,
    image_id=IMAGE,
    project_id=PROJECT,
    batch_id=BATCH,
    status=JobStatus.AWAITING_UPLOAD,
    room_type="living_room",
    style="scandinavian",
    model=MODEL,
    created_at=AT,
    updated_at=AT,
)
queued = waiting.model_copy(update={"status": JobStatus.QUEUED, "queued_at": AT + timedelta(seconds=4), "version": 2})
ended = {"attempt": 1, "started_at": AT + timedelta(seconds=5), "finished_at": AT + timedelta(seconds=17)}
done = queued.model_copy(
    update=ended
    | {
        "status": JobStatus.READY,
        "charged": True,
        "cost_usd": Decimal("0.030000"),
        "duration_ms": 9240,
        "result": ResultView(
            content_type="image/jpeg",
            width=4032,
            height=3024,
            size_bytes=4611204,
            made_width=1184,
            made_height=880,
            frame="restored",
            restored_share=0.71,
        ),
        "check": CheckView(verdict="pass", score=0.93, reasons=[], algorithm="structure/1"),
        "version": 4,
    }
)
report = ReportView(
    algorithm="structure/1",
    mode="staging",
    verdict="pass",
    score=0.93,
    reasons=[],
    transform=Transform(scale_x=1.012, scale_y=1.009, shift_x=0.002, shift_y=-0.001, peak=0.94),
    lines=Lines(kept=0.95, added=0.31),
    tiles=Tiles(columns=3, rows=2, scores=[[0.98, 0.95, None], [0.91, None, 0.93]]),
    thresholds={"lines_kept": {"fail": 0.6, "passes": 0.8}},
    original=PictureInfo(width=2048, height=1536, sha256="9" * 64),
    altered=PictureInfo(width=1184, height=880, sha256="7" * 64),
    took_ms=520,
    frame=FrameView(frame="restored", restored_share=0.71),
)
waiting_pair = VerificationView(
    id=VERIFICATION, status=VerificationStatus.AWAITING_UPLOAD, mode="staging", created_at=AT, version=1
)
verified = waiting_pair.model_copy(
    update={"status": VerificationStatus.READY, "report": report.model_copy(update={"frame": None}), "version": 3}
)
canceled = queued.model_copy(update={"status": JobStatus.CANCELED, "finished_at": AT, "version": 3})
refused = Failure.of(ContentRefusedError("The model's content filter refused it. Use another photo."))
failed = queued.model_copy(update=ended | {"status": JobStatus.FAILED, "error": refused, "version": 4})
again = queued.model_copy(update={"id": RETRIED, "parent_job_id": JOB, "version": 1})
form = PresignedPost(
    url=STORE,
    fields={
        "Content-Type": "image/jpeg",
        "key": f"uploads/alice/{IMAGE}",
        "policy": "eyJleHBpc…",
        "x-amz-signature": "5f1c…",
    },
    expires_at=AT + timedelta(minutes=15),
)
settings = StageSettings(room_type="living_room", style="scandinavian")
too_small = [{"pointer": "/files/1/size_bytes", "message": "Input should be greater than or equal to 1"}]
planned = UploadItem(index=0, status=201, image=awaited, upload=form, jobs=[waiting])
turned_down = UploadItem(index=1, status=422, error=Problem.of(ValidationFailedError(too_small), too_small))
taken = RestagedItem(index=0, status=202, job=queued, jobs=[queued])
not_yet = ImageNotReadyError("The image is rejected: upload it again as a new image.")
left = RestagedItem(index=1, status=409, error=Problem.of(not_yet))
profile = Profile(email="alice@example.com", full_name="Alice Agent", company_name="Elm Realty")
account = AccountView(
    id="auth0!7C5f7c", role="user", plan="free", created_at=AT, updated_at=AT, version=3, **profile.model_dump()
)
key = ApiKeyView(id=KEY, name="our website", prefix="rsk_Q3xJt9Lw", created_at=AT)
entry = LedgerEntry(job_id=JOB, period="2026-03-01", state="captured", created_at=AT, updated_at=AT)
usage = UsageView(plan="free", limit=10, used=3, remaining=7, period_start=AT.replace(day=1), period_end=AT, version=7)
cost = CostView(total_cost_usd=Decimal("0.090000"), job_count=3, average_cost_usd=Decimal("0.030000"))
ticket = "o0v2mSxqmX3dEo1Jg5kq5b3S0m0v1e6B0m8bE2W7f3k"


def file_of(path: str) -> FileView:
    return FileView(url=f"{STORE}/{path}?X-Amz-Signature=…", expires_at=AT, content_type="image/jpeg")


def capabilities() -> Capabilities:
    from realstaging.api.capabilities import capabilities as offered
    from realstaging.config import load

    return offered(load("prod"))


REQUESTS: dict[str, Json] = {
    "POST /v1/uploads": {
        "one living room": {
            "project_id": PROJECT,
            "defaults": {"room_type": "living_room", "style": "scandinavian"},
            "files": [{"filename": "living-room.jpg", "content_type": "image/jpeg", "size_bytes": 2483912}],
        },
        "own settings for each photo": {
            "project_id": PROJECT,
            "defaults": {"styles": ["modern", "industrial"]},
            "files": [
                {"filename": "living-room.jpg", "content_type": "image/jpeg", "size_bytes": 2483912},
                {
                    "filename": "bedroom.heic",
                    "content_type": "image/heic",
                    "size_bytes": 1320488,
                    "sha256": SHA,
                    "settings": {"room_type": "bedroom", "style": "traditional", "variations": 2, "seed": 7},
                },
                {"filename": "facade.png", "content_type": "image/png", "size_bytes": 5120044, "settings": None},
            ],
        },
    },
    "POST /v1/projects": {"a house": {"name": "14 Elm Street"}},
    "PATCH /v1/projects/{project_id}": {"another name": {"name": "14 Elm Street, 2nd floor"}},
    "POST /v1/verifications": {
        "a result": {"original": {"image_id": IMAGE}, "altered": {"job_id": JOB}},
        "a file of yours": {
            "mode": "enhancement",
            "original": {"image_id": IMAGE},
            "altered": {"filename": "edited.jpg", "content_type": "image/jpeg", "size_bytes": 2481152},
        },
    },
    "POST /v1/jobs": {
        "another style": {"items": [{"image_id": IMAGE, "settings": {"room_type": "living_room", "style": "modern"}}]},
        "a wish": {
            "defaults": {"prompt": "A reading corner by the window, warm light.", "variations": 2},
            "items": [{"image_id": IMAGE}, {"image_id": SECOND}],
        },
        "a wish sent as it is": {
            "defaults": {"prompt": "A garden room with glass on three sides.", "keep_structure": False},
            "items": [{"image_id": IMAGE}],
        },
    },
    "PATCH /v1/account": {
        "some of it": {"company_name": "Elm Realty", "phone": None, "preferences": {"default_style": "modern"}}
    },
    "POST /v1/account/api-keys": {"a program": {"name": "our website"}},
    **billing_examples.REQUESTS,
    **admin_examples.REQUESTS,
    **operating_examples.REQUESTS,
    "POST /v1/webhooks/replicate/{job_id}/{attempt}": {
        "a result": {
            "id": "gm3qorzdhgbfurvjtvhg6dckhu",
            "status": "succeeded",
            "output": ["https://replicate.delivery/xezq/out.jpg"],
            "error": None,
            "metrics": {"predict_time": 9.24},
        }
    },
}

_some = UploadAnswer(batch_id=BATCH, items=[planned, turned_down], succeeded=1, failed=1)
_restaged = RestageAnswer(batch_id=BATCH, items=[taken], succeeded=1, failed=0)
_partly = RestageAnswer(batch_id=BATCH, items=[taken, left], succeeded=1, failed=1)
_no_jobs = RestageAnswer(batch_id=None, items=[left.model_copy(update={"index": 0})], succeeded=0, failed=1)
_no_file = [{"pointer": "/files/0/filename", "message": "Field required"}]
_no_files = UploadAnswer(
    batch_id=None,
    items=[UploadItem(index=0, status=422, error=Problem.of(ValidationFailedError(_no_file), _no_file))],
    succeeded=0,
    failed=1,
)
_pair_form = form.model_copy(update={"fields": form.fields | {"key": f"pairs/alice/{VERIFICATION}/altered"}})
_batch = Batch(
    id=BATCH, owner="alice", project_id=PROJECT, image_ids=[IMAGE], job_ids=[JOB], period="2026-03-01", created_at=AT
)


def _views() -> dict[str, BaseModel]:
    stage = {"owner": "alice", "period": "2026-03-01", "traceparent": "", "correlation_id": ""}
    rows = [Job(**job.model_dump(), **stage) for job in (done, failed.model_copy(update={"id": RETRIED}))]
    return {
        "GET /v1/batches/{batch_id} 200": batch_of(_batch, rows),
        "POST /v1/batches/{batch_id}/cancel 200": batch_of(_batch, [Job(**canceled.model_dump(), **stage)]),
    }


ANSWERS: dict[str, BaseModel] = _views() | {
    "POST /v1/uploads 201": UploadAnswer(batch_id=BATCH, items=[planned], succeeded=1, failed=0),
    "POST /v1/uploads 207": _some,
    "POST /v1/uploads 422": _no_files,
    "POST /v1/images/{image_id}/upload-url 200": form,
    "POST /v1/projects 201": project,
    "GET /v1/projects 200": ProjectPage(items=[project], next_cursor=None),
    "GET /v1/projects/{project_id} 200": project,
    "PATCH /v1/projects/{project_id} 200": project.model_copy(
        update={"name": "14 Elm Street, 2nd floor", "version": 2}
    ),
    "GET /v1/projects/{project_id}/cost 200": cost,
    "GET /v1/projects/{project_id}/images 200": ImagePage(
        items=[view(ImageWithJobs, image, jobs=[done])], next_cursor=None
    ),
    "GET /v1/images/{image_id} 200": image,
    "GET /v1/images/{image_id}/file 200": file_of("originals/alice/9f86d081…"),
    "POST /v1/jobs 202": _restaged,
    "POST /v1/jobs 207": _partly,
    "POST /v1/jobs 422": _no_jobs,
    "GET /v1/jobs 200": JobPage(items=[done], next_cursor=None),
    "GET /v1/jobs/{job_id} 200": done,
    "POST /v1/jobs/{job_id}/cancel 200": canceled,
    "POST /v1/jobs/{job_id}/retry 201": again,
    "GET /v1/jobs/{job_id}/report 200": report,
    "GET /v1/jobs/{job_id}/file 200": file_of(f"staged/alice/{JOB}/result.jpg"),
    "POST /v1/batches/{batch_id}/retry 202": _restaged,
    "POST /v1/batches/{batch_id}/retry 207": _partly,
    "POST /v1/batches/{batch_id}/retry 422": _no_jobs,
    "POST /v1/verifications 201": VerificationAnswer(
        **waiting_pair.model_dump(), uploads=UploadForms(altered=_pair_form)
    ),
    "GET /v1/verifications/{verification_id} 200": verified,
    "GET /v1/verifications/{verification_id}/file 200": file_of(f"overlays/alice/{VERIFICATION}.jpg"),
    "GET /v1/account 200": account,
    "PATCH /v1/account 200": account,
    "GET /v1/account/usage 200": usage,
    "GET /v1/account/cost 200": cost,
    "GET /v1/account/ledger 200": LedgerPage(items=[entry], next_cursor=None),
    "POST /v1/account/socket-tickets 201": TicketView(
        ticket=ticket, url=f"wss://sockets.example.com/v1?ticket={ticket}", expires_at=AT + timedelta(seconds=30)
    ),
    "POST /v1/account/api-keys 201": ApiKeyCreated(
        **key.model_dump(), key="rsk_Q3xJt9Lw5sV0aXn2Yt8KfBzR7dLm4PcWq1EuHgTjOi6"
    ),
    "GET /v1/account/api-keys 200": ApiKeyPage(items=[key]),
    **billing_examples.ANSWERS,
    **admin_examples.ANSWERS,
    **operating_examples.ANSWERS,
    "GET /v1/capabilities 200": capabilities(),
    "GET /v1/health 200": Health(version="0.1.0"),
}
