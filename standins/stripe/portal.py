"""Portal sessions, and the actions of the portal page."""

from standins.stripe import billing, customers, errors, lifecycle, objects, payment_methods, subscriptions
from standins.stripe.account import Account
from standins.stripe.invoice_lines import new_change
from standins.stripe.objects import Thing
from standins.stripe.payment_methods import find_card
from standins.stripe.requests import Endpoint, one_of, text

CREATE = {
    "configuration": text,
    "customer": text,
    "flow_data": {"type": one_of("payment_method_update", "subscription_cancel", "subscription_update")},
    "locale": text,
    "return_url": text,
}


def create(account: Account, given: Thing) -> Thing:
    customer = customers.get_active(account, given["customer"])
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
        url=f"{account.base_url}/p/session/{objects.new_id('test_')}",
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


def open_subscriptions(account: Account, customer: str) -> list[Thing]:
    """Subscriptions that have not ended."""
    return account.objects.of("subscription", customer=customer, ended_at=None)


def press_button(account: Account, session: Thing, form: dict[str, str]) -> None:
    """Run the action that `do` names. Raises StripeError."""
    customer = customers.get_active(account, session["customer"])
    if form.get("do") == "card":
        _new_card(account, customer, form.get("number", ""))
        return
    if form.get("do") == "pay":
        invoice = account.objects.get("invoice", form.get("invoice", ""))
        if invoice["customer"] == customer["id"] and invoice["status"] == "open":
            billing.collect(account, invoice, present=True, by_hand=True)
        return
    subscription = account.objects.get("subscription", form.get("subscription", ""))
    if subscription["customer"] != customer["id"] or subscription["ended_at"] is not None:
        raise errors.invalid("This subscription cannot be changed here.")
    _change(account, subscription, form)


def _change(account: Account, subscription: Thing, form: dict[str, str]) -> None:
    match form.get("do"):
        case "cancel" | "resume" as wish:
            with account.changing(subscription, "customer.subscription.updated"):
                end = lifecycle.current_period_end(subscription) if wish == "cancel" else None
                lifecycle.plan_end(account, subscription, at_period_end=False, at=end)
        case "switch":
            price = account.objects.get("price", form.get("price", ""))
            changes = [new_change(subscription["items"]["data"][0], price, 1)]
            given = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}
            subscriptions.switch(account, subscription, changes, given)
        case other:
            raise errors.invalid(f"There is no button {other}.")


def _new_card(account: Account, customer: Thing, number: str) -> None:
    chosen = find_card(number)
    if chosen.present is not None:
        raise errors.declined(chosen.present)
    method = payment_methods.attach_to(account, payment_methods.new(account, chosen), customer)
    payment_methods.make_default(account, customer, method)


ENDPOINTS = [Endpoint("POST", "/v1/billing_portal/sessions", create, CREATE, ("customer",))]
