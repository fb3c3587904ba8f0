"""What a changed row means to its owner's sockets: news of a status, or nothing."""

import json
from decimal import Decimal
from typing import Any

import pytest

from realstaging import config
from realstaging.models.accounts import Usage, User
from realstaging.models.base import Failure
from realstaging.models.images import ImageStatus
from realstaging.models.jobs import JobStatus, ResultView
from realstaging.models.runtime_settings import Overrides
from realstaging.runtime_settings import RuntimeSettings
from realstaging.sockets.push import announcement
from realstaging.stores import keys
from realstaging.stores.quota import QuotaStore
from realstaging.stores.runtime_settings import OverrideStore
from realstaging.stores.table import row
from tests.support.rows import NOW, image, job

SETTINGS = config.load("prod")
FRAME = 32 * 1024
WIDEST = "\U0001f6cb"  # one character, twelve bytes of JSON


def _job(**given: Any) -> dict[str, Any]:
    made = job(**given)
    return row(made, keys.job(made.owner, made.id))


def _image(**given: Any) -> dict[str, Any]:
    made = image(**given)
    return row(made, keys.image(made.owner, made.id))


def _usage(**given: Any) -> dict[str, Any]:
    usual = {"owner": "alice", "period": "2026-11-01", "used": Decimal(3), "version": Decimal(1)}
    return keys.usage("alice", "2026-11-01") | usual | given


class Known(OverrideStore):
    """One user, as the table has them; nothing is set."""

    def __init__(self, **given: Any) -> None:
        self.user = User(owner="alice", created_at=NOW, updated_at=NOW, **given)

    def with_user(self, owner: str) -> tuple[User | None, Overrides]:
        return (self.user if owner == "alice" else None), Overrides()


class Counted(QuotaStore):
    def __init__(self) -> None: ...

    def usage(self, owner: str, period: str) -> Usage:
        assert (owner, period) == ("alice", "2026-11-01")
        return Usage(used=3, reserved=3)


def _announced(new: dict[str, Any], old: dict[str, Any], **user: Any) -> str | None:
    return announcement(new, old, NOW, live=RuntimeSettings(SETTINGS, Known(**user)), counters=Counted())


def _told(new: dict[str, Any], old: dict[str, Any], **user: Any) -> Any:
    message = _announced(new, old, **user)
    return None if message is None else json.loads(message)


def test_a_jobs_new_status_is_told_with_the_job_as_clients_see_it() -> None:
    told = _told(_job(status=JobStatus.READY, version=4, charged=True), _job(status=JobStatus.PROCESSING))

    assert told["type"] == "job.updated"
    assert (told["job"]["status"], told["job"]["version"], told["job"]["charged"]) == ("ready", 4, True)
    assert {"owner", "pk", "traceparent", "due_at", "prediction_id"}.isdisjoint(told["job"])


def test_an_images_new_status_is_told_with_its_reason() -> None:
    why = Failure(code="image_truncated", title="T", detail="D", retryable=False)
    told = _told(_image(status=ImageStatus.REJECTED, error=why), _image())

    assert told["type"] == "image.updated"
    assert told["image"]["error"]["code"] == "image_truncated"
    assert {"owner", "waiting_jobs", "upload_by"}.isdisjoint(told["image"])


def test_a_new_row_is_news() -> None:
    assert _told(_job(status=JobStatus.AWAITING_UPLOAD), {})["type"] == "job.updated"
    assert _told(_image(), {})["type"] == "image.updated"


@pytest.mark.parametrize("status", JobStatus)
def test_a_job_whose_status_stays_is_no_news(status: JobStatus) -> None:
    assert _told(_job(status=status, prediction_id="p1", version=2), _job(status=status)) is None


def test_an_image_whose_status_stays_is_no_news() -> None:
    assert _told(_image(version=2), _image()) is None


def test_usage_that_grew_or_shrank_is_told_as_the_account_shows_it() -> None:
    told = _told(_usage(used=Decimal(4)), _usage())

    assert told["type"] == "usage.updated"
    assert (told["usage"]["used"], told["usage"]["limit"], told["usage"]["remaining"]) == (4, 10, 6)
    assert _told(_usage(), {})["usage"]["used"] == 3


def test_a_canceled_run_that_is_billed_to_us_is_no_news() -> None:
    assert _told(_usage(canceled_runs=Decimal(1)), _usage()) is None


def test_usage_of_a_past_period_is_no_news() -> None:
    old = keys.usage("alice", "2026-10-01") | {"period": "2026-10-01"}

    assert _told(_usage(**old, used=Decimal(2)), _usage(**old)) is None


def test_a_larger_allowance_is_told_with_what_was_used() -> None:
    old = keys.user("alice") | {"owner": "alice", "extra_images": Decimal(0)}
    told = _told(old | {"extra_images": Decimal(5)}, old, extra_images=5)

    assert told["type"] == "usage.updated"
    assert (told["usage"]["used"], told["usage"]["limit"], told["usage"]["remaining"]) == (3, 15, 12)


def test_a_changed_profile_is_no_news() -> None:
    old = keys.user("alice") | {"owner": "alice", "profile": {}}

    assert _told(old | {"profile": {"full_name": "Alice"}}, old) is None


def test_an_account_that_is_being_deleted_hears_nothing() -> None:
    assert _told(_usage(used=Decimal(4)), _usage(), deleted_at=NOW) is None


def test_the_largest_legal_job_fits_into_one_frame() -> None:
    why = Failure(code="c" * 40, title=WIDEST * 60, detail=WIDEST * 200, retryable=True)
    shown = ResultView(content_type="image/jpeg", width=99_999, height=99_999, size_bytes=10**9)
    largest = _job(
        prompt=WIDEST * 2000,
        error=why,
        result=shown,
        seed=4294967295,
        attempt=10,
        cost_usd=Decimal("0.123456"),
        duration_ms=10**8,
        parent_job_id="job_" + "0" * 26,
        queued_at=NOW,
        started_at=NOW,
        finished_at=NOW,
        status=JobStatus.FAILED,
    )
    message = _announced(largest, {})

    assert message is not None
    assert len(message.encode()) < FRAME


def test_the_largest_legal_image_fits_into_one_frame() -> None:
    why = Failure(code="c" * 40, title=WIDEST * 60, detail=WIDEST * 200, retryable=False)
    message = _announced(_image(filename=WIDEST * 255, error=why, sha256="a" * 64), {})

    assert message is not None
    assert len(message.encode()) < FRAME
