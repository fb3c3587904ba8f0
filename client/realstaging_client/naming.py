"""What result files are called: `<photo>-<style>[-n].jpg`, never the name of a file that is somebody else's."""

import unicodedata
from collections.abc import Iterable, Sequence

from realstaging_client.answers import Job
from realstaging_client.journal import Entry, Journal
from realstaging_client.photos import unused

MOST_BYTES = 160  # file systems take 255, with the style and the ending
PUNCTUATION = "_ .()+-\u200c\u200d"  # and joiners, which some scripts cannot do without


def result_names(journal: Journal, entry: Entry, jobs: Sequence[Job]) -> list[str]:
    taken = [path.stem for path in journal.folder.iterdir()]
    taken += [result.file.removesuffix(".jpg") for other, result in journal.results() if other is not entry]
    return names(entry.name, jobs, taken)


def names(photo: str, jobs: Sequence[Job], taken: Iterable[str] = ()) -> list[str]:
    """With a number where a photo has several results of one style."""
    found: list[str] = list(taken)
    mine: list[str] = []
    for job in jobs:
        same = [each.id for each in jobs if each.style == job.style]
        number = f"-{same.index(job.id) + 1}" if len(same) > 1 else ""
        stem = unused(f"{safe(photo)}-{safe(job.style or 'staged')}{number}", found)
        found.append(stem)
        mine.append(f"{stem}.jpg")
    return mine


def safe(text: str) -> str:
    """As part of a file name, wherever it came from: letters of every script with their marks, composed (NFC)."""
    kept = "".join(each if _is_kept(each) else "_" for each in unicodedata.normalize("NFC", text))
    return kept.encode()[:MOST_BYTES].decode(errors="ignore").lstrip(".") or "photo"


def _is_kept(character: str) -> bool:
    return character.isalnum() or character in PUNCTUATION or unicodedata.category(character).startswith("M")
