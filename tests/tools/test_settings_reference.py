"""The settings reference: every setting with its bounds, values and meaning, and a check that says what differs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Le
from pydantic import BaseModel, Field

from realstaging import config
from tools import settings_reference as reference


class Plan(BaseModel):
    price: int = Field(gt=0, description="What it costs.")


class Choice(BaseModel):
    id: str = Field(description="Its id.")
    old: bool = Field(default=False, description="Whether it is old.")


class Sample(BaseModel):
    speed: Annotated[float, Ge(1), Le(9)] = Field(description="How fast it goes.")
    way: Literal["up", "down"] | None = Field(default=None, description="Which way | or none.")
    names: tuple[str, ...] = Field(max_length=5, description="What it is called.")
    choices: tuple[Choice, ...] = Field(default=(), description="What can be had.")
    plans: dict[str, Plan]


class Mute(BaseModel):
    volume: int


SAID: dict[str, Any] = {
    "base": {
        "": {
            "speed": 2,
            "way": None,
            "names": ["a", "b", "c", "d"],
            "choices": [{"id": "x"}],
            "plans": {"free": {"price": 1}},
        }
    },
    "prod": {
        "": {
            "speed": 3,
            "way": None,
            "names": [],
            "choices": [{"id": "x"}],
            "plans": {"free": {"price": 1}, "pro": {"price": 9}},
        }
    },
}


def table(model: type[BaseModel]) -> dict[str, reference.Row]:
    return {row.path: row for row in reference.rows(model, "", SAID)}


def test_a_row_says_kind_bounds_default_differences_and_meaning() -> None:
    row = table(Sample)["speed"]

    assert str(row) == "| `speed` | number, 1 to 9 | `2` | prod: `3` | How fast it goes. |"


def test_what_would_break_a_table_is_escaped() -> None:
    assert str(table(Sample)["way"]) == r"| `way` | one of `up`, `down` or null | `null` |  | Which way \| or none. |"


def test_a_long_list_is_shortened_and_an_empty_one_is_called_so() -> None:
    row = table(Sample)["names"]

    assert (row.kind, row.default, row.differs) == (
        "list of text, length at most 5",
        "`a`, `b`, `c` and 1 more",
        "prod: none",
    )


def test_entries_of_a_list_are_described_once() -> None:
    rows = table(Sample)

    assert (rows["choices"].kind, rows["choices"].default) == ("list", "`x`")
    assert (rows["choices[].id"].default, rows["choices[].old"].default) == ("required", "`false`")


def test_a_mapping_shows_the_value_of_each_key_and_only_the_keys_that_differ() -> None:
    row = table(Sample)["plans.<id>.price"]

    assert (row.kind, row.default, row.differs) == ("whole number, more than 0", "free `1`", "prod: pro `9`")


def test_a_setting_without_a_sentence_is_named() -> None:
    with pytest.raises(reference.UndescribedError, match=r"Mute\.volume is not described"):
        table(Mute)


def test_the_page_has_every_value_that_a_stage_holds() -> None:
    page = reference.page()

    def paths(tree: Any, path: str) -> Iterator[str]:
        for key, value in tree.items():
            if path == "plans.":
                key = "<id>"  # noqa: PLW2901
            if isinstance(value, dict):
                yield from paths(value, f"{path}{key}.")
            else:
                yield f"{path}{key}"

    for stage in config.STAGES:
        assert [path for path in paths(config.read(stage), "") if f"| `{path}` |" not in page] == []


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "settings.md"
    monkeypatch.setattr(reference, "PAGE", path)
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["settings-reference", *arguments])
    return reference.main()


def test_what_was_just_written_passes_the_check(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch) == 0
    assert run(monkeypatch, "--check") == 0


@pytest.mark.parametrize("before", ["", "# Settings\n"])
def test_drift_fails_the_check_and_says_what_to_run(
    before: str, page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page.write_text(before)

    assert run(monkeypatch, "--check") == 1
    assert page.read_text() == before
    said = capsys.readouterr().err
    assert "Run scripts/settings-reference." in said
    assert len(said.splitlines()) < 50
