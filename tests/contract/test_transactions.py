"""Figures of transactions, for whoever asks for them."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Sample

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def indexed(sample: Sample) -> Iterator[str]:
    """A table with an index and a stream."""
    dynamodb, name = sample.client("dynamodb"), f"indexed-{uuid4().hex}"
    index = [{"AttributeName": "owner", "KeyType": "HASH"}]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "owner")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[{"IndexName": "by-owner", "KeySchema": index, "Projection": {"ProjectionType": "ALL"}}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    yield name
    dynamodb.delete_table(TableName=name)


def _written(sample: Sample, table: str, count: int = 1, **wanted: str) -> dict[str, Any]:
    rows = [{"pk": {"S": uuid4().hex}, "owner": {"S": "alice"}} for _ in range(count)]
    puts = [{"Put": {"TableName": table, "Item": row}} for row in rows]
    answer: dict[str, Any] = sample.client("dynamodb").transact_write_items(TransactItems=puts, **wanted)
    return answer


def test_whoever_asks_is_told_what_a_transaction_consumed(sample: Sample, indexed: str) -> None:
    assert "ConsumedCapacity" not in _written(sample, indexed)
    (total,) = _written(sample, indexed, 3, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    assert total == {"TableName": indexed, "CapacityUnits": 9.0, "WriteCapacityUnits": 6.0}
    (whole,) = _written(sample, indexed, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert whole["GlobalSecondaryIndexes"]["by-owner"]["WriteCapacityUnits"] == 1.0


def test_a_repeat_is_told_what_reading_it_costs(sample: Sample, indexed: str) -> None:
    row = {"pk": {"S": uuid4().hex}, "owner": {"S": "alice"}}
    call = {"TransactItems": [{"Put": {"TableName": indexed, "Item": row}}], "ClientRequestToken": uuid4().hex}
    wanted = {**call, "ReturnConsumedCapacity": "TOTAL"}
    first, again = (sample.client("dynamodb").transact_write_items(**wanted) for _ in range(2))
    assert first["ConsumedCapacity"][0]["WriteCapacityUnits"] == 2.0
    assert again["ConsumedCapacity"][0]["ReadCapacityUnits"] == 2.0


def test_whoever_asks_is_told_what_a_single_write_consumed(sample: Sample, indexed: str) -> None:
    answer = sample.client("dynamodb").put_item(
        TableName=indexed,
        Item={"pk": {"S": uuid4().hex}, "owner": {"S": "alice"}},
        ReturnConsumedCapacity="INDEXES",
    )
    assert answer["ConsumedCapacity"]["GlobalSecondaryIndexes"] == {"by-owner": {"CapacityUnits": 1.0}}


def test_every_record_of_the_stream_has_an_id_of_its_own(sample: Sample, indexed: str) -> None:
    _written(sample, indexed, 100)
    streams = sample.client("dynamodbstreams")
    stream = streams.list_streams(TableName=indexed)["Streams"][0]["StreamArn"]
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert len(records) >= 100
    assert len({record["eventID"] for record in records}) == len(records)
