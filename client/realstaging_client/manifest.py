"""What a run has done and is about to do, on disk before it does it: `.realstaging.json` beside the results.

Each creating call is written down with its Idempotency-Key before it is made, and struck out once its answer
is; so whenever a run ends, however it ends, the next one knows what to ask again, and asks for the same thing.
"""

import contextlib
import dataclasses
import json
import os
import sys
import unicodedata
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, Any, Literal

from realstaging_client.client import Settings
from realstaging_client.models import Job, read
from realstaging_client.photos import BadArgumentError, Photo, content_type, digest, unused

FILE, LOCK = ".realstaging.json", ".realstaging.lock"
FORMAT = 1


@dataclass
class Result:
    """One job of a photo and the file its picture goes to; `size` once it is there."""

    job_id: str
    batch_id: str
    file: str
    size: int | None = None


@dataclass
class Entry:
    """A photo: which bytes, what the server calls it, whether it is there."""

    path: str
    size: int
    sha256: str
    name: str
    room_type: str | None = None
    image_id: str | None = None
    uploaded: bool = False
    results: list[Result] = field(default_factory=list)

    @property
    def photo(self) -> Photo:
        path = Path(self.path)
        return Photo(path, self.name, content_type(path), self.room_type, self.size, self.sha256)


@dataclass
class Call:
    """A creating call that was not answered yet, exactly as it is to be made. `entries`: the photos it is for."""

    kind: Literal["project", "uploads", "retry"]
    key: str
    body: dict[str, Any]
    entries: list[int] = field(default_factory=list)


@dataclass
class Order:
    """What is to be done; `settings` None: upload only."""

    project: str
    settings: dict[str, Any] | None


@dataclass
class Record:
    server: str
    order: Order
    format: int = FORMAT
    project_id: str | None = None
    calls: list[Call] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


class Journal:
    def __init__(self, folder: Path, record: Record) -> None:
        self.folder, self.record = folder, record

    @property
    def begun(self) -> bool:
        """Whether the server knows of any photo, or may know."""
        return bool(self.record.calls) or any(entry.image_id for entry in self.record.entries)

    @property
    def settings(self) -> Settings | None:
        """As the API takes them."""
        return None if self.record.order.settings is None else Settings(**self.record.order.settings)  # type: ignore[typeddict-item]

    def save(self) -> None:
        """All of it or nothing, also when the power goes."""
        unfinished = self.folder / f"{FILE}.unfinished"
        with unfinished.open("w", encoding="utf-8") as file:
            json.dump(dataclasses.asdict(self.record), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.folder / FILE)

    def begin(self, kind: Literal["project", "uploads", "retry"], body: dict[str, Any], entries: Sequence[int]) -> Call:
        """Write down a call that is about to be made."""
        call = Call(kind, uuid.uuid4().hex, body, list(entries))
        self.record.calls.append(call)
        self.save()
        return call

    def end(self, call: Call) -> None:
        """Its answer is written down, or it was refused for good."""
        self.record.calls.remove(call)
        self.save()

    def take_up(self, paths: Sequence[Path], rooms: dict[Path, str | None]) -> list[int]:
        """The entries of these photos, new ones where they are new, and those of calls that were not answered.

        A file with other bytes than before is another photo; one that was moved or renamed is the same.
        """
        known = {(entry.path, entry.sha256): index for index, entry in enumerate(self.record.entries)}
        digests = {path: digest(path) for path in paths}
        wanted: dict[int, None] = {}
        # Photos where they were come first: what moved takes only what they leave.
        taken = {known[str(path), sha256] for path, sha256 in digests.items() if (str(path), sha256) in known}
        for path, sha256 in digests.items():
            index = known.get((str(path), sha256))
            if index is None:
                index = self._moved(path, sha256, taken)
            if index is None:
                index = len(self.record.entries)
                name = unused(path.stem, (entry.name for entry in self.record.entries))
                self.record.entries.append(Entry(str(path), path.stat().st_size, sha256, name, rooms.get(path)))
            taken.add(index)
            wanted[index] = None
        wanted |= dict.fromkeys(index for call in self.record.calls for index in call.entries)
        self.save()
        return list(wanted)

    def _moved(self, path: Path, sha256: str, taken: Collection[int]) -> int | None:
        """The entry of the same bytes from another place, which is `path` from now on."""
        for index, entry in enumerate(self.record.entries):
            if entry.sha256 == sha256 and index not in taken:
                entry.path = str(path)
                return index
        return None

    def results(self) -> Iterator[tuple[Entry, Result]]:
        for entry in self.record.entries:
            for result in entry.results:
                yield entry, result

    def batches(self) -> list[str]:
        """In the order they were made."""
        return list(dict.fromkeys(result.batch_id for _, result in self.results()))

    def saved(self, result: Result) -> bool:
        """Whether its picture is there, all of it."""
        file = self.folder / result.file
        return result.size is not None and file.is_file() and file.stat().st_size == result.size


def journal_in(folder: Path) -> Journal | None:
    """The one an earlier run left. Raises BadArgumentError when it cannot be read."""
    try:
        page = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if page["format"] != FORMAT:
            raise BadArgumentError(f"{folder / FILE} was written by another version of this program.")
        return Journal(folder, read(Record, page))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BadArgumentError(f"{folder / FILE} is damaged: {error}") from error


def opened(folder: Path, server: str, order: Order) -> Journal:
    """The earlier run's journal, or a new one. Raises BadArgumentError when that run did something else."""
    found = journal_in(folder)
    if found is None or not found.begun:
        return Journal(folder, Record(server, order))
    if found.record.server != server:
        raise BadArgumentError(f"The results in {folder} are of {found.record.server}. Choose another folder: --out")
    if found.record.order != order:
        asked = json.dumps(dataclasses.asdict(found.record.order), ensure_ascii=False)
        raise BadArgumentError(
            f"The results in {folder} were asked for in another way: {asked}. Go on with that, or choose another --out."
        )
    return found


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One run at a time in one folder. Raises BadArgumentError when another one is at it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as file:
        if not _claimed(file):
            raise BadArgumentError(f"Another run is working in {folder}. Wait for it, or choose another --out.")
        yield


def _claimed(file: IO[str]) -> bool:
    """Until the file is closed or the process is gone, however it went."""
    if sys.platform == "win32":
        return True  # no such locks there
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


MOST_BYTES = 160  # file systems take 255, with the style and the ending
FORMATS = ("jpg", "webp", "png")
PUNCTUATION = "_ .()+-\u200c\u200d"  # and joiners, which some scripts cannot do without


def result_names(journal: Journal, entry: Entry, jobs: Sequence[Job]) -> list[str]:
    taken = [path.stem for path in journal.folder.iterdir()]
    taken += [PurePath(result.file).stem for other, result in journal.results() if other is not entry]
    return names(entry.name, jobs, taken)


def names(photo: str, jobs: Sequence[Job], taken: Iterable[str] = ()) -> list[str]:
    """After photo and style, or what else was done; with a number where a photo has several results of one."""
    found: list[str] = list(taken)
    mine: list[str] = []
    for job in jobs:
        same = [each.id for each in jobs if _made(each) == _made(job)]
        number = f"-{same.index(job.id) + 1}" if len(same) > 1 else ""
        stem = unused(f"{safe(photo)}-{safe(_made(job))}{number}", found)
        found.append(stem)
        mine.append(f"{stem}.{job.format if job.format in FORMATS else 'jpg'}")
    return mine


def _made(job: Job) -> str:
    return job.mode if job.mode != "staging" else job.style or "staged"


def safe(text: str) -> str:
    """As part of a file name, wherever it came from: letters of every script with their marks, composed (NFC)."""
    kept = "".join(each if _is_kept(each) else "_" for each in unicodedata.normalize("NFC", text))
    return kept.encode()[:MOST_BYTES].decode(errors="ignore").lstrip(".") or "photo"


def _is_kept(character: str) -> bool:
    return character.isalnum() or character in PUNCTUATION or unicodedata.category(character).startswith("M")
