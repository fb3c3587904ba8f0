"""POST /v1/webhooks/stripe: verify, then have the customer's owner get what Stripe says now."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.api.documentation import describe
from realstaging.api.problems import answer
from realstaging.billing.sync import TYPES, Billing
from realstaging.config import settings
from realstaging.errors import AppError, BillingNotSetUpError, InternalError, MalformedRequestError
from realstaging.gateways.secrets import Secrets
from realstaging.gateways.stripe.client import API_VERSION, Stripe
from realstaging.models.stripe import BillingEvent
from realstaging.observability import count, log, observed, request_answered
from realstaging.stores.billing import BillingStore
from realstaging.stores.users import UserStore
from realstaging.webhook_signatures import verify_stripe, webhook_body

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
        codes=("malformed_request", "unauthorized", "payload_too_large", "billing_not_set_up"),
    )
}


def verified(request: dict[str, Any]) -> BillingEvent:
    """An event that Stripe signed, for this stage. Raises BillingNotSetUpError without a webhook secret."""
    body = webhook_body(request)
    secret = secrets.find(settings().stripe.webhook_secret)
    if secret is None:
        raise BillingNotSetUpError
    verify_stripe(body, request.get("headers") or {}, secret, time.time())
    try:
        event = BillingEvent.of(json.loads(body))
    except ValueError as error:
        raise MalformedRequestError("The webhook is not an event with a snapshot.") from error
    if event.live != (settings().stage == "prod"):
        log.error("event of the other mode", event_id=event.id, live=event.live)
        raise MalformedRequestError("Live events belong to prod, test events to the other stages.")
    return event


def apply(event: BillingEvent) -> None:
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


def respond(event: dict[str, Any]) -> dict[str, Any]:
    request_id = str(event.get("requestContext", {}).get("requestId", ""))
    try:
        try:
            received = verified(event)
        except BillingNotSetUpError:
            raise
        except AppError as error:
            count("StripeWebhookRefused")
            log.warning("webhook refused", code=error.code)
            return answer(error, request_id)
        apply(received)
    except BillingNotSetUpError as error:
        # No alarm: on a stage without Stripe nobody but strangers calls.
        log.warning("billing is not set up")
        return answer(error, request_id)
    except Exception as error:
        # Stripe sends it again, for three days.
        count("StripeWebhookFailed")
        log.exception("webhook failed", exc_info=error)
        return answer(InternalError("It was logged. Send it again."), request_id)
    return {"statusCode": 200, "headers": {"X-Request-Id": request_id}, "body": ""}


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    reply = respond(event)
    request_answered("POST", "/v1/webhooks/stripe", reply["statusCode"])
    return reply
