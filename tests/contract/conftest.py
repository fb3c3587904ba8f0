"""One emulator with the sample app deployed, for all tests of the contract."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.aws import client
from local.deploy import deploy
from local.ports import HOST, url
from local.processes import Processes, start_emulator

APP = Path(__file__).parent / "app"
ORIGIN = "https://here.example"
WORKERS = 3


@dataclass(frozen=True)
class Sample:
    """The deployed sample app: names by logical id, and the few ways in which tests use it."""

    endpoint: str
    directory: Path
    names: dict[str, str]

    @property
    def api(self) -> str:
        return f"{self.endpoint}/_aws/execute-api/{self.names['HttpApi']}"

    @property
    def socket(self) -> str:
        path = f"{self.names['SocketApi']}/{self.names['SocketStage']}"
        return f"{self.endpoint.replace('http', 'ws', 1)}/_aws/execute-api/{path}"

    def client(self, service: str) -> Any:
        return client(service, self.endpoint)

    def connections(self) -> Any:
        """The way to this app's sockets."""
        return client("apigatewaymanagementapi", self.socket.replace("ws", "http", 1))

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.api}{path}", headers=headers, trust_env=False)

    def invoke(self, function: str, **event: Any) -> tuple[Any, str | None]:
        """The answer's payload, and what kind of failure it is."""
        answer = self.client("lambda").invoke(FunctionName=self.names[function], Payload=json.dumps(event))
        return json.loads(answer["Payload"].read()), answer.get("FunctionError")

    def log(self, function: str) -> str:
        return (self.directory / "logs" / f"{function}.log").read_text()

    def put(self, key: str, **attributes: Any) -> None:
        item = {"pk": {"S": "OWNER#alice"}, "sk": {"S": key}} | {name: {"S": v} for name, v in attributes.items()}
        self.client("dynamodb").put_item(TableName=self.names["Table"], Item=item)

    def seen(self, kind: str, name: str) -> dict[str, Any] | None:
        """What a function noted about this arrival."""
        key = {"pk": {"S": f"SEEN#{kind}"}, "sk": {"S": f"NOTE#{name}"}}
        item = self.client("dynamodb").get_item(TableName=self.names["Table"], Key=key).get("Item")
        return {field: value.get("S") or value.get("N") for field, value in item.items()} if item else None

    def await_seen(self, kind: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = eventually(lambda: self.seen(kind, name))
        return found

    def await_message(self, queue: str) -> dict[str, Any]:
        received: dict[str, Any] = eventually(
            lambda: self.client("sqs").receive_message(QueueUrl=self.names[queue], WaitTimeSeconds=1).get("Messages")
        )[0]
        self.client("sqs").delete_message(QueueUrl=self.names[queue], ReceiptHandle=received["ReceiptHandle"])
        return received


def eventually(condition: Callable[[], Any], patience: float = 120) -> Any:
    """The first true answer; a failed test when none comes."""
    ends = time.monotonic() + patience
    while not (answer := condition()):
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)
    return answer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    directory, port = tmp_path_factory.mktemp("cloud"), _free_port()
    for name in ("tmp", "logs"):
        (directory / name).mkdir()
    with Processes(directory) as processes:
        start_emulator(processes, directory, port, WORKERS)
        processes.await_health()
        resources = deploy(url(port), APP, "contract", {"Origin": ORIGIN})
        yield Sample(url(port), directory, {one.logical_id: one.physical_id for one in resources})
