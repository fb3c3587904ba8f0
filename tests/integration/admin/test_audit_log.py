"""The audit log: everything administrators did, newest first, across months."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realstaging.admin import audit_log
from realstaging.stores.audit import AuditStore
from tests.support.admin import BANANA, QWEN, ask, model, setting
from tests.support.world import World


def did(world: World, at: datetime, subject: str = "settings/a", **more: Any) -> None:
    AuditStore(world.table).record(
        at, by="root", action="setting.set", subject=subject, **{"before": 1, "after": 2} | more
    )


def walked(world: World, **query: str) -> list[dict[str, Any]]:
    """Every entry, page by page."""
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(200):
        status, page = ask(world, "GET", "/audit", query=query | ({"cursor": cursor} if cursor else {}))
        assert status == 200, page
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("it does not end")


def test_every_change_is_told_with_what_was_and_what_is(world: World) -> None:
    ask(world, "PUT", setting("jobs.max_attempts"), {"value": 5})
    world.clock.forward(seconds=1)
    ask(world, "PUT", model(QWEN, "/settings"), {"parameters": {"go_fast": False}})
    world.clock.forward(seconds=1)
    ask(world, "POST", model(BANANA, "/make-default"))

    status, page = ask(world, "GET", "/audit")

    assert (status, page["next_cursor"]) == (200, None)
    told = [(each["action"], each["subject"], each["before"], each["after"]) for each in page["items"]]
    assert told == [
        ("model.make_default", "settings/models.default", QWEN, BANANA),
        (
            "model.parameters",
            f"models/{QWEN}",
            {"enabled": None, "parameters": None},
            {"enabled": None, "parameters": {"go_fast": False}},
        ),
        ("setting.set", "settings/jobs.max_attempts", world.settings.jobs.max_attempts, 5),
    ]
    assert {each["by"] for each in page["items"]} == {"root"}


def test_months_are_walked_back_and_pages_fit_together(world: World) -> None:
    now = datetime(2027, 2, 15, 12, tzinfo=UTC)
    world.clock.at = now
    times = [now - timedelta(days=days) for days in (0, 1, 20, 45, 46, 200, 370)]
    for at in times:
        did(world, at)
    did(world, now - timedelta(days=390))

    for limit in ("1", "2", "3", "7", "100"):
        found = [datetime.fromisoformat(each["at"]) for each in walked(world, limit=limit)]
        assert found == times, limit


def test_a_full_last_page_says_that_it_is_the_last(world: World) -> None:
    for seconds in range(4):
        did(world, world.clock.at - timedelta(seconds=seconds))

    _, page = ask(world, "GET", "/audit", query={"limit": "4"})

    assert (len(page["items"]), page["next_cursor"]) == (4, None)


def test_one_subject_is_found_among_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "LOOKED_AT", 5)
    monkeypatch.setattr(audit_log, "LOOKS", 3)
    for number in range(60):
        did(world, world.clock.at - timedelta(days=number), "settings/rare" if number % 19 == 0 else "settings/often")

    found = walked(world, subject="settings/rare", limit="2")

    assert len(found) == 4
    assert {each["subject"] for each in found} == {"settings/rare"}
    assert walked(world, subject="settings/never") == []


def forged(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "",
        "%00",
        forged("USER#alice"),
        forged("2026-13-01T00:00:00.000000Z#aud_01M7W2Y7M00TN8T8J0FC1BVBAK"),
        forged("2026-11-01T00:00:00.000000Z#aud_01M7W2Y7M00TN8T8J0FC1BVBAK#more"),
    ],
)
def test_a_cursor_we_never_gave_out_is_refused(world: World, cursor: str) -> None:
    status, problem = ask(world, "GET", "/audit", query={"cursor": cursor})

    assert (status, problem["errors"][0]["pointer"]) == (422, "/cursor")


@pytest.mark.parametrize("year", ["0000", "1999", "9999"])
def test_a_forged_cursor_shows_nothing_else(world: World, year: str) -> None:
    did(world, world.clock.at)

    place = forged(f"{year}-01-01T00:00:00.000000Z#aud_01M7W2Y7M00TN8T8J0FC1BVBAK")
    status, page = ask(world, "GET", "/audit", query={"cursor": place})

    assert status == 200
    assert len(page["items"]) == (1 if year == "9999" else 0)


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"subject": ""}, {"subject": "x" * 201}])
def test_strange_questions_are_refused(world: World, query: dict[str, str]) -> None:
    assert ask(world, "GET", "/audit", query=query)[0] == 422
