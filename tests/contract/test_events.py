"""What reaches a function from the stream, the queue and the bucket (streams, queues)."""

import json
import time
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from tests.contract.conftest import Sample, eventually

pytestmark = pytest.mark.contract


@pytest.fixture
def key() -> Callable[[str], str]:
    """Names of this test alone."""
    run = uuid4().hex[:8]
    return lambda name: f"{name}-{run}"


def send(sample: Sample, name: str, group: str | None = None, delay: int = 0, **more: object) -> None:
    optional = {"MessageGroupId": group} if group else {}
    sample.client("sqs").send_message(
        QueueUrl=sample.names["Queue"],
        MessageBody=json.dumps({"name": name, **more}),
        DelaySeconds=delay,
        **optional,
    )


def test_the_stream_delivers_what_its_filter_lets_through(sample: Sample, key: Callable[[str], str]) -> None:
    sample.put(f"PROFILE#{key('x')}")
    for kind in ("JOB", "IMAGE"):
        sample.put(f"{kind}#{key('x')}")
        sample.await_seen("stream", f"{kind}#{key('x')}")
    sample.put(f"JOB#{key('x')}", again="1")
    eventually(lambda: sample.await_seen("stream", f"JOB#{key('x')}")["times"] == "2")
    assert sample.seen("stream", f"PROFILE#{key('x')}") is None


def test_one_poison_record_is_set_aside_and_all_others_arrive(sample: Sample, key: Callable[[str], str]) -> None:
    table, names = sample.names["Table"], [f"JOB#{key(str(number))}" for number in range(6)]
    items = [{"pk": {"S": "OWNER#bob"}, "sk": {"S": name}} for name in names]
    items[2]["raise"] = {"S": "1"}
    sample.client("dynamodb").batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in items]})
    for name in names:
        sample.await_seen("stream", name)
    failure = json.loads(sample.await_message("StreamFailures")["Body"])
    assert failure["DDBStreamBatchInfo"]["batchSize"] == 1
    assert failure["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_record_reported_as_failed_is_tried_again_then_set_aside(sample: Sample, key: Callable[[str], str]) -> None:
    sample.put(f"JOB#{key('refused')}", refuse="1")
    sample.await_message("StreamFailures")
    assert sample.await_seen("stream", f"JOB#{key('refused')}")["times"] == "3"  # and two retries
    sample.put(f"JOB#{key('next')}")
    sample.await_seen("stream", f"JOB#{key('next')}")


def test_the_queue_is_served_while_a_stream_handler_is_busy(sample: Sample, key: Callable[[str], str]) -> None:
    sample.put(f"JOB#{key('busy')}", seconds="5")
    sample.await_seen("stream", f"JOB#{key('busy')}")
    send(sample, key("meanwhile"))
    sample.await_seen("queue", key("meanwhile"))
    assert sample.seen("stream-done", f"JOB#{key('busy')}") is None


def test_fair_queues_take_a_group_and_deliver_it(sample: Sample, key: Callable[[str], str]) -> None:
    for number in range(3):
        send(sample, key(f"fair{number}"), group="alice")
    for number in range(3):
        noted = sample.await_seen("queue", key(f"fair{number}"))
        assert json.loads(noted["more"])["attributes"]["MessageGroupId"] == "alice"


def test_one_message_of_a_quiet_group_does_not_wait_for_a_hundred_of_a_noisy_one(sample: Sample) -> None:
    sqs, queue = sample.client("sqs"), sample.names["StreamFailures"]
    for number in range(100):
        sqs.send_message(QueueUrl=queue, MessageBody=f"noisy {number}", MessageGroupId="noisy")
    sqs.send_message(QueueUrl=queue, MessageBody="quiet", MessageGroupId="quiet")
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=3)["Messages"]
    assert [message["Body"] for message in received] == ["noisy 0", "quiet", "noisy 1"]
    sqs.purge_queue(QueueUrl=queue)


def test_a_delayed_message_comes_later_and_comes(sample: Sample, key: Callable[[str], str]) -> None:
    sent = time.time()
    send(sample, key("delayed"), delay=1)
    assert float(sample.await_seen("queue", key("delayed"))["at_time"]) >= sent + 1


def test_a_failed_upload_event_is_delivered_again(sample: Sample, key: Callable[[str], str]) -> None:
    s3, bucket = sample.client("s3"), sample.names["Bucket"]
    s3.put_object(Bucket=bucket, Key=f"elsewhere/{key('x')}", Body=b"1")
    s3.put_object(Bucket=bucket, Key=f"uploads/{key('fail-once')}", Body=b"1")
    eventually(lambda: sample.await_seen("bucket", f"uploads/{key('fail-once')}")["times"] == "2")
    assert sample.seen("bucket", f"elsewhere/{key('x')}") is None


def test_fifty_uploads_at_once_all_arrive(sample: Sample, key: Callable[[str], str]) -> None:
    s3, names = sample.client("s3"), [f"uploads/{key(str(number))}" for number in range(50)]
    for name in names:
        s3.put_object(Bucket=sample.names["Bucket"], Key=name, Body=b"1")
    for name in names:
        assert sample.await_seen("bucket", name)["times"] == "1"


def test_a_presigned_post_is_held_to_its_conditions_and_its_signature(
    sample: Sample, key: Callable[[str], str]
) -> None:
    post = sample.client("s3").generate_presigned_post(
        sample.names["Bucket"],
        f"uploads/{key('posted')}",
        Fields={"Content-Type": "image/jpeg"},
        Conditions=[{"Content-Type": "image/jpeg"}, ["content-length-range", 1, 10]],
    )

    def answer(body: bytes, **changed: str) -> int:
        fields = post["fields"] | {name.replace("_", "-"): value for name, value in changed.items()}
        return httpx.post(post["url"], data=fields, files={"file": body}, trust_env=False).status_code

    assert answer(b"12345678901") == 400
    assert answer(b"1", key="uploads/another") == 403
    assert answer(b"1", x_amz_signature="0" * 64) == 403
    assert answer(b"1", Content_Type="text/html") == 403
    assert answer(b"1") == 204
    sample.await_seen("bucket", f"uploads/{key('posted')}")
