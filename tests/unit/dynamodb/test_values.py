"""Values and conditions are translated as boto3 would translate them."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as some

from realstaging.dynamodb.values import SerializedActions, attribute, value
from realstaging.models.jobs import JobStatus

plain = (
    some.none()
    | some.booleans()
    | some.integers(-(10**38) + 1, 10**38 - 1)
    | some.decimals(-(10**9), 10**9, places=4)
    | some.text()
    | some.binary()
    | some.sets(some.text(), min_size=1)
    | some.sets(some.integers(-(10**38) + 1, 10**38 - 1), min_size=1)
    | some.sets(some.binary(), min_size=1)
    | some.sampled_from(JobStatus)
)
values = some.recursive(plain, lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner), max_leaves=6)


@settings(max_examples=50)
@given(values)
def test_a_value_becomes_what_boto3_makes_of_it(given: Any) -> None:
    wire: Any = TypeSerializer().serialize(given)
    assert attribute(given) == wire
    assert value(wire) == TypeDeserializer().deserialize(wire)


UNFIT = [1.5, 10**38 + 1, Decimal("0." + "1" * 40), Decimal("Infinity"), object(), {"a", 1}, {None}]


@pytest.mark.parametrize("given", UNFIT)
def test_what_boto3_refuses_is_refused(given: Any) -> None:
    with pytest.raises(Exception) as ours:  # noqa: PT011 (whichever boto3 raises)
        attribute(given)
    with pytest.raises(ours.type):
        TypeSerializer().serialize(given)


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
