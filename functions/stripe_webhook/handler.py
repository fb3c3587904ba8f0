"""POST /v1/webhooks/stripe: verify, then have the customer's owner get what Stripe says now."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.api.documentation import describe
from realstaging.api.problems import answer, raw_body
from realstaging.billing.signatures import verify
from realstaging.billing.sync import TYPES, Billing
from realstaging.config import settings
from realstaging.errors import AppError, InternalError, MalformedRequestError, PayloadTooLargeError
from realstaging.gateways.secrets import Secrets
from realstaging.gateways.stripe.client import API_VERSION, Stripe
from realstaging.models.stripe import BillingEvent
from realstaging.observability import count, log, metrics
from realstaging.stores.billing import BillingStore
from realstaging.stores.users import UserStore

MAX_BODY = 1024 * 1024

secrets = Secrets(aws.ssm, settings().stage)
store = BillingStore(aws.table())
billing = Billing(settings(), store=store, users=UserStore(aws.table()), stripe=Stripe(settings(), secrets))


DOCUMENTED = {
    "POST /v1/webhooks/stripe": describe(
        "Webhooks",
        "receiveBillingEvent",
        "Something happened at Stripe",
        {200: "Taken, also for what was taken before and for events of no interest."},
        "What an event holds is not believed: the customer's subscriptions are asked for, and "
        "their owner has what they say. Signed as Stripe signs: HMAC-SHA256 over "
        "`{timestamp}.{body}`, at most five minutes old.",
        codes=("malformed_request", "unauthorized", "payload_too_large"),
    )
}


def heard(request: dict[str, Any]) -> BillingEvent:
    """An event that is surely Stripe's, and meant for this stage."""
    body = raw_body(request)
    if len(body) > MAX_BODY:
        raise PayloadTooLargeError(f"A webhook holds at most {MAX_BODY} bytes.")
    sent = {name.lower(): value for name, value in (request.get("headers") or {}).items()}
    verify(body, sent.get("stripe-signature", ""), secrets.get(settings().stripe.webhook_secret), time.time())
    try:
        event = BillingEvent.of(json.loads(body))
    except ValueError as error:
        raise MalformedRequestError("The webhook is not an event with a snapshot.") from error
    if event.live != (settings().stage == "prod"):
        log.error("event of the other mode", event_id=event.id, live=event.live)
        raise MalformedRequestError("Live events belong to prod, test events to the other stages.")
    return event


def take(event: BillingEvent) -> None:
    log.append_keys(event_id=event.id, event_type=event.type)
    if event.type not in TYPES:
        log.info("event of no interest")
        return
    if store.applied(event.id):
        log.info("event applied already")
        return
    if event.api_version != API_VERSION:
        log.warning("event of another API version", api_version=event.api_version)
    billing.apply(event, datetime.now(UTC))
    log.info("event applied", customer_id=event.customer)


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request_id = str(event.get("requestContext", {}).get("requestId", ""))
    try:
        try:
            told = heard(event)
        except AppError as error:
            count("StripeWebhookRefused")
            log.warning("webhook refused", code=error.code)
            return answer(error, request_id)
        take(told)
    except Exception as error:
        # Stripe sends it again, for three days.
        count("StripeWebhookFailed")
        log.exception("webhook failed", exc_info=error)
        return answer(InternalError("It was logged. Send it again."), request_id)
    return {"statusCode": 200, "headers": {"X-Request-Id": request_id}, "body": ""}
