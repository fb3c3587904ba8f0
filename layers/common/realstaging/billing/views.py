"""What owners are shown of their subscription, their invoices and their cards."""

from datetime import datetime
from decimal import Decimal

from realstaging.accounts.quota import FREE, PAST_DUE, believed_until
from realstaging.billing.entitlements import chosen
from realstaging.config import Settings
from realstaging.errors import CustomerGoneError
from realstaging.gateways.stripe.client import Stripe
from realstaging.models.accounts import User
from realstaging.models.stripe import Invoice
from realstaging.models.subscriptions import (
    InvoicePage,
    InvoiceView,
    PaymentMethodPage,
    PaymentMethodView,
    SubscriptionView,
)
from realstaging.pagination import cursor as cursor_of


def money(minor: int) -> Decimal:
    """Cents as dollars."""
    return Decimal(minor).scaleb(-2)


def subscription_view(user: User, settings: Settings, at: datetime) -> SubscriptionView:
    held = user.subscribed
    if held is None:
        return SubscriptionView(plan=FREE, status="none")
    until = believed_until(held, settings)
    return SubscriptionView(
        plan=held.plan if at < until else FREE,
        status=held.status,
        period_start=held.period_start,
        period_end=held.period_end,
        cancel_at_period_end=held.ends,
        next_plan=FREE if held.ends else held.next_plan,
        past_due_until=until if held.status == PAST_DUE else None,
    )


def invoices(user: User, stripe: Stripe, *, limit: int, before: str | None) -> InvoicePage:
    """Newest first. None of a customer who is gone at Stripe."""
    if user.customer_id is None:
        return InvoicePage(items=[], next_cursor=None)
    try:
        found, more = stripe.invoices_of(user.customer_id, limit, before)
    except CustomerGoneError:
        found, more = [], False
    return InvoicePage(
        items=[_shown(each) for each in found], next_cursor=cursor_of(found[-1].id) if more and found else None
    )


def cards(user: User, settings: Settings, stripe: Stripe) -> PaymentMethodPage:
    """Likewise; the default one is what the subscription is paid with."""
    customer = stripe.customer(user.customer_id) if user.customer_id else None
    if customer is None:
        return PaymentMethodPage(items=[])
    held = chosen(stripe.subscriptions_of(customer.id), settings.plans)
    default = (held.default_card if held and held.live else None) or customer.default_card
    return PaymentMethodPage(
        items=[
            PaymentMethodView(
                brand=each.brand,
                last4=each.last4,
                exp_month=each.exp_month,
                exp_year=each.exp_year,
                default=each.id == default,
            )
            for each in stripe.cards_of(customer.id)
        ]
    )


def _shown(invoice: Invoice) -> InvoiceView:
    return InvoiceView(
        id=invoice.id,
        number=invoice.number,
        status=invoice.status,
        amount_due=money(invoice.amount_due),
        amount_paid=money(invoice.amount_paid),
        currency=invoice.currency,
        created_at=invoice.created_at,
        period_start=invoice.period_start,
        period_end=invoice.period_end,
        hosted_invoice_url=invoice.page,
        pdf_url=invoice.pdf,
    )
