"""The table's stream: tell each owner's sockets what changed."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.config import required, settings
from realstaging.dynamodb.values import plain
from realstaging.event_records import Record, each
from realstaging.gateways.connections import Connections
from realstaging.observability import follow, observed
from realstaging.runtime_settings import RuntimeSettings
from realstaging.sockets.push import Pusher, announcement
from realstaging.stores.connections import ConnectionStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.runtime_settings import OverrideStore

live, counters = RuntimeSettings(settings(), OverrideStore(aws.table())), QuotaStore(aws.table())
pusher = Pusher(ConnectionStore(aws.table()), Connections(aws.sockets(required("SOCKET_POST_URL"))))


def on_change(record: Record) -> None:
    new, old = plain(record["dynamodb"].get("NewImage", {})), plain(record["dynamodb"].get("OldImage", {}))
    if not new:
        return
    message = announcement(new, old, datetime.now(UTC), live=live, counters=counters)
    if message:
        if new.get("traceparent"):
            follow(str(new["traceparent"]), about=str(new.get("id")))
        pusher.note(str(new["owner"]), str(new["sk"]), message)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    answer = each(event, on_change, in_order=True)
    pusher.send(datetime.now(UTC))
    return answer
