"""What `sam deploy` does, in under a second: zip, upload, create or update the stack, say why it failed."""

import contextlib
import hashlib
import io
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError

from local.aliases import without_aliases
from local.aws import REGION, client

ARTIFACTS = "local-artifacts"
PATIENCE = 120  # seconds; the whole stack takes one


class DeployError(Exception):
    """The stack did not come up; the message has each resource's reason."""


@dataclass(frozen=True)
class Resource:
    logical_id: str
    physical_id: str
    type: str


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (`!Ref`, `!GetAtt`, ...) written out."""


def _long_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _long_form)


def deploy(endpoint: str, folder: Path, stack: str, parameters: dict[str, str]) -> list[Resource]:
    """Bring the stack to what this built folder says; its resources."""
    template = without_aliases(yaml.load((folder / "template.yaml").read_text(), _Loader))
    s3 = client("s3", endpoint)
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
    for resource in template["Resources"].values():
        _upload_code(s3, folder, resource)
    body = yaml.safe_dump(template).encode()
    s3.put_object(Bucket=ARTIFACTS, Key="template.yaml", Body=body)
    given = {key: value for key, value in parameters.items() if key in template.get("Parameters", {})}
    _apply(client("cloudformation", endpoint), endpoint, stack, given)
    found = client("cloudformation", endpoint).describe_stack_resources(StackName=stack)["StackResources"]
    return [Resource(item["LogicalResourceId"], item["PhysicalResourceId"], item["ResourceType"]) for item in found]


def put_secrets(endpoint: str, secrets: dict[str, str]) -> None:
    """What a person does once per stage on AWS."""
    ssm = client("ssm", endpoint)
    for name, value in secrets.items():
        ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def _upload_code(s3: Any, folder: Path, resource: dict[str, Any]) -> None:
    properties = resource.get("Properties") or {}
    for name in ("CodeUri", "ContentUri"):
        path = properties.get(name)
        if resource["Type"].startswith("AWS::Serverless::") and isinstance(path, str):
            archive = _zipped(folder / path)
            key = hashlib.sha256(archive).hexdigest()
            s3.put_object(Bucket=ARTIFACTS, Key=key, Body=archive)
            properties[name] = f"s3://{ARTIFACTS}/{key}"


def _zipped(folder: Path) -> bytes:
    """The same bytes for the same files, so that an unchanged function stays as it is."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # it travels over loopback
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.writestr(zipfile.ZipInfo(str(file.relative_to(folder))), file.read_bytes())
    return buffer.getvalue()


def _apply(formation: Any, endpoint: str, stack: str, parameters: dict[str, str]) -> None:
    request = {
        "StackName": stack,
        "TemplateURL": f"{endpoint}/{ARTIFACTS}/template.yaml",
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    try:
        formation.create_stack(**request)
    except formation.exceptions.AlreadyExistsException:
        try:
            formation.update_stack(**request)
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return
            raise DeployError(str(error)) from error
    except ClientError as error:
        raise DeployError(str(error)) from error
    _wait(formation, stack)


def _wait(formation: Any, stack: str) -> None:
    ends = time.monotonic() + PATIENCE
    while (status := formation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]).endswith("PROGRESS"):
        if time.monotonic() > ends:
            raise DeployError(f"the stack is still {status}")
        time.sleep(0.05)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployError("\n".join([f"the stack is {status}", *_reasons(formation, stack)]))


def _reasons(formation: Any, stack: str) -> list[str]:
    events = formation.describe_stack_events(StackName=stack)["StackEvents"]
    return [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', event['ResourceStatus'])}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    ]
