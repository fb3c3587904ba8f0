"""POST /v1/account/socket-tickets, GET /v1/account/usage."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws, quota
from realstaging.config import required, settings
from realstaging.gate import Gate
from realstaging.http import Api, caller, created, serve
from realstaging.models import TicketView, UsageView
from realstaging.observability import log, metrics
from realstaging.stores.quota import QuotaStore
from realstaging.stores.sockets import TicketStore
from realstaging.tickets import issue

app = Api()
gate = Gate(settings(), aws.table())
usage = QuotaStore(aws.table())
tickets = TicketStore(aws.table())
socket_url = required("SOCKET_URL")


@app.post("/v1/account/socket-tickets")
def post_ticket() -> Response[TicketView]:
    at = datetime.now(UTC)
    return created(issue(caller(app).owner, at, settings().sockets, socket_url, tickets=tickets))


@app.get("/v1/account/usage")
def get_usage() -> UsageView:
    at = datetime.now(UTC)
    return quota.overview(usage.usage(caller(app).owner, quota.period(at)), settings(), at)


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return serve(app, event, context, gate=gate)
