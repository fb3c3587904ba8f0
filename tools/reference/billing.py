"""The routes of billing in words, in the order of the reference."""

from tools.reference.words import Operation

PEOPLE = "Only with an access token of the caller's own: an API key is refused with 403."
ASKED = "Stripe is asked each time: it counts against the limit on creating requests."
STATE = {200: "The subscription, as Stripe has it after the change."}

BILLING = {
    "GET /v1/billing/plans": Operation(
        "Billing", "listPlans", "What a month costs and includes", {200: "All plans; `free` needs no subscription."}
    ),
    "POST /v1/billing/checkout": Operation(
        "Billing",
        "openCheckout",
        "Get a page to buy a plan on",
        {201: "Send the customer to `url`, a page of Stripe's."},
        "There is one open page per account: asked again, it is the same one; asked for another plan, the former one "
        "closes. The plan counts as soon as it is paid for. Who has a subscription changes its plan instead: "
        "`PATCH /v1/billing/subscription`. " + PEOPLE,
        ("subscription_exists", "version_conflict", "billing_state_changed"),
        creates=True,
    ),
    "POST /v1/billing/portal": Operation(
        "Billing",
        "openPortal",
        "Get a page for cards, invoices and plan",
        {201: "Send the customer to `url`, a page of Stripe's, within minutes."},
        PEOPLE,
        ("no_customer",),
        counted=True,
    ),
    "GET /v1/billing/subscription": Operation(
        "Billing",
        "getSubscription",
        "Get the caller's subscription",
        {200: "The subscription; `status` is `none` for who never had one."},
    ),
    "POST /v1/billing/subscription/preview": Operation(
        "Billing",
        "previewPlan",
        "What a change of plan would cost",
        {200: "What is to be paid at once, and when the plan would count."},
        "Changes nothing. Give `proration_date` back with the change within the hour, and exactly this is charged.",
        ("no_subscription",),
        counted=True,
    ),
    "PATCH /v1/billing/subscription": Operation(
        "Billing",
        "changePlan",
        "Change the plan",
        STATE,
        "A larger plan counts at once, and the rest of the period is charged at once; if the card is declined, nothing "
        "changes. A smaller one counts from the next period on: until then `next_plan` names it, and choosing the "
        "present plan again takes it back. `free` is the same as canceling; a cancelation stays until it is resumed. "
        + PEOPLE,
        ("payment_declined", "no_subscription", "billing_state_changed", "customer_gone"),
        counted=True,
    ),
    "POST /v1/billing/subscription/cancel": Operation(
        "Billing",
        "cancelSubscription",
        "End the subscription with its period",
        STATE,
        PEOPLE,
        ("no_subscription", "billing_state_changed"),
        counted=True,
    ),
    "POST /v1/billing/subscription/resume": Operation(
        "Billing",
        "resumeSubscription",
        "Take a cancelation back",
        STATE,
        "Until the period has ended. " + PEOPLE,
        ("no_subscription", "billing_state_changed"),
        counted=True,
    ),
    "GET /v1/billing/invoices": Operation(
        "Billing",
        "listInvoices",
        "List invoices",
        {200: "A page, newest first. Their addresses open for everybody who has them."},
        ASKED,
        counted=True,
    ),
    "GET /v1/billing/payment-methods": Operation(
        "Billing",
        "listPaymentMethods",
        "List cards",
        {200: "What receipts show of them; the `default` one pays the subscription."},
        ASKED,
        ("billing_state_changed",),
        counted=True,
    ),
}
