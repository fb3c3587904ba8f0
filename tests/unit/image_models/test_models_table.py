"""Every model file against its registration and its row in docs/models.md."""

import ast
import re
from pathlib import Path

import pytest

from realstaging import config
from realstaging.image_models import families, registry

FILES = sorted(path for path in Path(families.__path__[0]).glob("*.py") if not path.name.startswith("_"))
DOCUMENT = Path(__file__).parents[3] / "docs" / "models.md"


def registered_id(file: Path) -> str:
    """The id in the file's one call of `register`."""
    calls = [
        node
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "StagingModel"
    ]
    assert len(calls) == 1, "one file, one model"
    return str(next(ast.literal_eval(each.value) for each in calls[0].keywords if each.arg == "id"))


def rows() -> dict[str, list[str]]:
    """The cells of the table's rows, by model id."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if re.match(r"\| `[\w-]+/[\w.-]+` \|", line)]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells if len(row) == 7}


def numbers(cell: str) -> list[float]:
    return [float(each) for each in re.findall(r"\d+(?:\.\d+)?", cell)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_model_file_agrees_with_the_registry_and_the_table(file: Path) -> None:
    model = registry.get(registered_id(file))
    purpose, usd, seconds, seed, shape, enabled = rows()[model.id]

    assert file.stem == re.sub(r"\W", "_", model.id.split("/")[1])
    assert purpose
    prices = [float(each) for each in (model.price.run, model.price.megapixel_in, model.price.megapixel_out) if each]
    assert numbers(usd)[: len(prices)] == prices
    assert {float(price) for _, _, price in model.price.unless} <= set(numbers(usd))
    assert numbers(seconds) == ([model.typical_seconds] if seconds != "?" else [])
    assert seed == ("yes" if model.accepts_seed else "no")
    assert shape.startswith("the photo's") == model.keeps_aspect
    assert (enabled == "never") == (not model.offered)


def test_the_table_names_no_other_model() -> None:
    assert rows().keys() == {registered_id(file) for file in FILES}
    assert set(config.load("prod").models.enabled) <= rows().keys()
