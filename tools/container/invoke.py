"""`sam local invoke` of one built function, talking to the local cloud if one is running."""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from events.loading import SHARED, Event, load, signed
from local import state
from local.aws import client
from local.build import BuildError, architecture, built
from local.state import Cloud
from local.token import NoCloudError, access_token
from tools.container.engine import ROOT, Engine, NoEngineError, found
from tools.container.relay import NotHereError, may_relay, relay

NOWHERE = "http://127.0.0.1:9"  # nothing listens there: whoever calls is refused at once


def say(text: str) -> None:
    print(text, file=sys.stderr)


def prepared(event: Event, owner: str, directory: Path, cloud: Cloud | None) -> Event:
    """The event with what only the running cloud can give: a token, and a webhook's signature of now."""
    if cloud is None:
        return event
    headers = event.get("headers", {})
    if SHARED["token"] in headers.get("authorization", ""):
        subject = re.sub(r"!([0-9A-F]{2})", lambda escaped: chr(int(escaped[1], 16)), owner)
        headers["authorization"] = f"Bearer {access_token(directory, subject, [])}"
    vendor = {"webhook-signature": "replicate", "stripe-signature": "stripe"}
    for sender in (vendor[name] for name in vendor.keys() & headers.keys()):
        name = f"/realstaging/local/{sender}_webhook_secret"
        secret = client("ssm", cloud.aws_endpoint).get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        return signed(event, secret, int(time.time()))
    return event


def variables(function: str, cloud: Cloud | None) -> dict[str, str]:
    """The function's environment as it is deployed in the cloud, or one that leads nowhere."""
    if cloud is None:
        return {"AWS_ENDPOINT_URL": NOWHERE}
    lambdas = client("lambda", cloud.aws_endpoint)
    deployed = lambdas.get_function_configuration(FunctionName=cloud.functions[function])
    return {**deployed["Environment"]["Variables"], "AWS_ENDPOINT_URL": cloud.aws_endpoint}


def environment(engine: Engine, home: Path, cloud: Cloud | None) -> dict[str, str]:
    """SAM's own: nothing of the shell, which would override the template, and no account of anybody's."""
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "DOCKER_HOST": engine.address,
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": cloud.region if cloud else "us-east-1",
        # SAM asks STS who we are; without an answer it would wait for ten seconds.
        "AWS_ENDPOINT_URL_STS": cloud.aws_endpoint if cloud else NOWHERE,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if cloud:
        own |= {"AWS_ACCESS_KEY_ID": cloud.access_key, "AWS_SECRET_ACCESS_KEY": cloud.secret_key}
    return own


def reachable(cloud: Cloud | None) -> Cloud | None:
    if cloud is None:
        say("No local cloud is running (make dev): every call to AWS will be refused.")
    elif not may_relay():
        say("Containers cannot reach the local cloud without root on Linux: every call to AWS will be refused.")
        return None
    return cloud


def relayed(engine: Engine, function: str, cloud: Cloud | None) -> AbstractContextManager[None]:
    """The local cloud's addresses lead to it from inside the function's container too."""
    if cloud is None:
        return contextlib.nullcontext()
    ports = [int(urlsplit(url).port or 0) for url in (cloud.aws_endpoint, cloud.replicate, cloud.identity)]

    def started(process: int) -> None:
        try:
            relay(process, ports)
        except NotHereError as error:
            say(f"The container cannot reach the local cloud ({error}): every call to AWS will be refused.")

    return engine.watched(function, started)


def invoke(engine: Engine, folder: Path, function: str, event: Event, cloud: Cloud | None) -> str:
    """The payload as SAM prints it; its log goes to stderr."""
    with tempfile.TemporaryDirectory() as made, relayed(engine, function, cloud):
        home = Path(made)
        (home / "event.json").write_text(json.dumps(event))
        (home / "variables.json").write_text(json.dumps({function: variables(function, cloud)}))
        command = [str(ROOT / ".venvs/sam/bin/sam"), "local", "invoke", function]
        command += ["--template", str(folder / "template.yaml"), "--event", str(home / "event.json")]
        command += ["--env-vars", str(home / "variables.json"), "--skip-pull-image"]
        command += ["--layer-cache-basedir", str(home / "layers")]
        command += ["--parameter-overrides", f"Stage=local Architecture={architecture()}"]
        own = environment(engine, home, cloud)
        done = subprocess.run(command, cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True, check=False)
    return "" if done.returncode else done.stdout.strip()


def failed(payload: str) -> bool:
    """SAM's exit code is 0 even when the function failed."""
    if not payload:
        return True
    with contextlib.suppress(json.JSONDecodeError):
        answer: Any = json.loads(payload)
        return isinstance(answer, dict) and bool(answer.get("errorType") or answer.get("batchItemFailures"))
    return True


def run(function: str, source: Path, shared: dict[str, str], directory: Path) -> int:
    with found() as engine:
        cloud = reachable(state.read(directory))
        event = prepared(load(source, shared), shared.get("owner", SHARED["owner"]), directory, cloud)
        directory.mkdir(exist_ok=True)
        with built(ROOT, directory / "build.log") as folder:
            payload = invoke(engine, folder, function, event, cloud)
    print(payload)
    return int(failed(payload))


def functions() -> list[str]:
    found = (ROOT / "functions").glob("*/handler.py")
    return sorted("".join(word.capitalize() for word in path.parent.name.split("_")) for path in found)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/invoke", description="One function in a container.")
    parser.add_argument("function", choices=functions(), metavar="FUNCTION", help=", ".join(functions()))
    parser.add_argument("event", type=Path, help="e.g. events/sqs-stage-queue.json")
    parser.add_argument("--dir", type=Path, default=ROOT / ".local", help="the local cloud's folder (default .local)")
    parser.add_argument("shared", nargs="*", metavar="NAME=VALUE", help=f"instead of the event's: {', '.join(SHARED)}")
    given = parser.parse_intermixed_args()
    pairs = dict(pair.partition("=")[::2] for pair in given.shared)
    if unknown := pairs.keys() - SHARED.keys():
        parser.error(f"events share no {', '.join(unknown)}; they share {', '.join(SHARED)}")
    if not given.event.is_file():
        parser.error(f"no such file: {given.event}")
    try:
        sys.exit(run(given.function, given.event, pairs, given.dir.resolve()))
    except (NoEngineError, NoCloudError, BuildError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
