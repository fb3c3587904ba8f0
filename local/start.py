"""The order in which a local cloud comes up, and what it then consists of."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml
from rich.console import Console

from local import aws, state
from local.build import architecture, built
from local.deploy import Resource, deploy, put_secrets
from local.ports import HOST, Ports, url
from local.processes import (
    ROOT,
    Processes,
    start_emulator,
    start_identity,
    start_page,
    start_replicate,
    start_stripe,
    start_traces,
)
from local.state import Cloud
from local.vendors import new_stripe_secret, new_webhook_secret, real_stripe_key, vendors

STACK = "realstaging-local"
# More workers of a function than processors only wait for each other, and start up all the same.
WORKERS = max(2, min(4, os.cpu_count() or 2))
LEFTOVER_PATIENCE = 4.0  # seconds for the processes of a killed run to end


class PortBusyError(Exception):
    """Somebody else listens where the local cloud would."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use; choose another with --port (it takes six in a row)")


@dataclass(frozen=True)
class Secrets:
    """What the stand-ins sign their webhooks with."""

    replicate: str
    second: str  # of the second account there
    stripe: str


@contextlib.contextmanager
def started(directory: Path, port: int, workers: int, console: Console) -> Iterator[tuple[Cloud, Processes]]:
    """Everything up and answering; everything ended on the way out, however far it came."""
    with state.lock(directory):
        ports = Ports.starting_at(port)
        _await_free(ports, patience=LEFTOVER_PATIENCE if (directory / "cloud.json").exists() else 0)
        _clean(directory)
        with Processes(directory) as processes:
            try:
                cloud = _start(directory, ports, workers, processes, console)
                state.write(directory, cloud)
                yield cloud, processes
            finally:
                state.forget(directory)


def _start(directory: Path, ports: Ports, workers: int, processes: Processes, console: Console) -> Cloud:
    real_stripe_key()  # a live key is refused before anything starts
    secrets = Secrets(replicate=new_webhook_secret(), second=new_webhook_secret(), stripe=new_stripe_secret())
    start_emulator(processes, directory, ports.emulator, workers)
    start_replicate(processes, ports.replicate, secrets.replicate, secrets.second)
    start_stripe(processes, ports.stripe, secrets.stripe)
    start_identity(processes, ports.identity)
    start_page(processes, directory, ports.page)
    start_traces(processes, ports.traces)
    with contextlib.ExitStack() as held:
        with _step(console, "building"):  # while they start
            folder = held.enter_context(built(ROOT, directory / "build.log"))
        with _step(console, "starting"):
            processes.await_health()
        with _step(console, "deploying"):
            resources = _deploy(ports, folder, secrets)
    functions = _physical(resources, "AWS::Lambda::Function")
    with _step(console, "warming"):
        failures = _warm(url(ports.emulator), functions)
    for name, error in failures.items():
        console.print(f"{name} cannot start: {error}", style="red", markup=False, highlight=False)
    cloud = _describe(directory, ports, resources)
    httpx.post(f"{cloud.stripe}/_script", json={"webhook_url": f"{cloud.api}/v1/webhooks/stripe"}, trust_env=False)
    return cloud


def _deploy(ports: Ports, folder: Path, secrets: Secrets) -> list[Resource]:
    endpoint = url(ports.emulator)
    chosen = vendors(
        replicate=url(ports.replicate),
        identity=url(ports.identity),
        stripe=url(ports.stripe),
        page=url(ports.page),
        webhook_secret=secrets.replicate,
        second_secret=secrets.second,
        stripe_secret=secrets.stripe,
    )
    put_secrets(endpoint, chosen.parameters)
    parameters = {
        "Stage": "local",
        "Architecture": architecture(),
        "AccountConcurrency": "1000",
        "EmulatorHost": f"{HOST}:{ports.emulator}",
        "Traces": "otlp",
        "OtlpEndpoint": url(ports.traces),
        "SettingsOverrides": json.dumps(chosen.overrides, separators=(",", ":")),
    }
    return deploy(endpoint, folder, STACK, parameters)


def _describe(directory: Path, ports: Ports, resources: list[Resource]) -> Cloud:
    endpoint = url(ports.emulator)
    apis = _apis(endpoint, resources)
    buckets, tables = _physical(resources, "AWS::S3::Bucket"), _physical(resources, "AWS::DynamoDB::Table")
    settings = yaml.safe_load((ROOT / "config" / "local.yaml").read_text())
    return Cloud(
        api=f"{endpoint}/_aws/execute-api/{apis['HTTP']}",
        socket=f"ws://{HOST}:{ports.emulator}/_aws/execute-api/{apis['WEBSOCKET']}",
        issuer=f"{url(ports.identity)}/",
        audience=settings["identity"]["audience"],
        aws_endpoint=endpoint,
        region=aws.REGION,
        access_key=aws.ACCESS_KEY,
        secret_key=aws.SECRET_KEY,
        table=next(iter(tables.values())),
        bucket=next(iter(buckets.values())),
        queues=_physical(resources, "AWS::SQS::Queue"),
        functions=_physical(resources, "AWS::Lambda::Function"),
        replicate=url(ports.replicate),
        identity=url(ports.identity),
        stripe=url(ports.stripe),
        page=url(ports.page),
        traces=url(ports.traces),
        logs=str(directory / "logs"),
        pid=os.getpid(),
    )


def _apis(endpoint: str, resources: list[Resource]) -> dict[str, str]:
    """Protocol -> the API's path: its id, and its stage where that is part of the address."""
    gateway, paths = aws.client("apigatewayv2", endpoint), {}
    for api in _physical(resources, "AWS::ApiGatewayV2::Api").values():
        stage = gateway.get_stages(ApiId=api)["Items"][0]["StageName"]
        protocol = gateway.get_api(ApiId=api)["ProtocolType"]
        paths[protocol] = api if stage == "$default" else f"{api}/{stage}"
    return paths


def _physical(resources: list[Resource], kind: str) -> dict[str, str]:
    return {resource.logical_id: resource.physical_id for resource in resources if resource.type == kind}


def _warm(endpoint: str, functions: dict[str, str]) -> dict[str, str]:
    """Start a worker of each function, so that no first request waits for an import; who could not start."""
    wanted = dict.fromkeys(functions.values(), 1)
    answer = httpx.post(f"{endpoint}/_local/warm", params=wanted, timeout=120, trust_env=False)
    failed = {started["function"]: started["error"] for started in answer.json() if "error" in started}
    return {
        name: f"{failed[physical]['errorType']}: {failed[physical]['errorMessage']}"
        for name, physical in functions.items()
        if physical in failed
    }


def _await_free(ports: Ports, patience: float) -> None:
    ends = time.monotonic() + patience
    while busy := ports.busy():
        if time.monotonic() >= ends:
            raise PortBusyError(busy[0])
        time.sleep(0.1)


def _clean(directory: Path) -> None:
    """Nothing of an earlier run: neither what it unpacked nor what it logged."""
    state.forget(directory)
    for name in ("tmp", "logs"):
        shutil.rmtree(directory / name, ignore_errors=True)
        (directory / name).mkdir()
    for log in ("emulator", "replicate", "identity", "stripe", "page", "traces", "build"):
        (directory / f"{log}.log").unlink(missing_ok=True)


@contextlib.contextmanager
def _step(console: Console, name: str) -> Iterator[None]:
    began = time.monotonic()
    console.print(f"{name} … ", end="", highlight=False)
    yield
    console.print(f"{time.monotonic() - began:.1f} s", highlight=False)
