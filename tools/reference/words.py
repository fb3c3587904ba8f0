"""What an operation of the reference says beyond what its resolver knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Operation:
    """`answers`: its successes, by status. `codes`: the refusals of its own, beside those of every route.

    `creates`: it counts against the limit on creating requests and takes an Idempotency-Key. `counted`: it only counts.
    `itemized`: it answers item by item, also when no item succeeded.
    """

    tag: str
    id: str
    summary: str
    answers: Mapping[int, str]
    description: str = ""
    codes: tuple[str, ...] = ()
    creates: bool = False
    counted: bool = False
    itemized: bool = False
    content_type: str = "application/json"
    path: Mapping[str, str] = field(default_factory=dict)


TAGS = {
    "Uploads": "Photos come in: plan them, then send each file to the form that was made for it.",
    "Projects": "A property or an order: images belong to one.",
    "Images": "The photos, once planned: their state, their files.",
    "Jobs": "One staging of one photo.",
    "Batches": "The jobs of one request, followed together.",
    "Account": "The caller: profile, usage, API keys, sockets.",
    "Administration": "For administrators, with an access token: API keys never pass. Every change leaves an entry "
    "in the audit log.",
    "Billing": "Plans, subscription, invoices. Money goes through Stripe's pages: no card ever comes near us.",
    "Service": "Public: what is on offer, whether it works, and this document.",
    "Webhooks": "For the services we work with; every call is signed.",
}
