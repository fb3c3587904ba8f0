"""One table, and a client whose calls take and give Python's values."""

from types import SimpleNamespace
from typing import Any

from realstaging.dynamodb.conditions import Condition, written
from realstaging.dynamodb.values import SerializedActions, attributes, plain

CONDITIONS = ("KeyConditionExpression", "FilterExpression", "ConditionExpression")
SENT = ("Key", "Item", "ExpressionAttributeValues", "ExclusiveStartKey")  # parameters that are rows, or parts of them
GOT = ("Item", "Attributes", "LastEvaluatedKey")

Call = dict[str, Any]


class Table:
    """`meta.client` is where boto3 has it."""

    def __init__(self, client: Any, name: str) -> None:
        self.name, self.meta = name, SimpleNamespace(client=translating(client))

    def get_item(self, **call: Any) -> Call:
        return self._answer("get_item", call)

    def put_item(self, **call: Any) -> Call:
        return self._answer("put_item", call)

    def update_item(self, **call: Any) -> Call:
        return self._answer("update_item", call)

    def delete_item(self, **call: Any) -> Call:
        return self._answer("delete_item", call)

    def query(self, **call: Any) -> Call:
        return self._answer("query", call)

    def scan(self, **call: Any) -> Call:
        return self._answer("scan", call)

    def _answer(self, operation: str, call: Call) -> Call:
        answer: Call = getattr(self.meta.client, operation)(TableName=self.name, **call)
        return answer


def translating[C](client: C) -> C:
    """A client of DynamoDB with rows and conditions in its calls, and rows in its answers. It must not validate."""
    events = client.meta.events  # type: ignore[attr-defined]
    events.register("provide-client-params.dynamodb", _sent)
    events.register("after-call.dynamodb", _got)
    return client


def _sent(params: Call, **_: Any) -> Call:
    """The call on the wire; the caller's own is left as it is."""
    sent = dict(params)
    for name in CONDITIONS:
        if isinstance(condition := sent.get(name), Condition):
            # Placeholders are numbered within one expression; a call with two has them apart.
            mark = name[0].lower()
            text, names, values = written(condition, mark)
            sent[name] = text
            sent["ExpressionAttributeNames"] = sent.get("ExpressionAttributeNames", {}) | names
            sent["ExpressionAttributeValues"] = sent.get("ExpressionAttributeValues", {}) | values
    for name in SENT:
        if name in sent:
            sent[name] = attributes(sent[name])
    if "RequestItems" in sent:
        sent["RequestItems"] = {table: _requests(each) for table, each in sent["RequestItems"].items()}
    if "TransactItems" in sent and not isinstance(sent["TransactItems"], SerializedActions):
        sent["TransactItems"] = SerializedActions(sent["TransactItems"])
    return sent


def _requests(wanted: Any) -> Any:
    """Of one table: the keys to read, or the writes."""
    if isinstance(wanted, dict):
        return wanted | {"Keys": [attributes(key) for key in wanted["Keys"]]}
    return list(SerializedActions(wanted))


def _got(parsed: Call, **_: Any) -> None:
    """Only answers: a refusal is read with `plain` where somebody wants to know."""
    if "Error" in parsed:
        return
    for name in GOT:
        if name in parsed:
            parsed[name] = plain(parsed[name])
    if "Items" in parsed:
        parsed["Items"] = [plain(each) for each in parsed["Items"]]
    if isinstance(found := parsed.get("Responses"), dict):
        parsed["Responses"] = {table: [plain(each) for each in rows] for table, rows in found.items()}
    for each in parsed.get("UnprocessedKeys", {}).values():
        each["Keys"] = [plain(key) for key in each["Keys"]]
    for table, writes in parsed.get("UnprocessedItems", {}).items():
        parsed["UnprocessedItems"][table] = [
            {kind: {name: plain(row) for name, row in parts.items()} for kind, parts in write.items()}
            for write in writes
        ]
