"""The table as template.yaml describes it, in the words of create_table."""

import functools
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
# Streams and TTL are spelled differently in the API; nothing in moto needs them.
SHAPE = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")


class _Loader(yaml.CSafeLoader):
    """Reads `!Ref` and its like as text."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: f"!{suffix}")


@functools.cache
def _properties() -> dict[str, Any]:
    template = yaml.load(TEMPLATE.read_text(), _Loader)
    properties: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    return properties


def table_shape() -> dict[str, Any]:
    return {name: _properties()[name] for name in SHAPE}
