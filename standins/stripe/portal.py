"""Portal sessions, and what a customer can do there."""

from standins.stripe import collection, customers, errors, ids, payment_methods, states, switching
from standins.stripe.account import Account
from standins.stripe.cards import card
from standins.stripe.endpoints import Endpoint
from standins.stripe.objects import Thing
from standins.stripe.parameters import one_of, text
from standins.stripe.proration import change

CREATE = {
    "configuration": text,
    "customer": text,
    "flow_data": {"type": one_of("payment_method_update", "subscription_cancel", "subscription_update")},
    "locale": text,
    "return_url": text,
}


def create(account: Account, given: Thing) -> Thing:
    customer = customers.living(account, given["customer"])
    session = account.thing(
        "billing_portal.session",
        "bps_",
        after_expiration=None,
        configuration=given.get("configuration") or "bpc_standin",
        customer=customer["id"],
        customer_account=None,
        flow=_flow(given),
        locale=given.get("locale"),
        on_behalf_of=None,
        return_url=given.get("return_url"),
        url=f"{account.base_url}/p/session/{ids.new('test_')}",
    )
    del session["metadata"]
    return account.objects.add(session)


def _flow(given: Thing) -> Thing | None:
    if not given.get("flow_data"):
        return None
    kinds = ("customer_update", "subscription_cancel", "subscription_pause", "subscription_update",
             "subscription_update_confirm")  # fmt: skip
    completion = {"hosted_confirmation": None, "redirect": None, "type": "portal_homepage"}
    return {"after_completion": completion, **dict.fromkeys(kinds), "type": given["flow_data"]["type"]}


def subscriptions(account: Account, customer: str) -> list[Thing]:
    """Those that a customer can still change."""
    return account.objects.of("subscription", customer=customer, ended_at=None)


def act(account: Account, session: Thing, form: dict[str, str]) -> None:
    """One button: `do` says which."""
    customer = customers.living(account, session["customer"])
    if form.get("do") == "card":
        _new_card(account, customer, form.get("number", ""))
        return
    if form.get("do") == "pay":
        invoice = account.objects.get("invoice", form.get("invoice", ""))
        if invoice["customer"] == customer["id"] and invoice["status"] == "open":
            collection.collect(account, invoice, present=True, by_hand=True)
        return
    subscription = account.objects.get("subscription", form.get("subscription", ""))
    if subscription["customer"] != customer["id"] or subscription["ended_at"] is not None:
        raise errors.invalid("This subscription cannot be changed here.")
    _change(account, subscription, form)


def _change(account: Account, subscription: Thing, form: dict[str, str]) -> None:
    match form.get("do"):
        case "cancel" | "resume" as wish:
            with account.changing(subscription, "customer.subscription.updated"):
                end = states.period_end(subscription) if wish == "cancel" else None
                states.plan_end(account, subscription, at_period_end=False, at=end)
        case "switch":
            price = account.objects.get("price", form.get("price", ""))
            changes = [change(subscription["items"]["data"][0], price, 1)]
            given = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}
            switching.switch(account, subscription, changes, given)
        case other:
            raise errors.invalid(f"There is no button {other}.")


def _new_card(account: Account, customer: Thing, number: str) -> None:
    chosen = card(number)
    if chosen.present is not None:
        raise errors.declined(chosen.present)
    method = payment_methods.own(account, payment_methods.new(account, chosen), customer)
    payment_methods.prefer(account, customer, method)


ENDPOINTS = [Endpoint("POST", "/v1/billing_portal/sessions", create, CREATE, ("customer",))]
