"""Examples of billing: a small plan is bought, and becomes a larger one after ten days."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from realstaging.accounts.quota import plan_options
from realstaging.config import load
from realstaging.models import subscriptions as b

Json = dict[str, Any]
BOUGHT = datetime(2026, 3, 4, 9, 26, 53, tzinfo=UTC)
CHANGED, ENDS = BOUGHT + timedelta(days=10), BOUGHT + timedelta(days=31)

subscription = b.SubscriptionView(plan="business", status="active", period_start=BOUGHT, period_end=ENDS)
preview = b.PreviewView(
    plan="business",
    amount_due=Decimal("47.42"),
    currency="usd",
    effective_at=CHANGED,
    images_this_period=371,
    proration_date=CHANGED,
    lines=[
        b.PreviewLine(description="Unused time on Pro after 14 Mar 2026", amount=Decimal("-19.65")),
        b.PreviewLine(description="Remaining time on Business after 14 Mar 2026", amount=Decimal("67.07")),
    ],
)
invoice = b.InvoiceView(
    id="in_1TAbCdEfGhIjKlMnOpQrStUv",
    number="4F2A9C1B-0002",
    status="paid",
    amount_due=Decimal("47.42"),
    amount_paid=Decimal("47.42"),
    currency="usd",
    created_at=CHANGED,
    period_start=BOUGHT,
    period_end=CHANGED,
    hosted_invoice_url="https://invoice.stripe.com/i/acct_1…/test_YWNjdF8x…",
    pdf_url="https://pay.stripe.com/invoice/acct_1…/test_YWNjdF8x…/pdf",
)
card = b.PaymentMethodView(brand="visa", last4="4242", exp_month=12, exp_year=2030, default=True)

REQUESTS: dict[str, Json] = {
    "POST /v1/billing/checkout": {"the small plan": {"plan": "pro"}},
    "POST /v1/billing/subscription/preview": {"the large plan": {"plan": "business"}},
    "PATCH /v1/billing/subscription": {
        "as it was shown": {"plan": "business", "proration_date": "2026-03-14T09:26:53Z"},
        "a smaller plan": {"plan": "pro"},
    },
    "POST /v1/webhooks/stripe": {
        "a plan was paid for": {
            "id": "evt_1TAbCdEfGhIjKlMnOpQrStUv",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": 1772616413,
            "livemode": False,
            "pending_webhooks": 1,
            "type": "checkout.session.completed",
            "data": {
                "object": {
                    "id": "cs_test_a1b2c3d4",
                    "object": "checkout.session",
                    "client_reference_id": "auth0!7C5f7c",
                    "customer": "cus_U1b2c3d4e5f6g7",
                }
            },
        }
    },
}

ANSWERS: dict[str, BaseModel] = {
    "GET /v1/billing/plans 200": b.PlanPage(items=plan_options(load("prod").plans)),
    "POST /v1/billing/checkout 201": b.CheckoutView(
        url="https://checkout.stripe.com/c/pay/cs_test_a1b2c3d4", expires_at=BOUGHT + timedelta(hours=24)
    ),
    "POST /v1/billing/portal 201": b.PortalView(url="https://billing.stripe.com/p/session/test_YWNjdF8x…"),
    "GET /v1/billing/subscription 200": subscription,
    "POST /v1/billing/subscription/preview 200": preview,
    "PATCH /v1/billing/subscription 200": subscription,
    "POST /v1/billing/subscription/cancel 200": subscription.model_copy(
        update={"cancel_at_period_end": True, "next_plan": "free"}
    ),
    "POST /v1/billing/subscription/resume 200": subscription,
    "GET /v1/billing/invoices 200": b.InvoicePage(items=[invoice], next_cursor=None),
    "GET /v1/billing/payment-methods 200": b.PaymentMethodPage(items=[card]),
}
