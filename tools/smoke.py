"""Drives the main path once, on a deployed stage or the local cloud, and says what to look at where it fails.

make smoke STAGE=dev TOKEN=…     an access token of that stage's issuer; it costs one staging
make smoke                       the local cloud
"""

import argparse
import contextlib
import io
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
from PIL import Image, ImageDraw
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from local import state
from local.token import NoCloudError, access_token
from tools.reconcile import region_of

Json = dict[str, Any]
PATIENCE = 300  # seconds for the photo, and again for the result
ORIGIN = "https://smoke.example"


class NoStageError(Exception):
    """There is nothing to drive; the message says why."""


class FailedStepError(Exception):
    """A step answered otherwise than it has to."""


@dataclass
class Run:
    """What the steps have found out so far."""

    api: str
    token: str
    origin: str
    http: httpx.Client
    ids: Json = field(default_factory=dict)
    socket: ClientConnection | None = None
    held: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)  # what to close in the end

    def ask(self, method: str, path: str, expected: int, **given: Any) -> Json:
        answer = self.http.request(method, f"{self.api}{path}", **given)
        _expect(answer, expected)
        return dict(answer.json()) if answer.content else {}

    def wait(self, path: str, unfinished: set[str]) -> Json:
        ends = time.monotonic() + PATIENCE
        while (found := self.ask("GET", path, 200))["status"] in unfinished:
            if time.monotonic() > ends:
                raise FailedStepError(f"still {found['status']} after {PATIENCE} s")
            time.sleep(1)
        return found


def _expect(answer: httpx.Response, expected: int) -> None:
    if answer.status_code != expected:
        raise FailedStepError(
            f"{answer.request.method} {answer.url.host} answered {answer.status_code}: {answer.text[:300]}"
        )


def health(run: Run) -> None:
    run.ask("GET", "/v1/health", 200)


def preflight(run: Run) -> None:
    asked = {
        "Origin": run.origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    answer = httpx.options(f"{run.api}/v1/uploads", headers=asked, timeout=30)
    _expect(answer, 204)
    if "access-control-allow-origin" not in answer.headers:
        raise FailedStepError(f"the origin {run.origin} is not allowed")


def refusal(run: Run) -> None:
    _expect(httpx.get(f"{run.api}/v1/account", timeout=30), 401)


def sign_in(run: Run) -> None:
    run.ask("GET", "/v1/account", 200)


def open_socket(run: Run) -> None:
    ticket = run.ask("POST", "/v1/account/socket-tickets", 201)
    try:
        run.socket = run.held.enter_context(connect(ticket["url"], open_timeout=15))
    except (OSError, WebSocketException) as error:
        raise FailedStepError(str(error)) from error


def plan(run: Run) -> None:
    photo = _photo()
    project = run.ask("POST", "/v1/projects", 201, json={"name": "Smoke test"})["id"]
    file = {"filename": "smoke.jpg", "content_type": "image/jpeg", "size_bytes": len(photo)}
    wanted = {"project_id": project, "defaults": {"room_type": "living_room", "style": "modern"}, "files": [file]}
    run.ids["project"] = project
    (item,) = run.ask("POST", "/v1/uploads", 201, json=wanted)["items"]
    run.ids |= {"image": item["image"]["id"], "job": item["jobs"][0]["id"], "form": item["upload"], "photo": photo}


def upload(run: Run) -> None:
    form = run.ids["form"]
    _expect(httpx.post(form["url"], data=form["fields"], files={"file": run.ids["photo"]}, timeout=60), 204)


def intake(run: Run) -> None:
    image = run.wait(f"/v1/images/{run.ids['image']}", {"awaiting_upload", "processing"})
    if image["status"] != "ready":
        raise FailedStepError(f"the photo is {image['status']}: {image.get('error')}")


def staging(run: Run) -> None:
    job = run.wait(f"/v1/jobs/{run.ids['job']}", {"awaiting_upload", "queued", "processing"})
    if job["status"] != "ready":
        raise FailedStepError(f"the job is {job['status']}: {job.get('error')}")


def pushes(run: Run) -> None:
    """The socket has to have told of the job by now."""
    assert run.socket
    try:
        while run.ids["job"] not in str(run.socket.recv(timeout=10)):
            pass
    except (TimeoutError, WebSocketException) as error:
        raise FailedStepError("no message about the job came") from error


def result(run: Run) -> None:
    link = run.ask("GET", f"/v1/jobs/{run.ids['job']}/file", 200)
    answer = httpx.get(link["url"], timeout=60)
    _expect(answer, 200)
    Image.open(io.BytesIO(answer.content)).verify()


def deletion(run: Run) -> None:
    run.ask("DELETE", f"/v1/projects/{run.ids['project']}", 204)
    run.ask("GET", f"/v1/jobs/{run.ids['job']}", 404)


# Each step, and what to look at when it fails.
STEPS: list[tuple[str, Callable[[Run], None], str]] = [
    ("health", health, "Does the stack exist, and does JobsApi start? Its log: output LogGroup, service jobs_api."),
    ("preflight", preflight, "AllowedOrigins of the stage; no route may take OPTIONS (docs/aws.md)."),
    ("no token, no answer", refusal, "Log of account_api."),
    ("sign-in", sign_in, "401: issuer and audience in SettingsOverrides must be the token's; 503: the issuer's keys."),
    ("socket", open_socket, "Log of service sockets; the WebSocket API's stage and its permission."),
    ("plan", plan, "Log of upload_urls; quota of the account; 429: the rate limit."),
    ("upload", upload, "307: the form names S3's global address; 403: rights of UploadUrls; CORS of the bucket."),
    ("intake", intake, "S3's notification to UploadComplete; its log; EventDeadLetters; throttles of a new account."),
    ("staging", staging, "Logs of stage_image, replicate_webhook, finish_job; the SSM parameters of Replicate."),
    ("live messages", pushes, "The stream of the table; log of push_status, metric PushFailed."),
    ("result", result, "Rights of JobsApi for staged/*; the Region in the link."),
    ("deletion", deletion, "Log of jobs_api."),
]


def _photo() -> bytes:
    """A small room: two walls, a floor, a window."""
    picture = Image.new("RGB", (1024, 768), (226, 221, 211))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, 768), (220, 520), (804, 520), (1024, 768)], fill=(168, 134, 98))
    draw.polygon([(0, 0), (220, 120), (220, 520), (0, 768)], fill=(208, 203, 193))
    draw.rectangle((420, 190, 640, 400), fill=(190, 220, 240), outline=(120, 120, 120), width=6)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()


def carry_out(run: Run, say: Callable[[str], None] = print) -> int:
    """0 when every step went well, 1 at the first that did not."""
    try:
        for name, step, look in STEPS:
            began = time.monotonic()
            try:
                step(run)
            except (FailedStepError, httpx.HTTPError, KeyError, ValueError, OSError) as error:
                say(f"✗ {name}: {error}\n  {look}")
                return 1
            say(f"✓ {name} ({time.monotonic() - began:.1f} s)")
    finally:
        run.held.close()
        run.http.close()
    return 0


def deployed(stage: str, token: str) -> Run:
    if not token:
        raise NoStageError("TOKEN is missing: an access token of the stage's issuer.")
    if not (region := region_of(stage)):
        raise NoStageError("No region is set: set AWS_REGION, or `region` in samconfig.toml or your profile.")
    (stack,) = boto3.client("cloudformation", region_name=region).describe_stacks(StackName=f"realstaging-{stage}")[
        "Stacks"
    ]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
    origin = parameters.get("AllowedOrigins", "*").split(",")[0]
    return started(outputs["ApiUrl"], token, ORIGIN if origin == "*" else origin)


def running(directory: Path) -> Run:
    cloud = state.read(directory.resolve())
    if cloud is None:
        raise NoStageError("No local cloud runs here: start one with `make dev`, or name a stage.")
    return started(cloud.api, access_token(directory, "smoke", []), ORIGIN)


def started(api: str, token: str, origin: str) -> Run:
    return Run(api, token, origin, httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", help="a deployed stage; left out: the local cloud")
    parser.add_argument("--dir", type=Path, default=Path(".local"), help="where the local cloud runs")
    given = parser.parse_args()
    try:
        run = deployed(given.stage, os.environ.get("TOKEN", "")) if given.stage else running(given.dir)
    except (NoStageError, NoCloudError) as error:
        print(error, file=sys.stderr)
        return 1
    return carry_out(run)


if __name__ == "__main__":
    sys.exit(main())
