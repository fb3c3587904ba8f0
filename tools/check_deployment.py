"""Refuse a deployment whose settings cannot work, before anything is built: the placeholders of samconfig.toml.

python -m tools.check_deployment --stage dev
"""

import argparse
import sys
import tomllib
from pathlib import Path

from pydantic import ValidationError

from realstaging import config

SAMCONFIG = Path(__file__).resolve().parents[1] / "samconfig.toml"


def complaint(stage: str, samconfig: str) -> str | None:
    """What is wrong with a stage's settings, in words for whoever deploys it; None if they load."""
    stages = tomllib.loads(samconfig)
    if stage not in stages:
        return f"samconfig.toml has no stage {stage}."
    overrides = stages[stage]["deploy"]["parameters"]["parameter_overrides"].get("SettingsOverrides", "{}")
    try:
        config.load(stage, overrides)
    except ValidationError as error:
        return "; ".join(each["msg"].removeprefix("Value error, ") for each in error.errors())
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", required=True)
    found = complaint(parser.parse_args().stage, SAMCONFIG.read_text())
    if found:
        print(f"not deployed: {found}", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
