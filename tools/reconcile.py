"""Compares billing with Stripe now, in the local cloud or a deployed stage, and shows what was different.

    make reconcile [STAGE=dev] [PRICES=check|sync]

Ends with 1 if anything was, so that a deployment with wrong prices does not pass for a good one.
"""

import argparse
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from rich.console import Console
from rich.table import Table

from local import aws, state

Json = dict[str, Any]
FUNCTION = "Reconcile"
SAMCONFIG = Path(__file__).resolve().parents[1] / "samconfig.toml"
# One run of the function, and no second one because an answer took its time.
PATIENT = Config(read_timeout=330, retries={"max_attempts": 1})
RUNS = 100
NOT_SET_UP = (
    "Billing is not set up here: there is no Stripe secret key yet, so nothing was compared. "
    "docs/billing.md says how to set it up; everything else works without it."
)
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
    """With the caller's account, and the region the stage is deployed to."""
    region = region_of(stage)
    if region is None:
        raise NotComparedError("No region is set: set AWS_REGION, or `region` in samconfig.toml or your profile.")
    stack = f"realstaging-{stage}"
    try:
        resource = boto3.client("cloudformation", region_name=region).describe_stack_resource(
            StackName=stack, LogicalResourceId=FUNCTION
        )
    except ClientError as error:
        raise NotComparedError(f"The stack {stack} cannot be read in {region}: {error}") from error
    name = str(resource["StackResourceDetail"]["PhysicalResourceId"])
    return boto3.client("lambda", region_name=region, config=PATIENT), name


def region_of(stage: str) -> str | None:
    """boto3 reads AWS_DEFAULT_REGION and the profile only; SAM also reads AWS_REGION and samconfig.toml."""
    named = [os.environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION")]
    found = next(filter(None, [*named, _configured_region(stage), boto3.session.Session().region_name]), None)
    return str(found) if found else None


def _configured_region(stage: str) -> Any:
    stages = tomllib.loads(SAMCONFIG.read_text())
    tables = (stages.get(name, {}).get(command, {}) for name in (stage, "default") for command in ("deploy", "global"))
    return next((region for each in tables if (region := each.get("parameters", {}).get("region"))), None)


def prices(client: Any, name: str, order: str) -> Json:
    return invoked(client, name, {"prices": order})


def reconciled(client: Any, name: str) -> Json:
    """Run after run, until everything was looked at."""
    whole: Json = {"looked": 0, "differences": []}
    for _ in range(RUNS):
        answer = invoked(client, name, {})
        if not answer.get("set_up", True):
            return answer
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
    if not answer.get("set_up", True):
        console.print(NOT_SET_UP, style="yellow", markup=False, highlight=False)
        return 0
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
