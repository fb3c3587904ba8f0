"""Which accounts of the provider a start may use: their breakers, their paces, and when their next places come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realstaging import config
from realstaging.config import Settings
from realstaging.models import start_schedule
from realstaging.models.provider import Breaker, ModelBreakers, StartSchedule, micros
from realstaging.models.runtime_settings import Overrides
from realstaging.runs.admission import has_other, is_outage, usable
from realstaging.stores.provider import AccountState, StartState

AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
CLOSED, OPEN = Breaker(), Breaker(until=AT + timedelta(seconds=30), seconds=60)
TO_BE_TRIED = Breaker(until=AT - timedelta(seconds=1), seconds=60)


def paced(**paces: int | None) -> Settings:
    first, accounts = paces.pop("default", 600), {name: {"creations_per_minute": each} for name, each in paces.items()}
    data: Any = config.load("local").model_dump()
    data["replicate"] |= {"creations_per_minute": first, "accounts": accounts}
    return Settings.model_validate(data)


def state(**breakers: Breaker) -> StartState:
    accounts = {name: AccountState(each, StartSchedule(), None) for name, each in breakers.items()}
    return StartState(job=None, live=Overrides(), models=ModelBreakers(), accounts=accounts)


def test_accounts_are_used_that_are_closed_or_to_be_tried() -> None:
    read, settings = state(default=OPEN, b=CLOSED, c=TO_BE_TRIED), paced(b=60, c=60)

    assert usable(read, settings, AT) == ["b", "c"]
    assert not is_outage(read, settings)
    assert has_other(read, settings, "default")
    assert not has_other(read, settings, "b"), "of the third nobody knows yet"


def test_an_account_that_is_emptied_counts_for_nothing() -> None:
    read, settings = state(default=OPEN, b=CLOSED), paced(b=0)

    assert usable(read, settings, AT) == []
    assert is_outage(read, settings)
    assert not has_other(read, settings, "default")


def test_without_an_account_that_takes_runs_there_is_no_outage() -> None:
    """Nobody must wait for its end: jobs end in their time."""
    assert not is_outage(state(default=CLOSED), paced(default=0))


@pytest.mark.parametrize(
    ("schedule", "per_minute", "seconds"),
    [
        (StartSchedule(), 6, 0),
        (StartSchedule(per_minute=6, next_at=micros(AT) + 5_000_000), 6, 5),
        (StartSchedule(per_minute=6, next_at=micros(AT) + 5_000_000), 60, 0),
        (StartSchedule(per_minute=6, next_at=micros(AT) + 5_000_000), None, 0),
        (StartSchedule(per_minute=6, held=20_000_000, held_until=micros(AT) + 20_000_000), 6, 20),
        (StartSchedule(per_minute=6, next_at=micros(AT), held=20_000_000, held_until=micros(AT) + 20_000_000), 6, 20),
    ],
)
def test_the_next_place_comes_when_the_schedule_says(
    schedule: StartSchedule, per_minute: int | None, seconds: int
) -> None:
    assert start_schedule.next_time(schedule, AT, per_minute) == AT + timedelta(seconds=seconds)


def test_every_account_has_secrets_of_its_own() -> None:
    replicate = paced(default=None, b=60).replicate

    first, second = replicate.every_account.values()
    assert (first.api_token, first.webhook_secret) == (replicate.api_token, replicate.webhook_secret)
    assert second.api_token.format(stage="dev") == "ssm:/realstaging/dev/replicate/b/api_token"
    assert second.webhook_secret.format(stage="dev") == "ssm:/realstaging/dev/replicate/b/webhook_secret"
    assert replicate.paces == {"default": None, "b": 60}


@pytest.mark.parametrize("name", ["default", "Upper", "with.dot", "with/slash", "", "x" * 32])
def test_a_name_that_would_be_no_part_of_a_key_is_refused(name: str) -> None:
    data: Any = config.load("local").model_dump()
    data["replicate"]["accounts"] = {name: {"creations_per_minute": 1}}

    with pytest.raises(ValueError, match="accounts"):
        Settings.model_validate(data)
