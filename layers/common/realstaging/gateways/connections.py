"""Open WebSocket connections."""

from threading import Lock
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from realstaging.observability import count, log

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


class Connections:
    def __init__(self, api: "ApiGatewayManagementApiClient") -> None:
        self._api = api
        self._lock = Lock()  # messages are sent by several threads

    def post(self, connection_id: str, message: str) -> bool:
        """Send one message. False if the connection is closed.

        A slow or throttled connection loses this message only, which is counted as PushFailed: clients read
        the state again when they reconnect, and a push must never delay the stream.
        """
        try:
            self._api.post_to_connection(ConnectionId=connection_id, Data=message.encode())
        except self._api.exceptions.GoneException:
            return False
        except (ClientError, BotoCoreError) as error:
            self._log_failure("push failed", connection_id, error)
        else:
            with self._lock:
                count("PushSent")
        return True

    def close(self, connection_id: str) -> None:
        """Close a connection, unless it is closed already."""
        try:
            self._api.delete_connection(ConnectionId=connection_id)
        except self._api.exceptions.GoneException:
            return
        except (ClientError, BotoCoreError) as error:
            self._log_failure("socket not closed", connection_id, error)

    def _log_failure(self, what: str, connection_id: str, error: ClientError | BotoCoreError) -> None:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        with self._lock:
            log.warning(what, connection_id=connection_id, code=code)
            count("PushFailed")
