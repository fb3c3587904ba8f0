"""A stage is destroyed only by its name, and what stays is said."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tools import destroy

OUTPUTS = {"TableName": "realstaging-dev-Table-1", "BucketName": "realstaging-dev-media", "ApiUrl": "https://api"}


@contextmanager
def stacks(stage: str, *, deleted: bool) -> Iterator[Any]:
    """CloudFormation with this stage; it is asked for nothing else."""
    client: Any = boto3.client("cloudformation", region_name="us-east-1")
    name = {"StackName": f"realstaging-{stage}"}
    with Stubber(client) as stub:
        stack = {
            "StackName": name["StackName"],
            "CreationTime": datetime.now(UTC),
            "StackStatus": "CREATE_COMPLETE",
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()],
        }
        stub.add_response("describe_stacks", {"Stacks": [stack]}, name)
        if deleted:
            stub.add_response("delete_stack", {}, name)
            stub.add_client_error("describe_stacks", "ValidationError", "it does not exist", expected_params=name)
        yield client
        stub.assert_no_pending_responses()


def test_a_stage_is_destroyed_and_what_stays_is_said() -> None:
    said: list[str] = []
    with stacks("dev", deleted=True) as client:
        destroy.destroy(client, "dev", lambda _: "dev", yes=False, say=said.append)

    assert (
        "Stays: table realstaging-dev-Table-1; bucket realstaging-dev-media; secrets under /realstaging/dev/ (SSM)."
        in said
    )


@pytest.mark.parametrize(("stage", "typed", "yes"), [("dev", "", False), ("prod", "y", True), ("prod", "dev", False)])
def test_without_the_stages_name_nothing_is_destroyed(stage: str, typed: str, yes: bool) -> None:
    with (
        stacks(stage, deleted=False) as client,
        pytest.raises(destroy.NotDestroyedError, match="not the stage's name"),
    ):
        destroy.destroy(client, stage, lambda _: typed, yes=yes, say=lambda _: None)


def test_a_stage_other_than_prod_can_be_destroyed_without_asking() -> None:
    def ask(_: str) -> str:
        raise AssertionError("nobody is there")

    with stacks("dev", deleted=True) as client:
        destroy.destroy(client, "dev", ask, yes=True, say=lambda _: None)


def test_a_stage_that_is_not_there_is_named() -> None:
    client: Any = boto3.client("cloudformation", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_client_error("describe_stacks", "ValidationError", "it does not exist")
        with pytest.raises(destroy.NotDestroyedError, match="no stack realstaging-dev"):
            destroy.stack_of(client, "dev")
