"""Queues and streams: each record by itself, and only what failed comes again."""

import pytest

from realstaging.event_records import Record, each, time_in_line


def _handle(record: Record) -> None:
    if record["body"] == "bad":
        raise KeyError("it")


def test_only_what_failed_is_reported_and_the_others_are_handled(caplog: pytest.LogCaptureFixture) -> None:
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(["a", "bad", "b", "bad"])]
    assert each({"Records": records}, _handle) == {
        "batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "3"}]
    }
    assert [entry.message for entry in caplog.records if entry.levelname == "ERROR"] == ["record failed"] * 2
    assert [entry.message for entry in caplog.records].count("record handled") == len(records)


def test_a_change_of_the_table_is_reported_by_its_sequence_number() -> None:
    record = {"eventID": "x", "dynamodb": {"SequenceNumber": "4711"}, "body": "bad"}
    assert each({"Records": [record]}, _handle) == {"batchItemFailures": [{"itemIdentifier": "4711"}]}


def test_in_a_stream_what_follows_a_failed_record_waits_for_it() -> None:
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(["a", "bad", "b", "bad"])]
    handled: list[str] = []

    def handle(record: Record) -> None:
        _handle(record)
        handled.append(record["body"])

    assert each({"Records": records}, handle, in_order=True) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert handled == ["a"]


def test_what_went_well_is_not_reported() -> None:
    assert each({"Records": [{"messageId": "1", "body": "a"}]}, _handle) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("sent", "read", "delay", "shall"),
    [(1000, 1009, 0, 0.009), (1000, 61_000, 0, 60), (1000, 61_000, 50, 10), (1000, 61_000, 90, 0)],
)
def test_a_message_knows_how_long_it_stood_in_line(sent: int, read: int, delay: int, shall: float) -> None:
    record = {"attributes": {"SentTimestamp": str(sent), "ApproximateFirstReceiveTimestamp": str(read)}}

    assert time_in_line(record, delay).total_seconds() == shall
    assert time_in_line({}, delay).total_seconds() == 0
