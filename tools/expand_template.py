"""Prints what SAM makes of template.yaml, offline: `.venvs/sam/bin/python tools/expand_template.py Stage=prod …`."""

import json
import sys
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, by another environment

from local.aliases import without_aliases

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
PACKAGED = "s3://artifacts/code.zip"


class NoManagedPolicies:
    """SAM asks IAM for the managed policies' names; we use none by name, and have no IAM here."""

    def load(self) -> dict[str, str]:
        return {}


def expand(template: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """The template as CloudFormation gets it, the given parameters as its defaults."""
    parameters: dict[str, Any] = template["Parameters"]
    unknown = given.keys() - parameters.keys()
    if unknown:
        raise SystemExit(f"no such parameter: {', '.join(sorted(unknown))}")
    for name, value in given.items():
        parameters[name]["Default"] = value
    if given.get("EmulatorHost"):
        template = without_aliases(template)
        parameters = template["Parameters"]
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = PACKAGED
    values = {name: parameter.get("Default", "") for name, parameter in parameters.items()}
    expanded: dict[str, Any] = transform(template, values, NoManagedPolicies())
    return expanded


if __name__ == "__main__":
    pairs = (argument.partition("=") for argument in sys.argv[1:])
    print(json.dumps(expand(yaml_parse(TEMPLATE.read_text()), {name: value for name, _, value in pairs}), indent=1))
