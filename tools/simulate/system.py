"""The system's numbers: those of our own are read where they are set, AWS's and the provider's are written here."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from realstaging import config
from realstaging.stores import keys

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "1000"  # executions at once: what an account has that has asked for them


@dataclass(frozen=True)
class Function:
    """`seconds` of one image at `at_once` executions; None: as many as the account has."""

    seconds: float
    memory_gb: float
    per_image: float
    at_once: int | None = None


@dataclass(frozen=True)
class Aws:
    """Documented limits of services ("Quotas" pages), and what only experience says."""

    partition_write: int = 1_000
    partition_read: int = 3_000
    table_write: int = 40_000
    table_read: int = 40_000
    executions: int = int(ACCOUNT)
    http_api: int = 10_000
    prefix_puts: int = 3_500
    partitions_at_first: int = 4
    # Transactions on one row in a second before most of them conflict: 20 ms each (estimated, not documented).
    transactions_on_a_row: int = 50


@dataclass(frozen=True)
class System:
    functions: dict[str, Function]
    runs_per_minute: int
    requests_per_second: float
    webhooks_per_second: float
    orders_per_second: float
    socket_messages_per_second: float
    due_shards: int
    sweep_rows_per_minute: int
    stream_factor: int
    stream_batch: int
    provider_accounts: int = 1
    aws: Aws = field(default_factory=Aws)


# Seconds of one image on AWS, photos of 12 megapixels: estimates by reading, until a stage has measured them.
# `make bench` measures them on a machine of one's own ("Lambda held per image").
SECONDS = {
    "UploadUrls": (0.03, 1.0),
    "UploadComplete": (2.0, 1.0),
    "JobsApi": (0.05, 2.0),
    "StageImage": (0.7, 1.0),
    "ReplicateWebhook": (0.03, 1.0),
    "FinishJob": (2.0, 1.0),
    "PushStatus": (0.02, 6.0),
}
PUSH_SECONDS_A_BATCH = 0.15
# Rows that the sweep gets through in a second, one after the other: a read, an update and a message each.
SWEEP_ROWS_A_SECOND = 25


def read() -> System:
    template = yaml.load((ROOT / "template.yaml").read_text(), _Loader)
    resources = template["Resources"]
    concurrency = template["Mappings"]["MaximumConcurrency"][ACCOUNT]
    shared = template["Globals"]["Function"]["MemorySize"]
    functions = {}
    for name, (seconds, often) in SECONDS.items():
        properties = resources[name]["Properties"]
        reserved = properties.get("ReservedConcurrentExecutions")
        at_once = concurrency.get(name) or (int(reserved[1]) if reserved else None)
        memory = properties.get("MemorySize", shared) / 1024
        functions[name] = Function(seconds, memory, often, at_once)
    api = resources["HttpApi"]["Properties"]
    routes = {route: rate["ThrottlingRateLimit"] for route, rate in api["RouteSettings"].items()}
    [stream] = resources["PushStatus"]["Properties"]["Events"].values()
    paces = list(config.load("prod", overrides="{}").replicate.paces.values())
    return System(
        functions=functions,
        runs_per_minute=paces[0] or 600,
        provider_accounts=len(paces),
        requests_per_second=api["DefaultRouteSettings"]["ThrottlingRateLimit"],
        webhooks_per_second=next(rate for route, rate in routes.items() if "replicate" in route),
        orders_per_second=routes["POST /v1/uploads"],
        socket_messages_per_second=resources["SocketStage"]["Properties"]["DefaultRouteSettings"][
            "ThrottlingRateLimit"
        ],
        due_shards=keys.DUE_SHARDS,
        sweep_rows_per_minute=_rows_a_minute(resources["Sweep"]),
        stream_factor=stream["Properties"]["ParallelizationFactor"],
        stream_batch=stream["Properties"]["BatchSize"],
    )


def _rows_a_minute(sweep: dict[str, Any]) -> int:
    """What the sweeps of a minute look at: at most so many rows of each shard, and as their time allows."""
    found = _constants(ROOT / "functions" / "sweep" / "handler.py")
    seconds, at_once = sweep["Properties"]["Timeout"] - found["SPARE_SECONDS"], len(sweep["Properties"]["Events"])
    return int(min(found["PER_SHARD"] * keys.DUE_SHARDS, at_once * seconds * SWEEP_ROWS_A_SECOND))


def _constants(path: Path) -> dict[str, Any]:
    found = {}
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.Assign([ast.Name(name)], ast.Constant(value)) if re.fullmatch("[A-Z_]+", name):
                found[name] = value
    return found


class _Loader(yaml.SafeLoader):
    """Reads `!Ref` and its like as what they hold."""


def _plain(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _plain)
