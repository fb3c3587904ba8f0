"""What AWS would refuse or stop, and no emulator minds."""

import json
from typing import Any

import pytest

from tests.support.template_reader import Expanded, Resources, Written, listed, target

OVERRIDES = {"Ref": "SettingsOverrides"}
RESERVABLE = 1000 - 100  # AWS keeps a hundred executions of an account unreserved


def _sends_to(expanded: Expanded, role: str) -> set[str]:
    statements = [one for name, one in expanded.statements if name == role]
    return {
        target(resource)
        for one in statements
        if "sqs:SendMessage" in listed(one["Action"])
        for resource in listed(one["Resource"])
    }


def test_functions_that_send_to_the_queue_that_feeds_them_may_go_round(written: Written, expanded: Expanded) -> None:
    looping = {
        name
        for name in written.functions
        for event in written.events(name, "SQS")
        if target(event["Queue"]) in _sends_to(expanded, f"{name}Role")
    }
    allowed = {
        name for name, one in expanded.of("AWS::Lambda::Function").items() if one.get("RecursiveLoop") == "Allow"
    }
    assert looping == allowed == {"StageImage", "FinishJob"}


def test_a_failed_message_may_be_made_visible_sooner(written: Written, expanded: Expanded) -> None:
    for name in written.functions:
        for event in written.events(name, "SQS"):
            granted = [one for role, one in expanded.statements if role == f"{name}Role"]
            pace = [one for one in granted if "sqs:ChangeMessageVisibility" in listed(one["Action"])]
            assert [target(one["Resource"]) for one in pace] == [target(event["Queue"])], name


def test_nothing_is_reserved_in_an_account_that_has_nothing_to_reserve(expanded: Expanded) -> None:
    reserved = [
        one["ReservedConcurrentExecutions"]["Fn::If"]
        for one in expanded.of("AWS::Lambda::Function").values()
        if "ReservedConcurrentExecutions" in one
    ]
    assert {(condition, json.dumps(otherwise)) for condition, _, otherwise in reserved} == {
        ("Reserving", '{"Ref": "AWS::NoValue"}')
    }
    assert sum(most for _, most, _ in reserved) <= RESERVABLE / 1.2, "room for more functions"
    assert expanded.template["Parameters"]["AccountConcurrency"]["Default"] == "10"


@pytest.mark.parametrize("account", ["10", "1000"])
def test_queues_leave_room_for_callers(account: str, expanded: Expanded) -> None:
    most: dict[str, int] = expanded.template["Mappings"]["MaximumConcurrency"][account]
    assert min(most.values()) >= 2, "AWS takes no less"
    assert sum(most.values()) <= int(account) * 0.6
    taken = {
        json.dumps(one["ScalingConfig"]["MaximumConcurrency"])
        for one in expanded.mappings.values()
        if "ScalingConfig" in one
    }
    assert len(taken) == len(most)


@pytest.mark.parametrize("function", ["StageImage", "FinishJob"])
def test_how_many_are_staged_and_fetched_at_once_is_a_matter_of_configuration(
    function: str, expanded: Expanded
) -> None:
    [mapping] = [one for one in expanded.mappings.values() if target(one["FunctionName"]) == function]
    condition, by_account, own = mapping["ScalingConfig"]["MaximumConcurrency"]["Fn::If"]
    parameter = f"{function}Concurrency"

    assert own == {"Ref": parameter}
    assert by_account["Fn::FindInMap"][-1] == function
    assert expanded.template["Conditions"][condition] == {"Fn::Equals": [{"Ref": parameter}, 0]}
    assert expanded.template["Parameters"][parameter]["Default"] == 0


def test_environments_fit_into_four_kilobytes(expanded: Expanded) -> None:
    longest = int(expanded.template["Parameters"]["SettingsOverrides"]["MaxLength"])
    for name, function in expanded.of("AWS::Lambda::Function").items():
        variables = {key: value for key, value in function["Environment"]["Variables"].items() if value != OVERRIDES}
        most = sum(len(key) + _most_characters(expanded, value) for key, value in variables.items())
        assert longest + len("SETTINGS_OVERRIDES") + most <= 4096, name


def _most_characters(expanded: Expanded, value: Any) -> int:
    """Of a variable: written out, one of a parameter's values, or else a name or address of about a hundred."""
    if isinstance(value, str):
        return len(value)
    parameter = expanded.template["Parameters"].get(value.get("Ref"), {})
    return max(map(len, parameter.get("AllowedValues", [])), default=100)


def test_upload_complete_deletes_uploads_and_leaves_the_rest_to_the_purge(expanded: Expanded) -> None:
    deletes = _resources(expanded, "UploadCompleteRole", "s3:DeleteObject")
    assert deletes == {"/uploads/*"}


def _resources(expanded: Expanded, role: str, action: str) -> set[str]:
    found: set[str] = set()
    for name, one in expanded.statements:
        if name == role and action in listed(one["Action"]):
            found |= {_ending(resource) for resource in listed(one["Resource"])}
    return found


def _ending(resource: Any) -> str:
    return str(resource["Fn::Join"][1][1])


def test_the_socket_integration_says_how_lambda_is_called(expanded: Expanded) -> None:
    (integration,) = expanded.of("AWS::ApiGatewayV2::Integration").values()
    assert integration["IntegrationMethod"] == "POST"


def test_tables_use_the_key_that_costs_nothing(expanded: Expanded) -> None:
    (table,) = expanded.of("AWS::DynamoDB::Table").values()
    assert "SSESpecification" not in table


def test_resource_policies_stay_small(expanded: Expanded) -> None:
    permissions = [target(one["FunctionName"]) for one in expanded.of("AWS::Lambda::Permission").values()]
    # About 450 characters each, of 20,480.
    assert max(permissions.count(name) for name in permissions) <= 40


def test_topics_and_alarms_have_no_fixed_names(alarms: Resources) -> None:
    assert [one for one in alarms.of("AWS::CloudWatch::Alarm").values() if "AlarmName" in one] == []
