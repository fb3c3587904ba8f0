"""Actions are translated as boto3 would translate them, and boto3 leaves them alone."""

import copy
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as some

from realstaging.models.jobs import JobStatus
from realstaging.stores.serialization import SerializedActions, attribute

plain = (
    some.none()
    | some.booleans()
    | some.integers(-(10**38) + 1, 10**38 - 1)
    | some.decimals(-(10**9), 10**9, places=4)
    | some.text()
    | some.binary()
    | some.sets(some.text(), min_size=1)
    | some.sampled_from(JobStatus)
)
values = some.recursive(plain, lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner), max_leaves=6)


@settings(max_examples=50)
@given(values)
def test_a_value_becomes_what_boto3_makes_of_it(value: Any) -> None:
    assert attribute(value) == TypeSerializer().serialize(value)


@pytest.mark.parametrize("value", [1.5, 10**38 + 1, Decimal("0." + "1" * 40), object()])
def test_what_boto3_refuses_is_refused(value: Any) -> None:
    with pytest.raises(Exception) as ours:  # noqa: PT011 (whichever boto3 raises)
        attribute(value)
    with pytest.raises(ours.type):
        TypeSerializer().serialize(value)


def test_of_an_action_only_its_rows_are_translated() -> None:
    key = {"pk": "USER#alice", "sk": "JOB#1"}
    bound = {"ConditionExpression": "#v = :v", "ExpressionAttributeNames": {"#v": "version"}}
    actions = SerializedActions(
        [
            {"Update": {"TableName": "table", "Key": key, "ExpressionAttributeValues": {":v": 7}, **bound}},
            {"Put": {"TableName": "table", "Item": {**key, "ready": True}}},
        ]
    )
    wire = {"pk": {"S": "USER#alice"}, "sk": {"S": "JOB#1"}}
    assert list(actions) == [
        {"Update": {"TableName": "table", "Key": wire, "ExpressionAttributeValues": {":v": {"N": "7"}}, **bound}},
        {"Put": {"TableName": "table", "Item": {**wire, "ready": {"BOOL": True}}}},
    ]
    assert len(actions) == 2


def test_translated_actions_are_not_copied() -> None:
    actions = SerializedActions([])
    assert copy.deepcopy({"TransactItems": actions})["TransactItems"] is actions
