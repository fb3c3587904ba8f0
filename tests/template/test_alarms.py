"""Alarms reach a person, of one stage only, and watch metrics that are counted."""

import json
import re
from typing import Any

import pytest

from tests.support.template_reader import ROOT, Expanded, Resources, Written, target

SERVICES = {path.name for path in (ROOT / "functions").iterdir() if path.is_dir()}


def _counted() -> set[str]:
    sources = [*(ROOT / "layers/common/realstaging").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    return {name for source in sources for name in re.findall(r"""count\(\s*"(\w+)\"""", source.read_text())}


def _telling(*templates: Resources) -> dict[str, dict[str, Any]]:
    """The alarms that somebody hears of."""
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    found = {name: one for each in templates for kind in kinds for name, one in each.of(kind).items()}
    return {name: one for name, one in found.items() if "AlarmActions" in one}


def _watched(*templates: Resources) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Namespace, name and dimensions of every metric that an alarm looks at, alone or in an expression."""
    alarms = [one for each in templates for one in each.of("AWS::CloudWatch::Alarm").values()]
    in_sums = [
        each["MetricStat"]["Metric"] for one in alarms for each in one.get("Metrics", []) if "MetricStat" in each
    ]
    return [
        (one["Namespace"], one["MetricName"], one["Dimensions"])
        for one in [*in_sums, *(alarm for alarm in alarms if "MetricName" in alarm)]
    ]


def test_every_alarm_goes_to_the_topic_and_so_does_its_end(alarms: Resources, slos: Resources) -> None:
    for name, alarm in _telling(alarms, slos).items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "Topic"}], name
    assert alarms.of("AWS::CloudWatch::Alarm").keys() <= _telling(alarms).keys()


def test_prod_must_name_an_address(expanded: Expanded, alarms: Resources) -> None:
    rule = expanded.template["Rules"]["ProdHasAlarmEmail"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]}
    (mail,) = alarms.of("AWS::SNS::Subscription").values()
    assert (mail["TopicArn"], mail["Endpoint"]) == ({"Ref": "Topic"}, {"Ref": "AlarmEmail"})


def test_one_schedule_of_the_sweep_that_is_missing_is_noticed(written: Written, alarms: Resources) -> None:
    silent = alarms.of("AWS::CloudWatch::Alarm")["SweepSilentAlarm"]
    schedules = len(list(written.events("Sweep", "ScheduleV2")))
    minutes = silent["Period"] / 60
    assert silent["ComparisonOperator"] == "LessThanThreshold"
    assert (schedules - 1) * minutes < silent["Threshold"] < schedules * minutes


def test_our_own_metrics_are_watched_for_one_service_of_one_stage(alarms: Resources, slos: Resources) -> None:
    watched = [dimensions for namespace, _, dimensions in _watched(alarms, slos) if namespace == "RealStaging"]
    assert watched
    for dimensions in watched:
        assert [each["Name"] for each in dimensions] == ["service", "stage"]
        assert dimensions[0]["Value"] in SERVICES
        assert dimensions[1]["Value"] == {"Ref": "Stage"}


def test_every_metric_of_ours_that_is_watched_is_counted(alarms: Resources, slos: Resources) -> None:
    watched = {name for namespace, name, _ in _watched(alarms, slos) if namespace == "RealStaging"}
    assert watched - _counted() == set()


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_errors_and_throttles_of_every_function_are_watched(metric: str, alarms: Resources, written: Written) -> None:
    sums = [one["Metrics"][1:] for one in alarms.of("AWS::CloudWatch::Alarm").values() if "Metrics" in one]
    watched = [
        target(each["MetricStat"]["Metric"]["Dimensions"][0]["Value"])
        for added in sums
        for each in added
        if each["MetricStat"]["Metric"]["MetricName"] == metric
    ]
    assert sorted(watched) == sorted(written.functions)
    assert max(map(len, sums)) <= 10, "CloudWatch adds up no more in one alarm"


@pytest.mark.parametrize("nested", ["Alarms", "Slos"])
def test_the_nested_template_is_given_what_it_asks_for(
    nested: str, expanded: Expanded, alarms: Resources, slos: Resources
) -> None:
    asked = {"Alarms": alarms, "Slos": slos}[nested].template["Parameters"]
    given = expanded.of("AWS::CloudFormation::Stack")[nested]["Parameters"]
    assert given.keys() == asked.keys()


def test_the_runbook_says_what_to_do_about_every_alarm(alarms: Resources, slos: Resources) -> None:
    told = set(re.findall(r"`(\w+Alarm)`", (ROOT / "docs/runbook.md").read_text()))
    assert set(_telling(alarms, slos)) == told


def test_every_alarm_has_a_command_that_is_ready(alarms: Resources, slos: Resources) -> None:
    commands = (ROOT / "docs/runbook.md").read_text().split("## Ready commands")[1].split("\n## ")[0]
    rows = [line for line in (ROOT / "docs/runbook.md").read_text().splitlines() if re.match(r"\| `\w+Alarm`", line)]
    for name in _telling(alarms, slos):
        (row,) = [line for line in rows if f"`{name}`" in line.split("|")[1]]
        letter = re.search(r"\*\*([a-z])\*\* *\|$", row)
        assert letter, f"{name} names no command"
        assert f"\n# {letter[1]} " in commands, f"{name}: there is no command {letter[1]}"


def test_what_a_ready_command_names_is_in_the_templates(slos: Resources, expanded: Expanded) -> None:
    commands = (ROOT / "docs/runbook.md").read_text().split("## Ready commands")[1].split("\n## ")[0]
    assert set(re.findall(r"out (\w+)\)", commands)) <= set(expanded.template["Outputs"])
    saved = {one["Name"]["Fn::Sub"].rpartition("/")[2] for one in slos.of("AWS::Logs::QueryDefinition").values()}
    assert set(re.findall(r"(?:^|; )saved ([a-z-]+)", commands, re.MULTILINE)) <= saved
    names = [one["Name"]["Fn::Sub"] for one in expanded.of("AWS::Scheduler::Schedule").values()]
    (prefix,) = re.findall(r"list-schedules --name-prefix realstaging-\$STAGE(\S+)", commands)
    assert len([name for name in names if name.startswith("${AWS::StackName}" + prefix)]) == 5
    routes = {path for _, path in re.findall(r"\b(admin) '?([a-z/_]+)", commands)}
    known = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    assert routes
    for route in routes:
        assert any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), f"/v1/admin/{route}") for each in known), route


@pytest.mark.parametrize("metric", ["ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"])
def test_every_queue_is_watched(metric: str, alarms: Resources, expanded: Expanded) -> None:
    watched = {target(dimensions[0]["Value"]) for _, name, dimensions in _watched(alarms) if name == metric}
    dead = expanded.dead_letters
    assert watched == (dead if metric == "ApproximateNumberOfMessagesVisible" else expanded.queues.keys() - dead)


def test_the_table_and_each_of_its_indexes_are_watched(alarms: Resources, expanded: Expanded) -> None:
    (table,) = expanded.of("AWS::DynamoDB::Table").values()
    watched = [dimensions for _, name, dimensions in _watched(alarms) if name == "WriteThrottleEvents"]
    indexes = {each["Value"] for dimensions in watched for each in dimensions[1:]}
    assert [{"Name": "TableName", "Value": {"Ref": "Table"}}] in watched
    assert indexes == {each["IndexName"] for each in table["GlobalSecondaryIndexes"]}


def test_slow_requests_are_watched_by_their_percentile(alarms: Resources) -> None:
    slow = alarms.of("AWS::CloudWatch::Alarm")["ApiSlowAlarm"]
    assert (slow["MetricName"], slow["ExtendedStatistic"]) == ("Latency", "p95")
    assert "Statistic" not in slow


def test_money_has_an_end(alarms: Resources, expanded: Expanded) -> None:
    (budget,) = alarms.of("AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"]["Amount"] == {"Ref": "MonthlyBudget"}
    assert {
        one["Address"]["Ref"] for each in budget["NotificationsWithSubscribers"] for one in each["Subscribers"]
    } == {"AlarmEmail"}
    assert alarms.of("AWS::CloudWatch::Alarm")["RunsADayAlarm"]["Threshold"] == {"Ref": "DailyRuns"}
    assert expanded.template["Parameters"]["MonthlyBudget"]["Default"] == 0
