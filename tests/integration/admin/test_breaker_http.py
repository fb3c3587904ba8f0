"""An administrator closes the breaker, on record; what is closed stays as it is."""

from datetime import timedelta
from typing import Any

import pytest

from realstaging.runs.model_breakers import ModelCircuits
from realstaging.stores.provider import ProviderStore
from tests.support.admin import QWEN
from tests.support.admin_operations import asked, audited
from tests.support.factories import set_now
from tests.support.steps import ask
from tests.support.world import World


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, object]:
    accounts = {"second": {"creations_per_minute": 600}}
    return overrides | {"replicate": overrides["replicate"] | {"accounts": accounts}}


def opened(world: World) -> ProviderStore:
    provider = ProviderStore(world.table)
    assert provider.open("account", world.clock.at, 60)
    return provider


def test_an_open_breaker_is_closed_at_once_and_on_record(world: World) -> None:
    provider = opened(world)

    status, page = asked(world, "POST", "/v1/admin/breaker/close")

    assert (status, page["was_open"], page["reason"]) == (200, True, "account")
    assert provider.answers()
    [entry] = audited(world)
    assert (entry["by"], entry["action"], entry["subject"]) == ("root", "breaker.close", "provider/breaker")


def test_models_that_were_refused_by_themselves_are_tried_again_too(world: World) -> None:
    provider = ProviderStore(world.table)
    ModelCircuits(provider).note_refusal(QWEN, "404", 600, world.clock.at)

    status, page = asked(world, "POST", "/v1/admin/breaker/close")

    assert (status, page["was_open"], page["models"]) == (200, False, [QWEN])
    assert provider.model_breakers().models == {}
    assert audited(world)[0]["before"]["models"] == [QWEN]


def test_closing_what_is_closed_changes_nothing(world: World) -> None:
    status, page = asked(world, "POST", "/v1/admin/breaker/close")

    assert (status, page["was_open"]) == (200, False)
    assert audited(world) == []


def test_a_try_that_is_under_way_is_no_obstacle(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = opened(world)
    close = ProviderStore.close
    tried: list[object] = []

    def after_a_try(self: ProviderStore, breaker: object) -> bool:
        if not tried:
            world.clock.forward(seconds=61)
            tried.append(provider.try_once(provider.breaker(), world.clock.at + timedelta(seconds=1)))
        return close(self, breaker)  # type: ignore[arg-type]

    monkeypatch.setattr(ProviderStore, "close", after_a_try)
    assert asked(world, "POST", "/v1/admin/breaker/close")[1]["was_open"]
    assert provider.answers()
    assert len(audited(world)) == 1


def test_only_administrators_may_close_the_breaker(world: World) -> None:
    opened(world)
    assert ask(world, "POST", "/v1/admin/breaker/close", owner="alice")[0] == 403


def test_one_account_may_be_closed_alone(world: World) -> None:
    provider = opened(world)
    assert provider.of("second").open("no answers", world.clock.at, 60)
    ModelCircuits(provider).note_refusal(QWEN, "404", 600, world.clock.at)

    status, page = asked(world, "POST", "/v1/admin/breaker/close", {"account": "second"})

    assert (status, page["was_open"], page["reason"]) == (200, True, "no answers")
    assert (page["accounts"], page["models"]) == (["second"], [])
    assert [provider.of(name).breaker().until is None for name in ("default", "second")] == [False, True]
    assert asked(world, "POST", "/v1/admin/breaker/close")[1]["accounts"] == ["default"]


def test_an_account_that_does_not_exist_is_pointed_at(world: World) -> None:
    status, page = asked(world, "POST", "/v1/admin/breaker/close", {"account": "third"})

    assert (status, page["code"], page["errors"][0]["pointer"]) == (422, "validation_failed", "/account")


def test_each_account_is_shown_as_it_is(world: World) -> None:
    provider = opened(world)
    ModelCircuits(provider).note_refusal(QWEN, "404", 600, world.clock.at)
    set_now(world, {"replicate.accounts.second.creations_per_minute": 0})

    status, page = asked(world, "GET", "/v1/admin/breaker")

    assert (status, page["models"]) == (200, [QWEN])
    shown = [(each["name"], each["open"], each["reason"], each["creations_per_minute"]) for each in page["accounts"]]
    assert shown == [("default", True, "account", None), ("second", False, None, 0)]


def test_an_accounts_pace_and_secrets_are_set_like_all_others(world: World) -> None:
    key = "replicate.accounts.second.creations_per_minute"
    status, page = asked(world, "PUT", f"/v1/admin/settings/{key}", {"value": 30, "expected_version": 0})

    assert (status, page["value"], page["default"]) == (200, 30, 600)
    kept = {each["key"]: each.get("set") for each in asked(world, "GET", "/v1/admin/settings")[1]["items"]}
    assert kept["secrets.replicate/second/api_token"]
    assert kept["secrets.replicate/second/webhook_secret"]


def test_what_was_set_of_an_account_does_not_bring_it_back(world: World) -> None:
    set_now(world, {"replicate.accounts.third.creations_per_minute": 30})

    accounts = asked(world, "GET", "/v1/admin/breaker")[1]["accounts"]

    assert [each["name"] for each in accounts] == ["default", "second"]
    assert asked(world, "GET", "/v1/admin/settings")[1]["ignored"][0]["subject"].endswith(
        "replicate.accounts.third.creations_per_minute"
    )
