"""What the layer keeps of botocore's descriptions: the operations that our sources name, whole."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore
import pytest
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from tests.support.template_reader import ROOT

SERVICES = ("dynamodb", "s3", "sqs")
OURS = """
def use(s3, dynamodb, s3_too):
    s3.put_object(Body=b"")
    s3_too.generate_presigned_url("get_object")
    write = dynamodb.transact_write_items
"""


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Loader:
    folder = tmp_path_factory.mktemp("layer")
    whole, data = Path(botocore.__file__).parent, folder / "botocore" / "data"
    data.mkdir(parents=True)
    shutil.copy(whole / "__init__.py", data.parent)
    for name in (*SERVICES, "ec2"):
        shutil.copytree(whole / "data" / name, data / name)
    shutil.copy(whole / "data" / "endpoints.json", data)
    (folder / "ours").mkdir()
    (folder / "ours" / "use.py").write_text(OURS)
    script = ROOT / "layers" / "sdk_data.py"
    subprocess.run([sys.executable, str(script), str(data), str(folder / "ours"), *SERVICES], check=True)
    return Loader(extra_search_paths=[str(data)], include_default_search_paths=False)


def model(loader: Loader, service: str) -> ServiceModel:
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def parts(shape: Shape | None, seen: set[str]) -> Iterator[Shape]:
    if shape is not None and shape.name not in seen:
        seen.add(shape.name)
        yield shape
        inner = [*getattr(shape, "members", {}).values()]
        inner += [getattr(shape, side) for side in ("member", "key", "value") if hasattr(shape, side)]
        for each in inner:
            yield from parts(each, seen)


def described(operation: OperationModel) -> list[tuple[str, str]]:
    seen: set[str] = set()
    shapes = [operation.input_shape, operation.output_shape, *operation.error_shapes]
    return [(part.name, part.type_name) for shape in shapes for part in parts(shape, seen)]


def test_what_is_called_is_kept_and_what_botocore_calls_itself(trimmed: Loader) -> None:
    kept = {name: set(model(trimmed, name).operation_names) for name in SERVICES}

    assert kept == {
        "dynamodb": {"TransactWriteItems", "DescribeEndpoints"},
        "s3": {"GetObject", "PutObject", "HeadBucket", "CreateBucket"},
        "sqs": set(),
    }


def test_other_services_are_gone(trimmed: Loader) -> None:
    assert trimmed.list_available_services("service-2") == sorted(SERVICES)


def test_an_operation_is_described_as_before(trimmed: Loader) -> None:
    whole = Loader()
    for service in SERVICES:
        ours, theirs = model(trimmed, service), model(whole, service)
        for name in ours.operation_names:
            assert described(ours.operation_model(name)) == described(theirs.operation_model(name))
