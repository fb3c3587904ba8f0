"""/v1/account: profile, usage, ledger, API keys, socket tickets, and its end. /v1/billing: what is paid for it."""

from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.accounts import api_keys, profile, quota
from realstaging.api.app import Api, RateLimiter, answered, created, gone, serve
from realstaging.api.auth import Authenticator
from realstaging.billing import account, views
from realstaging.billing.checkout import Checkouts
from realstaging.billing.leaving import leave
from realstaging.billing.plan_changes import PlanChanges
from realstaging.billing.prices import offered
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
from realstaging.observability import log, metrics
from realstaging.pagination import cursor as cursor_of
from realstaging.pagination import invoice_position, ledger_position
from realstaging.runtime_settings import RuntimeSettings
from realstaging.sockets import tickets
from realstaging.stores.api_keys import ApiKeyStore
from realstaging.stores.billing import BillingStore
from realstaging.stores.checkouts import CheckoutStore
from realstaging.stores.connections import TicketStore
from realstaging.stores.costs import CostStore
from realstaging.stores.idempotency import IdempotencyStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.rate_limits import RateStore
from realstaging.stores.runtime_settings import OverrideStore

PUBLIC = frozenset({"/v1/billing/plans"})
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=100)]

app = Api(RateLimiter(settings().rates, RateStore(aws.table()), IdempotencyStore(aws.table())))
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
changes = PlanChanges(settings(), billing=billing, users=users, stripe=stripe)


@app.get("/v1/account")
def get_account() -> AccountView:
    return profile.overview(users.get(app.owner), live.settings(), datetime.now(UTC))


@app.patch("/v1/account")
def patch_account(patch: Annotated[dict[str, Any], Body()]) -> AccountView:
    at, now = datetime.now(UTC), live.settings()
    return profile.overview(profile.patch(app.owner, patch, at, now, users=users), now, at)


@app.delete("/v1/account")
def delete_account() -> Response[None]:
    app.require_user_token()
    leave(app.owner, datetime.now(UTC), users=users, checkouts=checkouts, stripe=stripe)
    return gone()


@app.get("/v1/account/usage")
def get_usage() -> UsageView:
    granted = live.of(app.owner, datetime.now(UTC)).allowance
    return quota.overview(usage.usage(app.owner, granted.period), granted)


@app.get("/v1/account/cost")
def get_cost() -> CostView:
    return costs.of(app.owner)


@app.get("/v1/account/ledger")
def get_ledger(limit: Limit = 20, cursor: Cursor = None) -> LedgerPage:
    page, more = usage.ledger(app.owner, limit=limit, before=ledger_position(cursor))
    return LedgerPage(items=page, next_cursor=cursor_of(more))


@app.post("/v1/account/socket-tickets")
def post_ticket() -> Response[TicketView]:
    at = datetime.now(UTC)
    return created(tickets.issue(app.owner, at, settings().sockets, socket_url, tickets=ticket_store))


@app.post("/v1/account/api-keys")
def post_api_key(new: NewApiKey) -> Response[ApiKeyCreated]:
    return answered(api_keys.issue(new, app.once(datetime.now(UTC)), store=keys))


@app.get("/v1/account/api-keys")
def get_api_keys() -> ApiKeyPage:
    return ApiKeyPage(items=[view(ApiKeyView, key) for key in keys.of(app.owner)])


@app.delete("/v1/account/api-keys/<key_id>")
def delete_api_key(key_id: str) -> Response[None]:
    keys.revoke(app.owner, key_id)
    return gone()


@app.get("/v1/billing/plans")
def get_plans() -> PlanPage:
    return offered(live.settings().plans)


@app.post("/v1/billing/checkout")
def post_checkout(choice: PlanChoice) -> Response[CheckoutView]:
    app.require_user_token()
    return answered(checkouts.open(choice.plan, app.once(datetime.now(UTC))))


@app.post("/v1/billing/portal")
def post_portal() -> Response[PortalView]:
    at = changing()
    return created(account.enter(app.owner, at, settings().stripe, users=users, billing=billing, stripe=stripe))


@app.get("/v1/billing/subscription")
def get_subscription() -> SubscriptionView:
    return shown(users.get(app.owner), datetime.now(UTC))


@app.post("/v1/billing/subscription/preview")
def post_preview(choice: PlanChoice) -> PreviewView:
    at = datetime.now(UTC)
    app.counted(at)
    return changes.preview(app.owner, choice.plan, at)


@app.patch("/v1/billing/subscription")
def patch_subscription(wanted: PlanChange) -> SubscriptionView:
    at = changing()
    return shown(changes.change(app.owner, wanted, at), at)


@app.post("/v1/billing/subscription/cancel")
def post_cancel() -> SubscriptionView:
    at = changing()
    return shown(changes.cancel(app.owner, at), at)


@app.post("/v1/billing/subscription/resume")
def post_resume() -> SubscriptionView:
    at = changing()
    return shown(changes.resume(app.owner, at), at)


@app.get("/v1/billing/invoices")
def get_invoices(limit: Limit = 20, cursor: Cursor = None) -> InvoicePage:
    before = invoice_position(cursor)
    app.counted(datetime.now(UTC))
    return views.invoices(users.get(app.owner), stripe, limit=limit, before=before)


@app.get("/v1/billing/payment-methods")
def get_payment_methods() -> PaymentMethodPage:
    app.counted(datetime.now(UTC))
    return views.cards(users.get(app.owner), settings(), stripe)


def changing() -> datetime:
    """A person changes what they pay for. Raises ForbiddenError, RateLimitedError."""
    app.require_user_token()
    at = datetime.now(UTC)
    app.counted(at)
    return at


def shown(user: User, at: datetime) -> SubscriptionView:
    return views.subscription_view(user, live.settings(), at)


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return serve(app, event, context, gate=gate, public=PUBLIC)
