"""A new version gets callers by and by, and none any more once an alarm goes off (docs/deploying.md)."""

import json
import re
import subprocess
from graphlib import TopologicalSorter
from typing import Any

from realstaging.observability import log
from tests.support.log_lines import Lines
from tests.support.log_lines import lines as lines  # noqa: PLC0414 (a fixture)
from tests.support.template_reader import ROOT, Expanded, Written, listed

VERSIONS = """
import json, sys
sys.path.insert(0, ".")
from samtranslator.yaml_helper import yaml_parse
from tools.expand_template import TEMPLATE, expand
text = TEMPLATE.read_text().replace("Description: unreleased", "Description: " + sys.argv[1])
print(json.dumps(sorted(name for name, each in expand(yaml_parse(text), {"Stage": "prod"})["Resources"].items()
                        if each["Type"] == "AWS::Lambda::Version")))
"""


def _named(part: Any) -> set[str]:
    """Every logical id that this part of the template refers to."""
    match part:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case {"Fn::Sub": str(text)}:
            return {name.split(".")[0] for name in re.findall(r"\$\{([\w.]+)\}", text)}
        case dict():
            text = part.get("Fn::Sub", [""])
            inside = _named({"Fn::Sub": text[0]}) if isinstance(text, list) else set()
            return inside.union(*map(_named, part.values()))
        case list():
            return set().union(*map(_named, part))
    return set()


def test_every_function_has_an_alias_that_a_deployment_moves(written: Written, expanded: Expanded) -> None:
    resources = expanded.template["Resources"]
    for name in written.functions:
        alias = resources[f"{name}Aliaslive"]
        moved = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert moved["DeploymentGroupName"] == {"Ref": f"{name}DeploymentGroup"}


def test_every_deployment_names_an_alarm_and_goes_back_when_it_goes_off(expanded: Expanded) -> None:
    for group in expanded.of("AWS::CodeDeploy::DeploymentGroup").values():
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        condition, watched, _ = group["AlarmConfiguration"]["Fn::If"]
        assert (condition, watched) == ("RollsBack", {"Enabled": True, "Alarms": [{"Name": {"Ref": "ReleaseFailed"}}]})
    (alarm,) = expanded.of("AWS::CloudWatch::Alarm").values()
    (counted,) = expanded.of("AWS::Logs::MetricFilter")["Failures"]["MetricTransformations"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (counted["MetricNamespace"], counted["MetricName"])
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= 60, "a tenth of the calls more goes over each minute"


def test_what_a_bad_version_writes_is_what_is_counted(expanded: Expanded, lines: Lines) -> None:
    """A crash or a failed import is Lambda's report; whatever our code catches and logs names its exception."""
    failures = expanded.of("AWS::Logs::MetricFilter")["Failures"]
    assert failures["LogGroupName"] == {"Ref": "Logs"}
    assert failures["FilterPattern"] == (
        '{ ($.type = "platform.report" && $.record.status != "success") || $.exception_name = "*" }'
    )
    log.info("as it should be")
    try:
        raise KeyError("a bad version")
    except KeyError as error:
        log.exception("caught here", exc_info=error)
        log.exception("caught there")
    assert [line.get("exception_name") for line in lines.all()] == [None, "KeyError", "KeyError"]
    for one in expanded.of("AWS::Lambda::Function").values():
        # Reports are lines of the system, in JSON, in this group.
        logging = one["LoggingConfig"]
        assert (logging["LogFormat"], logging["SystemLogLevel"], logging["LogGroup"]) == (
            "JSON",
            "INFO",
            {"Ref": "Logs"},
        )


def test_whatever_calls_a_function_calls_its_alias(written: Written, expanded: Expanded) -> None:
    functions = set(written.functions)
    called = [
        *(one["FunctionName"] for one in expanded.of("AWS::Lambda::Permission").values()),
        *(one["FunctionName"] for one in expanded.mappings.values()),
        *(one["Target"]["Arn"] for one in expanded.of("AWS::Scheduler::Schedule").values()),
        *(one["IntegrationUri"] for one in expanded.of("AWS::ApiGatewayV2::Integration").values()),
        expanded.of("AWS::ApiGatewayV2::Api")["HttpApi"]["Body"],
        *(one.get("NotificationConfiguration") for one in expanded.of("AWS::S3::Bucket").values()),
        *(one["Environment"] for one in expanded.of("AWS::Lambda::Function").values()),
        *(one["Resource"] for _, one in expanded.statements),
    ]
    assert _named(called) & functions == set()
    qualifiers = {one["Qualifier"] for one in expanded.of("AWS::Lambda::EventInvokeConfig").values()}
    assert qualifiers == {"live"}, "what failed for good is kept for calls of the alias only"


def test_prod_goes_by_and_by_and_the_other_stages_at_once(expanded: Expanded) -> None:
    for group in expanded.of("AWS::CodeDeploy::DeploymentGroup").values():
        condition, gradual, otherwise = map(json.dumps, group["DeploymentConfigName"]["Fn::If"])
        assert condition == '"Production"'
        assert "Linear10PercentEvery1Minute" in gradual
        assert "AllAtOnce" in otherwise


def test_nothing_waits_for_itself(expanded: Expanded) -> None:
    """Aliases wait for the alarm; the APIs, and some functions, wait for aliases."""
    resources = expanded.template["Resources"]
    waits = {
        name: (_named(one) | set(listed(one.get("DependsOn", [])))) & resources.keys()
        for name, one in resources.items()
    }
    order = [*TopologicalSorter(waits).static_order()]
    assert order.index("ReleaseFailed") < order.index("JobsApiAliaslive") < order.index("HttpApi")


def test_a_release_publishes_a_version_of_every_function(written: Written) -> None:
    """What is in the layers is no property of a function; the release is."""
    said = [
        json.loads(
            subprocess.run(
                [str(ROOT / ".venvs/sam/bin/python"), "-c", VERSIONS, release],
                cwd=ROOT,
                env={"AWS_DEFAULT_REGION": "us-east-1"},
                capture_output=True,
                check=True,
            ).stdout
        )
        for release in ("one", "two", "two")
    ]
    assert len(said[0]) == len(written.functions)
    assert set(said[0]) & set(said[1]) == set()
    assert said[1] == said[2]
