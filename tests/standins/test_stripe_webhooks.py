"""Webhooks of the Stripe stand-in: signed as the vendor's package wants, retried, and broken on demand."""

import time
from typing import Any

import pytest
import stripe

from tests.support.stripe_merchant import DAY, Merchant
from tests.support.webhook_receiver import Call


def check(call: Call, merchant: Merchant) -> Any:
    return stripe.Webhook.construct_event(call.body, call.headers["stripe-signature"], merchant.secret)


def test_an_event_is_signed_and_is_what_the_api_says(merchant: Merchant) -> None:
    customer = merchant.customer(name="Ada")
    [call] = merchant.receiver.wait_for(1)
    event = check(call, merchant)
    assert (event.type, event.data.object.id, event.livemode) == ("customer.created", customer, False)
    assert call.path == "/hook"
    merchant.events()
    found = merchant.v1.events.retrieve(event.id)
    assert (found.pending_webhooks, call.page["pending_webhooks"]) == (0, 1)
    assert call.page | {"pending_webhooks": 0} == found.to_dict()


def test_a_refused_event_comes_again_as_it_was(merchant: Merchant) -> None:
    merchant.receiver.answers = [500, 302]
    customer = merchant.customer(name="Ada")
    merchant.v1.customers.update(customer, {"name": "Ada L."})
    calls = [each for each in merchant.receiver.wait_for(4) if each.page["type"] == "customer.created"]
    assert len({each.body for each in calls}) == 1
    attempts = [each for each in merchant.all_deliveries() if each["type"] == "customer.created"]
    assert [each["attempt"] for each in attempts] == list(range(1, len(calls) + 1))
    assert attempts[-1]["answer"] == 200


def test_after_the_last_retry_it_stays_undelivered(merchant: Merchant) -> None:
    merchant.receiver.answers = [500] * 3
    merchant.customer()
    assert [each["answer"] for each in merchant.all_deliveries()] == [500, 500, 500]
    assert len(merchant.v1.events.list({"delivery_success": False}).data) == 1


def test_nobody_listening_stops_nothing(merchant: Merchant) -> None:
    merchant.script(webhook_url="http://127.0.0.1:9/hook", retries=[])
    assert merchant.subscribe().status == "active"
    assert merchant.deliveries()[0]["error"].startswith("ConnectError")


def test_webhooks_never_leave_the_machine(merchant: Merchant) -> None:
    answer = merchant.http.post("/_script", json={"webhook_url": "http://192.0.2.1/hook"})
    assert answer.status_code == 422
    assert merchant.http.post("/_script", json={"webhok_url": "x"}).status_code == 422


def test_lose_sends_nothing(merchant: Merchant) -> None:
    merchant.script(deliver={"type": "customer.created", "then": "lose", "times": 1})
    merchant.customer()
    merchant.customer()
    assert [each["kind"] for each in merchant.deliveries()] == ["lost", "genuine"]
    assert len(merchant.receiver.calls) == 1


def test_duplicate_sends_the_same_event_twice(merchant: Merchant) -> None:
    merchant.script(deliver={"type": "customer.*", "then": "duplicate"})
    merchant.customer()
    one, other = merchant.receiver.wait_for(2)
    assert one.body == other.body
    check(other, merchant)


def test_delay_lets_later_events_pass(merchant: Merchant) -> None:
    merchant.script(deliver={"type": "customer.created", "then": "delay", "seconds": 0.2})
    customer = merchant.customer(name="Ada")
    merchant.v1.customers.update(customer, {"name": "Ada L."})
    calls = merchant.receiver.wait_for(2)
    assert [each.page["type"] for each in calls] == ["customer.updated", "customer.created"]


@pytest.mark.parametrize("kind", ["forged", "tampered", "stale"])
def test_what_is_broken_is_not_accepted(merchant: Merchant, kind: str) -> None:
    merchant.script(deliver={"then": kind})
    merchant.customer()
    [call] = merchant.receiver.wait_for(1)
    with pytest.raises(stripe.SignatureVerificationError):
        check(call, merchant)


def test_the_real_one_can_follow_an_unsigned_one(merchant: Merchant) -> None:
    merchant.script(deliver={"then": "unsigned", "real_after": 0})
    merchant.customer()
    unsigned, real = merchant.receiver.wait_for(2)
    assert "stripe-signature" not in unsigned.headers
    check(real, merchant)


def test_what_is_held_comes_in_the_order_that_is_wanted(merchant: Merchant) -> None:
    merchant.script(hold=True)
    made = [merchant.customer(name=str(number)) for number in range(4)]
    assert merchant.receiver.calls == []
    assert merchant.script(release={"order": "reversed"})["released"] == 4
    told = [each.page["data"]["object"]["id"] for each in merchant.receiver.wait_for(4)]
    assert told == list(reversed(made))


def test_a_shuffle_is_the_same_for_the_same_seed(merchant: Merchant) -> None:
    orders = []
    for _ in range(2):
        merchant.receiver.calls.clear()
        merchant.script(shuffle={"count": 6, "seed": 3})
        for number in range(6):
            merchant.customer(name=str(number))
        orders.append([each.page["data"]["object"]["name"] for each in merchant.receiver.wait_for(6)])
    assert orders[0] == orders[1] != sorted(orders[0])


def test_an_event_can_be_sent_again_at_any_time(merchant: Merchant) -> None:
    merchant.customer()
    [call] = merchant.receiver.wait_for(1)
    merchant.receiver.answers = [204, 400]
    again = merchant.script(again={"event": call.page["id"]})
    forged = merchant.script(again={"event": call.page["id"], "kind": "forged"})
    assert (again["answer"], forged["answer"]) == (204, 400)
    assert merchant.receiver.calls[1].body == call.body
    assert merchant.http.post("/_script", json={"again": {"event": "evt_x"}}).status_code == 404


def test_time_waits_for_each_steps_webhooks(merchant: Merchant) -> None:
    merchant.subscribe()
    merchant.receiver.calls.clear()
    merchant.script(advance={"days": 32})
    told = [each.page["type"] for each in merchant.receiver.calls]
    assert told.index("invoice.created") < told.index("invoice.finalized") < told.index("invoice.paid")
    assert all(check(call, merchant) for call in merchant.receiver.calls)


def test_what_nobody_asked_for_has_no_request(merchant: Merchant) -> None:
    merchant.subscribe()
    merchant.receiver.calls.clear()
    merchant.script(advance={"days": 32})
    assert {each.page["request"]["id"] for each in merchant.receiver.calls} == {None}


def test_events_are_found_by_type(merchant: Merchant) -> None:
    merchant.subscribe()
    found = merchant.v1.events.list({"type": "invoice.*", "limit": 100}).data
    assert found
    assert all(each.type.startswith("invoice.") for each in found)
    assert [each.type for each in merchant.v1.events.list({"types": ["invoice.paid"]}).data] == ["invoice.paid"]


def test_a_reset_forgets_everything_but_where_webhooks_go(merchant: Merchant) -> None:
    merchant.subscribe()
    merchant.script(fail={"status": 500}, advance={"days": 3})
    merchant.http.post("/_reset")
    shown = merchant.http.get("/_script").json()
    assert (shown["fail"], shown["webhook_url"]) == ([], f"{merchant.receiver.url}/hook")
    assert abs(shown["now"] - time.time()) < DAY
    assert merchant.v1.subscriptions.list({"status": "all"}).data == []
    assert merchant.price("pro")
