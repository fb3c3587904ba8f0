"""The pages a customer sees: paying, managing the subscription, an invoice."""

from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from standins.stripe import checkout, html, pdf, portal
from standins.stripe.account import Account
from standins.stripe.cards import card
from standins.stripe.clock import day
from standins.stripe.errors import StripeError
from standins.stripe.objects import Thing

REDIRECT_PATIENCE = 10.0  # seconds that a redirect waits for checkout.session.completed to be told


async def show_checkout(request: Request) -> Response:
    return _checkout_page(request, None)


async def pay(request: Request) -> Response:
    account: Account = request.app.state.account
    session, form = _session(request), await _form(request)
    if session is None or session["status"] != "open":
        return _checkout_page(request, None)
    try:
        with account.clock.one_reading():
            completed = checkout.pay(account, session, card(form.get("number", "")), form.get("email") or None)
    except StripeError as error:
        return _checkout_page(request, str(error))
    await account.deliveries.tried(completed["id"], REDIRECT_PATIENCE)
    return RedirectResponse(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)


def _session(request: Request) -> Thing | None:
    account: Account = request.app.state.account
    return account.objects.find("checkout.session", request.path_params["id"])


def _checkout_page(request: Request, refused: str | None) -> Response:
    account: Account = request.app.state.account
    session = _session(request)
    if session is None:
        return _page("Not found", "<p>There is no such session.</p>", 404)
    if session["status"] != "open":
        back = html.link(session["cancel_url"], "Back")
        return _page("This page is no longer open", f"<p>The session is {escape(session['status'])}.</p>{back}", 410)
    bought = [
        (f"{each['quantity']} × {each['description']}", f"{html.money(each['amount_total'])} a month")
        for each in checkout.line_items(account, session["id"])
    ]
    customer = account.objects.find("customer", session["customer"]) or {}
    email = escape(customer.get("email") or session["customer_email"] or "")
    form = (
        f'<form method="post"><label>E-mail <input name="email" type="email" value="{email}"></label>'
        f"{html.CARD_FIELD}<button>Pay {html.money(session['amount_total'])}</button></form>"
    )
    cancel = html.link(session["cancel_url"], "Cancel and go back")
    body = html.rows(bought) + html.refusal(refused) + form + html.CARD_NOTE + cancel
    return _page("Subscribe", body, 402 if refused else 200)


async def show_portal(request: Request) -> Response:
    return _portal_page(request, None)


async def use_portal(request: Request) -> Response:
    account: Account = request.app.state.account
    session = _portal_session(request)
    if session is None:
        return _portal_page(request, None)
    try:
        form = await _form(request)
        with account.clock.one_reading():
            portal.act(account, session, form)
    except StripeError as error:
        return _portal_page(request, str(error))
    return RedirectResponse(request.url.path, 303)


def _portal_session(request: Request) -> Thing | None:
    account: Account = request.app.state.account
    url = f"{account.base_url}{request.url.path}"
    return next(iter(account.objects.of("billing_portal.session", url=url)), None)


def _portal_page(request: Request, refused: str | None) -> Response:
    account: Account = request.app.state.account
    session = _portal_session(request)
    if session is None:
        return _page("Not found", "<p>There is no such session.</p>", 404)
    subscriptions = portal.subscriptions(account, session["customer"])
    parts = [html.refusal(refused), *(_subscription(account, each) for each in subscriptions)]
    if not subscriptions:
        parts.append("<p>No subscription.</p>")
    parts += ["<h2>Payment method</h2>", _cards(account, session["customer"])]
    parts += [html.button("card", "Use this card from now on", html.CARD_FIELD), "<h2>Invoices</h2>"]
    parts += [_invoice_row(each) for each in account.objects.of("invoice", customer=session["customer"])]
    parts.append(html.link(session["return_url"], "Back to the shop"))
    return _page("Your subscription", "".join(parts), 402 if refused else 200)


def _subscription(account: Account, subscription: Thing) -> str:
    item = subscription["items"]["data"][0]
    ends, price = subscription["cancel_at"], item["price"]
    name = account.objects.get("product", price["product"])["name"]
    until = f"ends {day(ends)}" if ends else f"renews {day(item['current_period_end'])}"
    cost = f"{html.money(price['unit_amount'])} a {price['recurring']['interval']}"
    others = [
        f'<option value="{escape(each["id"])}">{escape(account.objects.get("product", each["product"])["name"])}'
        f" ({html.money(each['unit_amount'])})</option>"
        for each in account.objects.of("price", active=True, type="recurring")
        if each["id"] != price["id"]
    ]
    id = subscription["id"]
    parts = [html.rows([("Plan", name), ("Price", cost), ("State", f"{subscription['status']}, {until}")])]
    if ends:
        parts.append(html.button("resume", "Do not cancel", subscription=id))
    else:
        parts.append(html.button("cancel", "Cancel at the end of the period", subscription=id))
    if others:
        choice = f'<label>Switch to <select name="price">{"".join(others)}</select></label>'
        parts.append(html.button("switch", "Switch", choice, subscription=id))
    return "".join(parts)


def _cards(account: Account, customer: str) -> str:
    methods = account.objects.of("payment_method", customer=customer)
    return html.rows([(each["type"], f"•••• {each[each['type']]['last4']}") for each in methods])


def _invoice_row(invoice: Thing) -> str:
    said = f"{invoice['number'] or 'Draft'}: {html.money(invoice['total'])}, {invoice['status']}"
    pay_now = html.button("pay", "Pay", invoice=invoice["id"]) if invoice["status"] == "open" else ""
    return (html.link(invoice["hosted_invoice_url"], said) or f"<p>{escape(said)}</p>") + pay_now


async def show_invoice(request: Request) -> Response:
    account: Account = request.app.state.account
    invoice = account.objects.find("invoice", request.path_params["id"])
    if invoice is None or not invoice["number"]:
        return _page("Not found", "<p>There is no such invoice.</p>", 404)
    lines = [(each["description"], html.money(each["amount"])) for each in invoice["lines"]["data"]]
    sums = [("Total", html.money(invoice["total"])), ("Amount due", html.money(invoice["amount_due"]))]
    state = [("Status", invoice["status"]), ("Date", day(invoice["created"]))]
    body = html.rows([*state, *lines, *sums]) + html.link(invoice["invoice_pdf"], "Download as PDF")
    return _page(f"Invoice {invoice['number']}", body)


async def invoice_pdf(request: Request) -> Response:
    account: Account = request.app.state.account
    invoice = account.objects.find("invoice", request.path_params["id"])
    if invoice is None or not invoice["number"]:
        return _page("Not found", "<p>There is no such invoice.</p>", 404)
    lines = [f"{each['description']}: {html.money(each['amount'])}" for each in invoice["lines"]["data"]]
    head = ["Stand-in for Stripe: this is no real invoice.", f"Invoice {invoice['number']}", day(invoice["created"])]
    text = [*head, "", *lines, "", f"Total {html.money(invoice['total'])}", f"Status: {invoice['status']}"]
    name = f'attachment; filename="Invoice-{invoice["number"]}.pdf"'
    return Response(pdf.page(text), media_type="application/pdf", headers={"content-disposition": name})


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _page(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(html.document(title, body), status)


ROUTES = [
    Route("/c/pay/{id}", show_checkout, methods=["GET"]),
    Route("/c/pay/{id}", pay, methods=["POST"]),
    Route("/p/session/{id}", show_portal, methods=["GET"]),
    Route("/p/session/{id}", use_portal, methods=["POST"]),
    Route("/i/{id}", show_invoice, methods=["GET"]),
    Route("/i/{id}/pdf", invoice_pdf, methods=["GET"]),
]
