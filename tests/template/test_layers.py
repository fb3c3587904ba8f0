"""The AWS SDK is the layer's own, with what we call in it and nothing that another layer has too."""

import ast
import re

from tests.support.template_reader import ROOT

LAYERS = ("common", "imaging", "replicate", "stripe")


def _locked(name: str) -> dict[str, str]:
    text = (ROOT / f"layers/{name}/requirements.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", text, re.MULTILINE))


def test_the_sdk_is_pinned_and_the_one_that_is_tested() -> None:
    local = (ROOT / "requirements/lambda.txt").read_text()
    layer = _locked("common")
    for package in ("botocore", "urllib3"):
        assert f"{package}=={layer[package]} " in local
    assert int(layer["urllib3"].split(".")[0]) >= 2, "downloads of results read with urllib3 2"


def test_no_package_is_in_two_layers_of_one_function() -> None:
    common = _locked("common").keys()
    assert {name: sorted(common & _locked(name).keys()) for name in LAYERS[1:]} == {name: [] for name in LAYERS[1:]}


def test_the_layer_keeps_the_descriptions_of_every_service_that_is_called() -> None:
    tree = ast.parse((ROOT / "layers/common/realstaging/aws.py").read_text())
    called = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "_client" and isinstance(call.args[0], ast.Constant)
    }
    makefile = (ROOT / "layers/common/Makefile").read_text()
    (kept,) = re.findall(r"^SERVICES = (.+)$", makefile, re.MULTILINE)
    assert called == set(kept.split())
