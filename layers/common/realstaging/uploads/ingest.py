"""Accepts or rejects an uploaded file, once, together with its waiting jobs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from realstaging.config import Settings
from realstaging.errors import ChecksumMismatchError, PhotoError, UploadTooLargeError
from realstaging.gateways.media import Media, Upload, master_key, original_key, thumbnail_key, upload_key
from realstaging.gateways.queues import StageQueue
from realstaging.models.images import Image, ImageStatus
from realstaging.models.jobs import Job
from realstaging.observability import follow, log
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.uploads.rejection import move_with_waiting_jobs, reject

if TYPE_CHECKING:
    from realstaging.imaging.normalize import Photo


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
    """Check the file and change the state of the image and its waiting jobs. A repeated event changes nothing."""
    with ThreadPoolExecutor(1) as pool:
        downloaded = pool.submit(media.uploaded, owner, image_id, settings.uploads.max_bytes)
        from realstaging.imaging.normalize import normalize  # with numpy and Pillow, while the file comes

        image = images.find(owner, image_id)
        is_awaited = image and image.status is ImageStatus.AWAITING_UPLOAD and not images.is_orphan(image)
    if image is None or not is_awaited:
        # The image was deleted or has its file already: this one is not needed.
        media.remove(upload_key(owner, image_id))
        log.info("upload already handled", image_id=image_id)
        return
    follow(image.traceparent, image.correlation_id, about=image.id)
    upload = downloaded.result()
    if upload is None:
        log.info("upload not found", image_id=image_id)
        return
    try:
        photo = normalize(_bytes(upload, settings), settings.images)
        _check_sha256(image, photo)
    except PhotoError as error:
        reject(image, ImageStatus.REJECTED, error, at, images=images, jobs=jobs)
        media.remove(upload_key(owner, image_id))
        log.info("photo rejected", image_id=image_id, code=error.code)
        return
    all_new = _write_files(image, photo, upload, media)
    released = _accept(image, photo, upload.size, at, settings, images=images, jobs=jobs)
    if released is None:
        # A repeated event, or the owner deleted the image meanwhile: the purge removes the files.
        images.release_content(image.owner, photo.sha256, at)
        log.info("upload handled by another call", image_id=image.id)
        return
    if not all_new:
        _write_again(image, photo, upload, media)
    # Written before it is sent: if the message is lost, the sweep sends the queued job again.
    with ThreadPoolExecutor(1) as pool:
        removed = pool.submit(media.remove, upload_key(owner, image_id))
        queue.send(released)
    removed.result()
    log.info("photo accepted", image_id=image_id, jobs=len(released))


def _bytes(upload: Upload, settings: Settings) -> bytes:
    if upload.data is None:
        most = settings.uploads.max_bytes // 2**20
        raise UploadTooLargeError(f"The file is larger than {most} MiB. Export the photo smaller and upload it again.")
    return upload.data


def _check_sha256(image: Image, photo: "Photo") -> None:
    if image.announced_sha256 and image.announced_sha256 != photo.sha256:
        raise ChecksumMismatchError("The file's SHA-256 is not the announced one. Upload the original file again.")


def _write_files(image: Image, photo: "Photo", upload: Upload, media: Media) -> bool:
    """Written before the row, which must not name missing files. False if one of them existed already.

    Each is made while those before it are on their way, and the photo is looked at meanwhile.
    """
    with ThreadPoolExecutor(3) as pool:
        written = [
            pool.submit(media.keep_original, image, photo.sha256, upload, photo.content_type),
            pool.submit(media.put_once, master_key(image.owner, image.id), photo.master, "image/jpeg"),
            pool.submit(media.put_once, thumbnail_key(image.owner, image.id), photo.thumbnail, "image/jpeg"),
        ]
        _ = photo.advice
    results = [each.result() for each in written]
    return all(results)


def _write_again(image: Image, photo: "Photo", upload: Upload, media: Media) -> None:
    """The row is ours, but files that existed may be another upload's, or about to be deleted."""
    media.put(master_key(image.owner, image.id), photo.master, "image/jpeg")
    media.put(thumbnail_key(image.owner, image.id), photo.thumbnail, "image/jpeg")
    if not media.has(original_key(image.owner, photo.sha256)):
        media.keep_original(image, photo.sha256, upload, photo.content_type)


def _accept(
    image: Image, photo: "Photo", size: int, at: datetime, settings: Settings, *, images: ImageStore, jobs: JobStore
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
