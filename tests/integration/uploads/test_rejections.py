"""Files that cannot be staged: refused with a reason, nothing charged, nothing kept."""

from collections.abc import Callable

import pytest

from realstaging.models.images import ImageStatus
from realstaging.models.jobs import JobStatus
from tests.support import camera_files, factories
from tests.support.damaged_photos import DAMAGES, FORMATS
from tests.support.fault_injection import CrashError, faulty
from tests.support.pictures import announcing, encoded, room
from tests.support.world import World

PNG = {"content_type": "image/png"}


def _bomb() -> bytes:
    """A small file that announces 100 megapixels."""
    return announcing(encoded(room(640, 520), "image/png"), 10_000, 10_000)


BAD: dict[str, tuple[Callable[[], bytes], dict[str, str], str]] = {
    "cut off": (lambda: factories.photo()[:-200], {}, "image_truncated"),
    "text with the name of a photo": (lambda: b"Dear customer, " * 100, {}, "unsupported_image_type"),
    "empty": (lambda: b"", {}, "unsupported_image_type"),
    "a page": (lambda: b"<!doctype html><html></html>", {}, "unsupported_image_type"),
    "a HEIC with a lost part": (
        lambda: DAMAGES["a third zeros"](FORMATS["HEIC"](camera_files.room())),
        {"content_type": "image/heic"},
        "image_unreadable",
    ),
    "a bomb": (_bomb, PNG, "image_too_many_pixels"),
    "too small": (lambda: factories.photo(511, 700), {}, "image_too_small"),
    "another file than announced": (factories.photo, {"sha256": "a" * 64}, "checksum_mismatch"),
    "larger than 50 MiB": (lambda: factories.photo() + bytes(50 * 2**20), {}, "upload_too_large"),
    "rubbish behind a good start": (lambda: b"\xff\xd8\xff\xe0" + b"\x07" * 5000, {}, ""),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_its_jobs_fail_with_the_same_code_and_nothing_is_kept(world: World, kind: str) -> None:
    data, announced, code = BAD[kind]
    image, jobs = factories.waiting(world, jobs=2, **announced)
    arrival = factories.uploaded(world, image, data())

    world.run("upload_complete", arrival)

    now = world.image(image)
    assert now.status is ImageStatus.REJECTED
    assert now.error is not None
    assert now.error.code == (code or now.error.code)
    assert len(now.error.detail) > 20
    assert not now.error.retryable
    assert {world.job(job).status for job in jobs} == {JobStatus.FAILED}
    assert {world.job(job).error for job in jobs} == {now.error}
    assert world.usage().used == 0
    assert set(world.ledger().values()) == {"released"}
    assert world.objects() == []
    assert world.to_stage() == []

    before = world.rows()
    world.run("upload_complete", arrival)
    assert world.rows() == before


def test_a_job_canceled_before_a_bad_file_came_stays_canceled(world: World) -> None:
    image, jobs = factories.waiting(world, jobs=2)
    factories.canceled(world, jobs[0])

    world.run("upload_complete", factories.uploaded(world, image, b"not a photo"))

    assert [world.job(job).status for job in jobs] == [JobStatus.CANCELED, JobStatus.FAILED]
    assert world.usage().used == 0


def test_a_crash_before_the_file_is_removed_leaves_the_refusal(world: World) -> None:
    image, [job] = factories.waiting(world)
    arrival = factories.uploaded(world, image, b"not a photo")

    with faulty(world.s3, "DeleteObjects", CrashError()), pytest.raises(CrashError):
        world.run("upload_complete", arrival)
    world.run("upload_complete", arrival)

    assert world.image(image).status is ImageStatus.REJECTED
    assert world.job(job).status is JobStatus.FAILED
