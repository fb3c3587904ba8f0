"""Every day: what owners have against what Stripe says, and the prices against the settings.

`{"prices": "check"}` looks at the prices only, `{"prices": "sync"}` makes those that are missing or wrong.
`{"pause_seconds": 0}` does not wait for webhooks that are on their way.
"""

import time
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.billing import prices as plan_prices
from realstaging.billing.reconciliation import Reconciler, Report
from realstaging.billing.sync import Billing
from realstaging.config import settings
from realstaging.errors import BillingNotSetUpError
from realstaging.gateways.secrets import Secrets
from realstaging.gateways.stripe.client import Stripe
from realstaging.observability import count, log, observed
from realstaging.stores.billing import BillingStore, ReconciliationCursorStore
from realstaging.stores.users import UserStore

# A webhook on its way is there by then.
PAUSE_SECONDS = 10
SPARE_SECONDS = 60
NOT_SET_UP: dict[str, Any] = {
    "set_up": False,
    "done": True,
    "looked": 0,
    "differences": [],
    "prices_made": [],
    "price_complaints": [],
}

store, users, cursors = BillingStore(aws.table()), UserStore(aws.table()), ReconciliationCursorStore(aws.table())
stripe = Stripe(settings(), Secrets(aws.ssm, settings().stage))
reconciler = Reconciler(
    settings(),
    billing=Billing(settings(), store=store, users=users, stripe=stripe),
    store=store,
    users=users,
    stripe=stripe,
)


def prices(order: str | None) -> dict[str, Any]:
    plans = settings().plans
    made = plan_prices.sync_prices(plans, stripe) if order == "sync" else []
    found = plan_prices.complaints(plans, settings().stripe.return_url, stripe)
    for complaint in found:
        log.error("price difference", complaint=complaint)
        count("BillingDifference")
    return {"prices_made": made, "price_complaints": found}


def reconcile(until: float, pause: float) -> Report:
    report = reconciler.run(cursors.find(), datetime.now(UTC), until=until, pause=lambda: time.sleep(pause))
    cursors.save(report.cursor)
    log.info("reconciled", looked=report.checked, differences=len(report.differences), done=report.cursor is None)
    return report


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    until = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS
    order = event.get("prices")
    try:
        stripe.require_set_up()
    except BillingNotSetUpError:
        log.info("billing is not set up")
        return NOT_SET_UP
    if order:
        return prices(order)
    report = reconcile(until, event.get("pause_seconds", PAUSE_SECONDS))
    found = [each.model_dump() for each in report.differences]
    return {"done": report.cursor is None, "looked": report.checked, "differences": found, **prices(None)}
