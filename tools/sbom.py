"""Software bill of materials of what is deployed: CycloneDX 1.6, from the locked requirements of the layers.

The same locks give the same file: the serial number comes from its content, and there is no time in it.
"""

import argparse
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
OURS = {"type": "application", "name": "realstaging", "bom-ref": "realstaging"}


def locked(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Name, version and hashes of each pinned package."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if found := PINNED.match(line):
            yield _normal(found["name"]), found["version"], sorted(HASH.findall(line))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def bill(layers: dict[str, str], version: str) -> dict[str, Any]:
    """`layers`: the text of each layer's lock file, by its name."""
    packages: dict[str, dict[str, Any]] = {}
    for layer, text in sorted(layers.items()):
        for name, its_version, hashes in locked(text):
            purl = f"pkg:pypi/{name}@{its_version}"
            component = packages.setdefault(purl, _component(name, its_version, purl, hashes))
            component["properties"].append({"name": "realstaging:layer", "value": layer})
    components = [packages[purl] for purl in sorted(packages)]
    content = json.dumps([version, components], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {"component": OURS | {"version": version}},
        "components": components,
        "dependencies": [{"ref": OURS["bom-ref"], "dependsOn": sorted(packages)}],
    }


def _component(name: str, version: str, purl: str, hashes: list[str]) -> dict[str, Any]:
    # The hashes are of all the package's files that the lock allows, wheels for each processor among them; a component
    # has one of each algorithm at most, so they are properties.
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "properties": [{"name": "realstaging:sha256", "value": each} for each in hashes],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.sbom", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/sbom.json"))
    given = parser.parse_args()
    layers = {file.parent.name: file.read_text() for file in (ROOT / "layers").glob("*/requirements.txt")}
    found = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    made = bill(layers, found[1] if found else "0")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(made, indent=1) + "\n")
    print(f"{given.out}: {len(made['components'])} packages in {len(layers)} layers")


if __name__ == "__main__":
    main()
