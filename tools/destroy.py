"""Deletes a stage's stack, and says what is kept: the table, the buckets, the secrets.

make destroy STAGE=dev [YES=1]     prod always wants its name typed
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError

from tools.reconcile import region_of

KEPT = {"TableName": "table", "BucketName": "bucket", "PageBucket": "bucket of the page"}


class NotDestroyedError(Exception):
    """Nothing, or not everything, was deleted; the message says why."""


def stack_of(stacks: Any, stage: str) -> dict[str, str]:
    """The outputs of a stage's stack."""
    try:
        (stack,) = stacks.describe_stacks(StackName=f"realstaging-{stage}")["Stacks"]
    except ClientError as error:
        raise NotDestroyedError(f"There is no stack realstaging-{stage} here.") from error
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def kept(stage: str, outputs: dict[str, str]) -> list[str]:
    named = [f"{what} {outputs[output]}" for output, what in KEPT.items() if output in outputs]
    return [*named, f"secrets under /realstaging/{stage}/ (SSM)"]


def refuse_unless_named(stage: str, ask: Callable[[str], str], *, yes: bool) -> None:
    """prod is named by a person, each time."""
    if yes and stage != "prod":
        return
    if ask(f"Type the stage's name to destroy it ({stage}): ").strip() != stage:
        raise NotDestroyedError("Not destroyed: that is not the stage's name.")


def destroy(stacks: Any, stage: str, ask: Callable[[str], str], *, yes: bool, say: Callable[[str], None]) -> None:
    outputs = stack_of(stacks, stage)
    say(f"Goes: the stack realstaging-{stage}: functions, APIs, queues with their messages, logs, alarms, dashboards.")
    say("Stays: " + "; ".join(kept(stage, outputs)) + ".")
    refuse_unless_named(stage, ask, yes=yes)
    stacks.delete_stack(StackName=f"realstaging-{stage}")
    try:
        stacks.get_waiter("stack_delete_complete").wait(StackName=f"realstaging-{stage}")
    except WaiterError as error:
        raise NotDestroyedError(
            f"The stack realstaging-{stage} was not deleted in whole; see its events. {error}"
        ) from error
    say("Destroyed. docs/restore.md says how to delete what stays, or use it again.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--yes", action="store_true", help="without asking; not for prod")
    given = parser.parse_args()
    try:
        if not (region := region_of(given.stage)):
            raise NotDestroyedError("No region is set: set AWS_REGION, or `region` in samconfig.toml or your profile.")
        destroy(boto3.client("cloudformation", region_name=region), given.stage, input, yes=given.yes, say=print)
    except (NotDestroyedError, EOFError) as error:
        print(str(error) or "Not destroyed: nobody typed the stage's name.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
