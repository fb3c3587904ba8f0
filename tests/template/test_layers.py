"""The AWS SDK is the layer's own, with what we call in it and nothing that another layer has too."""

import ast
import re
import shutil
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.session import Session

from layers import sdk_data
from realstaging import aws
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


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Loader:
    folder = tmp_path_factory.mktemp("data")
    services = ["dynamodb", "s3", "sqs"]
    whole = Path(botocore.__file__).parent / "data"
    for name in services:
        shutil.copytree(whole / name, folder / name)
    for file in whole.glob("*.json"):
        shutil.copy(file, folder)
    sdk_data.main(folder, [ROOT / "layers/common/realstaging", ROOT / "functions"], services)
    return Loader(extra_search_paths=[str(folder)], include_default_search_paths=False)


def test_trimmed_descriptions_sign_and_call_as_whole_ones_do(trimmed: Loader) -> None:
    def said(loader: Loader | None) -> list[Any]:
        session = Session()
        if loader:
            session.register_component("data_loader", loader)
        s3: Any = session.create_client("s3", region_name="eu-central-1", config=aws.BULK)
        sqs = session.create_client("sqs", region_name="eu-central-1", config=aws.QUICK)
        table = session.create_client("dynamodb", region_name="eu-central-1", config=aws.QUICK)
        post = s3.generate_presigned_post("media", "uploads/one")
        link = s3.generate_presigned_url("get_object", Params={"Bucket": "media", "Key": "one"})
        addresses = [client.meta.endpoint_url for client in (sqs, table)]
        return [post["url"], sorted(post["fields"]), link.split("?")[0], addresses]

    assert said(trimmed) == said(None)


def test_the_prose_is_gone(trimmed: Loader) -> None:
    operation = trimmed.load_service_model("dynamodb", "service-2")["operations"]["GetItem"]
    assert "documentation" not in operation
