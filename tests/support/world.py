"""Everything a handler works with, in moto and on loopback, and ways to look into it afterwards."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from realstaging.config import Settings
from realstaging.dynamodb.values import plain
from realstaging.gateways.media import Media
from realstaging.gateways.queues import ResultQueue, StageQueue, VerifyQueue
from realstaging.gateways.upload_events import UploadEvents
from realstaging.models.images import Image
from realstaging.models.jobs import Job
from realstaging.sockets.push import Pusher
from realstaging.stores import keys
from realstaging.stores.batches import BatchStore
from realstaging.stores.connections import ConnectionStore
from realstaging.stores.due_index import DueStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.projects import ProjectStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.tombstones import TombstoneStore
from realstaging.stores.verifications import VerificationStore
from realstaging.sweep import Sweeper
from tests.support.books import Counters, counters
from tests.support.fake_replicate import Provider
from tests.support.fakes import FakeFunctions, FakeSockets

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"


class ReachableMedia(Media):
    """Moto signs addresses nobody can fetch: these lead to a room on loopback, and carry the same name."""

    def __init__(self, s3: Any, base: str) -> None:
        super().__init__(s3, "media")
        self._base = base

    def link(self, key: str, seconds: int, *, name: str | None = None) -> str:
        return f"{self._base}?X-Amz-Signature=secret&name={name}"


class Clock:
    """The time handlers are told: starts now, moves only when a test says so."""

    def __init__(self) -> None:
        self.at = self.began = datetime.now(UTC)

    def forward(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at

    def datetime(self) -> type[datetime]:
        clock = self

        class Told(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return clock.at

        return Told


@dataclass(frozen=True)
class Context:
    """What Lambda hands to a handler."""

    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:test"
    aws_request_id: str = "8f3b1c52-0000-4000-8000-000000000000"
    milliseconds: int = 55_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass(frozen=True)
class World:
    settings: Settings
    table: Any
    s3: Any
    sqs: Any
    quota: QuotaStore
    jobs: JobStore
    images: ImageStore
    batches: BatchStore
    projects: ProjectStore
    due: DueStore
    media: Media
    stage_queue: StageQueue
    result_queue: ResultQueue
    stage_url: str
    result_url: str
    verify_url: str
    provider: Provider
    token: Callable[[str], str]
    clock: Clock = field(default_factory=Clock)
    sockets: FakeSockets = field(default_factory=FakeSockets)
    lambdas: FakeFunctions = field(default_factory=FakeFunctions)
    loaded: dict[str, ModuleType] = field(default_factory=dict)

    # -- running -----------------------------------------------------------------------------------

    def function(self, name: str) -> Any:
        """A function's handler module, started afresh in each test and then kept, as a warm process would."""
        if name not in self.loaded:
            spec = importlib.util.spec_from_file_location(f"handler_of_{name}", FUNCTIONS / name / "handler.py")
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self._rewired(name, module)
            self.loaded[name] = module
        return self.loaded[name]

    def run(self, name: str, event: dict[str, Any], **context: Any) -> Any:
        return self.function(name).lambda_handler(event, Context(**context))

    def close(self) -> None:
        """Functions live as long as their process and close nothing; tests start many of them in one."""
        for module in self.loaded.values():
            if replicate := getattr(module, "replicate", None):
                replicate.close()

    def reachable(self, path: str = "/room.jpg") -> Media:
        return ReachableMedia(self.s3, self.provider.receiver.url + path)

    def sweeper(self, *, jobs: JobStore | None = None) -> Sweeper:
        return Sweeper(
            self.settings,
            images=self.images,
            jobs=jobs or self.jobs,
            batches=self.batches,
            media=self.media,
            queue=self.stage_queue,
            results=self.result_queue,
            intake=UploadEvents(cast(Any, self.lambdas), "upload-complete", "media"),
            tombstones=TombstoneStore(self.table),
            verifications=VerificationStore(self.table),
            to_verify=VerifyQueue(self.sqs, self.verify_url),
        )

    def _rewired(self, name: str, module: Any) -> None:
        if hasattr(module, "datetime"):
            module.datetime = self.clock.datetime()
        if name == "stage_image":
            module.media.link = self.reachable().link
        if name == "sockets":
            module.sockets = self.sockets
        if name == "push_status":
            module.pusher = Pusher(ConnectionStore(self.table), cast(Any, self.sockets))

    # -- looking -----------------------------------------------------------------------------------

    def job(self, job: Job) -> Job:
        return self.jobs.get(job.owner, job.id)

    def image(self, image: Image) -> Image:
        return self.images.get(image.owner, image.id)

    def usage(self, owner: str = "alice", period: str | None = None) -> Counters:
        """The counters of a period, or of the month the test began in: a clock that moves may leave it."""
        period = period or keys.month(self.clock.began)
        mine = [row for row in self.rows() if row["pk"] == f"USER#{owner}"]
        return counters(mine, period)

    def rows(self) -> list[dict[str, Any]]:
        """The whole table, in order: for comparing before and after. From moto itself: most tests ask several times."""
        from moto.backends import get_backend

        table = get_backend("dynamodb")["123456789012"]["us-east-1"].tables["table"]
        found = [plain(item.to_json()["Attributes"]) for item in table.all_items()]
        return sorted(found, key=lambda item: (item["pk"], item["sk"]))

    def item(self, key: dict[str, str]) -> dict[str, Any]:
        item: dict[str, Any] = self.table.get_item(Key=key, ConsistentRead=True)["Item"]
        return item

    def ledger(self, owner: str = "alice") -> dict[str, str]:
        """What became of each reservation, by job."""
        lines = [row for row in self.rows() if row["pk"] == f"USER#{owner}" and row["sk"].startswith("LEDGER#")]
        return {str(line["job_id"]): str(line["state"]) for line in lines}

    def open_sockets(self, owner: str = "alice") -> list[str]:
        rows = [row for row in self.rows() if row["pk"] == f"USER#{owner}" and row["sk"].startswith("SOCKET#")]
        return [str(row["sk"]).removeprefix("SOCKET#") for row in rows]

    def objects(self, prefix: str = "") -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="media", Prefix=prefix).get("Contents", [])
        return [each["Key"] for each in listed]

    def messages(self, url: str) -> list[dict[str, Any]]:
        """Takes all messages out of a queue, those that are still delayed too; `delay` is how long they were."""
        backend = _moto_queue(url)
        found = [
            json.loads(message.body) | {"delay": max(round((message.delayed_until - message.sent_timestamp) / 1000), 0)}
            for message in backend._messages
        ]
        backend._messages.clear()
        return found

    def to_stage(self) -> list[dict[str, Any]]:
        return self.messages(self.stage_url)

    def to_verify(self) -> list[dict[str, Any]]:
        return self.messages(self.verify_url)

    def to_settle(self) -> list[dict[str, Any]]:
        return self.messages(self.result_url)


def _moto_queue(url: str) -> Any:
    """Moto's own queue: the API would hide delayed messages until real time has passed, and so does its public list."""
    from moto.backends import get_backend

    return get_backend("sqs")["123456789012"]["us-east-1"].queues[url.rsplit("/", 1)[1]]
