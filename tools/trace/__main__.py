"""`python -m tools.trace JOB`: the trace of a job, from the client's call to the socket; also in out/trace.html."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from local import state
from local.state import Cloud
from tools.trace import drawing
from tools.trace.spans import NoTraceError, of_job, waterfall

LOG_WIDTH = 160  # columns, where nobody's terminal says how many


def trace(cloud: Cloud, job_id: str, file: Path, console: Console) -> None:
    """Raises NoTraceError."""
    lines = waterfall(of_job(cloud, job_id))
    drawing.show(lines, console)
    drawing.write(f"Job {job_id}", lines, file)
    console.print(f"Trace: {file}", highlight=False, soft_wrap=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.trace", description="The trace of one job on the local cloud.")
    parser.add_argument("job", help="a job's id")
    parser.add_argument("--out", type=Path, default=Path("out"), help="where trace.html goes (default out)")
    parser.add_argument("--dir", type=Path, default=Path(".local"), help="the local cloud's folder (default .local)")
    given = parser.parse_args()
    cloud = state.read(given.dir.resolve())
    if cloud is None:
        sys.exit("No local cloud is running here: make dev")
    try:
        trace(
            cloud, given.job, given.out / "trace.html", Console() if sys.stdout.isatty() else Console(width=LOG_WIDTH)
        )
    except NoTraceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
