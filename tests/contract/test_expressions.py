"""Expressions are read once: what they say of each row stays the same."""

from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.contract.conftest import Sample

pytestmark = pytest.mark.contract

ROWS = ["IMAGE#1", "IMAGE#2", "JOB#1", "JOB#11", "JOB#2", "PROFILE"]


@pytest.fixture(scope="module")
def owner(sample: Sample) -> str:
    """Somebody with a few rows; a stranger has one too."""
    one, stranger = uuid4().hex, uuid4().hex
    for pk, sk in [(stranger, "JOB#3"), *((one, sk) for sk in ROWS)]:
        sample.client("dynamodb").put_item(
            TableName=sample.names["Table"], Item={"pk": {"S": pk}, "sk": {"S": sk}, "kind": {"S": sk[:3]}}
        )
    return one


def _found(sample: Sample, condition: str, owner: str, values: dict[str, str]) -> list[str]:
    names = {name: key for name, key in (("#p", "pk"), ("#s", "sk")) if name in condition}
    query = {
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in [("owner", owner), *values.items()]},
        **({"ExpressionAttributeNames": names} if names else {}),
    }
    items = sample.client("dynamodb").query(TableName=sample.names["Table"], **query)["Items"]
    assert all(item["pk"]["S"] == owner for item in items)
    return [item["sk"]["S"] for item in items]


@pytest.mark.parametrize(
    ("condition", "values", "rows"),
    [
        ("#p = :owner", {}, ROWS),
        ("pk = :owner", {}, ROWS),
        ("(#p = :owner AND begins_with(#s, :a))", {"a": "JOB#"}, ROWS[2:5]),
        ("#p = :owner AND begins_with(#s, :a)", {"a": "JOB#1"}, ROWS[2:4]),
        ("#p = :owner AND begins_with(#s, :a)", {"a": "SOCKET#"}, []),
        ("pk = :owner AND begins_with(sk, :a)", {"a": "IMAGE#"}, ROWS[:2]),
        ("#p = :owner AND #s = :a", {"a": "JOB#1"}, ROWS[2:3]),
        ("#p = :owner AND #s < :a", {"a": "JOB#1"}, ROWS[:2]),
        ("#p = :owner AND #s BETWEEN :a AND :b", {"a": "JOB#1", "b": "JOB#2"}, ROWS[2:5]),
    ],
)
def test_a_query_finds_what_its_key_condition_says(
    sample: Sample, owner: str, condition: str, values: dict[str, str], rows: list[str]
) -> None:
    for _ in range(2):  # the second time from memory
        assert _found(sample, condition, owner, values) == rows


def test_the_same_words_with_other_names_and_values_are_another_condition(sample: Sample) -> None:
    key = {"pk": {"S": uuid4().hex}, "sk": {"S": "ROW"}}
    table = {"TableName": sample.names["Table"]}
    dynamodb = sample.client("dynamodb")
    dynamodb.put_item(Item=key | {"a": {"N": "1"}, "b": {"N": "2"}}, **table)

    def holds(name: str, value: str) -> bool:
        asked = {"ExpressionAttributeNames": {"#x": name}, "ExpressionAttributeValues": {":x": {"N": value}}}
        try:
            dynamodb.update_item(
                Key=key, UpdateExpression="SET c = :x", ConditionExpression="#x = :x", **asked, **table
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    assert [holds(*asked) for asked in (("a", "1"), ("b", "1"), ("b", "2"), ("a", "2"))] == [True, False, True, False]


def test_a_malformed_condition_is_refused_every_time(sample: Sample) -> None:
    refused: list[Any] = []
    for _ in range(2):
        with pytest.raises(ClientError) as error:
            sample.client("dynamodb").put_item(
                TableName=sample.names["Table"],
                Item={"pk": {"S": uuid4().hex}, "sk": {"S": "ROW"}},
                ConditionExpression="attribute_not_exists(pk",
            )
        refused.append(error.value.response["Error"])
    assert refused[0]["Code"] == "ValidationException"
    assert refused[0] == refused[1]


def test_a_key_of_another_type_is_refused(sample: Sample) -> None:
    with pytest.raises(ClientError, match="does not match schema type"):
        sample.client("dynamodb").query(
            TableName=sample.names["Table"],
            KeyConditionExpression="#p = :p",
            ExpressionAttributeNames={"#p": "pk"},
            ExpressionAttributeValues={":p": {"N": "1"}},
        )
