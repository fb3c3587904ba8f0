"""Two of the troubles of make chaos, with few photos: nothing is lost, paid twice or left behind."""

from pathlib import Path

import pytest

from local.state import Cloud
from tools.bench.rooms import different
from tools.chaos.__main__ import run

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("name", ["webhooks-dropped", "everything-twice"])
def test_under_trouble_nothing_is_lost_paid_twice_or_left_behind(cloud: Cloud, tmp_path: Path, name: str) -> None:
    found = run(cloud, Path(cloud.logs).parent, name, 1, different(4, tmp_path), pause=1)

    assert found.clean, str(found)
    assert found.states == {"ready": 4}
