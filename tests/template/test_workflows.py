"""GitHub's workflows: no keys, few rights, one stage after the other, and only targets that the Makefile has."""

import re
from typing import Any

import pytest
import yaml

from tests.support.template_reader import ROOT

FOLDER = ROOT / ".github/workflows"
FILES = sorted(FOLDER.glob("*.yml"))
ACTIONS = {"actions/checkout", "aws-actions/configure-aws-credentials"}

each_file = pytest.mark.parametrize("name", [path.name for path in FILES])


def _workflow(name: str) -> dict[str, Any]:
    # BaseLoader: `on` stays a word, and does not become true.
    read: dict[str, Any] = yaml.load((FOLDER / name).read_text(), yaml.BaseLoader)
    return read


def _steps(name: str) -> list[dict[str, Any]]:
    return [step for job in _workflow(name)["jobs"].values() for step in job.get("steps", [])]


def test_there_are_workflows_for_checks_and_for_deployments() -> None:
    assert [path.name for path in FILES] == ["checks.yml", "deploy.yml", "stage.yml"]


@each_file
def test_no_workflow_knows_a_secret(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert "secrets." not in text
    assert "secrets:" not in text
    assert not re.search(r"aws-(access-key|secret)|AWS_(ACCESS_KEY|SECRET)", text)


@each_file
def test_rights_are_to_read_and_a_role_where_a_stage_is_deployed(name: str) -> None:
    workflow = _workflow(name)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        more = job.get("permissions", {"contents": "read"})
        assert more.items() <= {"contents": "read", "id-token": "write"}.items()
        deploys = "environment" in job or job.get("uses", "").endswith("/stage.yml")
        assert ("id-token" in more) == deploys


@each_file
def test_actions_of_others_are_fixed_to_a_commit_and_say_its_version(name: str) -> None:
    used = re.findall(r"uses: (?!\./)(.+)", (FOLDER / name).read_text())
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


@each_file
def test_only_known_actions_are_used_and_the_token_is_not_left_behind(name: str) -> None:
    used = [step for step in _steps(name) if "uses" in step]
    assert {step["uses"].split("@")[0] for step in used} <= ACTIONS
    for step in used:
        if step["uses"].startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] == "false"


@each_file
def test_nothing_from_outside_is_written_into_a_shell(name: str) -> None:
    assert [step["run"] for step in _steps(name) if "${{" in step.get("run", "")] == []


@each_file
def test_runs_of_one_kind_do_not_meet_and_none_lasts_for_ever(name: str) -> None:
    workflow = _workflow(name)
    assert workflow["concurrency"]["group"]
    assert [job for job in workflow["jobs"].values() if "uses" not in job and "timeout-minutes" not in job] == []


@each_file
def test_every_target_is_in_the_makefile(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = {word for step in _steps(name) for word in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))}
    assert used <= targets


def test_checks_run_for_every_pull_request_and_before_a_deployment() -> None:
    assert "pull_request" in _workflow("checks.yml")["on"]
    assert "pull_request_target" not in _workflow("checks.yml")["on"]
    assert {step["run"] for step in _steps("checks.yml") if "run" in step} >= {"make check", "make test"}
    assert _workflow("deploy.yml")["on"]["push"] == {"branches": ["main"]}
    assert _workflow("deploy.yml")["jobs"]["dev"]["needs"] == "checks"


def test_a_stage_comes_after_the_one_before_has_been_driven() -> None:
    jobs = _workflow("deploy.yml")["jobs"]
    assert {name: jobs[name]["needs"] for name in ("dev", "staging", "prod")} == {
        "dev": "checks",
        "staging": "dev",
        "prod": "staging",
    }
    assert {name: job["with"]["stage"] for name, job in jobs.items() if "with" in job} == {
        name: name for name in ("dev", "staging", "prod")
    }
    deployed = [step.get("run", "") for step in _steps("stage.yml")]
    assert deployed.index('make deploy STAGE="$STAGE" YES=1') < next(
        place for place, run in enumerate(deployed) if "make smoke" in run
    )


def test_a_stage_is_an_environment_with_its_own_role() -> None:
    """Its reviewers approve prod; the role trusts this environment's name and nothing else (docs/deploying.md)."""
    (job,) = _workflow("stage.yml")["jobs"].values()
    assert job["environment"] == "${{ inputs.stage }}"
    (role,) = [step["with"] for step in job["steps"] if step.get("uses", "").startswith("aws-actions/")]
    assert role["role-to-assume"] == "${{ vars.AWS_ROLE_ARN }}"
    trust = (ROOT / "docs/deploying.md").read_text()
    assert '"token.actions.githubusercontent.com:sub": "repo:OWNER/REPOSITORY:environment:dev"' in trust
    assert '"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"' in trust
