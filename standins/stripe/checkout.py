"""Checkout sessions, and the subscription and invoice that paying one creates."""

from typing import Any

from standins.stripe import billing, customers, errors, invoice_lines, lifecycle, objects, payment_methods, payments
from standins.stripe.account import Account
from standins.stripe.billing import issue
from standins.stripe.clock import DAY
from standins.stripe.objects import Thing, page
from standins.stripe.payment_methods import Card
from standins.stripe.requests import DATED, Endpoint, merged, one_of, pairs, text, whole

SHORTEST, LONGEST = 30 * 60, DAY
CREATE: dict[str, Any] = {
    "cancel_url": text,
    "client_reference_id": text,
    "customer": text,
    "customer_email": text,
    "expires_at": whole,
    "line_items": [{"price": text, "quantity": whole}],
    "metadata": pairs,
    "mode": one_of("subscription"),
    "allowed_payment_method_types": [text],
    "subscription_data": {"description": text, "metadata": pairs},
    "success_url": text,
    "ui_mode": one_of("hosted_page"),
}
SEARCH = {**DATED, "customer": text, "subscription": text, "status": one_of("complete", "expired", "open")}


def create(account: Account, given: Thing) -> Thing:
    ordered = _ordered(account, given)
    if given.get("customer") and given.get("customer_email"):
        raise errors.invalid("You may only specify one of these parameters: customer, customer_email.")
    customer = customers.get_active(account, given["customer"]) if given.get("customer") else None
    expires_at = given.get("expires_at", account.now + DAY)
    # A minute of tolerance: the caller's clock may differ.
    if not account.now + SHORTEST - 60 <= expires_at <= account.now + LONGEST + 60:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
        raise errors.invalid(message, "expires_at")
    session = _session(account, given, customer, sum(price["unit_amount"] * count for price, count in ordered))
    session |= {"expires_at": expires_at, "currency": ordered[0][0]["currency"]}
    session["url"] = f"{account.base_url}/c/pay/{session['id']}"
    account.orders[session["id"]] = (ordered, (given.get("subscription_data") or {}))
    return account.objects.add(session)


def _ordered(account: Account, given: Thing) -> list[tuple[Thing, int]]:
    ordered = []
    for position, each in enumerate(given["line_items"]):
        name = f"line_items[{position}][price]"
        if not each.get("price"):
            raise errors.required(name)
        price = account.objects.get("price", each["price"], name)
        if not price["active"]:
            message = f"The price specified is inactive. This field only accepts active prices. (`{price['id']}`)"
            raise errors.invalid(message, name)
        if price["recurring"] is None:
            raise errors.invalid("You must provide at least one recurring price in `subscription` mode.", name)
        if not each.get("quantity"):
            raise errors.invalid("Quantity is required. Add `quantity` to `line_items`.", f"line_items[{position}]")
        ordered.append((price, each["quantity"]))
    return ordered


def _session(account: Account, given: Thing, customer: Thing | None, total: int) -> Thing:
    asked = {name: given.get(name) for name in ("cancel_url", "client_reference_id", "customer_email", "success_url")}
    texts = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    session = account.thing(
        "checkout.session",
        "cs_test_",
        58,
        **asked,
        adaptive_pricing={"enabled": False},
        amount_subtotal=total,
        amount_total=total,
        automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
        custom_fields=[],
        custom_text=dict.fromkeys(texts),
        customer=customer and customer["id"],
        discounts=[],
        mode="subscription",
        payment_method_collection="always",
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=given.get("allowed_payment_method_types") or ["card", "us_bank_account"],
        payment_status="unpaid",
        phone_number_collection={"enabled": False},
        redirect_on_completion="always",
        saved_payment_method_options={
            "allow_redisplay_filters": ["always"],
            "payment_method_remove": "disabled",
            "payment_method_save": None,
        },
        shipping_options=[],
        status="open",
        tax_id_collection={"enabled": False, "required": "never"},
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        ui_mode="hosted_page",
    )
    session["metadata"] = merged({}, given.get("metadata", {}))
    return session


def pay(account: Account, session: Thing, card: Card, email: str | None) -> Thing:
    """Complete the session, even if the payment is delayed. Returns the event checkout.session.completed."""
    if session["status"] != "open":
        raise errors.invalid("This Checkout Session is no longer open.")
    if card.present is not None:
        raise errors.declined(card.present)
    ordered, data = account.orders[session["id"]]
    customer = _buyer(account, session, email)
    method = payment_methods.new(account, card, {"email": customer["email"]})
    payment_methods.attach_to(account, method, customer)
    subscription = lifecycle.create_subscription(
        account,
        customer,
        ordered,
        default_payment_method=method["id"],
        description=data.get("description"),
        metadata=merged({}, data.get("metadata", {})),
    )
    start, end = lifecycle.current_period(subscription)
    period = {"start": start, "end": end}
    bought = [invoice_lines.regular_line(account, subscription, each, period) for each in subscription["items"]["data"]]
    invoice = issue(account, subscription, bought, "subscription_create")
    decline = billing.collect(account, invoice, present=True)
    if decline == payments.PROCESSING:
        with account.changing(subscription, "customer.subscription.updated"):
            subscription["status"] = "active"
    session |= {
        "status": "complete",
        "payment_status": "unpaid" if decline else "paid",
        "customer": customer["id"],
        "customer_details": _details(customer, email),
        "subscription": subscription["id"],
        "invoice": invoice["id"],
        "url": None,
    }
    return account.emit("checkout.session.completed", session)


def _buyer(account: Account, session: Thing, email: str | None) -> Thing:
    if session["customer"]:
        return customers.get_active(account, session["customer"])
    return customers.create(account, {"email": session["customer_email"] or email})


def _details(customer: Thing, email: str | None) -> Thing:
    return {
        **dict.fromkeys(("address", "business_name", "individual_name", "phone")),
        "email": customer["email"] or email,
        "name": customer["name"],
        "tax_exempt": "none",
        "tax_ids": [],
    }


def settle(account: Account, session: Thing, *, succeeded: bool) -> None:
    """End the delayed payment of a session."""
    if session["status"] != "complete" or session["payment_status"] != "unpaid":
        raise errors.invalid("No payment of this session is under way.")
    billing.settle(account, account.objects.get("invoice", session["invoice"]), succeeded=succeeded)
    if succeeded:
        session["payment_status"] = "paid"
    account.emit(f"checkout.session.async_payment_{'succeeded' if succeeded else 'failed'}", session)


def expire_session(account: Account, session: Thing) -> None:
    session |= {"status": "expired", "url": None}
    account.emit("checkout.session.expired", session)


def retrieve(account: Account, _given: Thing, id: str) -> Thing:
    return account.objects.get("checkout.session", id)


def list_all(account: Account, given: Thing) -> Thing:
    equal = {name: given[name] for name in ("customer", "subscription", "status") if given.get(name)}
    return page(account.objects.of("checkout.session", **equal), given, "/v1/checkout/sessions")


def expire(account: Account, _given: Thing, id: str) -> Thing:
    session = account.objects.get("checkout.session", id)
    if session["status"] != "open":
        message = f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {session["status"]}.'
        raise errors.invalid(message)
    expire_session(account, session)
    return session


def line_items(account: Account, id: str) -> list[Thing]:
    return [_line_item(account, price, quantity) for price, quantity in account.orders[id][0]]


def _line_item(account: Account, price: Thing, quantity: int) -> Thing:
    total = price["unit_amount"] * quantity
    return {
        "id": objects.new_id("li_"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": account.objects.get("product", price["product"])["name"],
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def list_line_items(account: Account, given: Thing, id: str) -> Thing:
    account.objects.get("checkout.session", id)
    return page(line_items(account, id), given, f"/v1/checkout/sessions/{id}/line_items")


ENDPOINTS = [
    Endpoint("POST", "/v1/checkout/sessions", create, CREATE, ("mode", "line_items", "success_url")),
    Endpoint("GET", "/v1/checkout/sessions", list_all, SEARCH),
    Endpoint("GET", "/v1/checkout/sessions/{id}", retrieve),
    Endpoint("POST", "/v1/checkout/sessions/{id}/expire", expire),
    Endpoint(
        "GET",
        "/v1/checkout/sessions/{id}/line_items",
        list_line_items,
        {k: DATED[k] for k in ("limit", "starting_after", "ending_before")},
    ),
]
