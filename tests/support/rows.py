"""Jobs, images and batches as the table holds them, for tests that only read them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Batch, Job, JobStatus

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def job(**given: Any) -> Job:
    usual: dict[str, Any] = {
        "id": "job_01K0000000000000000000000A",
        "owner": "alice",
        "image_id": "img_01K0000000000000000000000A",
        "project_id": "prj_01K0000000000000000000000A",
        "batch_id": "bat_01K0000000000000000000000A",
        "status": JobStatus.QUEUED,
        "room_type": "bedroom",
        "style": "modern",
        "model": "qwen/qwen-image-edit-2511",
        "created_at": NOW,
        "updated_at": NOW,
        "period": "2026-11-01",
        "traceparent": TRACE,
        "correlation_id": "request-1",
    }
    return Job(**usual | given)


def image(**given: Any) -> Image:
    usual: dict[str, Any] = {
        "id": "img_01K0000000000000000000000A",
        "owner": "alice",
        "project_id": "prj_01K0000000000000000000000A",
        "filename": "living room.jpg",
        "status": ImageStatus.AWAITING_UPLOAD,
        "content_type": "image/jpeg",
        "size_bytes": 1000,
        "created_at": NOW,
        "updated_at": NOW,
        "upload_by": NOW + timedelta(hours=24),
        "traceparent": TRACE,
        "correlation_id": "request-1",
    }
    return Image(**usual | given)


def batch(**given: Any) -> Batch:
    usual: dict[str, Any] = {
        "id": "bat_01K0000000000000000000000A",
        "owner": "alice",
        "project_id": "prj_01K0000000000000000000000A",
        "image_ids": ["img_01K0000000000000000000000A"],
        "job_ids": ["job_01K0000000000000000000000A"],
        "placed": 1,
        "period": "2026-11-01",
        "created_at": NOW,
    }
    return Batch(**usual | given)
