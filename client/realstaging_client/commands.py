"""The smaller commands: what is there, what becomes of it, what it costs, and who you are."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from realstaging_client import profile
from realstaging_client.client import Client
from realstaging_client.display import count
from realstaging_client.manifest import Journal, journal_in, locked, names
from realstaging_client.models import Job
from realstaging_client.photos import BadArgumentError
from realstaging_client.session import GO_ON, Directory, Token, Url, console, ending, finish, say, session
from realstaging_client.verification import verify

RECENT = 20
STAGED = Path("staged")
CHECK_COLORS = {"pass": "green", "review": "yellow", "fail": "red"}

Id = Annotated[str | None, typer.Argument(help="Of a batch or a job; else what --out holds.", show_default=False)]
Folder = Annotated[Path | None, typer.Option("--out", help="The folder of an earlier run.")]


def add_to(app: typer.Typer) -> None:
    for command in (status, download, cancel, retry, usage, projects, login, verify):
        app.command()(command)


def status(
    id: Id = None, out: Folder = None, url: Url = None, token: Token = None, directory: Directory = None
) -> None:
    """How far a batch, a job or an earlier run is; without any, the latest jobs."""
    with session(url, token, directory) as client:
        journal = None if id else journal_in(out or STAGED)
        if id is None and journal is None:
            jobs = list(islice(client.jobs(), RECENT))
        else:
            jobs = [job for batch_id in _batches(id, journal) for job in _jobs(client, batch_id)]
        _show(client, jobs)


def download(
    id: Id = None,
    out: Annotated[Path, typer.Option(help="Where the results go.")] = STAGED,
    url: Url = None,
    token: Token = None,
    directory: Directory = None,
) -> None:
    """Fetch the results that are ready and not there yet."""
    with session(url, token, directory) as client, locked(out):
        journal = None if id else _earlier(out)
        fetched = _fetch_missing(client, journal) if journal else _fetch(client, _jobs(client, str(id)), out)
        say(f"{count(fetched, 'picture')} downloaded to {out}")


def cancel(
    id: Id = None, out: Folder = None, url: Url = None, token: Token = None, directory: Directory = None
) -> None:
    """Stop what has no result yet; it costs nothing."""
    with session(url, token, directory) as client:
        jobs: list[Job] = []
        for batch_id in _batches(id, None if id else _earlier(out)):
            jobs += [client.cancel(batch_id)] if _is_job(batch_id) else client.cancel_batch(batch_id).jobs
        canceled = sum(job.status == "canceled" for job in jobs)
        say(f"{count(canceled, 'job')} canceled, {sum(job.status == 'ready' for job in jobs)} had a result already")


def retry(id: Id = None, out: Folder = None, url: Url = None, token: Token = None, directory: Directory = None) -> None:
    """Try again what failed; with --out, go on until it is there."""
    with session(url, token, directory, GO_ON) as client:
        if id is None:
            journal = _earlier(out)
            with locked(journal.folder):
                finish(client, journal, range(len(journal.record.entries)), retry_failed=True)
        elif _is_job(id):
            say(f"Tried again as {(again := client.retry(id)).id} in {again.batch_id}")
        else:
            answer = client.retry_batch(id)
            say(f"{count(sum(len(each.jobs or []) for each in answer.items), 'job')} tried again in {answer.batch_id}")
            for item in answer.items:
                if item.error:
                    say(f"✗ {item.error}", style="red")


def usage(url: Url = None, token: Token = None, directory: Directory = None) -> None:
    """How many pictures the plan has left."""
    with session(url, token, directory) as client:
        found = client.usage()
        ends = f" until {found.period_end.day} {found.period_end:%B %Y}" if found.period_end else ""
        say(f"{found.used} of {found.limit} used, {found.remaining} left{ends} ({found.plan} plan)")


def projects(url: Url = None, token: Token = None, directory: Directory = None) -> None:
    """All projects, newest first."""
    with session(url, token, directory) as client:
        table = _table("Project", "Id", "Made")
        for project in client.projects():
            made = f"{project.created_at:%Y-%m-%d %H:%M}" if project.created_at else ""
            table.add_row(Text(project.name), project.id, made)
        console().print(table)


def login(
    url: Annotated[str, typer.Option("--url", prompt="Server", help="Such as https://api.example.com")],
    token: Annotated[
        str,
        typer.Option("--token", prompt="Access token or API key", hide_input=True, help="Better left to be asked for."),
    ],
) -> None:
    """Remember a server and a token, after trying them."""
    with ending():
        found = profile.checked(profile.Profile(url.strip().rstrip("/"), token.strip()))
        with Client(found.url, found.token) as client:
            plan = client.usage().plan
        say(f"Logged in ({plan} plan). Saved for you alone in {profile.save(found)}")


def _is_job(id: str) -> bool:
    if not id.startswith(("bat_", "job_")):
        raise BadArgumentError(f"{id} is not the id of a batch (bat_…) or a job (job_…).")
    return id.startswith("job_")


def _earlier(folder: Path | None) -> Journal:
    """Raises BadArgumentError when nothing says what is meant."""
    if folder is None:
        raise BadArgumentError("Which one? Give the id of a batch or a job, or the folder of an earlier run: --out")
    found = journal_in(folder)
    if found is None:
        raise BadArgumentError(f"No run has left anything in {folder}. Give the id of a batch or a job.")
    return found


def _batches(id: str | None, journal: Journal | None) -> list[str]:
    if id:
        return [id]
    return journal.batches() if journal else []


def _jobs(client: Client, id: str) -> list[Job]:
    return [client.job(id)] if _is_job(id) else client.batch(id).jobs


def _show(client: Client, jobs: list[Job]) -> None:
    photos = _filenames(client, jobs)
    table = _table("Photo", "Style", "Status", "Check", "Job", "Batch")
    colours = {"ready": "green", "failed": "red", "canceled": "red"}
    for job in jobs:
        words = f"{job.status}: {job.error.title}" if job.error else job.status
        style = Text(words, colours.get(job.status, "cyan"))
        check = Text(job.check.verdict, CHECK_COLORS.get(job.check.verdict, "")) if job.check else ""
        table.add_row(Text(photos.get(job.image_id, "")), job.style or "", style, check, job.id, job.batch_id)
    console().print(table)
    done = sum(job.final for job in jobs)
    say(f"{count(len(jobs), 'job')}, {done} ended, {sum(job.status == 'ready' for job in jobs)} ready")


def _filenames(client: Client, jobs: list[Job]) -> dict[str, str]:
    wanted = {job.image_id for job in jobs}
    images = (image for project in {job.project_id for job in jobs} for image in client.images(project))
    return {image.id: image.filename for image in images if image.id in wanted}


def _fetch(client: Client, jobs: list[Job], folder: Path) -> int:
    photos, fetched = _filenames(client, jobs), 0
    images = dict.fromkeys(job.image_id for job in jobs)
    for image_id in images:
        mine = [job for job in jobs if job.image_id == image_id]
        stem = Path(photos.get(image_id, image_id)).stem
        for job, name in zip(mine, names(stem, mine), strict=True):
            fetched += job.status == "ready" and _fetch_one(client, job, _place(folder / name, job))
    return fetched


def _fetch_missing(client: Client, journal: Journal) -> int:
    """Into the files that the run has in mind for them."""
    missing = {result.job_id: result for _, result in journal.results() if not journal.saved(result)}
    fetched = 0
    for batch_id in dict.fromkeys(result.batch_id for result in missing.values()):
        for job in client.batch(batch_id).jobs:
            if job.status == "ready" and job.id in missing:
                result = missing[job.id]
                fetched += _fetch_one(client, job, path := journal.folder / result.file)
                result.size = path.stat().st_size
                journal.save()
    return fetched


def _fetch_one(client: Client, job: Job, path: Path) -> bool:
    """Whether it had to be fetched."""
    if job.result and path.is_file() and path.stat().st_size == job.result.size_bytes:
        return False
    client.fetch(client.job_file(job.id), path)
    return True


def _place(path: Path, job: Job) -> Path:
    """Never over a file that is something else; a file of the right size is taken for the result."""
    found, number = path, 1
    while found.exists() and not (job.result and found.stat().st_size == job.result.size_bytes):
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found


def _table(*columns: str) -> Table:
    table = Table(*columns, box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.columns[0].overflow = "fold"
    return table
