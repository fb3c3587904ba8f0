"""An uploaded file: accepted or rejected, once, and its waiting jobs with it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from realstaging.config import Settings
from realstaging.errors import ChecksumMismatchError, PhotoError, UploadTooLargeError
from realstaging.gateways.media import Media, Upload, master_key, original_key, thumbnail_key, upload_key
from realstaging.gateways.queues import StageQueue
from realstaging.imaging.normalize import Photo, normalize
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Job
from realstaging.observability import follow, log
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.uploads.rejection import move_with_waiting_jobs, reject


def ingest(
    owner: str,
    image_id: str,
    at: datetime,
    settings: Settings,
    *,
    images: ImageStore,
    jobs: JobStore,
    media: Media,
    queue: StageQueue,
) -> None:
    """Look at the bytes and move the image and its waiting jobs on. A repeated event changes nothing."""
    image = images.find(owner, image_id)
    if image is None or image.status is not ImageStatus.AWAITING_UPLOAD or images.is_orphan(image):
        # The image was deleted or has its file: whatever came now, nobody will ask for it.
        media.remove(upload_key(owner, image_id))
        log.info("upload already dealt with", image_id=image_id)
        return
    follow(image.traceparent, image.correlation_id, about=image.id)
    upload = media.uploaded(owner, image_id, settings.uploads.max_bytes)
    if upload is None:
        log.info("no upload there", image_id=image_id)
        return
    try:
        photo = _look(image, upload, settings)
    except PhotoError as error:
        reject(image, ImageStatus.REJECTED, error, at, images=images, jobs=jobs)
        media.remove(upload_key(owner, image_id))
        log.info("photo rejected", image_id=image_id, code=error.code)
        return
    alone = _keep(image, photo, upload, media)
    released = _accept(image, photo, upload.size, at, settings, images=images, jobs=jobs)
    if released is None:
        # The same event again, or its owner deleted the image meanwhile: the purge takes the files.
        images.release_content(image.owner, photo.sha256, at)
        log.info("upload dealt with elsewhere", image_id=image.id)
        return
    if not alone:
        _make_sure(image, photo, upload, media)
    # Written before sent: a lost message leaves a queued job, which sweep sends again.
    queue.send(released)
    media.remove(upload_key(owner, image_id))
    log.info("photo accepted", image_id=image_id, jobs=len(released))


def _look(image: Image, upload: Upload, settings: Settings) -> Photo:
    if upload.data is None:
        most = settings.uploads.max_bytes // 2**20
        raise UploadTooLargeError(f"The file is larger than {most} MiB. Export the photo smaller and upload it again.")
    photo = normalize(upload.data, settings.images)
    if image.announced_sha256 and image.announced_sha256 != photo.sha256:
        raise ChecksumMismatchError("The file's SHA-256 is not the announced one. Upload the original file again.")
    return photo


def _keep(image: Image, photo: Photo, upload: Upload, media: Media) -> bool:
    """Files first, row last: a row never tells of a file that is not there. False if one was there already."""
    with ThreadPoolExecutor(3) as side_by_side:
        written = [
            side_by_side.submit(media.keep_original, image, photo.sha256, upload, photo.content_type),
            side_by_side.submit(media.put_once, master_key(image.owner, image.id), photo.master, "image/jpeg"),
            side_by_side.submit(media.put_once, thumbnail_key(image.owner, image.id), photo.thumbnail, "image/jpeg"),
        ]
    results = [each.result() for each in written]
    return all(results)


def _make_sure(image: Image, photo: Photo, upload: Upload, media: Media) -> None:
    """The row is ours; the files we met were perhaps of another upload, or going with a deletion."""
    media.put(master_key(image.owner, image.id), photo.master, "image/jpeg")
    media.put(thumbnail_key(image.owner, image.id), photo.thumbnail, "image/jpeg")
    if not media.has(original_key(image.owner, photo.sha256)):
        media.keep_original(image, photo.sha256, upload, photo.content_type)


def _accept(
    image: Image, photo: Photo, size: int, at: datetime, settings: Settings, *, images: ImageStore, jobs: JobStore
) -> list[Job] | None:
    facts = {
        "content_type": photo.content_type,
        "size_bytes": size,
        "width": photo.width,
        "height": photo.height,
        "sha256": photo.sha256,
        "master_width": photo.master_width,
        "master_height": photo.master_height,
        "advice": [each.model_dump() for each in photo.advice],
    }
    look_again = at + timedelta(seconds=settings.jobs.resend_after_seconds)

    def move(image: Image, waiting: list[Job]) -> None:
        images.accept(image, waiting, at, facts, look_again=look_again)

    return move_with_waiting_jobs(image, move, images=images, jobs=jobs)
