"""The benchmark: ratios hold everywhere and fail it, milliseconds are of one machine; the last run is remembered."""

import json
from pathlib import Path

import pytest

from tools.bench.__main__ import keep
from tools.bench.figures import Figure, changes
from tools.bench.starts import MOST_ROUNDS, ROUNDS, compared, decided


def test_a_missed_ratio_fails_and_missed_milliseconds_do_not() -> None:
    assert Figure("cold start", 1.4, "×", most=1.35).is_missed_ratio
    assert not Figure("cold start", 1.3, "×", most=1.35).is_missed_ratio
    assert not Figure("a call", 900, "ms", most=400).is_missed_ratio
    assert Figure("a call", None, "×", most=400).is_missed_ratio, "what cannot be measured is not held"
    assert not Figure("a call", None, "×").is_missed_ratio
    assert not Figure("a call", None, "ms", most=400).is_missed_ratio


def test_a_load_that_comes_and_goes_is_not_in_the_ratio() -> None:
    ratio, _, _ = compared([[20, 200, 240], [40, 400, 480], [60, 600, 720]])

    assert ratio == pytest.approx(1.2)


@pytest.mark.parametrize(("own", "rounds"), [(200.0, ROUNDS), (240.0, MOST_ROUNDS)])
def test_a_ratio_near_its_bar_is_measured_longer(own: float, rounds: int) -> None:
    assert len(decided(lambda: [20.0, 200.0, own], bar=1.15)) == rounds


def test_ratios_are_told_to_the_hundredth() -> None:
    assert (Figure("a", 1.349, "×").measured, Figure("a", 14.4, "×").measured) == ("1.35×", "14×")


def test_what_is_kept_is_compared_with_and_parts_left_out_stay(tmp_path: Path) -> None:
    file = tmp_path / "out" / "bench.json"
    keep(file, "here", [Figure("a", 100, "ms"), Figure("b", 2, "×")], {})
    before = json.loads(file.read_text())

    now = [Figure("a", 110, "ms"), Figure("c", 1, "ms")]
    keep(file, "here", now, before)

    assert changes(now, before) == {"a": "+10 %"}
    kept = {each["figure"]: each["measured"] for each in json.loads(file.read_text())["figures"]}
    assert kept == {"a": 110, "b": 2, "c": 1}
