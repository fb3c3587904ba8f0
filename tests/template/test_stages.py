"""Several stages side by side in one account, each with settings that load; the table outlives them all."""

import re
import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from realstaging import config
from tests.support.template_reader import ROOT, Expanded

# One per account or region: deploying a second stage would overwrite the first one's.
ACCOUNT_LEVEL = {
    "AWS::ApiGateway::Account",
    "AWS::Logs::AccountPolicy",
    "AWS::Logs::ResourcePolicy",
    "AWS::IAM::ServiceLinkedRole",
    "AWS::IAM::OIDCProvider",
    "AWS::S3::AccountPublicAccessBlock",
    "AWS::SSM::Parameter",
}
# What CloudFormation would otherwise make up, with the stack's name in it.
NAMES = re.compile("(Bucket|Table|Queue|Function|Role|Layer|Alarm|LogGroup|)Name")
DEPLOYED = ("dev", "staging", "prod")
UNKNOWN = ('{"uplaods": {}}', '{"uploads": {"max_flies": 3}}', '{"plans": {"free": {"x": 1}}}')


def _holds_the_stack(name: Any, resources: dict[str, Any]) -> bool:
    text = name.get("Fn::Sub", "") if isinstance(name, dict) else ""
    return "${AWS::StackName}" in text or any(f"${{{resource}}}" in text for resource in resources)


def test_no_resource_belongs_to_the_whole_account(expanded: Expanded) -> None:
    types = {resource["Type"] for resource in expanded.template["Resources"].values()}
    assert types & ACCOUNT_LEVEL == set()


def test_every_name_given_by_hand_is_the_stages_own(expanded: Expanded) -> None:
    resources = expanded.template["Resources"]
    given = {
        f"{logical}.{key}": value
        for logical, resource in resources.items()
        for key, value in resource.get("Properties", {}).items()
        # A reference is the name of something else.
        if NAMES.fullmatch(key) and not (isinstance(value, dict) and "Ref" in value)
        # An alias is its function's own.
        if resource["Type"] != "AWS::Lambda::Alias"
    }
    assert {where: name for where, name in given.items() if not _holds_the_stack(name, resources)} == {}


def test_the_table_streams_expires_and_can_be_restored(expanded: Expanded) -> None:
    (table,) = expanded.of("AWS::DynamoDB::Table").values()
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["Production", True, False]}


@pytest.mark.parametrize("name", ["Table", "MediaBucket"])
def test_data_outlives_the_stack(name: str, expanded: Expanded) -> None:
    resource = expanded.template["Resources"][name]
    # Of a first deployment that fails nothing stays: a bucket of this name would refuse the next one.
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("stage", config.STAGES)
def test_the_settings_of_every_stage_load(stage: str) -> None:
    assert config.load(stage).stage == stage


def test_the_template_knows_the_same_stages(expanded: Expanded) -> None:
    assert expanded.template["Parameters"]["Stage"]["AllowedValues"] == list(config.STAGES)


@pytest.mark.parametrize("stage", DEPLOYED)
def test_a_deployment_names_its_stage_everywhere_and_settings_that_load(stage: str, expanded: Expanded) -> None:
    deploy = tomllib.loads((ROOT / "samconfig.toml").read_text())[stage]["deploy"]["parameters"]
    parameters = deploy["parameter_overrides"]
    assert parameters["Stage"] == stage
    assert deploy["stack_name"] == deploy["s3_prefix"] == f"realstaging-{stage}"
    assert f"stage={stage}" in deploy["tags"]
    assert parameters.keys() <= expanded.template["Parameters"].keys()
    overrides = parameters["SettingsOverrides"]
    with pytest.raises(ValidationError, match=r"placeholder.*samconfig\.toml"):
        config.load(stage, overrides)
    identity = config.load(stage, re.sub(r"example[a-z-]*(?=\.eu)", "tenant", overrides)).identity
    # Compared exactly, and issuers of this kind end with a slash.
    assert identity.issuer.startswith("https://")
    assert identity.issuer.endswith("/")
    assert identity.audience


def test_only_dev_may_be_called_by_any_web_page() -> None:
    stages = tomllib.loads((ROOT / "samconfig.toml").read_text())
    chosen = {stage: stages[stage]["deploy"]["parameters"]["parameter_overrides"] for stage in DEPLOYED}
    assert {stage for stage, parameters in chosen.items() if "AllowedOrigins" not in parameters} == {"dev"}


@pytest.mark.parametrize("overrides", UNKNOWN)
def test_an_unknown_setting_is_refused(overrides: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        config.load("dev", overrides)
