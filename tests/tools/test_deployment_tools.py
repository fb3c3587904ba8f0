"""What is looked at around a deployment: placeholders before it, and which region the stage is in."""

from pathlib import Path

import boto3
import pytest
from rich.console import Console

from tools import check_deployment, reconcile

SAMCONFIG = (Path(__file__).resolve().parents[2] / "samconfig.toml").read_text()
UNSET = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE")


@pytest.fixture(autouse=True)
def no_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "samconfig.toml").write_text("version = 0.1\n")
    monkeypatch.setattr(reconcile, "SAMCONFIG", tmp_path / "samconfig.toml")


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_a_placeholder_issuer_is_not_deployed(stage: str) -> None:
    found = check_deployment.complaint(stage, SAMCONFIG)

    assert found is not None
    assert "identity.issuer is a placeholder" in found
    assert f"[{stage}]" in found


def test_an_issuer_of_ones_own_is_deployed() -> None:
    assert check_deployment.complaint("dev", SAMCONFIG.replace("example-dev.eu.auth0", "acme.eu.auth0")) is None


def test_an_unknown_stage_is_named() -> None:
    assert check_deployment.complaint("test", SAMCONFIG) == "samconfig.toml has no stage test."


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_either_variable_names_the_region(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "eu-central-1")

    assert reconcile.region_of("dev") == "eu-central-1"


@pytest.mark.parametrize("table", ["dev.deploy.parameters", "dev.global.parameters", "default.deploy.parameters"])
def test_samconfig_names_the_region(table: str, tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(f'version = 0.1\n[{table}]\nregion = "eu-north-1"\n')

    assert reconcile.region_of("dev") == "eu-north-1"


def test_the_profile_names_the_region(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[default]\nregion = ap-south-1\n")

    assert reconcile.region_of("dev") == "ap-south-1"


def test_without_a_region_nothing_is_asked() -> None:
    with pytest.raises(reconcile.NotComparedError, match="AWS_REGION"):
        reconcile.deployed("dev")


def test_the_clients_are_of_that_region(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, str]] = []

    class Stack:
        def describe_stack_resource(self, **_: str) -> dict[str, dict[str, str]]:
            return {"StackResourceDetail": {"PhysicalResourceId": "reconcile-1"}}

    def client(service: str, *, region_name: str, **_: object) -> Stack:
        made.append((service, region_name))
        return Stack()

    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setattr(boto3, "client", client)

    assert reconcile.deployed("dev")[1] == "reconcile-1"
    assert made == [("cloudformation", "eu-central-1"), ("lambda", "eu-central-1")]


def test_a_stage_without_stripe_is_told_of_and_passes(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {"set_up": False, "price_complaints": []}

    assert reconcile.show(answer, Console()) == 0
    assert "not set up" in capsys.readouterr().out
