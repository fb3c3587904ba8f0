"""Builds a stage for the processor it runs on, checks what AWS would only show later, and deploys it.

make deploy STAGE=dev            make build [STAGE=dev]: without deploying
"""

import argparse
import hashlib
import json
import os
import struct
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx

from local.build import PLATFORMS
from realstaging import config
from realstaging.runs import model_selection
from tools import publish_page
from tools.reconcile import region_of

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / ".aws-sam" / "build"
SAM = ROOT / ".venvs/sam/bin/sam"
UNMARKED = "Description: unreleased"  # of the functions, in template.yaml
# e_machine of an ELF file.
PROCESSORS = {0xB7: "arm64", 0x3E: "x86_64"}
DEFAULTS = {"Architecture": "arm64", "AccountConcurrency": "10", "SettingsOverrides": "{}"}


class NotDeployedError(Exception):
    """Deployment would fail, or work for nobody; the message says what to change."""


def parameters_of(stage: str, samconfig: str) -> dict[str, str]:
    """A stage's parameters from samconfig.toml, with the template's defaults."""
    stages = tomllib.loads(samconfig)
    if stage not in stages:
        raise NotDeployedError(f"samconfig.toml has no stage {stage}.")
    chosen: dict[str, str] = stages[stage]["deploy"]["parameters"]["parameter_overrides"]
    return DEFAULTS | chosen


def refuse_examples(parameters: dict[str, str]) -> None:
    """The values that the project ships would deploy, and then nobody could sign in."""
    overrides = json.loads(parameters["SettingsOverrides"])
    given = parameters | {"issuer": overrides.get("identity", {}).get("issuer", "")}
    examples = sorted(name for name, value in given.items() if "example" in value)
    if not given["issuer"]:
        raise NotDeployedError("SettingsOverrides names no identity.issuer: set it in samconfig.toml.")
    if examples:
        raise NotDeployedError(f"samconfig.toml still has example values: {', '.join(examples)}.")


def refuse_unknown_models(stage: str, parameters: dict[str, str]) -> None:
    """Settings that name models or parameters which this version does not have."""
    try:
        settings = config.load(stage, parameters["SettingsOverrides"])
    except ValueError as error:  # pydantic's is one
        raise NotDeployedError(f"The settings of {stage} do not load: {error}") from error
    if found := model_selection.objections(settings):
        raise NotDeployedError(f"The settings of {stage} do not fit the models: {' '.join(found)}")


def refuse_silent_issuer(parameters: dict[str, str]) -> None:
    issuer = json.loads(parameters["SettingsOverrides"])["identity"]["issuer"]
    address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        said = httpx.get(address, timeout=10).raise_for_status().json().get("issuer")
    except (httpx.HTTPError, ValueError) as error:
        raise NotDeployedError(f"The issuer does not answer at {address}: {error}") from error
    if said != issuer:
        raise NotDeployedError(f"The issuer calls itself {said}, samconfig.toml calls it {issuer}.")


def refuse_small_account(parameters: dict[str, str], limit: int) -> None:
    """`limit`: concurrent executions that the account may have in this Region."""
    wanted = int(parameters["AccountConcurrency"])
    if limit < wanted:
        raise NotDeployedError(
            f"This account may run {limit} functions at once, and AccountConcurrency says {wanted}. Ask for more under "
            "Service Quotas, Lambda, Concurrent executions, or deploy with AccountConcurrency 10 meanwhile."
        )


def processors_of(folder: Path) -> set[str]:
    """What the built libraries run on."""
    heads = (path.read_bytes()[:20] for path in folder.rglob("*.so*") if path.is_file())
    return {
        PROCESSORS.get(struct.unpack_from("<H", head, 18)[0], "another") for head in heads if head[:4] == b"\x7fELF"
    }


def build(architecture: str) -> None:
    environment = os.environ | {
        "PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}",
        "PLATFORM": PLATFORMS[architecture],
        "SAM_CLI_TELEMETRY": "0",
    }
    environment.setdefault("AWS_DEFAULT_REGION", "eu-central-1")  # SAM wants to know one; a build does not depend on it
    _run([str(SAM), "build", "--parallel", "--parameter-overrides", f"Architecture={architecture}"], environment)
    if (found := processors_of(BUILT)) != {architecture}:
        raise NotDeployedError(f"Built for {', '.join(sorted(found))} instead of {architecture}.")


def mark_release(folder: Path) -> str:
    """Write a hash of everything that was built into the built template, so that each function gets a version of it."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    release = digest.hexdigest()[:12]
    template = folder / "template.yaml"
    written, marked = template.read_text(), f"Description: Release {release}"
    if written.count(UNMARKED) != 1:
        raise NotDeployedError(f"The built template says {written.count(UNMARKED)} times `{UNMARKED}`, not once.")
    template.write_text(written.replace(UNMARKED, marked))
    return release


def deploy(stage: str, parameters: dict[str, str], region: str, *, asks: bool = True) -> None:
    """`asks`: whether staging and prod show their changes and wait for a yes, as samconfig.toml says."""
    refuse_examples(parameters)
    refuse_unknown_models(stage, parameters)
    refuse_silent_issuer(parameters)
    if found := publish_page.objection(parameters):
        raise NotDeployedError(found)
    settings: Any = boto3.client("lambda", region_name=region).get_account_settings()
    refuse_small_account(parameters, settings["AccountLimit"]["ConcurrentExecutions"])
    build(parameters["Architecture"])
    print(f"Release {mark_release(BUILT)}")
    command = [str(SAM), "deploy", "--config-env", stage, "--region", region]
    _run(command if asks else [*command, "--no-confirm-changeset"], dict(os.environ))
    if parameters.get("PageClientId"):
        publish(stage, parameters, region)


def publish(stage: str, parameters: dict[str, str], region: str) -> None:
    """The page's files into the bucket that the stack now has."""
    stacks: Any = boto3.client("cloudformation", region_name=region)
    samconfig = tomllib.loads((ROOT / "samconfig.toml").read_text())
    (stack,) = stacks.describe_stacks(StackName=samconfig[stage]["deploy"]["parameters"]["stack_name"])["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    url = outputs["PageUrl"]
    config = publish_page.config_of(parameters, url)
    count = publish_page.publish(
        boto3.client("s3", region_name=region), outputs["PageBucket"], config, datetime.now(UTC)
    )
    print(f"{count} files of the page are new at {url}/")
    for words in publish_page.advice(parameters, url):
        print(words, file=sys.stderr)


def _run(command: list[str], environment: dict[str, str]) -> None:
    if code := subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        raise NotDeployedError(f"{' '.join(command[:2])} ended with {code}.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--only-build", action="store_true")
    parser.add_argument("--yes", action="store_true", help="deploy without asking: somebody has approved it elsewhere")
    given = parser.parse_args()
    try:
        parameters = parameters_of(given.stage, (ROOT / "samconfig.toml").read_text())
        if given.only_build:
            build(parameters["Architecture"])
            return 0
        if not (region := region_of(given.stage)):
            raise NotDeployedError("No region is set: set AWS_REGION, or `region` in samconfig.toml or your profile.")
        deploy(given.stage, parameters, region, asks=not given.yes)
    except NotDeployedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
