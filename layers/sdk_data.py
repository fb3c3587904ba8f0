"""Trims what botocore reads when it makes a client: descriptions without their prose, for the services that we call.

    python layers/sdk_data.py DATA SERVICE…      (run by the common layer's Makefile)

The format stays botocore's own. Unpacked files are smaller in the layer than packed ones were with their prose, and are
read in a tenth of the time; of the table of endpoints, which has each service in each Region, one in a hundred is ours.
"""

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any

NAMES = {"apigatewaymanagementapi": "execute-api"}  # in the table of endpoints, where it is another


def main(data: Path, services: list[str]) -> None:
    for folder in [path for path in data.iterdir() if path.is_dir()]:
        if folder.name not in services:
            shutil.rmtree(folder)
            continue
        latest, *former = sorted(folder.iterdir(), reverse=True)
        for each in former:
            shutil.rmtree(each)
        for file in list(latest.iterdir()):
            trim(file)
    endpoints = data / "endpoints.json"
    told = json.loads(endpoints.read_bytes())
    for partition in told["partitions"]:
        kept = {NAMES.get(service, service) for service in services}
        partition["services"] = {name: each for name, each in partition["services"].items() if name in kept}
    endpoints.write_text(compact(told))


def trim(file: Path) -> None:
    raw = file.read_bytes()
    file.unlink()
    if not file.name.startswith("examples"):
        told = json.loads(gzip.decompress(raw) if file.suffix == ".gz" else raw)
        needed = told.get("clientContextParams", {})  # of these botocore reads the prose, too
        told = without_prose(told)
        told |= {"clientContextParams": needed} if needed else {}
        file.with_name(file.name.removesuffix(".gz")).write_text(compact(told))


def without_prose(told: Any) -> Any:
    if isinstance(told, dict):
        prose = told.get("documentation")
        kept = {name: each for name, each in told.items() if name != "documentation" or not isinstance(prose, str)}
        return {name: without_prose(each) for name, each in kept.items()}
    return [without_prose(each) for each in told] if isinstance(told, list) else told


def compact(told: Any) -> str:
    return json.dumps(told, separators=(",", ":"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
