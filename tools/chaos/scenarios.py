"""The troubles. Each runs while photos are staged, and ends with everything working again."""

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from local import aws
from local.state import Cloud
from tools.chaos.owner import Json, Owner, invoke

WORKERS = ("UploadComplete", "StageImage", "FinishJob", "ReplicateWebhook", "PushStatus")
type Scenario = Callable[[Owner, list[Path], random.Random], int]
"""Stages the photos under trouble; how many jobs were promised."""


def script(cloud: Cloud, *rules: Json, **settings: Any) -> None:
    body = {"latency": 0.2, "webhook_retries": [1, 2], **settings, "rules": list(rules)}
    httpx.post(f"{cloud.replicate}/_script", json=body, trust_env=False).raise_for_status()


def nth(chance: random.Random, share: float, then: Any, most: int = 200) -> Json:
    """A rule for a random share of the coming creations."""
    return {"match": {"nth": [n for n in range(1, most) if chance.random() < share] or [most]}, "then": then}


def webhooks_dropped(owner: Owner, photos: list[Path], chance: random.Random) -> int:
    """No report of the provider ever arrives."""
    script(owner.cloud, {"then": "webhook:drop"})
    return jobs(owner.stage(photos))


def everything_twice(owner: Owner, photos: list[Path], chance: random.Random) -> int:
    """Every event, message and report comes twice and out of order."""
    script(owner.cloud, {"then": "webhook:duplicate"})
    plan = owner.stage(photos)
    for _ in range(3):
        for item in chance.sample(plan["items"], len(plan["items"])):
            uploaded_again(owner, item["image"]["id"])
            for job in item["jobs"]:
                message(owner, "StageQueue", {"owner": owner.name, "job_id": job["id"]})
        redeliver(owner, chance)
        time.sleep(1)
    return jobs(plan)


def workers_killed(owner: Owner, photos: list[Path], chance: random.Random) -> int:
    """A random worker dies without a word, again and again."""
    script(owner.cloud, latency=0.5)
    with repeatedly(0.4, lambda: kill(owner.cloud, chance.choice(WORKERS)), seconds=20):
        return jobs(owner.stage(photos))


def provider_storm(owner: Owner, photos: list[Path], chance: random.Random) -> int:
    """The provider throttles, has no credit, breaks, and loses answers."""
    troubles = ("create:429", "create:402", "create:500", "create:503", "create:reset_before_create")
    rules = [nth(chance, 0.12, trouble) for trouble in troubles]
    script(owner.cloud, *rules, nth(chance, 0.15, "create:reset_after_create"))
    return jobs(owner.stage(photos))


def runs_fail(owner: Owner, photos: list[Path], chance: random.Random) -> int:
    """Runs fail, or give something that is no picture."""
    troubles = ("error_pa", "out_of_memory", "result:truncated", "result:html", "result:gone", "result:square")
    script(owner.cloud, *[nth(chance, 0.15, trouble) for trouble in troubles])
    return jobs(owner.stage(photos))


def runs_hang(owner: Owner, photos: list[Path], chance: random.Random) -> int:
    """Some runs never end, some results come slowly."""
    slow = {"outcome": "result:slow", "seconds": 2}
    script(owner.cloud, nth(chance, 0.3, "hang"), nth(chance, 0.4, slow))
    plan = owner.stage(photos)
    time.sleep(5)
    age(owner)  # a run that hangs is given up after minutes
    return jobs(plan)


def upload_events_lost(owner: Owner, photos: list[Path], chance: random.Random) -> int:
    """Half of the uploads are never announced, the others twice."""
    script(owner.cloud)
    plan = owner.stage(photos, upload=False)
    storage, bucket = aws.client("s3", owner.cloud.aws_endpoint), owner.cloud.bucket
    found = storage.get_bucket_notification_configuration(Bucket=bucket)
    configured = {name: value for name, value in found.items() if name != "ResponseMetadata"}
    pairs = list(zip(plan["items"], photos, strict=True))
    chance.shuffle(pairs)
    half = len(pairs) // 2
    storage.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        for item, photo in pairs[:half]:
            owner.send(item, photo)
    finally:
        storage.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configured)
    for item, photo in pairs[half:]:
        owner.send(item, photo)
        uploaded_again(owner, item["image"]["id"])
    return jobs(plan)


def poisoned_stream_record(owner: Owner, photos: list[Path], chance: random.Random) -> int:
    """A row that nobody can read goes through the stream between the others."""
    script(owner.cloud)
    table = aws.client("dynamodb", owner.cloud.aws_endpoint)
    key = {"pk": {"S": f"USER#{owner.name}"}, "sk": {"S": "JOB#job_poison"}}
    plan = owner.stage(photos)
    for number in range(3):
        item = {**key, "status": {"S": f"nonsense-{number}"}, "version": {"S": "x"}, "id": {"S": "job_poison"}}
        table.put_item(TableName=owner.cloud.table, Item=item)
        time.sleep(0.5)
    table.delete_item(TableName=owner.cloud.table, Key=key)
    return jobs(plan)


def clock_skew(owner: Owner, photos: list[Path], chance: random.Random) -> int:
    """The provider's clock is minutes off: its reports are refused as stale, and asked for later."""
    script(owner.cloud, {"then": "webhook:stale"})
    return jobs(owner.stage(photos))


def canceled_and_deleted(owner: Owner, photos: list[Path], chance: random.Random) -> int:
    """The owner cancels and deletes at random while everything is in flight."""
    script(owner.cloud, latency=1)
    plan = owner.stage(photos)
    ids = [(item["image"]["id"], job["id"]) for item in plan["items"] for job in item["jobs"]]
    for image, job in chance.sample(ids, len(ids) // 2):
        path, method = chance.choice(
            [(f"/v1/jobs/{job}/cancel", "POST"), (f"/v1/jobs/{job}", "DELETE"), (f"/v1/images/{image}", "DELETE")]
        )
        owner.http.request(method, path)
        time.sleep(chance.random() / 2)
    return jobs(plan)


SCENARIOS: dict[str, Scenario] = {
    each.__name__.replace("_", "-"): each
    for each in (
        webhooks_dropped,
        everything_twice,
        workers_killed,
        provider_storm,
        runs_fail,
        runs_hang,
        upload_events_lost,
        poisoned_stream_record,
        clock_skew,
        canceled_and_deleted,
    )
}


def jobs(plan: Json) -> int:
    return sum(len(item["jobs"]) for item in plan["items"])


def uploaded_again(owner: Owner, image: str) -> None:
    """The event of an upload, once more."""
    key = f"uploads/{owner.name}/{image}"
    record = {"eventSource": "aws:s3", "s3": {"bucket": {"name": owner.cloud.bucket}, "object": {"key": key}}}
    invoke(owner.cloud, "UploadComplete", {"Records": [record]})


def message(owner: Owner, queue: str, body: Json) -> None:
    body = {"traceparent": f"00-{'1' * 32}-{'1' * 16}-01", "correlation_id": "chaos", **body}
    aws.client("sqs", owner.cloud.aws_endpoint).send_message(
        QueueUrl=owner.cloud.queues[queue], MessageBody=json.dumps(body)
    )


def redeliver(owner: Owner, chance: random.Random) -> None:
    """Reports of this owner's runs, once more and shuffled."""
    for row in chance.sample(found := owner.rows("JOB#"), len(found)):
        body = {"webhook_contains": row["id"], "kind": "genuine"}
        httpx.post(f"{owner.cloud.replicate}/_redeliver", json=body, timeout=60, trust_env=False)


def age(owner: Owner) -> None:
    """Runs under way began half an hour ago."""
    table = aws.client("dynamodb", owner.cloud.aws_endpoint)
    began = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - 1800))
    for row in owner.rows("JOB#"):
        if row["status"] == "processing":
            with contextlib.suppress(table.exceptions.ConditionalCheckFailedException):
                table.update_item(
                    TableName=owner.cloud.table,
                    Key={"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}},
                    UpdateExpression="SET started_at = :at",
                    ConditionExpression="#status = :processing",
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues={":at": {"S": began}, ":processing": {"S": "processing"}},
                )


@contextlib.contextmanager
def repeatedly(every: float, act: Callable[[], object], *, seconds: float) -> Iterator[None]:
    """Do this in the background for so long, also after the `with` has done its own work."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(every):
            act()

    thread, began = threading.Thread(target=run, daemon=True), time.monotonic()
    thread.start()
    try:
        yield
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    finally:
        over.set()
        thread.join()


def kill(cloud: Cloud, function: str) -> int:
    """As the machine under a Lambda dies, without a word; returns how many workers did. Linux only."""
    # Another local cloud has functions of the same names.
    marks = [f"AWS_LAMBDA_FUNCTION_NAME={cloud.functions[function]}\0", f"AWS_ENDPOINT_URL={cloud.aws_endpoint}\0"]
    killed = 0
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            environment = path.read_bytes()
            if all(mark.encode() in environment for mark in marks):
                os.kill(int(path.parent.name), signal.SIGKILL)
                killed += 1
    return killed
