"""Objectives: every budget is watched in two pairs of windows, and what they add up is counted."""

import json
import re
from typing import Any

import pytest

from tests.support.template_reader import ROOT, Resources, target

BUDGETS = {"Api": 0.1, "Staging": 5, "Push": 1}  # percent
# Window, how many times the budget, the window's pair.
FAST = {"Hour": 3600, "FiveMinutes": 300}
SLOW = {"SixHours": 21600, "HalfHour": 1800}
CODE = ROOT / "layers/common/realstaging"


def _parts(expression: str) -> set[str]:
    return set(re.findall(r"[a-z]\w*", expression))


@pytest.mark.parametrize("objective", BUDGETS)
@pytest.mark.parametrize(("pair", "windows", "burn"), [("Fast", FAST, 14.4), ("Slow", SLOW, 6)])
def test_a_budget_is_watched_in_a_long_and_a_short_window(
    objective: str, pair: str, windows: dict[str, int], burn: float, slos: Resources
) -> None:
    both = slos.of("AWS::CloudWatch::CompositeAlarm")[f"{objective}Budget{pair}Alarm"]
    names = [f"{objective}{window}" for window in windows]
    assert both["AlarmRule"] == {"Fn::Sub": " AND ".join(f'ALARM("${{{name}}}")' for name in names)}
    for name, seconds in zip(names, windows.values(), strict=True):
        alarm = slos.of("AWS::CloudWatch::Alarm")[name]
        assert alarm["Threshold"] == pytest.approx(burn * BUDGETS[objective])
        rate, *counted = alarm["Metrics"]
        assert {each["MetricStat"]["Period"] for each in counted} == {seconds}
        assert _parts(rate["Expression"]) == {each["Id"] for each in counted}


def test_windows_tell_nobody_and_each_belongs_to_a_pair(slos: Resources) -> None:
    windows = slos.of("AWS::CloudWatch::Alarm")
    assert [name for name, one in windows.items() if "AlarmActions" in one] == []
    rules = [one["AlarmRule"]["Fn::Sub"] for one in slos.of("AWS::CloudWatch::CompositeAlarm").values()]
    assert sorted(name for rule in rules for name in re.findall(r"\$\{(\w+)\}", rule)) == sorted(windows)


def test_a_few_failures_at_night_wake_nobody(slos: Resources) -> None:
    long = [name for name in slos.of("AWS::CloudWatch::Alarm") if name.endswith(("Hour", "SixHours"))]
    expressions = [
        slos.of("AWS::CloudWatch::Alarm")[name]["Metrics"][0]["Expression"] for name in long if "Half" not in name
    ]
    assert len(expressions) == 2 * len(BUDGETS)
    assert [one for one in expressions if ">= 5," not in one] == []


@pytest.mark.parametrize(
    ("objective", "given", "rate"),
    [
        ("ApiHour", {"errors": 20, "requests": 1000}, 2),
        ("ApiHour", {"errors": 4, "requests": 4}, 0),
        ("StagingHour", {"late": 6, "failed": 2, "delivered": 8}, 80),
        ("StagingFiveMinutes", {"late": 1, "delivered": 4}, 25),
        ("PushHalfHour", {"lost": 3, "sent": 97}, 3),
    ],
)
def test_the_expressions_say_what_is_meant(
    objective: str, given: dict[str, float], rate: float, slos: Resources
) -> None:
    """Read as CloudWatch reads them: IF, SUM over what is there."""
    written = slos.of("AWS::CloudWatch::Alarm")[objective]["Metrics"][0]["Expression"]
    names: dict[str, Any] = dict.fromkeys(_parts(written), 0) | given
    functions = {"IF": lambda test, yes, no: yes if test else no, "SUM": sum}
    assert eval(written, {"__builtins__": {}}, names | functions) == pytest.approx(rate)


def test_the_dashboard_is_of_this_stage_and_begins_with_the_objectives(slos: Resources) -> None:
    (dashboard,) = slos.of("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    first = [each["properties"] for each in widgets if each["y"] == 0]
    assert [each["annotations"]["horizontal"][0]["value"] for each in first] == list(BUDGETS.values())
    for widget in first:
        rate, *counted = widget["metrics"]
        assert _parts(rate[0]["expression"]) == {each[-1]["id"] for each in counted}
    ours = [one for each in widgets for one in each["properties"]["metrics"] if one[0] == "RealStaging"]
    assert {one[5] for one in ours} == {"${Stage}"}
    places = [(each["x"], each["y"]) for each in widgets]
    assert len(places) == len(set(places))


def test_saved_queries_ask_for_fields_that_the_lines_have(slos: Resources) -> None:
    lines = (CODE / "observability.py").read_text()
    known = {"service", "level", "message", "correlation_id", "cold_start", "trace_id", *re.findall(r"(\w+)=", lines)}
    known |= set(re.findall(r'"(\w+)":', lines))
    for name, query in slos.of("AWS::Logs::QueryDefinition").items():
        assert [target(group) for group in query["LogGroupNames"]] == ["Logs"]
        assert query["Name"] == {"Fn::Sub": f"realstaging-${{Stage}}/{_hyphened(name)}"}
        text = re.sub(r'"[^"]*"', "", query["QueryString"])
        made = set(re.findall(r" as (\w+)", text))
        words = {"fields", "filter", "sort", "stats", "limit", "and", "as", "by", "desc", "like"}
        words |= {"count", "count_distinct", "sum", "avg", "pct"}
        assert set(re.findall(r"(?<![@\w])[a-z]\w+", text)) - words - made - known == set(), name
        for line in re.findall(r'message = "([^"]+)"', query["QueryString"]):
            assert f'"{line}"' in lines


def _hyphened(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
