"""The demo's way: a run of the client's, then each photo as it was taken in, and a look at every result."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from realstaging_client import Client, Job, RealstagingError
from realstaging_client.follower import READ_EVERY
from realstaging_client.manifest import Entry, Order, opened
from realstaging_client.progress import Board, Shot, Step
from realstaging_client.runner import PATIENCE, Run
from realstaging_client.transfers import problem_of
from tools.demo.results import Pair, UnusableError, bring_home


def stage(
    client: Client,
    board: Board,
    *,
    project: str,
    style: str,
    folder: Path,
    read_every: float = READ_EVERY,
    patience: float = PATIENCE,
) -> dict[str, Pair]:
    """Before and after, by the photo's name, of every photo that is ready; the others have failed with a reason."""

    def naming(entry: Entry, jobs: Sequence[Job]) -> list[str]:
        return [f"{entry.name}.jpg" for _ in jobs]

    # A demo begins anew each time: what its run remembers, and its results until they are checked, go with it.
    with tempfile.TemporaryDirectory() as place:
        journal = opened(Path(place), client.base_url, Order(project, {"style": style}))
        rooms = {shot.photo.path.resolve(): shot.photo.room_type for shot in board.shots}
        entries = journal.take_up(list(rooms), rooms)
        run = Run(client, journal, board, entries, naming=naming, read_every=read_every, patience=patience)
        run.go()
        return {shot.photo.name: pair for shot in board.shots if (pair := _home(shot, client, board, folder))}


def _home(shot: Shot, client: Client, board: Board, folder: Path) -> Pair | None:
    if shot.step is not Step.READY:
        return None
    try:
        return bring_home(shot, client, folder)
    except UnusableError as error:
        board.failed(shot, error.problem)
    except RealstagingError as error:
        board.failed(shot, problem_of(error))
    return None
