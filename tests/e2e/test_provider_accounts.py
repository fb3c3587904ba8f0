"""Two accounts at the provider: while one is out of credit the other one stages, and reports what it ran."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.state import Cloud
from local.token import access_token
from local.vendors import SECOND_TOKEN, STAND_IN_TOKEN
from tests.e2e.conftest import Agent, creations, script, until
from tests.support.photos import room

pytestmark = pytest.mark.e2e

SECOND = "/v1/admin/settings/replicate.accounts.second.creations_per_minute"


@pytest.fixture
def admin(cloud: Cloud) -> Iterator[httpx.Client]:
    """Leaves the second account without work, and no breaker open, as it was."""
    token = access_token(Path(cloud.logs).parent, "administrator", ["admin"])
    with httpx.Client(base_url=cloud.api, headers={"Authorization": f"Bearer {token}"}, timeout=120) as http:
        yield http
        http.put(SECOND, json={"value": 0}).raise_for_status()
        http.post("/v1/admin/breaker/close").raise_for_status()


def test_what_an_account_without_credit_refuses_another_one_stages(
    cloud: Cloud, agent: Agent, admin: httpx.Client
) -> None:
    script(cloud, {"match": {"token": STAND_IN_TOKEN}, "then": "create:402"})
    items = agent.stage([room(), room(2)])["items"]
    jobs = [str(item["jobs"][0]["id"]) for item in items]

    def open_accounts() -> list[str]:
        return [each["name"] for each in admin.get("/v1/admin/breaker").json()["accounts"] if each["open"]]

    until(lambda: open_accounts() or None)
    assert not [job for job in jobs if agent.job(job)["status"] in ("ready", "failed")]
    admin.put(SECOND, json={"value": None}).raise_for_status()

    for job in jobs:
        ended = agent.job_in(job, "ready")
        assert (ended["attempt"], ended["charged"]) == (1, True)
        made = [each for each in creations(cloud, job) if each["id"]]
        assert [each["token"] for each in made] == [SECOND_TOKEN]
    # The webhooks of the second account were taken: nobody had to be asked for.
    delivered = httpx.get(f"{cloud.replicate}/_log").json()["deliveries"]
    assert {each["answer"] for each in delivered if any(job in each["url"] for job in jobs)} == {202}
    assert "default" in open_accounts()

    script(cloud)
    closed = admin.post("/v1/admin/breaker/close", json={"account": "default"}).json()
    assert closed["accounts"] in (["default"], [])
    assert open_accounts() == []
