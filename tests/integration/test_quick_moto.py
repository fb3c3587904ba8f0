"""Moto as tests here use it answers as moto does, to right calls and to wrong ones."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.support.moto_speedups import quicken
from tests.support.table_template import table_shape

TABLE = {"TableName": "table"}
OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
ONE, TWO, TEXT = {"N": "1"}, {"N": "2"}, {"S": "q"}
# Its time, its request's id, and what depends on those.
OF_THE_MOMENT = {"date", "x-amzn-requestid", "x-amz-crc32"}


def key(sk: str) -> dict[str, Any]:
    return {"pk": {"S": "a"}, "sk": {"S": sk}}


def words(condition: str | None, names: dict[str, str] | None, values: dict[str, Any] | None) -> dict[str, Any]:
    given = {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    return {name: value for name, value in given.items() if value}


def put(sk: str, condition: str | None = None, **row: Any) -> dict[str, Any]:
    return TABLE | OLD | {"Item": key(sk) | row} | words(condition, None, None)


def update(
    expression: str, condition: str | None = None, names: dict[str, str] | None = None, *, sk: str = "1", **values: Any
) -> dict[str, Any]:
    given = {f":{name}": value for name, value in values.items()}
    return TABLE | OLD | {"Key": key(sk), "UpdateExpression": expression} | words(condition, names, given)


def found(condition: str, **values: Any) -> dict[str, Any]:
    given = {":p": {"S": "a"}} | {f":{name}": value for name, value in values.items()}
    return TABLE | {
        "KeyConditionExpression": "pk = :p",
        "FilterExpression": condition,
        "ExpressionAttributeValues": given,
    }


SET = "SET n = :v"
ROW: dict[str, Any] = {
    "n": ONE,
    "m": {"M": {"x": TEXT, "l": {"L": [ONE, {"BOOL": True}, {"NULL": True}]}}},
    "b": {"B": b"abc"},
}
MOVE = "SET #n = :v, m.x = :s ADD cnt :one REMOVE zz"
WAS = "#n = :old AND (attribute_exists(pk) OR begins_with(sk, :s))"

PUTS = [
    put("1", **ROW, ss={"SS": ["a", "b"]}),
    put("1", "attribute_not_exists(pk)"),
    put("large", a={"S": "x" * 300_000}, c={"S": "x" * 104_000}),
    put("larger", a={"S": "x" * 300_000}, c={"S": "x" * 106_000}),
    put("empty", gsi2pk={"S": ""}),
]
UPDATES = [
    update(MOVE, WAS, {"#n": "n"}, v=TWO, old=ONE, s=TEXT, one=ONE),
    update(MOVE, WAS, {"#n": "n"}, v=ONE, old=TWO, s=TEXT, one=ONE),
    update(MOVE, WAS, {"#n": "n"}, v=ONE, old=TWO, s=TEXT, one=ONE),
    update("SET n = if_not_exists(q, :v) + :v, l = list_append(m.l, :l)", v=ONE, l={"L": [TWO]}),
    update("SET n = missing + :v", v=ONE),
    update("SET n = :v, n = :v", v=ONE),
    update("SET n = :v SET k = :v", v=ONE),
    update("SET pk = :v", v=TEXT),
    update("SET name = :v", v=ONE),
    update("SET n = :w", v=ONE),
    update(SET, None, {"#unused": "x"}, v=ONE),
    update(SET, v=ONE, unused=ONE),
    update(SET, "((n = :v))", v=ONE),
    update(SET, "name = :v", v=ONE),
    update(SET, "n = :w", v=ONE),
    update(SET, "n = ", v=ONE),
    update("SET n = :v, m.k = :v", sk="new", v=ONE),
    update("SET n = :v ADD ss :ss", sk="new", v=ONE, ss={"SS": ["u"]}),
    update("DELETE ss :ss", sk="new", ss={"SS": ["u"]}),
    update("SET d = :v", sk="large", v={"S": "x" * 5000}),
]
TRANSACTIONS = [
    [{"Put": put("2", n=ONE)}, {"Update": update(SET, v=TWO)}],
    [{"Put": put("3")}, {"Update": update(SET, "n = :o", v=ONE, o=ONE)}, {"Put": put("2", "attribute_not_exists(pk)")}],
    [{"Update": update(SET, v={"N": "9"})}, {"Put": put("2", "attribute_not_exists(pk)")}],
    [{"Put": put("3", n=ONE)}, {"Put": put("3", n=TWO)}],
    [{"Put": put("4")}, {"ConditionCheck": TABLE | {"Key": key("1")} | words("n = :o", None, {":o": TWO})}],
    [{"Delete": TABLE | {"Key": key("2")}}, {"Update": update("SET n = missing + :v", v=ONE)}],
    [{"Update": update(SET, sk="5", v=ONE)}, {"Update": update(SET, sk="5", v=ONE)}],
]
FOUND = [
    found("n BETWEEN :low AND :high OR n IN (:low, :high) OR size(sk) > :high", low=ONE, high=TWO),
    found("n BETWEEN :low AND :high OR n IN (:low, :high) OR size(sk) > :high", low=TWO, high=TWO),
    found("n BETWEEN :low AND :high", low=ONE, high={"NULL": True}),
    found("contains(ss, :one) AND NOT attribute_type(m, :kind)", one=TEXT, kind={"S": "S"}),
]


def calls(client: Any) -> Iterator[Any]:
    steps: list[tuple[Any, list[dict[str, Any]]]] = [
        (client.put_item, PUTS),
        (client.update_item, [each | {"ReturnValues": "ALL_NEW"} for each in UPDATES]),
        (client.transact_write_items, [{"TransactItems": each} for each in TRANSACTIONS]),
        (client.query, FOUND),
        (client.delete_item, [TABLE | {"Key": key("1"), "ReturnValues": "ALL_OLD"}]),
        (client.scan, [TABLE | {"Limit": 3}, TABLE, {"TableName": "none"}]),
    ]
    for method, all_given in steps:
        for given in all_given:
            try:
                yield method(**given)
            except ClientError as error:
                yield error.response
            except (KeyError, ValueError, IndexError) as error:  # moto's own, of expressions that DynamoDB refuses
                yield {"ResponseMetadata": {}, "Error": {"Message": repr(error)}}


def answers() -> list[Any]:
    with mock_aws():
        client: Any = boto3.client("dynamodb")
        client.create_table(**TABLE, **table_shape())
        made = list(calls(client))
    for each in made:
        about = each["ResponseMetadata"]
        about.pop("RequestId", None)
        headers = about.get("HTTPHeaders", {})
        about["HTTPHeaders"] = {name: value for name, value in headers.items() if name not in OF_THE_MOMENT}
    return made


def test_quick_moto_answers_as_moto(quick_moto: pytest.MonkeyPatch) -> None:
    quick = answers()
    quick_moto.undo()
    try:
        plain = answers()
    finally:
        quicken(quick_moto)

    assert quick == plain
    assert len({each.get("Error", {}).get("Message") for each in plain}) > 15
