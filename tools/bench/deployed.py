"""The functions as a running cloud has them, and scripts run the way Lambda would run them."""

import base64
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import aws
from local.processes import ROOT
from local.state import Cloud

PYTHON = ROOT / ".venvs" / "lambda" / "bin" / "python"
INSIDE = Path(__file__).with_name("inside")
BARE = {"sdk", "sdk_call"}  # with the runtime's own SDK: ours is trimmed


class InsideError(Exception):
    """A script failed; the message is the last thing it said."""


@dataclass(frozen=True)
class Function:
    name: str
    code: Path
    layers: list[Path]
    environment: dict[str, str]


def functions(cloud: Cloud) -> list[Function]:
    """What was deployed, whatever was built since; the emulator keeps it unpacked, by its hash."""
    client = aws.client("lambda", cloud.aws_endpoint)
    unpacked = Path(cloud.logs).parent / "tmp" / "unpacked"
    found = []
    for name, physical in sorted(cloud.functions.items()):
        configuration = client.get_function_configuration(FunctionName=physical)
        contents = [client.get_layer_version_by_arn(Arn=each["Arn"])["Content"] for each in configuration["Layers"]]
        layers = [unpacked / _folder(content["CodeSha256"]) / "python" for content in contents]
        code = unpacked / _folder(configuration["CodeSha256"])
        found.append(Function(name, code, layers, configuration["Environment"]["Variables"]))
    return found


def run(function: Function, script: str, argument: Any, cloud: Cloud) -> Any:
    """The answer of a script in `inside`. Raises InsideError."""
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": "" if script in BARE else os.pathsep.join(map(str, (function.code, *function.layers))),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_ACCESS_KEY_ID": cloud.access_key,
        "AWS_SECRET_ACCESS_KEY": cloud.secret_key,
        "AWS_DEFAULT_REGION": cloud.region,
        **function.environment,
        "AWS_ENDPOINT_URL": cloud.aws_endpoint,
    }
    # -P: what lies beside the script is not on the path, as little as it is on Lambda.
    command = [str(PYTHON), "-P", str(INSIDE / f"{script}.py"), json.dumps(argument)]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True)
    if done.returncode:
        raise InsideError((done.stderr.splitlines() or ["it said nothing"])[-1])
    return json.loads(done.stdout.splitlines()[-1])


def until_ready(function: Function, script: str, cloud: Cloud, argument: str | None = None) -> float:
    """Milliseconds from the start of a process until the script says it is ready; the interpreter is part of it."""
    began = time.monotonic()
    ready: float = run(function, script, argument, cloud)
    return (ready - began) * 1000


def _folder(sha256: str) -> str:
    return base64.b64decode(sha256).hex()[:32]
