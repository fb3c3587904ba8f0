"""Every line the functions logged, as a fixture."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from realstaging.observability import log


class Lines(io.StringIO):
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def of(self, function: str) -> list[dict[str, Any]]:
        return [line for line in self.all() if line["function_name"] == function]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything our logger writes, as CloudWatch gets it."""
    stream = Lines()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log.registered_formatter)
    logging.getLogger(log.name).addHandler(handler)
    yield stream
    logging.getLogger(log.name).removeHandler(handler)
