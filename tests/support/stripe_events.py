"""Events of Stripe, changed and counted."""

import json
from collections import Counter
from typing import Any

import pytest

Event = dict[str, Any]


def changed(event: Event, **fields: Any) -> Event:
    return json.loads(json.dumps(event)) | fields  # type: ignore[no-any-return]


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """What was counted since this was last asked."""
    counted: Counter[str] = Counter()
    for line in capsys.readouterr().out.splitlines():
        if '"_aws"' in line:
            counted.update({name: sum(value) for name, value in json.loads(line).items() if isinstance(value, list)})
    return dict(counted)
