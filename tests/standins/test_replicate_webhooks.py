"""Webhooks of the Replicate stand-in: signed as the vendor's package wants, retried, and broken on demand."""

import time
from datetime import datetime, timedelta

import pytest
from replicate.webhook import InvalidSignatureError, Webhooks, WebhookSigningSecret, WebhookValidationError

from tests.support.replicate_customer import Customer
from tests.support.waits import wait_until
from tests.support.webhook_receiver import Call


def check(call: Call, customer: Customer) -> None:
    Webhooks.validate(
        headers=call.headers, body=call.body, secret=WebhookSigningSecret(key=customer.secret), tolerance=300
    )


def test_the_vendors_package_accepts_our_signature(customer: Customer) -> None:
    made = customer.create_with_webhook()
    [call] = customer.receiver.wait_for(1)
    check(call, customer)
    assert call.path == "/hook/job_1/1"
    assert call.page == customer.get(made["id"])


def test_who_asks_for_every_event_gets_every_event(customer: Customer) -> None:
    customer.create(webhook=f"{customer.receiver.url}/hook")
    calls = customer.receiver.wait_for(4)
    assert sum(call.page["status"] == "succeeded" for call in calls) >= 1
    assert len({call.headers["webhook-id"] for call in calls}) == 4
    for call in calls:
        check(call, customer)


def test_a_refused_webhook_comes_again_as_the_same_message(customer: Customer) -> None:
    customer.script(webhook_retries=[0.01, 0.01, 0.01])
    customer.receiver.answers = [500, 404]
    customer.create_with_webhook()
    calls = customer.receiver.wait_for(3)
    assert len({call.headers["webhook-id"] for call in calls}) == 1
    deliveries = customer.log()["deliveries"]
    assert [each["attempt"] for each in deliveries] == [1, 2, 3]


def test_after_the_last_retry_nothing_comes(customer: Customer) -> None:
    customer.script(webhook_retries=[0.01])
    customer.receiver.answers = [500, 500, 500]
    customer.create_with_webhook()
    wait_until(lambda: [each["answer"] for each in customer.log()["deliveries"]] == [500, 500])
    time.sleep(0.1)  # ten times the pause between two
    assert [each["answer"] for each in customer.log()["deliveries"]] == [500, 500]


def test_nobody_listening_is_no_reason_to_fail(customer: Customer) -> None:
    customer.script(webhook_retries=[])
    made = customer.create(webhook="http://127.0.0.1:9/hook", webhook_events_filter=["completed"])
    assert customer.over(made["id"])["status"] == "succeeded"


def test_a_dropped_webhook_is_not_delivered(customer: Customer) -> None:
    customer.script("webhook:drop")
    made = customer.create_with_webhook()
    customer.over(made["id"])
    customer.until(lambda: bool(customer.log()["deliveries"]))
    assert customer.log()["deliveries"][0]["kind"] == "dropped"
    assert customer.receiver.calls == []


def test_duplicate_sends_the_same_message_twice(customer: Customer) -> None:
    customer.script("webhook:duplicate")
    customer.create_with_webhook()
    one, other = customer.receiver.wait_for(2)
    assert one.headers["webhook-id"] == other.headers["webhook-id"]
    check(other, customer)


def test_late_comes_after_the_end(customer: Customer) -> None:
    customer.script({"outcome": "webhook:late", "seconds": 0.2})
    made = customer.create_with_webhook()
    check(customer.receiver.wait_for(1)[0], customer)
    sent_at = datetime.fromisoformat(customer.log()["deliveries"][0]["at"])
    assert sent_at - datetime.fromisoformat(customer.get(made["id"])["completed_at"]) > timedelta(seconds=0.19)


def test_unsigned_has_no_signature(customer: Customer) -> None:
    customer.script("webhook:unsigned")
    customer.create_with_webhook()
    [call] = customer.receiver.wait_for(1)
    with pytest.raises(WebhookValidationError):
        check(call, customer)


@pytest.mark.parametrize("kind", ["forged", "tampered"])
def test_what_others_signed_is_not_accepted(customer: Customer, kind: str) -> None:
    customer.script(f"webhook:{kind}")
    customer.create_with_webhook()
    [call] = customer.receiver.wait_for(1)
    with pytest.raises(InvalidSignatureError):
        check(call, customer)


def test_stale_is_well_signed_but_old(customer: Customer) -> None:
    customer.script("webhook:stale")
    customer.create_with_webhook()
    [call] = customer.receiver.wait_for(1)
    Webhooks.validate(headers=call.headers, body=call.body, secret=WebhookSigningSecret(key=customer.secret))
    with pytest.raises(WebhookValidationError, match="tolerance"):
        check(call, customer)


def test_the_real_one_can_follow_a_forged_one(customer: Customer) -> None:
    customer.script({"outcome": "webhook:forged", "real_after": 0})
    customer.create_with_webhook()
    check(customer.receiver.wait_for(2)[1], customer)


def test_before_response_tells_the_end_before_the_creation_is_answered(customer: Customer) -> None:
    customer.script("webhook:before_response")
    answered = customer.create_with_webhook()
    assert answered["status"] == "starting"
    [call] = customer.receiver.calls
    assert call.page["id"] == answered["id"]
    check(call, customer)


def test_an_abort_is_only_announced_on_demand(customer: Customer) -> None:
    customer.script({"outcome": "abort", "announced": True})
    customer.create_with_webhook()
    [call] = customer.receiver.wait_for(1)
    assert call.page["status"] == "aborted"
    customer.script("abort")
    made = customer.create_with_webhook()
    assert customer.over(made["id"])["status"] == "aborted"
    assert customer.get(made["id"])["started_at"] is None
    assert len(customer.receiver.calls) == 1


def test_redeliver_sends_the_same_message_again(customer: Customer) -> None:
    made = customer.create_with_webhook()
    customer.receiver.wait_for(1)
    customer.receiver.answers = [204, 401]
    by_id = customer.http.post("/_redeliver", json={"prediction_id": made["id"]}).json()
    forged = customer.http.post(
        "/_redeliver", json={"webhook_contains": f"{customer.receiver.url}/hook", "kind": "forged"}
    )
    assert by_id == {"redelivered": 1, "answers": [204]}
    assert forged.json() == {"redelivered": 1, "answers": [401]}
    first, again, broken = customer.receiver.calls
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    check(again, customer)
    with pytest.raises(InvalidSignatureError):
        check(broken, customer)


def test_there_is_nothing_to_redeliver_before_the_end(customer: Customer) -> None:
    customer.script("hang")
    made = customer.create_with_webhook()
    assert customer.http.post("/_redeliver", json={"prediction_id": made["id"]}).json()["redelivered"] == 0
    assert customer.http.post("/_redeliver", json={"prediction": made["id"]}).status_code == 422
