"""One run: photos up, stagings followed, results down, continuing whatever an earlier run left undone.

Everything that decides or remembers happens in the caller's thread. Uploads, downloads and news come from
threads of their own, which hand in what there is to do next.
"""

import queue
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import NoReturn

from realstaging_client.answers import Form, Image, Job, Problem, RestageAnswer, UploadAnswer
from realstaging_client.board import Board, Shot
from realstaging_client.client import MOST_FILES, Client
from realstaging_client.errors import ApiError, RealstagingError
from realstaging_client.follower import READ_EVERY, Follower
from realstaging_client.journal import Call, Entry, Journal, Result
from realstaging_client.naming import result_names
from realstaging_client.photos import content_type, digest
from realstaging_client.pool import Pool

UPLOADS, DOWNLOADS = 4, 3  # at a time
PATIENCE = 600.0  # seconds without any news; a model that nobody used lately takes minutes to start
TICK = 0.5
UNANSWERED = (401, 408, 409, 429)  # refusals after which the same call may still be made

Naming = Callable[[Entry, Sequence[Job]], list[str]]


@dataclass
class Item:
    index: int
    entry: Entry
    shot: Shot


class Run:
    def __init__(
        self,
        client: Client,
        journal: Journal,
        board: Board,
        entries: Sequence[int],
        *,
        naming: Naming | None = None,
        read_every: float = READ_EVERY,
        patience: float = PATIENCE,
    ) -> None:
        self._client, self._journal, self._board, self._patience = client, journal, board, patience
        self._naming = naming or (lambda entry, jobs: result_names(journal, entry, jobs))
        pairs = zip(entries, board.shots, strict=True)
        self._items = {index: Item(index, journal.record.entries[index], shot) for index, shot in pairs}
        self._by_job: dict[str, Item] = {}
        self._news: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._fetching: set[str] = set()
        self._follower = Follower(client, self._tell, lost=self._broken, read_every=read_every)
        self._uploads = Pool(UPLOADS, self._broken)
        self._downloads = Pool(DOWNLOADS, self._broken)

    def go(self, *, retry_failed: bool = False) -> None:
        """Returns when every photo has all its results on disk, or has failed with a reason."""
        self._remember()
        if all(item.shot.complete for item in self._items.values()):
            return
        with self._uploads, self._downloads, self._follower:
            project_id = self._project()
            for call in [call for call in self._journal.record.calls if call.kind != "project"]:
                self._make(call)
            self._follower.look()
            self._drain()
            if retry_failed:
                self._retry_failed()
            self._send_missing()
            self._plan([item for item in self._items.values() if item.entry.image_id is None], project_id)
            self._until_complete(project_id)

    # What earlier runs left

    def _remember(self) -> None:
        for item in self._items.values():
            if item.entry.image_id is None:
                continue
            jobs = []
            for result in item.entry.results:
                there = self._journal.saved(result)
                if there:
                    item.shot.saved[result.job_id] = self._journal.folder / result.file
                else:
                    self._follower.watch(result.batch_id)
                # Whatever is read of it has a higher version.
                jobs.append(Job(id=result.job_id, status="ready" if there else "awaiting_upload", version=0))
                self._by_job[result.job_id] = item
            item.shot.sent = 1.0 if item.entry.uploaded else None
            self._board.planned(item.shot, Image(id=item.entry.image_id, status="awaiting_upload", version=0), jobs)

    def _send_missing(self) -> None:
        for item in self._items.values():
            if item.entry.image_id and not item.entry.uploaded and not item.shot.over:
                self._upload(item, None)

    def _retry_failed(self) -> None:
        failed = [result for item in self._items.values() for result in item.entry.results if _failed(item, result)]
        for batch_id in dict.fromkeys(result.batch_id for result in failed):
            self._make(self._journal.begin("retry", {"batch_id": batch_id}, []))

    # Calls that create

    def _project(self) -> str:
        record = self._journal.record
        if record.project_id is None:
            name = record.order.project
            begun = next((call for call in record.calls if call.kind == "project"), None)
            # A call that was made but not answered may have made it: only the same call tells.
            there = None if begun else next((each for each in self._client.projects() if name in (each.id, each.name)), None)
            if there is None:
                begun = begun or self._journal.begin("project", {"name": name}, [])
                there = self._client.create_project(begun.body["name"], key=begun.key)
            record.project_id = there.id
            self._journal.end(begun) if begun else self._journal.save()
        return record.project_id

    def _plan(self, items: Sequence[Item], project_id: str) -> None:
        settings = self._journal.settings
        for some in batched(items, MOST_FILES, strict=False):
            files = [item.entry.photo.file(staged=settings is not None) for item in some]
            body = {"project_id": project_id, "files": files, "defaults": settings}
            self._make(self._journal.begin("uploads", body, [item.index for item in some]))
            self._drain()

    def _make(self, call: Call) -> None:
        """Make a call that is written down, and write down what it is answered with."""
        body = call.body
        try:
            if call.kind == "uploads":
                planned = self._client.plan_uploads(body["project_id"], body["files"], body["defaults"], key=call.key)
                self._accept(planned, [self._items[index] for index in call.entries])
            else:
                self._replace(self._client.retry_batch(body["batch_id"], key=call.key))
        except ApiError as error:
            if error.status >= 500 or error.status in UNANSWERED and error.code != "job_not_retryable":
                raise
            for index in call.entries:
                self._board.failed(self._items[index].shot, _problem(error))
        self._journal.end(call)

    def _accept(self, answer: UploadAnswer, items: Sequence[Item]) -> None:
        for told in answer.items:
            item = items[told.index]
            if told.image is None or answer.batch_id is None:
                self._board.failed(item.shot, told.error or Problem(title="The photo was refused"))
                continue
            jobs = told.jobs or []
            item.entry.image_id, item.entry.uploaded = told.image.id, False
            item.entry.results = [
                Result(job.id, answer.batch_id, file)
                for job, file in zip(jobs, self._naming(item.entry, jobs), strict=True)
            ]
            self._by_job |= {job.id: item for job in jobs}
            self._board.planned(item.shot, told.image, jobs)
            self._upload(item, told.upload)
        if answer.batch_id:
            self._follower.watch(answer.batch_id)

    def _replace(self, answer: RestageAnswer) -> None:
        """New jobs take the places, and the file names, of those that failed."""
        places = {result.job_id: result for _, result in self._journal.results()}
        for job in (job for told in answer.items for job in told.jobs or []):
            if answer.batch_id and job.parent_job_id in places:
                result = places[job.parent_job_id]
                item = self._by_job.get(result.job_id)
                result.job_id, result.batch_id = job.id, answer.batch_id
                if item:
                    self._by_job[job.id] = item
                    self._board.replaced(job.parent_job_id, job)
        if answer.batch_id:
            self._follower.watch(answer.batch_id)

    # Uploads and downloads: the work in other threads, what becomes of it in ours

    def _upload(self, item: Item, form: Form | None) -> None:
        self._uploads.submit(lambda: self._send(item, form))

    def _send(self, item: Item, form: Form | None) -> None:
        path, image_id = Path(item.entry.path), str(item.entry.image_id)

        def sent(part: float) -> None:
            self._news.put(lambda: self._board.sent(item.shot, part))

        try:
            if digest(path) != item.entry.sha256:
                detail = "Run the command again to stage it as it is now."
                self._fail(item, Problem(title="The file has changed since it was announced", detail=detail))
                return
            self._client.send(image_id, form, path, content_type(path), sent=sent)
        except ApiError as error:
            if error.code != "image_not_awaiting_upload":
                self._fail(item, _problem(error))
                return
            image = self._client.image(image_id)
            self._news.put(lambda: self._there_or_expired(item, image))
        except (RealstagingError, OSError) as error:
            self._fail(item, _problem(error))
        else:
            self._news.put(lambda: self._uploaded(item))

    def _uploaded(self, item: Item) -> None:
        item.entry.uploaded = True
        self._journal.save()
        self._board.sent(item.shot, 1.0)

    def _there_or_expired(self, item: Item, image: Image) -> None:
        """An earlier run's upload that came after all; one that never came is begun anew."""
        if image.status != "expired":
            self._uploaded(item)
            self._heard(image)
            return
        item.entry.image_id, item.entry.results, item.shot.jobs = None, [], {}
        self._plan([item], self._project())

    def _fetch(self, item: Item, result: Result, job: Job) -> None:
        path = self._journal.folder / result.file
        expected = job.result.size_bytes if job.result else None
        try:
            size = path.stat().st_size if path.is_file() else None
            if size is None or size != expected:
                size = self._client.fetch(self._client.job_file(job.id), path)
        except (RealstagingError, OSError) as error:
            self._fail(item, _problem(error))
            return
        if expected not in (None, size):
            detail = f"{path.name} has {size} bytes instead of {expected}."
            self._fail(item, Problem(title="The download is not complete", detail=detail))
            return
        self._news.put(lambda: self._saved(item, result, path, size))

    def _saved(self, item: Item, result: Result, path: Path, size: int) -> None:
        result.size = size
        self._journal.save()
        item.shot.saved[result.job_id] = path

    def _fail(self, item: Item, problem: Problem) -> None:
        self._news.put(lambda: self._board.failed(item.shot, problem))

    # News

    def _tell(self, news: Job | Image) -> None:
        self._news.put(lambda: self._heard(news))

    def _heard(self, news: Job | Image) -> None:
        item = self._by_job.get(news.id) if isinstance(news, Job) else None
        if isinstance(news, Job) and item and not item.entry.uploaded and news.error:
            if news.error.code == "upload_expired":
                return  # the upload finds this out too, and begins anew
        if self._board.take(news) is None or item is None or not isinstance(news, Job) or news.status != "ready":
            return
        result = next((each for each in item.entry.results if each.job_id == news.id), None)
        if result and news.id not in self._fetching and news.id not in item.shot.saved:
            self._fetching.add(news.id)
            self._downloads.submit(lambda: self._fetch(item, result, news))

    def _broken(self, error: Exception) -> None:
        def again() -> NoReturn:
            raise error

        self._news.put(again)

    def _drain(self) -> None:
        while not self._news.empty():
            self._news.get()()
        self._board.pushes, self._board.reads = self._follower.pushes, self._follower.reads

    def _until_complete(self, project_id: str) -> None:
        read_at = time.monotonic() + TICK
        while left := [item for item in self._items.values() if not item.shot.complete]:
            try:
                self._news.get(timeout=TICK)()
            except queue.Empty:
                if time.monotonic() - self._board.moved > self._patience:
                    self._give_up(left)
            self._drain()
            if self._journal.settings is None and time.monotonic() > read_at:
                self._look_for({str(item.entry.image_id) for item in left}, project_id)
                read_at = time.monotonic() + READ_EVERY / 3

    def _look_for(self, image_ids: set[str], project_id: str) -> None:
        """Images without jobs are in no batch that could be read."""
        for image in self._client.images(project_id):
            self._heard(image)
            image_ids -= {image.id}
            if not image_ids:
                return

    def _give_up(self, left: Sequence[Item]) -> None:
        for item in left:
            detail = f"It was {item.shot.step} when nothing more was heard for {self._patience:.0f} seconds."
            self._board.failed(item.shot, Problem(title="Nothing happened any more", detail=detail))


def _failed(item: Item, result: Result) -> bool:
    job = item.shot.jobs.get(result.job_id)
    return job is not None and job.status == "failed"


def _problem(error: Exception) -> Problem:
    if isinstance(error, ApiError):
        return Problem(title=error.title.rstrip("."), detail=error.detail, code=error.code, errors=error.errors or None)
    return Problem(title=str(error).rstrip(".") or type(error).__name__)
