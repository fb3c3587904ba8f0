"""A local cloud to work with: the one that runs in a folder, or one for as long as it is needed."""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from local import aws, state
from local.build import BuildError
from local.deploy import DeployError
from local.processes import StartError
from local.start import PortBusyError, started
from local.state import Cloud

WORKERS = 4
PATIENCE = 180.0  # seconds; somebody else's first build downloads packages


class NoCloudError(Exception):
    """There is none, and none could be started; the message says why."""


@contextlib.contextmanager
def cloud_in(directory: Path, port: int, console: Console) -> Iterator[Cloud]:
    """One that runs already is left running, one started here ends with the `with`."""
    if state.owner(directory):
        yield _others(directory)
        return
    with contextlib.ExitStack() as stack:
        try:
            cloud, _ = stack.enter_context(started(directory, port, WORKERS, console))
        except (BuildError, DeployError, PortBusyError, StartError, state.AlreadyRunningError) as error:
            raise NoCloudError(f"The local cloud did not start: {error}") from error
        yield cloud


def _others(directory: Path) -> Cloud:
    ends = time.monotonic() + PATIENCE
    while (cloud := state.read(directory)) is None:
        if time.monotonic() > ends or not state.owner(directory):
            raise NoCloudError(f"The local cloud in {directory} was starting and did not come up.")
        time.sleep(0.2)
    return cloud


def draws(cloud: Cloud) -> bool:
    """Whether a stand-in draws the furniture there: nobody gave the cloud a token for the real model."""
    asked = aws.client("lambda", cloud.aws_endpoint)
    function = asked.get_function_configuration(FunctionName=cloud.functions["StageImage"])
    overrides = json.loads(function["Environment"]["Variables"]["SETTINGS_OVERRIDES"])
    return bool(overrides["replicate"]["base_url"] == cloud.replicate)
