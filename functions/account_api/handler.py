"""/v1/account: profile, usage, ledger, API keys, socket tickets, and its end. /v1/billing: what is paid for it."""

import realstaging  # noqa: F401 (first: it makes starts quick)

# isort: split
from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.accounts import api_keys, profile, quota
from realstaging.api.app import Api, answered, created, no_content, serve
from realstaging.api.auth import Authenticator
from realstaging.api.documentation import PEOPLE, Cursor, Limit, describe
from realstaging.billing import account, views
from realstaging.billing.checkout import Checkouts
from realstaging.billing.plan_changes import PlanChanges
from realstaging.billing.sync import Billing
from realstaging.config import required, settings
from realstaging.gateways.secrets import Secrets
from realstaging.gateways.stripe.client import Stripe
from realstaging.models.accounts import (
    AccountView,
    ApiKeyCreated,
    ApiKeyPage,
    ApiKeyView,
    LedgerPage,
    NewApiKey,
    TicketView,
    UsageView,
    User,
)
from realstaging.models.base import view
from realstaging.models.projects import CostView
from realstaging.models.subscriptions import (
    CheckoutView,
    InvoicePage,
    PaymentMethodPage,
    PlanChange,
    PlanChoice,
    PlanPage,
    PortalView,
    PreviewView,
    SubscriptionView,
)
from realstaging.observability import observed
from realstaging.pagination import cursor as cursor_of
from realstaging.pagination import invoice_position, ledger_position
from realstaging.runtime_settings import RuntimeSettings
from realstaging.sockets import tickets
from realstaging.stores.api_keys import ApiKeyStore
from realstaging.stores.billing import BillingStore, CheckoutStore
from realstaging.stores.connections import TicketStore
from realstaging.stores.costs import CostStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.runtime_settings import OverrideStore

PUBLIC = frozenset({"/v1/billing/plans"})

app = Api(settings(), aws.table())
gate = Authenticator(settings(), aws.table())
users = gate.users  # the same one: it remembers who was let in, and who is not to be any more
usage = QuotaStore(aws.table())
costs = CostStore(aws.table())
keys = ApiKeyStore(aws.table())
ticket_store = TicketStore(aws.table())
socket_url = required("SOCKET_URL")
live = RuntimeSettings(settings(), OverrideStore(aws.table()))
stripe = Stripe(settings(), Secrets(aws.ssm, settings().stage))
billing = Billing(settings(), store=BillingStore(aws.table()), users=users, stripe=stripe)
checkouts = Checkouts(settings(), billing=billing, users=users, store=CheckoutStore(aws.table()), stripe=stripe)
changes = PlanChanges(settings(), billing=billing, users=users, stripe=stripe, plans_now=lambda: live.settings().plans)


@app.get(
    "/v1/account",
    **describe(
        "Account",
        "getAccount",
        "Get the caller's account",
        {200: "The account."},
    ),
)
def get_account() -> AccountView:
    return profile.overview(users.get(app.owner), live.settings(), datetime.now(UTC))


@app.patch(
    "/v1/account",
    **describe(
        "Account",
        "updateAccount",
        "Change the profile",
        {200: "The account, its `version` grown."},
        "A JSON merge patch (RFC 7396): what is not named stays, `null` removes.",
        codes=("version_conflict",),
    ),
)
def patch_account(patch: Annotated[dict[str, Any], Body()]) -> AccountView:
    at, now = datetime.now(UTC), live.settings()
    return profile.overview(profile.patch(app.owner, patch, at, now, users=users), now, at)


@app.delete(
    "/v1/account",
    **describe(
        "Account",
        "deleteAccount",
        "Delete the account and everything in it",
        {204: "It is closed at once; data and files follow within a day."},
        (
            "From now on, at the latest after a few seconds, every request of this caller is answered "
            "403 `forbidden`, those with API keys too. What is paid for the account ends first. "
        )
        + PEOPLE,
        codes=("billing_state_changed",),
    ),
)
def delete_account() -> Response[None]:
    account.close(app.owner, datetime.now(UTC), settings().billing, users=users, checkouts=checkouts, stripe=stripe)
    return no_content()


@app.get(
    "/v1/account/usage",
    **describe(
        "Account",
        "getUsage",
        "What is used and left in this period",
        {200: "The counters. `used` holds work in flight too: only delivered results stay used."},
    ),
)
def get_usage() -> UsageView:
    granted = live.of(app.owner, datetime.now(UTC)).allowance
    return quota.overview(usage.usage(app.owner, granted.period), granted)


@app.get(
    "/v1/account/cost",
    **describe(
        "Account",
        "getCost",
        "What an account's runs cost at the provider",
        {200: "Totals of all runs ever billed, those of deleted projects included."},
    ),
)
def get_cost() -> CostView:
    return costs.of(app.owner)


@app.get(
    "/v1/account/ledger",
    **describe(
        "Account",
        "listLedger",
        "List what was reserved, captured and released",
        {200: "A page, newest first: one entry per job."},
    ),
)
def get_ledger(limit: Limit = 20, cursor: Cursor = None) -> LedgerPage:
    page, more = usage.ledger(app.owner, limit=limit, before=ledger_position(cursor))
    return LedgerPage(items=page, next_cursor=cursor_of(more))


@app.post(
    "/v1/account/socket-tickets",
    **describe(
        "Account",
        "createSocketTicket",
        "Get a ticket for a WebSocket",
        {201: "Open `url` within seconds: a ticket works once."},
        "Every connection needs a ticket of its own, a reconnection too: a library that reconnects by itself to the "
        "same address is refused with 401.",
        counted=True,
    ),
)
def post_ticket() -> Response[TicketView]:
    at = datetime.now(UTC)
    app.count_creation(at)
    return created(tickets.issue(app.owner, at, settings().sockets, socket_url, tickets=ticket_store))


@app.post(
    "/v1/account/api-keys",
    **describe(
        "Account",
        "createApiKey",
        "Make an API key",
        {201: "The key. `key` is shown this once and stored only as a hash; `null` in a repeated answer."},
        "It reads and stages unless `scopes` say otherwise. " + PEOPLE,
        codes=("too_many_api_keys",),
        creates=True,
    ),
)
def post_api_key(new: NewApiKey) -> Response[ApiKeyCreated]:
    return answered(api_keys.issue(new, app.idempotent(datetime.now(UTC)), store=keys))


@app.get(
    "/v1/account/api-keys",
    **describe(
        "Account",
        "listApiKeys",
        "List API keys",
        {200: "All of them, without their secrets."},
    ),
)
def get_api_keys() -> ApiKeyPage:
    return ApiKeyPage(items=[view(ApiKeyView, key) for key in keys.of(app.owner)])


@app.delete(
    "/v1/account/api-keys/<key_id>",
    **describe(
        "Account",
        "revokeApiKey",
        "Revoke an API key",
        {204: "It opens nothing any more."},
        PEOPLE,
    ),
)
def delete_api_key(key_id: Annotated[str, Path(description="The API key's id, not the key.")]) -> Response[None]:
    keys.revoke(app.owner, key_id)
    return no_content()


@app.get(
    "/v1/billing/plans",
    **describe(
        "Billing",
        "listPlans",
        "What a month costs and includes",
        {200: "All plans; `free` needs no subscription."},
    ),
)
def get_plans() -> PlanPage:
    return PlanPage(items=quota.plan_options(live.settings().plans))


@app.post(
    "/v1/billing/checkout",
    **describe(
        "Billing",
        "openCheckout",
        "Get a page to buy a plan on",
        {201: "Send the customer to `url`, a page of Stripe's."},
        (
            "There is one open page per account: asked again, it is the same one; asked for another "
            "plan, the former one closes. The plan counts as soon as it is paid for. Who has a "
            "subscription changes its plan instead: `PATCH /v1/billing/subscription`. "
        )
        + PEOPLE,
        codes=("subscription_exists", "version_conflict", "billing_state_changed", "billing_not_set_up"),
        creates=True,
    ),
)
def post_checkout(choice: PlanChoice) -> Response[CheckoutView]:
    stripe.require_set_up()
    return answered(checkouts.open(choice.plan, app.idempotent(datetime.now(UTC))))


@app.post(
    "/v1/billing/portal",
    **describe(
        "Billing",
        "openPortal",
        "Get a page for cards, invoices and plan",
        {201: "Send the customer to `url`, a page of Stripe's, within minutes."},
        PEOPLE,
        codes=("no_customer", "billing_not_set_up"),
        counted=True,
    ),
)
def post_portal() -> Response[PortalView]:
    at = asking()
    return created(account.open_portal(app.owner, at, settings().stripe, users=users, billing=billing, stripe=stripe))


@app.get(
    "/v1/billing/subscription",
    **describe(
        "Billing",
        "getSubscription",
        "Get the caller's subscription",
        {200: "The subscription; `status` is `none` for who never had one."},
    ),
)
def get_subscription() -> SubscriptionView:
    return shown(users.get(app.owner), datetime.now(UTC))


@app.post(
    "/v1/billing/subscription/preview",
    **describe(
        "Billing",
        "previewPlan",
        "What a change of plan would cost",
        {200: "What is to be paid at once, and when the plan would count."},
        "Changes nothing. Give `proration_date` back with the change within the hour, and exactly this is charged.",
        codes=("no_subscription", "billing_not_set_up"),
        counted=True,
    ),
)
def post_preview(choice: PlanChoice) -> PreviewView:
    at = asking()
    return changes.preview(app.owner, choice.plan, at)


@app.patch(
    "/v1/billing/subscription",
    **describe(
        "Billing",
        "changePlan",
        "Change the plan",
        {200: "The subscription, as Stripe has it after the change."},
        (
            "A larger plan counts at once, and the rest of the period is charged at once; if the card "
            "is declined, nothing changes. A smaller one counts from the next period on: until then "
            "`next_plan` names it, and choosing the present plan again takes it back. `free` is the "
            "same as canceling; a cancelation stays until it is resumed. "
        )
        + PEOPLE,
        codes=("payment_declined", "no_subscription", "billing_state_changed", "customer_gone", "billing_not_set_up"),
        counted=True,
    ),
)
def patch_subscription(wanted: PlanChange) -> SubscriptionView:
    at = asking()
    return shown(changes.change(app.owner, wanted, at), at)


@app.post(
    "/v1/billing/subscription/cancel",
    **describe(
        "Billing",
        "cancelSubscription",
        "End the subscription with its period",
        {200: "The subscription, as Stripe has it after the change."},
        PEOPLE,
        codes=("no_subscription", "billing_state_changed", "billing_not_set_up"),
        counted=True,
    ),
)
def post_cancel() -> SubscriptionView:
    at = asking()
    return shown(changes.cancel(app.owner, at), at)


@app.post(
    "/v1/billing/subscription/resume",
    **describe(
        "Billing",
        "resumeSubscription",
        "Take a cancelation back",
        {200: "The subscription, as Stripe has it after the change."},
        "Until the period has ended. " + PEOPLE,
        codes=("no_subscription", "billing_state_changed", "billing_not_set_up"),
        counted=True,
    ),
)
def post_resume() -> SubscriptionView:
    at = asking()
    return shown(changes.resume(app.owner, at), at)


@app.get(
    "/v1/billing/invoices",
    **describe(
        "Billing",
        "listInvoices",
        "List invoices",
        {200: "A page, newest first. Their addresses open for everybody who has them."},
        "Stripe is asked each time: it counts against the limit on creating requests.",
        codes=("billing_not_set_up",),
        counted=True,
    ),
)
def get_invoices(limit: Limit = 20, cursor: Cursor = None) -> InvoicePage:
    before = invoice_position(cursor)
    asking()
    return views.invoices(users.get(app.owner), stripe, limit=limit, before=before)


@app.get(
    "/v1/billing/payment-methods",
    **describe(
        "Billing",
        "listPaymentMethods",
        "List cards",
        {200: "What receipts show of them; the `default` one pays the subscription."},
        "Stripe is asked each time: it counts against the limit on creating requests.",
        codes=("billing_state_changed", "billing_not_set_up"),
        counted=True,
    ),
)
def get_payment_methods() -> PaymentMethodPage:
    asking()
    return views.cards(users.get(app.owner), settings(), stripe)


def asking() -> datetime:
    """When Stripe is about to be asked. Raises BillingNotSetUpError, RateLimitedError."""
    at = datetime.now(UTC)
    stripe.require_set_up()
    app.count_creation(at)
    return at


def shown(user: User, at: datetime) -> SubscriptionView:
    return views.subscription_view(user, live.settings(), at)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return serve(app, event, context, authenticate=gate, public=PUBLIC)
