"""Compares billing with Stripe now, in the local cloud or a deployed stage, and shows what was different.

    make reconcile [STAGE=dev] [PRICES=check|sync]

Ends with 1 if anything was, so that a deployment with wrong prices does not pass for a good one.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from rich.console import Console
from rich.table import Table

from local import aws, state

Json = dict[str, Any]
FUNCTION = "Reconcile"
# One run of the function, and no second one because an answer took its time.
PATIENT = Config(read_timeout=330, retries={"max_attempts": 1})
RUNS = 100
COLUMNS = ("kind", "owner", "customer", "was", "now", "repaired")


class NotComparedError(Exception):
    """The comparison could not be made; the message says why."""


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--stage", help="a deployed stage; left out: the local cloud")
    asked.add_argument("--dir", type=Path, default=Path(".local"), help="where the local cloud runs")
    asked.add_argument("--prices", choices=("check", "sync"), help="only the prices: look, or make what is missing")
    given = asked.parse_args()
    console = Console(stderr=True)
    try:
        client, name = deployed(given.stage) if given.stage else running(given.dir)
        answer = prices(client, name, given.prices) if given.prices else reconciled(client, name)
    except NotComparedError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    return show(answer, Console())


def running(directory: Path) -> tuple[Any, str]:
    cloud = state.read(directory.resolve())
    if cloud is None:
        raise NotComparedError("No local cloud runs here: start one with `make dev`, or name a stage.")
    client = boto3.client(
        "lambda",
        endpoint_url=cloud.aws_endpoint,
        region_name=aws.REGION,
        aws_access_key_id=aws.ACCESS_KEY,
        aws_secret_access_key=aws.SECRET_KEY,
        config=PATIENT,
    )
    return client, cloud.functions[FUNCTION]


def deployed(stage: str) -> tuple[Any, str]:
    """With the account and region of whoever asks."""
    if not os.environ.get("AWS_REGION") and not boto3.session.Session().region_name:
        raise NotComparedError("AWS_REGION is not set.")
    stack = f"realstaging-{stage}"
    resource = boto3.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=FUNCTION)
    return boto3.client("lambda", config=PATIENT), str(resource["StackResourceDetail"]["PhysicalResourceId"])


def prices(client: Any, name: str, order: str) -> Json:
    return invoked(client, name, {"prices": order})


def reconciled(client: Any, name: str) -> Json:
    """Run after run, until everything was looked at."""
    whole: Json = {"looked": 0, "differences": []}
    for _ in range(RUNS):
        answer = invoked(client, name, {})
        whole["looked"] += answer["looked"]
        whole["differences"] += answer["differences"]
        if answer["done"]:
            return whole | {"price_complaints": answer["price_complaints"]}
    raise NotComparedError(f"Not through after {RUNS} runs; the next one goes on where this one stopped.")


def invoked(client: Any, name: str, event: Json) -> Json:
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    page: Json = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise NotComparedError(f"{page.get('errorType')}: {page.get('errorMessage')}")
    return page


def show(answer: Json, console: Console) -> int:
    if found := answer.get("differences"):
        table = Table()
        for name in COLUMNS:
            table.add_column(name, overflow="fold")  # ids are there to be copied
        for each in found:
            table.add_row(*(str(each[name] if each[name] is not None else "") for name in COLUMNS))
        console.print(table)
    for plan in answer.get("prices_made", []):
        console.print(f"made a price for {plan}", highlight=False)
    for complaint in answer["price_complaints"]:
        console.print(complaint, style="red", markup=False, highlight=False)
    if "looked" in answer:
        console.print(f"{answer['looked']} subscriptions and accounts, {len(found or [])} differences", highlight=False)
    wrong = bool(found or answer["price_complaints"])
    if not wrong:
        console.print("billing: as Stripe has it", style="green", highlight=False)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
