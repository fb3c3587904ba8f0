"""An administrator closes the breaker, on record; what is closed stays as it is."""

from datetime import timedelta

import pytest

from realstaging.runs.model_breakers import ModelCircuits
from realstaging.stores.provider import ProviderStore
from tests.support.admin import QWEN
from tests.support.admin_operations import asked, audited
from tests.support.steps import ask
from tests.support.world import World


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
