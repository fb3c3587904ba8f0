"""What `make deploy` refuses before anything is built or sent."""

import json
import struct
from pathlib import Path

import pytest

from tests.support.template_reader import ROOT
from tools import deploy

REAL = {
    "Stage": "dev",
    "Architecture": "arm64",
    "AccountConcurrency": "10",
    "SettingsOverrides": json.dumps({"identity": {"issuer": "https://tenant.eu.auth0.com/"}}),
}


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_the_values_that_the_project_ships_are_refused(stage: str) -> None:
    parameters = deploy.parameters_of(stage, (ROOT / "samconfig.toml").read_text())
    with pytest.raises(deploy.NotDeployedError, match=r"example values: .*issuer"):
        deploy.refuse_examples(parameters)


def test_values_of_a_real_tenant_pass() -> None:
    deploy.refuse_examples(REAL)


def test_no_issuer_at_all_is_refused() -> None:
    with pytest.raises(deploy.NotDeployedError, match=r"no identity\.issuer"):
        deploy.refuse_examples(REAL | {"SettingsOverrides": "{}"})


@pytest.mark.parametrize(
    ("models", "why"),
    [
        ({"parameters": {"nobody/knows-it": {}}}, "nobody/knows-it is not registered"),
        ({"parameters": {"google/nano-banana": {"guidance": 1}}}, "google/nano-banana: "),
        ({"default": "nobody/knows-it"}, "do not load"),
    ],
)
def test_settings_that_name_models_which_are_not_there_are_refused(models: dict[str, object], why: str) -> None:
    issuer = {"issuer": "https://tenant.eu.auth0.com/"}
    given = REAL | {"SettingsOverrides": json.dumps({"identity": issuer, "models": models})}

    deploy.refuse_unknown_models("prod", REAL)
    with pytest.raises(deploy.NotDeployedError, match=why):
        deploy.refuse_unknown_models("prod", given)


def test_an_issuer_that_does_not_answer_is_refused() -> None:
    nobody = REAL | {"SettingsOverrides": json.dumps({"identity": {"issuer": "http://127.0.0.1:9/"}})}
    with pytest.raises(deploy.NotDeployedError, match="does not answer"):
        deploy.refuse_silent_issuer(nobody)


def test_more_concurrency_than_the_account_has_is_refused() -> None:
    deploy.refuse_small_account(REAL, limit=10)
    with pytest.raises(deploy.NotDeployedError, match="may run 10 functions at once"):
        deploy.refuse_small_account(REAL | {"AccountConcurrency": "1000"}, limit=10)


def test_a_library_tells_which_processor_it_is_built_for(tmp_path: Path) -> None:
    for name, machine in (("a.so", 0xB7), ("b.so.1", 0x3E)):
        (tmp_path / name).write_bytes(b"\x7fELF" + bytes(14) + struct.pack("<H", machine) + bytes(8))
    assert deploy.processors_of(tmp_path) == {"arm64", "x86_64"}


def test_a_release_is_named_by_what_was_built(tmp_path: Path) -> None:
    def built(name: str, code: str) -> Path:
        folder = tmp_path / name
        (folder / "layer").mkdir(parents=True)
        (folder / "layer/code.py").write_text(code)
        (folder / "template.yaml").write_text("Globals:\n  Function:\n    Description: unreleased\n")
        return folder

    first, same, other = built("first", "a"), built("same", "a"), built("other", "b")
    releases = [deploy.mark_release(each) for each in (first, same, other)]

    assert releases[0] == releases[1] != releases[2]
    assert f"Description: Release {releases[0]}\n" in (first / "template.yaml").read_text()
    with pytest.raises(deploy.NotDeployedError, match="not once"):
        deploy.mark_release(first)


def test_the_template_can_be_marked() -> None:
    assert (ROOT / "template.yaml").read_text().count(deploy.UNMARKED) == 1
