"""The paid plans of the settings, as products to begin with."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

CONFIG = Path(__file__).parents[2] / "config"


def of_config() -> tuple[tuple[str, str, int], ...]:
    """Id, name and cents of what costs something locally."""
    base, own = (_plans(name) for name in ("base", "local"))
    plans = {id: base.get(id, {}) | own.get(id, {}) for id in base | own}
    cents = {id: int(Decimal(plan["price_usd"]) * 100) for id, plan in plans.items()}
    return tuple((id, plan["name"], cents[id]) for id, plan in plans.items() if cents[id])


def _plans(name: str) -> dict[str, Any]:
    settings = yaml.safe_load((CONFIG / f"{name}.yaml").read_text())
    plans: dict[str, Any] = settings.get("plans") or {}
    return plans
