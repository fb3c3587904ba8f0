"""The table: time to live from the template, and the transactions that quotas rely on (tables)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Sample

pytestmark = pytest.mark.contract


def test_time_to_live_is_on(sample: Sample) -> None:
    told = sample.client("dynamodb").describe_time_to_live(TableName=sample.names["Table"])
    assert told["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def _puts(sample: Sample, run: str, count: int) -> list[dict[str, Any]]:
    return [
        {
            "Put": {
                "TableName": sample.names["Table"],
                "Item": {"pk": {"S": run}, "sk": {"S": f"ROW#{number:03}"}},
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        for number in range(count)
    ]


def test_a_hundred_actions_are_one_transaction_or_none(sample: Sample) -> None:
    dynamodb, run = sample.client("dynamodb"), uuid4().hex
    dynamodb.put_item(
        TableName=sample.names["Table"], Item={"pk": {"S": run}, "sk": {"S": "ROW#099"}, "is": {"S": "old"}}
    )
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as refused:
        dynamodb.transact_write_items(TransactItems=_puts(sample, run, 100))
    reasons = refused.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None"] * 99 + ["ConditionalCheckFailed"]
    assert reasons[99]["Item"]["is"] == {"S": "old"}
    query = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": run}}}
    assert dynamodb.query(TableName=sample.names["Table"], **query)["Count"] == 1
    dynamodb.transact_write_items(TransactItems=_puts(sample, uuid4().hex, 100))


def test_a_failed_condition_can_show_the_row_that_was_there(sample: Sample) -> None:
    dynamodb, key = sample.client("dynamodb"), {"pk": {"S": uuid4().hex}, "sk": {"S": "ROW"}}
    dynamodb.put_item(TableName=sample.names["Table"], Item=key | {"version": {"N": "7"}})
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as refused:
        dynamodb.put_item(
            TableName=sample.names["Table"],
            Item=key,
            ConditionExpression="version = :v",
            ExpressionAttributeValues={":v": {"N": "6"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert refused.value.response["Item"]["version"] == {"N": "7"}
