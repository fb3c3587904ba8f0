"""Prices of AWS, list prices of us-east-1 without free tiers and discounts, and what one image uses of each."""

from dataclasses import dataclass

from tools.simulate.system import System
from tools.simulate.units import Usage

SOURCE, DATE = "list prices of us-east-1, from the services' pricing pages as remembered; not looked up", "2026-11"


@dataclass(frozen=True)
class Price:
    what: str
    usd: float
    per: float
    unit: str


PRICES = {
    price.what: price
    for price in (
        Price("Lambda, arm64, time", 13.33, 1e6, "GB-s"),
        Price("Lambda, invocations", 0.20, 1e6, "invocation"),
        Price("DynamoDB, writes", 0.625, 1e6, "unit"),
        Price("DynamoDB, reads", 0.125, 1e6, "unit"),
        Price("S3, PUT and COPY", 5.00, 1e6, "request"),
        Price("S3, GET", 0.40, 1e6, "request"),
        Price("S3, a month's storage", 0.023, 1, "GB"),
        Price("HTTP API", 1.00, 1e6, "request"),
        Price("WebSocket messages", 1.00, 1e6, "message"),
        Price("SQS", 0.40, 1e6, "request"),
        Price("CloudWatch Logs", 0.50, 1, "GB"),
        Price("Traffic to the internet", 0.09, 1, "GB"),
        Price("Fixed: alarms, metrics, pollers, a month", 1.00, 1, "USD"),
    )
}
# What a stage costs without a single image, a month: alarms, EMF series, pollers, schedules.
FIXED_USD = 20.0
DAYS = 30
# Bytes of one image: original 5 MB, master, thumbnail, result; the model and the customer each fetch one.
STORED_GB, SENT_GB, LOGGED_GB = 0.007, 0.0022, 50e-6
PUTS, GETS, QUEUE_REQUESTS, INVOCATIONS = 6, 6, 6, 12


def quantities(system: System, usage: Usage, images: float) -> dict[str, float]:
    """Of one image, on a day of so many."""
    gigabytes = sum(each.seconds * each.memory_gb * each.per_image for each in system.functions.values())
    return {
        "Lambda, arm64, time": gigabytes,
        "Lambda, invocations": INVOCATIONS,
        "DynamoDB, writes": usage.write.total(),
        "DynamoDB, reads": usage.read.total(),
        "S3, PUT and COPY": PUTS,
        "S3, GET": GETS,
        "S3, a month's storage": STORED_GB,
        "HTTP API": usage.requests,
        "WebSocket messages": usage.pushed,
        "SQS": QUEUE_REQUESTS,
        "CloudWatch Logs": LOGGED_GB,
        "Traffic to the internet": SENT_GB,
        "Fixed: alarms, metrics, pollers, a month": FIXED_USD / DAYS / images,
    }


def per_thousand(system: System, usage: Usage, images: float) -> dict[str, float]:
    """US dollars for 1,000 images, the provider's runs left out."""
    used = quantities(system, usage, images)
    return {name: 1000 * count * PRICES[name].usd / PRICES[name].per for name, count in used.items()}
