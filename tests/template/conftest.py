"""The template as it is written, and as SAM hands it to CloudFormation."""

import json
import subprocess

import pytest
import yaml

from tests.support.template_reader import ROOT, Expanded, Resources, Written, loader

PARAMETERS = ("Stage=prod", "Architecture=arm64", "AlarmEmail=alarms@example.com")


@pytest.fixture(scope="session")
def written() -> Written:
    return Written(yaml.load((ROOT / "template.yaml").read_text(), loader()))


@pytest.fixture(scope="session")
def alarms() -> Resources:
    """The nested template."""
    return Resources(yaml.load((ROOT / "alarms.yaml").read_text(), loader()))


@pytest.fixture(scope="session")
def slos() -> Resources:
    """Objectives, the dashboard and the saved queries: nested too."""
    return Resources(yaml.load((ROOT / "slos.yaml").read_text(), loader()))


@pytest.fixture(scope="session")
def page() -> Resources:
    """The last nested template."""
    return Resources(yaml.load((ROOT / "page.yaml").read_text(), loader()))


@pytest.fixture(scope="session")
def expanded() -> Expanded:
    # The SAM CLI's environment: its pins conflict with ours.
    command = [str(ROOT / ".venvs/sam/bin/python"), "tools/expand_template.py", *PARAMETERS]
    done = subprocess.run(command, cwd=ROOT, env={"AWS_DEFAULT_REGION": "us-east-1"}, capture_output=True, check=False)
    assert not done.returncode, done.stderr.decode()
    return Expanded(json.loads(done.stdout))
