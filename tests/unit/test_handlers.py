"""Rules of the handler files: record functions, and nothing imported that the function does not carry."""

import ast
import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from realstaging import config
from tests.support.template_reader import ROOT, Written, loader, target
from tools.bench.starts import PICTURES

HANDLERS = {path.parent.name: path for path in sorted((ROOT / "functions").glob("*/handler.py"))}
LAYERS = {"CommonLayer": "common", "ImagingLayer": "imaging", "ReplicateLayer": "replicate", "StripeLayer": "stripe"}

# By folder: what a function imports while the files that it needs are on their way, and with that numpy and Pillow.
LATE = {re.sub(r"\B(?=[A-Z])", "_", name).lower(): module for name, module in PICTURES.items()}

# Imports each handler where only the packages it carries can be found, as on Lambda.
IMPORTER = """
import importlib, importlib.metadata, importlib.util, json, pathlib, sys
from realstaging import config
config.PACKAGED = pathlib.Path(sys.argv[1])
packages = importlib.metadata.packages_distributions()
owners = {name: {each.lower().replace("_", "-") for each in owners} for name, owners in packages.items()}
own = {"realstaging", "_virtualenv", "_distutils_hack"}

class Carried:
    allowed = set()
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in owners and top not in own and not owners[top] & self.allowed:
            raise ModuleNotFoundError(f"{name} is not carried", name=name)

def loaded():
    tops = {name.partition(".")[0] for name in sys.modules}
    return {owner for top in tops for owner in owners.get(top, ())}

before = at_start = loaded()
sys.meta_path.insert(0, Carried())
failed, asked = {}, json.loads(sys.argv[2])
for name, path, allowed, _ in asked:
    Carried.allowed = set(allowed)
    if loaded() - before - Carried.allowed:  # what an earlier one carried is not there for this one
        for module in [each for each in sys.modules if each.partition(".")[0] in owners.keys() | own]:
            if not module.startswith(("realstaging.config", "pydantic")):
                del sys.modules[module]
    spec = importlib.util.spec_from_file_location(f"handler_of_{name}", path)
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except ImportError as error:
        failed[name] = str(error)
    at_start = at_start | loaded()
for name, _, allowed, late in [each for each in asked if each[3]]:
    Carried.allowed = set(allowed)
    try:
        importlib.import_module(late)
    except ImportError as error:
        failed[name] = str(error)
everything = at_start | loaded()
print(json.dumps({"failed": failed, "at_start": sorted(at_start), "loaded": sorted(everything)}))
"""


@functools.cache
def _layers() -> dict[str, tuple[str, ...]]:
    """The layers of each function, by its folder."""
    # Our own template, read by a loader that is safe apart from CloudFormation's short forms.
    template = Written(yaml.load((ROOT / "template.yaml").read_text(), loader()))
    return {
        Path(function["CodeUri"]).name: ("common", *(LAYERS[target(layer)] for layer in function.get("Layers", [])))
        for function in template.functions.values()
    }


def _locked(name: str) -> set[str]:
    """The packages a lock file installs."""
    file = ROOT / ("requirements/lambda.txt" if name == "lambda" else f"layers/{name}/requirements.txt")
    return {line.lower().replace("_", "-") for line in re.findall(r"^([\w.-]+)==", file.read_text(), re.MULTILINE)}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of each handler's import. Functions with fewer layers come first."""
    packaged = tmp_path_factory.mktemp("packaged")
    config.package(packaged)
    order = sorted(HANDLERS, key=lambda name: len(_layers()[name]))
    carried = {name: sorted(_locked("lambda").union(*map(_locked, _layers()[name]))) for name in order}
    files = json.dumps([(name, str(HANDLERS[name]), carried[name], LATE.get(name)) for name in order])
    done = subprocess.run(
        [sys.executable, "-c", IMPORTER, str(packaged), files],
        env=os.environ | {"PYTHONPATH": str(ROOT / "layers" / "common"), "PYTHONSAFEPATH": "1"},
        cwd=packaged,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_needs_nothing_outside_its_own_layers(name: str, imported: dict[str, Any]) -> None:
    assert imported["failed"].get(name) is None


def test_the_vendors_clients_are_not_imported_before_they_are_needed(imported: dict[str, Any]) -> None:
    assert {"replicate", "stripe", "pyyaml", "httpx", "boto3"}.isdisjoint(imported["loaded"])
    assert {"pillow", "botocore"} <= set(imported["loaded"]), "the test looks at the right thing"


def test_pictures_are_not_part_of_a_start(imported: dict[str, Any]) -> None:
    assert {"numpy", "pillow", "simplejpeg", "pillow-heif"}.isdisjoint(imported["at_start"])
    assert "numpy" in imported["loaded"], "the test looks at the right thing"


@pytest.mark.parametrize("name", HANDLERS)
def test_a_function_is_one_file_with_the_usual_entry_point(name: str) -> None:
    tree = ast.parse(HANDLERS[name].read_text())

    assert ast.get_docstring(tree)
    assert "lambda_handler" in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [path.name for path in HANDLERS[name].parent.glob("*.py")] == ["handler.py"]
