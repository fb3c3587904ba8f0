"""One run: photos up, stagings followed, results down, continuing whatever an earlier run left undone.

Everything that decides or remembers happens in the caller's thread. Transfers and news come from threads of
their own, which hand in what there is to do next.
"""

import queue
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import batched
from typing import NoReturn

from realstaging_client.client import MOST_FILES, Client
from realstaging_client.errors import ApiError
from realstaging_client.follower import READ_EVERY, Follower
from realstaging_client.manifest import Call, Entry, Journal, Result, result_names
from realstaging_client.models import Image, Job, Problem, UploadAnswer
from realstaging_client.progress import Board
from realstaging_client.transfers import Item, Transfers, problem_of

PATIENCE = 600.0  # seconds without any news; a model that nobody used lately takes minutes to start
TICK = 0.5
LOOK_EVERY = 5.0  # for photos that are only uploaded
NOT_FINAL = (401, 408, 429)  # after these refusals the same call may still be made

Naming = Callable[[Entry, Sequence[Job]], list[str]]


class Run:
    """`entries` are the journal's, one for each shot of the board."""

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
        self._follower = Follower(client, self._tell, lost=self._broken, read_every=read_every)
        self._transfers = Transfers(
            client, journal, board, hand=self._news.put, broken=self._broken, arrived=self._heard, expired=self._anew
        )

    def go(self, *, retry_failed: bool = False) -> None:
        """Returns when every photo has all its results on disk, or has failed with a reason."""
        self._remember()
        if all(item.shot.complete for item in self._items.values()):
            return
        with self._transfers, self._follower:
            self._find_project()
            for call in [call for call in self._journal.record.calls if call.kind != "project"]:
                self._make(call)
            self._follower.look()
            self._drain()
            if retry_failed:
                self._retry_failed()
            self._send_missing()
            self._plan([item for item in self._items.values() if item.entry.image_id is None and not item.shot.over])
            self._until_complete()

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
            moved = any(job.status != "awaiting_upload" for job in item.shot.jobs.values())
            if item.entry.image_id and not item.entry.uploaded and not moved and not item.shot.problem:
                self._transfers.upload(item, None)

    def _retry_failed(self) -> None:
        batches = [
            result.batch_id
            for item in self._items.values()
            for result in item.entry.results
            if (job := item.shot.jobs.get(result.job_id)) and job.status == "failed"
        ]
        for batch_id in dict.fromkeys(batches):
            self._make(self._journal.begin("retry", {"batch_id": batch_id}, []))

    # Calls that create

    def _find_project(self) -> None:
        record = self._journal.record
        if record.project_id:
            return
        # A call that was made but not answered may have made it: only the same call tells.
        begun = next((call for call in record.calls if call.kind == "project"), None)
        name = record.order.project
        there = (
            None if begun else next((each for each in self._client.projects() if name in (each.id, each.name)), None)
        )
        if there:
            record.project_id = there.id
            self._journal.save()
            return
        begun = begun or self._journal.begin("project", {"name": name}, [])
        try:
            record.project_id = self._client.create_project(begun.body["name"], key=begun.key).id
        except ApiError as error:
            if _final(error):
                self._journal.end(begun)
            raise
        self._journal.end(begun)

    def _plan(self, items: Sequence[Item]) -> None:
        settings = self._journal.settings
        for some in batched(items, MOST_FILES, strict=False):
            files = [item.entry.photo.file(staged=settings is not None) for item in some]
            body = {"project_id": self._journal.record.project_id, "files": files, "defaults": settings}
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
                answer = self._client.retry_batch(body["batch_id"], key=call.key)
                self._replace(job for told in answer.items for job in told.jobs or [])
        except ApiError as error:
            if not _final(error):
                raise
            if error.code == "job_not_retryable":  # they were tried again, and we have not heard as what
                self._replace(self._client.jobs(project_id=self._journal.record.project_id))
            for index in call.entries:
                self._board.failed(self._items[index].shot, problem_of(error))
        self._journal.end(call)

    def _accept(self, answer: UploadAnswer, items: Sequence[Item]) -> None:
        for told in answer.items:
            item = items[told.index]
            if told.image is None or answer.batch_id is None:
                self._board.failed(item.shot, told.error or Problem(title="The photo was refused"))
                continue
            jobs = told.jobs or []
            item.entry.image_id, item.entry.uploaded = told.image.id, False
            files = zip(jobs, self._naming(item.entry, jobs), strict=True)
            item.entry.results = [Result(job.id, answer.batch_id, file) for job, file in files]
            self._by_job |= {job.id: item for job in jobs}
            self._board.planned(item.shot, told.image, jobs)
            self._transfers.upload(item, told.upload)
            self._follower.watch(answer.batch_id)

    def _replace(self, jobs: Iterable[Job]) -> None:
        """New jobs take the places, and the file names, of those they follow."""
        places = {result.job_id: result for _, result in self._journal.results()}
        for job in jobs:
            result = places.get(job.parent_job_id or "")
            if result is None or result.size is not None:
                continue
            if item := self._by_job.get(result.job_id):
                self._by_job[job.id] = item
                self._board.replaced(result.job_id, job)
            result.job_id, result.batch_id = job.id, job.batch_id
            self._follower.watch(job.batch_id)

    def _anew(self, item: Item) -> None:
        """Its upload did not come in time, which cost nothing: announce it again."""
        item.entry.image_id, item.entry.results, item.shot.jobs = None, [], {}
        self._plan([item])

    # News

    def _tell(self, news: Job | Image) -> None:
        self._news.put(lambda: self._heard(news))

    def _heard(self, news: Job | Image) -> None:
        """That an upload came too late, the upload finds out by itself, and begins anew."""
        if isinstance(news, Image):
            if news.status != "expired":
                self._board.take(news)
            return
        item = self._by_job.get(news.id)
        if item is None or (not item.entry.uploaded and news.error and news.error.code == "upload_expired"):
            return
        if self._board.take(news) and news.status == "ready":
            for result in item.entry.results:
                if result.job_id == news.id:
                    self._transfers.fetch(item, result, news)

    def _broken(self, error: Exception) -> None:
        def again() -> NoReturn:
            raise error

        self._news.put(again)

    def _drain(self) -> None:
        while not self._news.empty():
            self._news.get()()
        self._board.pushes, self._board.reads = self._follower.pushes, self._follower.reads

    def _until_complete(self) -> None:
        look_at = time.monotonic() + TICK
        while left := [item for item in self._items.values() if not item.shot.complete]:
            try:
                self._news.get(timeout=TICK)()
            except queue.Empty:
                if time.monotonic() - self._board.moved > self._patience:
                    self._give_up(left)
            self._drain()
            if self._journal.settings is None and time.monotonic() > look_at:
                self._look_for({item.entry.image_id for item in left})
                look_at = time.monotonic() + LOOK_EVERY

    def _look_for(self, image_ids: set[str | None]) -> None:
        """Images without jobs are in no batch that could be read."""
        for image in self._client.images(str(self._journal.record.project_id)):
            self._heard(image)
            image_ids -= {image.id}
            if not image_ids:
                return

    def _give_up(self, left: Sequence[Item]) -> None:
        for item in left:
            detail = f"It was {item.shot.step} when nothing more was heard for {self._patience:.0f} seconds."
            self._board.failed(item.shot, Problem(title="Nothing happened any more", detail=detail))


def _final(error: ApiError) -> bool:
    """Whether this call will never be answered otherwise, and nothing was created."""
    return 400 <= error.status < 500 and error.status not in NOT_FINAL and not error.retryable
