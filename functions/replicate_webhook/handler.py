"""POST /v1/webhooks/replicate/{job_id}/{attempt}: verify, enqueue, answer."""

import base64
import json
import os
import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from realstaging import aws
from realstaging.api.documentation import describe
from realstaging.api.problems import answer
from realstaging.config import required, settings
from realstaging.errors import AppError, MalformedRequestError
from realstaging.gateways.queues import ResultQueue
from realstaging.gateways.secrets import Secrets
from realstaging.models.provider import DEFAULT_ACCOUNT
from realstaging.models.runs import Prediction, ResultMessage
from realstaging.observability import count, join, log, observed, request_answered
from realstaging.webhook_signatures import verify_replicate, webhook_body

secrets = Secrets(aws.ssm, settings().stage)
results = ResultQueue(aws.sqs(), required("RESULT_QUEUE_URL"))
NOBODYS = base64.b64encode(os.urandom(32)).decode()
ROUTE = "/v1/webhooks/replicate/{job_id}/{attempt}"

DOCUMENTED = {
    f"POST {ROUTE}": describe(
        "Webhooks",
        "receivePrediction",
        "What became of a run at Replicate",
        {202: "Taken. It is also the answer for a run that is over already, so that nobody repeats it."},
        "Signed as in Standard Webhooks: HMAC-SHA256 over `{id}.{timestamp}.{body}`, at most five minutes old.",
        codes=("malformed_request", "unauthorized", "payload_too_large"),
        path={"job_id": "The job.", "attempt": "Which of its attempts."},
    )
}


def accept(event: dict[str, Any]) -> None:
    body = webhook_body(event)
    path, query = event.get("pathParameters") or {}, event.get("queryStringParameters") or {}
    account = query.get("account", DEFAULT_ACCOUNT)
    verify_replicate(body, event.get("headers") or {}, _secrets_of(account), time.time())
    trace = join(query.get("traceparent"))
    try:
        result = ResultMessage(
            owner=query.get("owner", ""),
            job_id=path.get("job_id", ""),
            attempt=path.get("attempt", ""),
            account=account,
            traceparent=trace,
            prediction=Prediction.of(json.loads(body)),
        )
    except (ValueError, AttributeError, ValidationError) as error:
        raise MalformedRequestError("The webhook is not a prediction.") from error
    if result.prediction is None or not result.prediction.id:
        raise MalformedRequestError("The webhook is not a prediction.")
    if result.prediction.finished:
        results.send([result])
        log.info("result accepted", job_id=result.job_id, attempt=result.attempt)


def _secrets_of(account: str) -> str:
    """Those of this account; of one that is not configured, a secret that nobody has: it is refused likewise."""
    access = settings().replicate.every_account.get(account)
    return secrets.get(access.webhook_secret) if access else NOBODYS


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request_id = str(event.get("requestContext", {}).get("requestId", ""))
    try:
        accept(event)
    except AppError as error:
        count("WebhookRefused")
        log.warning("webhook refused", code=error.code)
        request_answered("POST", ROUTE, int(error.status), code=error.code)
        return answer(error, request_id)
    request_answered("POST", ROUTE, 202)
    return {"statusCode": 202, "headers": {"X-Request-Id": request_id}, "body": ""}
