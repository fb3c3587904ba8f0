"""Views of an owner's subscription, invoices and cards."""

from datetime import datetime
from decimal import Decimal

from realstaging.accounts.quota import FREE, PAST_DUE, entitled_until
from realstaging.billing.entitlements import main_subscription
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
    """Minor units (cents) as dollars."""
    return Decimal(minor).scaleb(-2)


def subscription_view(user: User, settings: Settings, at: datetime) -> SubscriptionView:
    subscription = user.subscribed
    if subscription is None:
        return SubscriptionView(plan=FREE, status="none")
    until = entitled_until(subscription, settings)
    return SubscriptionView(
        plan=subscription.plan if at < until else FREE,
        status=subscription.status,
        period_start=subscription.period_start,
        period_end=subscription.period_end,
        cancel_at_period_end=subscription.ends,
        next_plan=FREE if subscription.ends else subscription.next_plan,
        past_due_until=until if subscription.status == PAST_DUE else None,
    )


def invoices(user: User, stripe: Stripe, *, limit: int, before: str | None) -> InvoicePage:
    """A page, newest first; empty when the customer was deleted at Stripe."""
    if user.customer_id is None:
        return InvoicePage(items=[], next_cursor=None)
    try:
        found, more = stripe.invoices_of(user.customer_id, limit, before)
    except CustomerGoneError:
        found, more = [], False
    return InvoicePage(
        items=[_build_invoice_view(each) for each in found],
        next_cursor=cursor_of(found[-1].id) if more and found else None,
    )


def cards(user: User, settings: Settings, stripe: Stripe) -> PaymentMethodPage:
    """The customer's cards; `default` is the one that pays for the subscription."""
    customer = stripe.customer(user.customer_id) if user.customer_id else None
    if customer is None:
        return PaymentMethodPage(items=[])
    subscription = main_subscription(stripe.subscriptions_of(customer.id), settings.plans)
    default = (subscription.default_card if subscription and subscription.live else None) or customer.default_card
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


def _build_invoice_view(invoice: Invoice) -> InvoiceView:
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
