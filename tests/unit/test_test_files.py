"""Rules of the test files: they use what is public, and share helpers by way of tests/support."""

import ast
from collections.abc import Iterator

import pytest

from tests.support.template_reader import ROOT

FILES = {str(path.relative_to(ROOT / "tests")): path for path in sorted((ROOT / "tests").rglob("*.py"))}

# Private names of other people's packages, where there is no public way; the reason stands beside each use.
THIRD_PARTY = {
    "conftest.py": {"_create_default_https_context"},
    "contract/app/functions/probe.py": {"_exit"},
    "support/moto_speedups.py": {
        "_add_modeled_error_fields",
        "_default_serialize",
        "_make_op_condition",
        "_make_operand",
        "_serialize",
        "_serialize_type_structure",
    },
    "support/steps.py": {"_make_api_call", "_to_proxy_event"},
    "support/world.py": {"_messages"},
    "unit/gateways/test_signed_hosts.py": {"_credentials"},
}


def private(name: object) -> bool:
    return isinstance(name, str) and name.startswith("_") and not name.startswith("__")


def reached(tree: ast.AST) -> Iterator[str]:
    """Private names of somebody else: as attributes, in imports, and as text in calls such as `setattr`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                continue
            case ast.Attribute(attr=name) if private(name):
                yield name
            case ast.ImportFrom(names=names):
                yield from (each.name for each in names if private(each.name))
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=args) if "attr" in called:
                yield from (str(each.value) for each in args if isinstance(each, ast.Constant) and private(each.value))


@pytest.mark.parametrize("file", FILES)
def test_a_test_reaches_no_private_name(file: str) -> None:
    assert set(reached(ast.parse(FILES[file].read_text()))) == THIRD_PARTY.get(file, set())


@pytest.mark.parametrize("file", FILES)
def test_no_test_imports_another_test(file: str) -> None:
    nodes = ast.walk(ast.parse(FILES[file].read_text()))
    modules = [str(each.module) for each in nodes if isinstance(each, ast.ImportFrom)]

    assert [module for module in modules if module.rpartition(".")[2].startswith("test_")] == []


def test_a_private_name_is_found_however_it_is_reached() -> None:
    text = "from a import _b\nc._d = 1\nself._e\nmonkeypatch.setattr(f, '_g', 1)\ngetattr(h, '_i')\nj.__k__\n"

    assert set(reached(ast.parse(text))) == {"_b", "_d", "_g", "_i"}
