"""The WebSocket routes: $connect takes a ticket, $disconnect forgets, $default answers pings."""

import json
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.api.problems import answer
from realstaging.config import required, settings
from realstaging.errors import AppError
from realstaging.gateways.connections import Connections
from realstaging.observability import log, observed, request_answered
from realstaging.sockets.tickets import connect, replaced, reply
from realstaging.stores import keys
from realstaging.stores.connections import ConnectionStore, TicketStore

tickets = TicketStore(aws.table())
connections = ConnectionStore(aws.table())
sockets = Connections(aws.sockets(required("SOCKET_POST_URL")))


def on_connect(event: dict[str, Any], connection_id: str, at: datetime) -> None:
    ticket = (event.get("queryStringParameters") or {}).get("ticket", "")
    limits = settings().sockets
    for other in connect(ticket, connection_id, at, limits, tickets=tickets, sockets=connections):
        log.info("oldest socket closed", connection_id=other)
        sockets.post(other, json.dumps(replaced(limits)))
        sockets.close(other)


def on_message(event: dict[str, Any], connection_id: str, at: datetime) -> None:
    sockets.post(connection_id, json.dumps(reply(event.get("body") or "", connection_id, keys.stamp(at))))


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = event["requestContext"]
    connection_id, at = request["connectionId"], datetime.now(UTC)
    try:
        match request["routeKey"]:
            case "$connect":
                on_connect(event, connection_id, at)
            case "$disconnect":
                connections.forget_connection(connection_id)
            case _:
                on_message(event, connection_id, at)
    except AppError as error:
        log.info("socket refused", code=error.code)
        request_answered("SOCKET", request["routeKey"], int(error.status), code=error.code)
        return answer(error, str(request.get("requestId", "")))
    request_answered("SOCKET", request["routeKey"], 200)
    return {"statusCode": 200}
