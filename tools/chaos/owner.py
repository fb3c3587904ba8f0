"""One owner who stages photos through the public API, and a way to let time pass for their rows."""

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from local import aws
from local.state import Cloud

Json = dict[str, Any]
PATIENCE = 240.0  # seconds for a scenario to end
PAST = "2020-01-01T00:00:00.000000Z"
FINAL = ("ready", "failed", "canceled")


@dataclass
class Owner:
    cloud: Cloud
    name: str
    http: httpx.Client = field(repr=False)
    pause: float = 3.0
    """Seconds in which what is on its way arrives by itself, before time is let pass."""
    project: str = ""
    batches: list[str] = field(default_factory=list)

    def stage(self, photos: list[Path], *, upload: bool = True) -> Json:
        """Plan the photos in one batch and send the files; the plan."""
        self.project = self.project or self._post("/v1/projects", {"name": "Chaos"})["id"]
        files = [
            {"filename": photo.name, "content_type": "image/jpeg", "size_bytes": photo.stat().st_size}
            for photo in photos
        ]
        body = {"project_id": self.project, "defaults": {"style": "modern"}, "files": files}
        plan = self._post("/v1/uploads", body)
        self.batches.append(plan["batch_id"])
        if upload:
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(self.send, plan["items"], photos))
        return plan

    def send(self, item: Json, photo: Path) -> None:
        form = item["upload"]
        answer = httpx.post(
            form["url"], data=form["fields"], files={"file": photo.read_bytes()}, timeout=60, trust_env=False
        )
        answer.raise_for_status()

    def _post(self, path: str, body: Json) -> Json:
        for _ in range(20):
            answer = self.http.post(path, json=body)
            if answer.status_code < 500 and answer.status_code != 429:
                found: Json = answer.raise_for_status().json()
                return found
            time.sleep(0.5)
        raise TimeoutError(f"{path} kept answering {answer.status_code}")

    def rows(self, prefix: str = "") -> list[Json]:
        return query(self.cloud, f"USER#{self.name}", prefix)

    def finish(self) -> bool:
        """Let time pass, again and again, until nothing of this owner is in flight. False if that never comes."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            jobs = self.rows("JOB#")
            images = self.rows("IMAGE#")
            waiting = [each for each in jobs if each["status"] not in FINAL]
            waiting += [each for each in images if each["status"] == "awaiting_upload"]
            if not waiting:
                return True
            time.sleep(self.pause)
            self.pass_time()
        return False

    def pass_time(self) -> None:
        """Everything of this owner that will be looked at some day is looked at now."""
        table = aws.client("dynamodb", self.cloud.aws_endpoint)
        for row in self.rows():
            if not str(row.get("gsi2pk", "")).startswith("DUE#"):
                continue
            with contextlib.suppress(table.exceptions.ConditionalCheckFailedException):  # it moved on meanwhile
                table.update_item(
                    TableName=self.cloud.table,
                    Key={"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}},
                    UpdateExpression="SET due_at = :at, gsi2sk = :sort",
                    ConditionExpression="begins_with(gsi2pk, :due)",
                    ExpressionAttributeValues={
                        ":at": {"S": PAST},
                        ":sort": {"S": f"{PAST}#{row['sk'].partition('#')[2]}"},
                        ":due": {"S": "DUE#"},
                    },
                )
        invoke(self.cloud, "Sweep", {})


def query(cloud: Cloud, pk: str, prefix: str = "") -> list[Json]:
    """Rows of a partition, with plain values."""
    from boto3.dynamodb.types import TypeDeserializer

    table, read = aws.client("dynamodb", cloud.aws_endpoint), TypeDeserializer().deserialize
    pages = table.get_paginator("query").paginate(
        TableName=cloud.table,
        KeyConditionExpression="pk = :pk" + (" AND begins_with(sk, :sk)" if prefix else ""),
        ExpressionAttributeValues={":pk": {"S": pk}} | ({":sk": {"S": prefix}} if prefix else {}),
        ConsistentRead=True,
    )
    return [{name: read(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def invoke(cloud: Cloud, function: str, event: Json) -> None:
    """One call; what it raises is the function's own trouble, and logged there."""
    aws.client("lambda", cloud.aws_endpoint).invoke(
        FunctionName=cloud.functions[function], Payload=json.dumps(event).encode()
    )
