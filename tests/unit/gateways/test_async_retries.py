"""Functions are called again by their alias, and known without it: a letter may name either."""

import boto3
from botocore.stub import Stubber

from realstaging.gateways.dead_letters import AsyncRetries

SWEEP = "arn:aws:lambda:eu-central-1:123456789012:function:sweep"


def test_a_function_is_called_by_its_alias() -> None:
    client = boto3.client("lambda", region_name="eu-central-1")
    reruns = AsyncRetries(client, [f"{SWEEP}:live"])
    with Stubber(client) as stub:
        asked = {"FunctionName": f"{SWEEP}:live", "InvocationType": "Event", "Payload": b"{}"}
        stub.add_response("invoke", {"StatusCode": 202}, asked)
        reruns.call(SWEEP, {})

        stub.assert_no_pending_responses()
    assert reruns.allows(SWEEP)
    assert not reruns.allows("arn:aws:lambda:eu-central-1:123456789012:function:purge")
