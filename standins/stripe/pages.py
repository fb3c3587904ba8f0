"""The pages a customer sees: paying, managing the subscription, an invoice. Plain, and clearly not Stripe's."""

from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from standins.stripe import checkout, portal
from standins.stripe.account import Account
from standins.stripe.clock import day
from standins.stripe.errors import StripeError
from standins.stripe.objects import Thing
from standins.stripe.payment_methods import find_card

REDIRECT_PATIENCE = 10.0  # seconds a redirect waits for the delivery of checkout.session.completed
LINE_HEIGHT = 20
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; background: #f4f4f2; color: #222; margin: 0 }
header { background: #7a3b00; color: #fff; padding: .6rem 1rem; text-align: center }
main { max-width: 34rem; margin: 2rem auto; background: #fff; padding: 1.5rem 2rem; border-radius: .5rem }
h1 { font-size: 1.4rem; margin-top: 0 } h2 { font-size: 1.1rem }
table { width: 100%; border-collapse: collapse } td { padding: .3rem 0; border-bottom: 1px solid #ddd }
td:last-child { text-align: right }
form { margin: .8rem 0 } label { display: block; margin: .5rem 0 }
input, select, button { font: inherit; padding: .4rem .6rem }
button { background: #222; color: #fff; border: 0; border-radius: .3rem; cursor: pointer }
.refused { background: #fde8e8; padding: .6rem 1rem; border-radius: .3rem }
.note { color: #666; font-size: .9rem }
"""
CARD_FIELD = '<label>Card number <input name="number" value="4242 4242 4242 4242" autocomplete="off" required></label>'
CARD_NOTE = (
    '<p class="note">4242 4242 4242 4242 pays. 4000 0000 0000 0341 pays now and fails at renewals.'
    " 4000 0000 0000 0002 is declined. <code>delayed</code> is a bank transfer that takes days.</p>"
)


def document(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        "<header>This is a stand-in for Stripe. No money moves here.</header>"
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def money(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}${abs(cents) / 100:.2f}"


def rows(pairs: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in pairs)
    return f"<table>{cells}</table>"


def link(address: str | None, text: str) -> str:
    return f'<p><a href="{escape(address)}">{escape(text)}</a></p>' if address else ""


def refusal(message: str | None) -> str:
    return f'<p class="refused" role="alert">{escape(message)}</p>' if message else ""


def button(do: str, text: str, fields: str = "", **hidden: str) -> str:
    """A form of its own; `do` names the action."""
    given = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in {"do": do, **hidden}.items()
    )
    return f'<form method="post">{given}{fields}<button>{escape(text)}</button></form>'


def pdf_page(lines: list[str]) -> bytes:
    shown = "".join(f"({_pdf_escaped(each)}) Tj 0 -{LINE_HEIGHT} Td\n" for each in lines)
    stream = f"BT /F1 12 Tf 60 760 Td\n{shown}ET".encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    file, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(file))
    return file + head + table + tail


def _pdf_escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


async def show_checkout(request: Request) -> Response:
    return _checkout_page(request, None)


async def pay(request: Request) -> Response:
    account: Account = request.app.state.account
    session, form = _session(request), await _form(request)
    if session is None or session["status"] != "open":
        return _checkout_page(request, None)
    try:
        with account.clock.one_reading():
            completed = checkout.pay(account, session, find_card(form.get("number", "")), form.get("email") or None)
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
        back = link(session["cancel_url"], "Back")
        return _page("This page is no longer open", f"<p>The session is {escape(session['status'])}.</p>{back}", 410)
    bought = [
        (f"{each['quantity']} × {each['description']}", f"{money(each['amount_total'])} a month")
        for each in checkout.line_items(account, session["id"])
    ]
    customer = account.objects.find("customer", session["customer"]) or {}
    email = escape(customer.get("email") or session["customer_email"] or "")
    form = (
        f'<form method="post"><label>E-mail <input name="email" type="email" value="{email}"></label>'
        f"{CARD_FIELD}<button>Pay {money(session['amount_total'])}</button></form>"
    )
    cancel = link(session["cancel_url"], "Cancel and go back")
    body = rows(bought) + refusal(refused) + form + CARD_NOTE + cancel
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
            portal.press_button(account, session, form)
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
    subscriptions = portal.open_subscriptions(account, session["customer"])
    parts = [refusal(refused), *(_subscription(account, each) for each in subscriptions)]
    if not subscriptions:
        parts.append("<p>No subscription.</p>")
    parts += ["<h2>Payment method</h2>", _cards(account, session["customer"])]
    parts += [button("card", "Use this card from now on", CARD_FIELD), "<h2>Invoices</h2>"]
    parts += [_invoice_row(each) for each in account.objects.of("invoice", customer=session["customer"])]
    parts.append(link(session["return_url"], "Back to the shop"))
    return _page("Your subscription", "".join(parts), 402 if refused else 200)


def _subscription(account: Account, subscription: Thing) -> str:
    item = subscription["items"]["data"][0]
    ends, price = subscription["cancel_at"], item["price"]
    name = account.objects.get("product", price["product"])["name"]
    until = f"ends {day(ends)}" if ends else f"renews {day(item['current_period_end'])}"
    cost = f"{money(price['unit_amount'])} a {price['recurring']['interval']}"
    others = [
        f'<option value="{escape(each["id"])}">{escape(account.objects.get("product", each["product"])["name"])}'
        f" ({money(each['unit_amount'])})</option>"
        for each in account.objects.of("price", active=True, type="recurring")
        if each["id"] != price["id"]
    ]
    id = subscription["id"]
    parts = [rows([("Plan", name), ("Price", cost), ("State", f"{subscription['status']}, {until}")])]
    if ends:
        parts.append(button("resume", "Do not cancel", subscription=id))
    else:
        parts.append(button("cancel", "Cancel at the end of the period", subscription=id))
    if others:
        choice = f'<label>Switch to <select name="price">{"".join(others)}</select></label>'
        parts.append(button("switch", "Switch", choice, subscription=id))
    return "".join(parts)


def _cards(account: Account, customer: str) -> str:
    methods = account.objects.of("payment_method", customer=customer)
    return rows([(each["type"], f"•••• {each[each['type']]['last4']}") for each in methods])


def _invoice_row(invoice: Thing) -> str:
    said = f"{invoice['number'] or 'Draft'}: {money(invoice['total'])}, {invoice['status']}"
    pay_now = button("pay", "Pay", invoice=invoice["id"]) if invoice["status"] == "open" else ""
    return (link(invoice["hosted_invoice_url"], said) or f"<p>{escape(said)}</p>") + pay_now


async def show_invoice(request: Request) -> Response:
    account: Account = request.app.state.account
    invoice = account.objects.find("invoice", request.path_params["id"])
    if invoice is None or not invoice["number"]:
        return _page("Not found", "<p>There is no such invoice.</p>", 404)
    lines = [(each["description"], money(each["amount"])) for each in invoice["lines"]["data"]]
    sums = [("Total", money(invoice["total"])), ("Amount due", money(invoice["amount_due"]))]
    state = [("Status", invoice["status"]), ("Date", day(invoice["created"]))]
    body = rows([*state, *lines, *sums]) + link(invoice["invoice_pdf"], "Download as PDF")
    return _page(f"Invoice {invoice['number']}", body)


async def invoice_pdf(request: Request) -> Response:
    account: Account = request.app.state.account
    invoice = account.objects.find("invoice", request.path_params["id"])
    if invoice is None or not invoice["number"]:
        return _page("Not found", "<p>There is no such invoice.</p>", 404)
    lines = [f"{each['description']}: {money(each['amount'])}" for each in invoice["lines"]["data"]]
    head = ["Stand-in for Stripe: this is no real invoice.", f"Invoice {invoice['number']}", day(invoice["created"])]
    text = [*head, "", *lines, "", f"Total {money(invoice['total'])}", f"Status: {invoice['status']}"]
    name = f'attachment; filename="Invoice-{invoice["number"]}.pdf"'
    return Response(pdf_page(text), media_type="application/pdf", headers={"content-disposition": name})


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _page(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(document(title, body), status)


ROUTES = [
    Route("/c/pay/{id}", show_checkout, methods=["GET"]),
    Route("/c/pay/{id}", pay, methods=["POST"]),
    Route("/p/session/{id}", show_portal, methods=["GET"]),
    Route("/p/session/{id}", use_portal, methods=["POST"]),
    Route("/i/{id}", show_invoice, methods=["GET"]),
    Route("/i/{id}/pdf", invoice_pdf, methods=["GET"]),
]
