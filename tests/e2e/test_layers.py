"""The built layers, as functions have them: imports that were put off can be made, and code compiled ahead is used."""

import json
import subprocess

from local.processes import ROOT
from local.state import Cloud

BUILT = ROOT / ".aws-sam" / "local"
LAYERS = ("Common", "Imaging", "Replicate", "Stripe")
PYTHON = ROOT / ".venvs" / "lambda" / "bin" / "python"

# Modules that need what no layer has (Powertools' for Kafka, botocore's for the CRT) fail as their sources would, and
# are left out; any other that cannot be imported is wrong.
LOOK = """
import importlib, json, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
wrong, right = [], 0
def in_layers(name):
    return any((each / name.split(".")[0]).exists() for each in map(Path, sys.argv[1:]))
for folder in map(Path, sys.argv[1:]):
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        if parts[-1] == "__main__" or not all(part.isidentifier() for part in parts):
            continue
        if name.startswith("botocore.crt.") or b"__late_imports__" not in compiled(file):
            continue
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if in_layers(error.name):
                wrong.append(f"{name}: {error!r}")
            continue
        except BaseException as error:
            wrong.append(f"{name}: {error!r}")
            continue
        for late in getattr(module, "__late_imports__", ()):
            try:
                getattr(module, late)
                right += 1
            except ModuleNotFoundError as error:
                if in_layers(error.name):
                    wrong.append(f"{name}: {late}: {error!r}")
            except Exception as error:
                wrong.append(f"{name}: {late}: {error!r}")
print(json.dumps([right, wrong]))
"""
COMPILED = """
import importlib.util
def compiled(file):
    from pathlib import Path
    cache = Path(importlib.util.cache_from_source(str(file)))
    return cache.read_bytes() if cache.exists() else b""
"""


def test_every_import_that_was_put_off_can_be_made(cloud: Cloud) -> None:
    folders = [str(BUILT / f"{name}Layer" / "python") for name in LAYERS]
    done = subprocess.run(
        [str(PYTHON), "-P", "-c", COMPILED + LOOK, *folders],
        env={"PYTHONPATH": ":".join(folders), "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done
    right, wrong = json.loads(done.stdout.splitlines()[-1])
    assert wrong == []
    assert right > 1000, "the test looks at the right thing"


def test_what_was_compiled_ahead_is_used(cloud: Cloud) -> None:
    """By a class that the layer's own package defines: nothing of it is compiled at the start."""
    layer = str(BUILT / "CommonLayer" / "python")
    program = (
        "import sys\ntexts = []\nimport realstaging\n"
        "sys.addaudithook(lambda event, about: event == 'compile' and texts.append(about[0]))\n"
        "import realstaging.accounts.quota\n"
        "print([text for text in texts if '__create_fn__' in str(text)])"
    )

    def said(**known: str) -> str:
        environment = {"PYTHONPATH": layer, "AWS_DEFAULT_REGION": "eu-west-1", **known}
        command = [str(PYTHON), "-P", "-c", program]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done
        return done.stdout.strip()

    assert said(AWS_LAMBDA_FUNCTION_NAME="any") == "[]"
    assert said() != "[]", "the test looks at the right thing"
