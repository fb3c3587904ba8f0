"""Trims what botocore reads when it makes a client: descriptions of the services and operations that we call.

    python layers/sdk_data.py DATA SOURCES SERVICE…      (run by the common layer's Makefile)

The format stays botocore's own. What our sources call is what they name: an operation is kept if one of them has its
name (`put_object`) anywhere, as an attribute or a text. Unpacked files are smaller in the layer than packed ones were
with their prose, and are read in a tenth of the time; of the table of endpoints, which has each service in each Region,
one in a hundred is ours.
"""

import ast
import gzip
import json
import shutil
import sys
from collections.abc import Iterable, Set
from pathlib import Path
from typing import Any

NAMES = {"apigatewaymanagementapi": "execute-api"}  # in the table of endpoints, where it is another


# What botocore itself calls or looks at: where a bucket is, when S3 says that it is elsewhere; the address of a bucket,
# for a presigned form; DynamoDB's addresses.
ITS_OWN = {"head_bucket", "create_bucket", "describe_endpoints"}


def main(data: Path, sources: Iterable[Path], services: list[str]) -> None:
    called = ITS_OWN.union(*(named(file) for folder in sources for file in folder.rglob("*.py")))
    for folder in [path for path in data.iterdir() if path.is_dir()]:
        if folder.name not in services:
            shutil.rmtree(folder)
            continue
        latest, *former = sorted(folder.iterdir(), reverse=True)
        for each in former:
            shutil.rmtree(each)
        for file in list(latest.iterdir()):
            trim(file, called)
    endpoints = data / "endpoints.json"
    told = json.loads(endpoints.read_bytes())
    for partition in told["partitions"]:
        kept = {NAMES.get(service, service) for service in services}
        partition["services"] = {name: each for name, each in partition["services"].items() if name in kept}
    endpoints.write_text(compact(told))


def named(file: Path) -> set[str]:
    """Every attribute and every text in a source."""
    nodes = list(ast.walk(ast.parse(file.read_bytes())))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return texts | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def trim(file: Path, called: Set[str]) -> None:
    raw = file.read_bytes()
    file.unlink()
    if not file.name.startswith("examples"):
        told = json.loads(gzip.decompress(raw) if file.suffix == ".gz" else raw)
        needed = told.get("clientContextParams", {})  # of these botocore reads the prose, too
        told = without_prose(told)
        told |= {"clientContextParams": needed} if needed else {}
        if file.name.startswith("service-2.json"):
            told = only(told, called)
        file.with_name(file.name.removesuffix(".gz")).write_text(compact(told))


def only(told: dict[str, Any], called: Set[str]) -> dict[str, Any]:
    """A service's description with the called operations, and the shapes that they have in them."""
    from botocore import xform_name  # the layer's own: PutObject is called put_object

    operations = {name: each for name, each in told["operations"].items() if xform_name(name) in called}
    kept: set[str] = set()
    wanted = shapes(operations)
    while wanted := wanted - kept:
        kept |= wanted
        wanted = shapes([told["shapes"][name] for name in wanted])
    return told | {"operations": operations, "shapes": {name: told["shapes"][name] for name in sorted(kept)}}


def shapes(told: Any) -> set[str]:
    """The shapes that a part of a description names."""
    if isinstance(told, dict):
        name = told.get("shape")
        found = {name} if isinstance(name, str) else set()
        return found.union(*(shapes(each) for each in told.values()))
    return set().union(*(shapes(each) for each in told)) if isinstance(told, list) else set()


def without_prose(told: Any) -> Any:
    if isinstance(told, dict):
        prose = told.get("documentation")
        kept = {name: each for name, each in told.items() if name != "documentation" or not isinstance(prose, str)}
        return {name: without_prose(each) for name, each in kept.items()}
    return [without_prose(each) for each in told] if isinstance(told, list) else told


def compact(told: Any) -> str:
    return json.dumps(told, separators=(",", ":"))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(sys.argv[1]).parents[1]))
    main(Path(sys.argv[1]), [Path(each) for each in sys.argv[2].split(":")], sys.argv[3:])
