"""Cursors lead back to where a list ended; what we never gave out is refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from realstaging.errors import ValidationFailedError
from realstaging.pagination import cursor, ledger_position, position

IDS = st.builds("{}_{}".format, st.sampled_from(["prj", "img", "job"]), st.integers(0, 2**128 - 1).map(ULID.from_int))
ID = "job_01K0000000000000000000000A"


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(IDS)
def test_a_cursor_leads_back_to_its_id_and_stays_in_its_own_list(id: str) -> None:
    given = cursor(id)
    assert given is not None
    assert given.replace("-", "").replace("_", "").isalnum()

    for prefix in ("prj", "img", "job"):
        if id.startswith(prefix):
            assert position(given, prefix) == id
        else:
            with pytest.raises(ValidationFailedError):
                position(given, prefix)


def test_no_cursor_is_the_beginning_and_the_end_has_none() -> None:
    assert position(None, "job") is None
    assert cursor(None) is None


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "=",
        "!!!",
        "garbage",
        "é" * 8,
        "\x00",
        ID,
        _encoded(""),
        _encoded("job_"),
        _encoded(ID.lower()),
        _encoded(ID + "0"),
        _encoded(ID[:-1]),
        _encoded(ID + "\n"),
        _encoded("\n" + ID),
        _encoded(f"{ID}#{ID}"),
        _encoded("USER#bob"),
        _encoded("bat_01K0000000000000000000000A"),
        base64.urlsafe_b64encode(b"\xff\xfe" * 15).decode(),
    ],
)
def test_a_forged_cursor_is_refused_with_its_place(forged: str) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        position(forged, "job")

    assert refused.value.members["errors"][0]["pointer"] == "/cursor"


@given(st.text(max_size=60))
def test_whatever_is_sent_gives_an_id_of_the_list_or_a_refusal(sent: str) -> None:
    try:
        found = position(sent, "job")
    except ValidationFailedError:
        return
    assert found is not None
    assert position(cursor(found), "job") == found


def test_a_ledgers_cursor_leads_back_to_its_period_and_job() -> None:
    place = f"2026-11-01#{ID}"

    assert ledger_position(cursor(place)) == place
    assert ledger_position(None) is None


@pytest.mark.parametrize("forged", [ID, f"2026-11-01#{ID}\n", f"2026-11#{ID}", "2026-11-01#", f"#{ID}", "2026-11-01"])
def test_a_forged_ledger_cursor_is_refused(forged: str) -> None:
    with pytest.raises(ValidationFailedError):
        ledger_position(cursor(forged))
