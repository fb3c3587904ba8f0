"""The table's stream: tell each owner's sockets what changed."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.config import required, settings
from realstaging.gateways.sockets import Sockets
from realstaging.observability import log, metrics, record_edge
from realstaging.pushes import Pusher, announcement
from realstaging.stores.sockets import SocketStore

processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
pusher = Pusher(SocketStore(aws.table()), Sockets(aws.sockets(required("SOCKET_POST_URL"))))


@record_edge()
def on_change(record: DynamoDBRecord) -> None:
    change = record.dynamodb
    if change is None or not change.new_image:
        return
    message = announcement(change.new_image, change.old_image or {}, settings(), datetime.now(UTC))
    if message:
        pusher.note(str(change.new_image["owner"]), str(change.new_image["sk"]), message)


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    answer = process_partial_response(event=event, record_handler=on_change, processor=processor, context=context)
    pusher.send(datetime.now(UTC))
    return answer
