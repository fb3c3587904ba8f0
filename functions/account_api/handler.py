"""/v1/account: profile, usage, ledger, API keys, socket tickets, and its end."""

from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import accounts, apikeys, aws, quota, tickets
from realstaging.config import required, settings
from realstaging.gate import Gate
from realstaging.http import Api, Creations, answered, created, gone, serve
from realstaging.models import (
    AccountView,
    ApiKeyCreated,
    ApiKeyPage,
    ApiKeyView,
    LedgerPage,
    NewApiKey,
    TicketView,
    UsageView,
    view,
)
from realstaging.observability import log, metrics
from realstaging.paging import cursor as cursor_of
from realstaging.paging import ledger_position
from realstaging.stores.apikeys import ApiKeyStore
from realstaging.stores.idempotency import IdempotencyStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.rates import RateStore
from realstaging.stores.sockets import TicketStore

app = Api(Creations(settings().rates, RateStore(aws.table()), IdempotencyStore(aws.table())))
gate = Gate(settings(), aws.table())
users = gate.users  # the same one: it remembers who was let in, and who is not to be any more
usage = QuotaStore(aws.table())
keys = ApiKeyStore(aws.table())
ticket_store = TicketStore(aws.table())
socket_url = required("SOCKET_URL")


@app.get("/v1/account")
def get_account() -> AccountView:
    return accounts.overview(users.get(app.owner), settings(), datetime.now(UTC))


@app.patch("/v1/account")
def patch_account(changes: Annotated[dict[str, Any], Body()]) -> AccountView:
    at = datetime.now(UTC)
    return accounts.overview(accounts.patch(app.owner, changes, at, settings(), users=users), settings(), at)


@app.delete("/v1/account")
def delete_account() -> Response[None]:
    users.condemn(app.owner, datetime.now(UTC))
    return gone()


@app.get("/v1/account/usage")
def get_usage() -> UsageView:
    at = datetime.now(UTC)
    granted = quota.allowance(users.get(app.owner), settings(), at)
    return quota.overview(usage.usage(app.owner, granted.period), granted)


@app.get("/v1/account/ledger")
def get_ledger(
    limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: Annotated[str | None, Query(max_length=100)] = None
) -> LedgerPage:
    page, more = usage.ledger(app.owner, limit=limit, before=ledger_position(cursor))
    return LedgerPage(items=page, next_cursor=cursor_of(more))


@app.post("/v1/account/socket-tickets")
def post_ticket() -> Response[TicketView]:
    at = datetime.now(UTC)
    return created(tickets.issue(app.owner, at, settings().sockets, socket_url, tickets=ticket_store))


@app.post("/v1/account/api-keys")
def post_api_key(new: NewApiKey) -> Response[ApiKeyCreated]:
    return answered(apikeys.issue(new, app.once(datetime.now(UTC)), store=keys))


@app.get("/v1/account/api-keys")
def get_api_keys() -> ApiKeyPage:
    return ApiKeyPage(items=[view(ApiKeyView, key) for key in keys.of(app.owner)])


@app.delete("/v1/account/api-keys/<key_id>")
def delete_api_key(key_id: str) -> Response[None]:
    keys.revoke(app.owner, key_id)
    return gone()


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return serve(app, event, context, gate=gate)
