"""Open WebSocket connections."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


class Connections:
    def __init__(self, api: "ApiGatewayManagementApiClient") -> None:
        self._api = api

    def post(self, connection_id: str, message: str) -> bool:
        """Send one message. False if the connection is gone: an answer, not an error.

        A slow or throttled connection loses this message only: the client reads the table again
        when it reconnects, and a push must never hold up the stream.
        """
        try:
            self._api.post_to_connection(ConnectionId=connection_id, Data=message.encode())
        except self._api.exceptions.GoneException:
            return False
        except (ClientError, BotoCoreError):
            return True
        return True
