"""A day of images: when they come, which limits they meet, and the queue before the provider."""

import math
from dataclasses import dataclass

from tools.simulate.system import PUSH_SECONDS_A_BATCH, System
from tools.simulate.units import Usage

# Images by hour, of photographers in one time zone who upload in the late morning and after work. Sums to 24.
MORNING = (0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 0.8, 1.4, 1.9, 2.2, 2.1)
AFTERNOON = (1.6, 1.5, 1.7, 2.0, 2.4, 2.6, 1.3, 0.6, 0.3, 0.2, 0.2, 0.1)
HOURS = MORNING + AFTERNOON
MINUTES = 24 * 60
# Within the busiest hour some minutes are busier: orders come whole.
BURST = 1.25
THROTTLE, FACTOR = "ThrottlingRateLimit", "ParallelizationFactor"
BEHIND_QUEUES = ("UploadComplete", "StageImage", "FinishJob")


@dataclass(frozen=True)
class Assumed:
    """What nobody has measured yet. `largest`: the share of the largest owner, who fills one project at a time.

    `photos`: of one order; `given_back`: the share of jobs that fail, are canceled or not charged.
    """

    largest: float = 0.05
    photos: int = 10
    given_back: float = 0.1


@dataclass(frozen=True)
class Limit:
    """`used` and `capacity` per second at the day's peak. `queues`: beyond it images wait; else calls are refused."""

    name: str
    used: float
    capacity: float
    queues: bool
    remedy: str

    @property
    def load(self) -> float:
        return self.used / self.capacity


@dataclass(frozen=True)
class Queue:
    """Of images that wait for the provider or a worker: the longest of the day, and how long its last one waits."""

    longest: int
    wait_minutes: float
    left_at_midnight: int


def peak(images: float) -> float:
    """Images a second in the busiest minute."""
    return images / 86_400 * max(HOURS) * BURST


def limits(system: System, usage: Usage, images: float, assumed: Assumed) -> list[Limit]:
    """All limits at the peak of a day, the fullest first. Capacities are per second."""
    rate, aws = peak(images), system.aws
    found = [
        Limit(
            "provider: runs a minute",
            rate,
            system.runs_per_minute * system.provider_accounts / 60,
            True,
            "a larger contract, or several accounts with a schedule each",
        ),
        Limit("HTTP API: users' requests", rate * (usage.requests - 1), system.requests_per_second, False, THROTTLE),
        Limit("HTTP API: the provider's webhooks", rate, system.webhooks_per_second, False, "RouteSettings"),
        Limit("HTTP API: orders", rate / assumed.photos, system.orders_per_second, False, "RouteSettings"),
        # An order opens a socket, greets it and closes it.
        Limit("sockets: messages to us", rate * 3 / assumed.photos, system.socket_messages_per_second, False, THROTTLE),
        *_functions(system, rate),
        *_partitions(system, usage, rate, assumed),
        Limit("table: write units", rate * usage.write.total(), aws.table_write, False, "a quota of the account"),
        Limit("table: read units", rate * usage.read.total(), aws.table_read, False, "a quota of the account"),
        Limit(
            "row USAGE of the largest owner: transactions",
            # Orders reserve on it, and what is not charged is given back; deliveries count in ten shards an owner.
            rate * assumed.largest * (1 / assumed.photos + assumed.given_back),
            aws.transactions_on_a_row,
            False,
            "orders wait for each other",
        ),
        Limit(
            "row PROJECT of the largest owner: transactions",
            # Orders and deliveries make sure in their transactions that it is still there: two units each.
            rate * assumed.largest * usage.write["table USER#<id> PROJECT"] / 2,
            aws.transactions_on_a_row,
            False,
            "deliveries into one project wait for each other",
        ),
        Limit("stream: changes that are pushed", rate * usage.pushed, _stream(system, usage, rate), True, FACTOR),
        Limit(
            "stream: changes of the largest owner (one shard)",
            rate * assumed.largest * usage.pushed,
            _lanes(system),
            True,
            FACTOR,
        ),
        Limit(
            "bucket: PUTs below one owner's prefix",
            rate * assumed.largest,
            aws.prefix_puts,
            False,
            "S3 splits prefixes",
        ),
        Limit("sweep: an hour without webhooks", rate, system.sweep_rows_per_minute / 60, True, "a run for each shard"),
    ]
    return sorted(found, key=lambda each: -each.load)


def saturates_at(limit: Limit, images: float) -> float:
    """Images a day at which this limit is full at the peak: all uses grow with the images."""
    return images / limit.load


def queue(system: System, images: float) -> Queue:
    """Minute by minute through two days: what comes above the slowest step's rate waits."""
    rate = slowest(system)
    waiting = longest = 0.0
    left = 0.0
    for minute in range(2 * MINUTES):
        waiting = max(waiting + images / MINUTES * HOURS[minute // 60 % 24] - rate * 60, 0.0)
        longest = max(longest, waiting)
        if minute == MINUTES - 1:
            left = waiting
    return Queue(round(longest), longest / (rate * 60), round(left))


def slowest(system: System) -> float:
    """Images a second that the provider and the functions behind queues get through."""
    behind = [system.functions[name] for name in BEHIND_QUEUES]
    rates = [each.at_once / each.seconds for each in behind if each.at_once]
    return min([system.runs_per_minute * system.provider_accounts / 60, *rates])


def needed(system: System, images: float) -> dict[str, int]:
    """What has to be set, or asked for, so that nothing waits at the peak of such a day."""
    rate = peak(images)
    at_once = {name: math.ceil(rate * system.functions[name].seconds) for name in BEHIND_QUEUES}
    return {"provider, runs a minute": math.ceil(rate * 60)} | {f"{name} at once": n for name, n in at_once.items()}


def _functions(system: System, rate: float) -> list[Limit]:
    found = []
    for name, function in system.functions.items():
        if function.at_once:
            queues = name in BEHIND_QUEUES
            at_once = rate * function.seconds * function.per_image
            found.append(Limit(f"{name}: executions at once", at_once, function.at_once, queues, "concurrency"))
    # Those behind queues never take more than they may.
    total = sum(min(rate * f.seconds * f.per_image, f.at_once or 1e9) for f in system.functions.values())
    return [*found, Limit("Lambda: executions of the account", total, system.aws.executions, False, "a quota")]


def _partitions(system: System, usage: Usage, rate: float, assumed: Assumed) -> list[Limit]:
    found = []
    shares = {"USER#<id>": assumed.largest, "PROJECT#<id>": assumed.largest}
    for kind in usage.kinds:
        _, _, pk = kind.partition(" ")
        share = 1 / system.due_shards if pk.endswith("<shard>") else shares.get(pk, 0 if "#" in pk else 1.0)
        remedy = {"USER#<id>": "the largest owner's rows in several partitions"}.get(pk, "more shards")
        if share == 0:
            continue  # a partition of its own for each: tickets, connections
        who = "the largest owner's " if pk in shares else ""
        for units, capacity in (("write", system.aws.partition_write), ("read", system.aws.partition_read)):
            if used := rate * share * usage.of(kind, units):
                found.append(Limit(f"partition {who}{kind}: {units} units", used, capacity, False, remedy))
    return found


def _stream(system: System, usage: Usage, rate: float) -> float:
    """Changes a second: the stream has a shard for each partition of the table, which splits as it grows."""
    partitions = max(system.aws.partitions_at_first, rate * usage.write.total() / system.aws.partition_write)
    return float(partitions) * _lanes(system)


def _lanes(system: System) -> float:
    """Changes a second of one shard."""
    return system.stream_factor * system.stream_batch / PUSH_SECONDS_A_BATCH
