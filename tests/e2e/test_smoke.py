"""`make smoke` against the local cloud."""

from pathlib import Path

import pytest

from local.state import Cloud
from local.token import access_token
from tools import smoke

pytestmark = pytest.mark.e2e


def _run(cloud: Cloud) -> smoke.Run:
    return smoke.started(cloud.api, access_token(Path(cloud.logs).parent, "smoke", []), smoke.ORIGIN)


def test_every_step_passes(cloud: Cloud) -> None:
    said: list[str] = []
    assert smoke.carry_out(_run(cloud), said.append) == 0, said
    assert [line.split(" (")[0] for line in said] == [f"✓ {name}" for name, _, _ in smoke.STEPS]


def test_a_step_that_fails_says_what_to_look_at(cloud: Cloud) -> None:
    said: list[str] = []
    stranger = smoke.started(cloud.api, "no token", smoke.ORIGIN)
    assert smoke.carry_out(stranger, said.append) == 1
    assert said[-1].startswith("✗ sign-in")
    assert "issuer and audience" in said[-1]
