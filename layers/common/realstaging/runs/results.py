"""Fetches and checks the result of an attempt, and writes its files."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

from realstaging.config import Settings
from realstaging.gateways.media import Media, master_key, original_key, staged_key
from realstaging.gateways.result_download import ResultDownload
from realstaging.image_models import registry
from realstaging.models.images import Image
from realstaging.models.jobs import Candidate, Job
from realstaging.models.runs import Prediction
from realstaging.observability import count_check, log
from realstaging.stores.checks import CheckStore

if TYPE_CHECKING:
    from realstaging.runs.pictures import Picture


class ResultMaker:
    def __init__(self, settings: Settings, *, media: Media, downloads: ResultDownload, checks: CheckStore) -> None:
        self._settings, self._media, self._downloads, self._checks = settings, media, downloads, checks

    def make(self, job: Job, photo: Image, run: Prediction, at: datetime) -> Candidate:
        """Repeated calls make the same files. Raises OutputUnusableError."""
        url = registry.output_urls(run.output)[0]
        with ThreadPoolExecutor(3) as pool:
            data = pool.submit(self._downloads.fetch, url)
            master = pool.submit(self._media.read, master_key(job.owner, photo.id))
            original = None
            if job.size == "source":
                original = pool.submit(self._media.read, original_key(job.owner, str(photo.sha256)))
            from realstaging.runs.pictures import make_picture  # with numpy and Pillow, while the files come

        picture = make_picture(
            job,
            data.result(),
            master=master.result(),
            original=original.result() if original else None,
            master_size=(photo.master_width or 1, photo.master_height or 1),
            settings=self._settings,
        )
        count_check(job.model, picture.check.verdict)
        log.info(
            "result checked",
            job_id=job.id,
            attempt=job.attempt,
            model=job.model,
            verdict=picture.check.verdict,
            score=picture.check.score,
            reasons=picture.check.reasons,
        )
        return Candidate(
            attempt=job.start_number,
            prediction_id=run.id,
            result=picture.shown,
            check=picture.check,
            **self._write(job, picture, at),
        )

    def _write(self, job: Job, picture: "Picture", at: datetime) -> dict[str, str]:
        """Count the check, and write the attempt's files, unless they exist; returns their keys."""
        files = {
            "result_key": (f".{job.format}", picture.staged, picture.shown.content_type),
            "thumbnail_key": ("-thumbnail.jpg", picture.thumbnail, "image/jpeg"),
            "overlay_key": ("-overlay.jpg", picture.overlay, "image/jpeg"),
            "report_key": ("-report.json", picture.report, "application/json"),
        }
        keys = {name: staged_key(job.owner, job.id, job.start_number, ending) for name, (ending, _, _) in files.items()}
        with ThreadPoolExecutor(1 + len(files)) as pool:
            written: list[Future[Any]] = [pool.submit(self._checks.count, job.model, picture.check.verdict, at)]
            written += [
                pool.submit(self._media.put_once, keys[name], data, content_type)
                for name, (_, data, content_type) in files.items()
            ]
        for each in written:
            each.result()
        return keys
