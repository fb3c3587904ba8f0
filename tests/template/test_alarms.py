"""Alarms reach a person, of one stage only, and watch metrics that are counted."""

import re

import pytest

from tests.support.template_reader import ROOT, Expanded, Resources, Written, target

SERVICES = {path.name for path in (ROOT / "functions").iterdir() if path.is_dir()}


def _counted() -> set[str]:
    sources = [*(ROOT / "layers/common/realstaging").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    return {name for source in sources for name in re.findall(r"""count\(\s*"(\w+)\"""", source.read_text())}


def test_every_alarm_goes_to_the_topic_and_so_does_its_end(alarms: Resources) -> None:
    for name, alarm in alarms.of("AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "Topic"}], name


def test_prod_must_name_an_address(expanded: Expanded, alarms: Resources) -> None:
    rule = expanded.template["Rules"]["ProdHasAlarmEmail"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]}
    (mail,) = alarms.of("AWS::SNS::Subscription").values()
    assert (mail["TopicArn"], mail["Endpoint"]) == ({"Ref": "Topic"}, {"Ref": "AlarmEmail"})


def test_our_own_metrics_are_watched_for_one_service_of_one_stage(alarms: Resources) -> None:
    watched = [one for one in alarms.of("AWS::CloudWatch::Alarm").values() if one.get("Namespace") == "RealStaging"]
    assert watched
    for alarm in watched:
        assert [each["Name"] for each in alarm["Dimensions"]] == ["service", "stage"]
        assert alarm["Dimensions"][0]["Value"] in SERVICES
        assert alarm["Dimensions"][1]["Value"] == {"Ref": "Stage"}


def test_every_metric_of_ours_that_is_watched_is_counted(alarms: Resources) -> None:
    watched = {
        one["MetricName"]
        for one in alarms.of("AWS::CloudWatch::Alarm").values()
        if one.get("Namespace") == "RealStaging"
    }
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


def test_the_nested_template_is_given_what_it_asks_for(expanded: Expanded, alarms: Resources) -> None:
    nested = expanded.of("AWS::CloudFormation::Stack")["Alarms"]
    assert nested["Parameters"].keys() == alarms.template["Parameters"].keys()


def test_the_runbook_says_what_to_do_about_every_alarm(alarms: Resources) -> None:
    told = set(re.findall(r"`(\w+Alarm)`", (ROOT / "docs/runbook.md").read_text()))
    assert set(alarms.of("AWS::CloudWatch::Alarm")) == told
