"""The converter from the Go service: nothing is lost silently, nothing secret is shown, dangers are named."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from realstaging import config
from tools.convert_go_config import known
from tools.convert_go_config.__main__ import main as program
from tools.convert_go_config.__main__ import run
from tools.convert_go_config.dangers import dangers
from tools.convert_go_config.rules import convert, faults, stage_of
from tools.convert_go_config.sources import read

GOOD = "AUTH0_DOMAIN=tenant.eu.auth0.com\nAUTH0_AUDIENCE=https://api.example.com\n"
SECRET = "hunter2Hunter2"


@dataclass(frozen=True)
class Result:
    report: str
    overlay: Any
    dangers: str


type Converted = Callable[..., Result]


@pytest.fixture
def converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Converted:
    """Converts files given by name and text."""
    monkeypatch.chdir(tmp_path)

    def convert_them(stage: str | None = None, **texts: str) -> Result:
        files = [Path(name.replace("_yml", ".yml").replace("env", ".env")) for name in texts]
        for file, text in zip(files, texts.values(), strict=True):
            file.write_text(text)
        shown = io.StringIO()
        arguments = type("Given", (), {"files": files, "stage": stage, "out": None})
        overlay = run(arguments, Console(file=shown, width=400))  # type: ignore[arg-type]
        report = re.sub(r"[ \t]+", " ", shown.getvalue())
        return Result(report, yaml.safe_load(overlay), report.partition("Dangerous or wrong")[2])

    return convert_them


# ---- what becomes what ----


def test_issuer_and_audience_become_settings_that_a_stage_takes(converted: Converted) -> None:
    result = converted(env=GOOD, stage="prod")

    assert result.overlay == {
        "identity": {"issuer": "https://tenant.eu.auth0.com/", "audience": "https://api.example.com"}
    }
    config.Settings.model_validate(config.merged(config.read("prod"), result.overlay))


@pytest.mark.parametrize(
    "domain", ["tenant.eu.auth0.com", "https://tenant.eu.auth0.com", "https://tenant.eu.auth0.com/"]
)
def test_the_issuer_has_its_scheme_and_one_slash_however_it_was_written(domain: str, converted: Converted) -> None:
    assert converted(env=f"AUTH0_DOMAIN={domain}").overlay["identity"]["issuer"] == "https://tenant.eu.auth0.com/"


@pytest.mark.parametrize("domain", ["http://tenant.eu.auth0.com", "tenant", "a b.com", "x.com/path", "-.com"])
def test_what_is_no_host_name_does_not_become_an_issuer(domain: str, converted: Converted) -> None:
    result = converted(env=f"AUTH0_DOMAIN={domain}\nAUTH0_AUDIENCE=a")

    assert result.overlay == {"identity": {"audience": "a"}}
    assert "AUTH0_DOMAIN (.env:1) is not the name of a host" in result.dangers


@pytest.mark.parametrize(
    ("env", "stage"),
    [("production", "prod"), ("prod", "prod"), ("staging", "staging"), ("dev", "dev"), ("test", "dev"), ("", "dev")],
)
def test_the_stage_follows_the_environment(env: str, stage: str, converted: Converted) -> None:
    assert f"/realstaging/{stage}/replicate_api_token" in converted(env=f"{GOOD}APP_ENV={env}").report


def test_a_stage_that_is_asked_for_wins(converted: Converted) -> None:
    assert "/realstaging/staging/replicate_api_token" in converted(env=f"{GOOD}APP_ENV=prod", stage="staging").report


def test_every_secret_that_the_settings_refer_to_gets_its_command(converted: Converted) -> None:
    result = converted(env=GOOD, stage="prod")

    for name in ("replicate_api_token", "replicate_webhook_secret"):
        command = f"aws ssm put-parameter --type SecureString --name /realstaging/prod/{name} --value file:///dev/stdin"
        assert command in result.report.splitlines()


def test_the_web_apps_origin_is_allowed_without_its_path(converted: Converted) -> None:
    result = converted(env=f"{GOOD}FRONTEND_URL=https://app.example.com/start\nAPP_BASE_URL=https://app.example.com")

    assert 'AllowedOrigins = "https://app.example.com"' in result.report.splitlines()


def test_what_has_no_counterpart_is_listed_with_its_reason(converted: Converted) -> None:
    result = converted(env=f"{GOOD}REDIS_HOST=redis\n", shared_yml="job:\n  queue_name: default\n")

    assert "REDIS_HOST .env:3 There is no Redis" in result.report
    assert "JOB_QUEUE_NAME shared.yml:2 The template makes and names the queues." in result.report


def test_a_misspelt_variable_is_told_from_its_neighbour(converted: Converted) -> None:
    assert "AUTH0_DOMIAN .env:3 AUTH0_DOMAIN?" in converted(env=f"{GOOD}AUTH0_DOMIAN=x").report


def test_every_destination_exists() -> None:
    for path in known.SETTINGS.values():
        section, key = path.split(".")
        assert key in config.read("prod")[section]


# ---- where values come from ----


def test_the_environment_wins_over_yaml_and_later_files_over_earlier_ones(converted: Converted) -> None:
    one, two = ("auth0:\n  audience: %s\n" % name for name in ("one", "two"))  # noqa: UP031

    assert converted(env="AUTH0_AUDIENCE=env", a_yml=one).overlay["identity"] == {"audience": "env"}
    result = converted(b_yml=one, c_yml=two)
    assert result.overlay["identity"] == {"audience": "two"}
    assert "AUTH0_AUDIENCE b.yml:2 c.yml:2" in result.report


def test_a_reference_to_another_variable_is_not_taken_for_a_value(converted: Converted) -> None:
    result = converted(prod_yml="auth0:\n  domain: ${AUTH0_DOMAIN:x.com}\n  audience: a\n")

    assert result.overlay == {"identity": {"audience": "a"}}
    assert "AUTH0_DOMAIN (prod.yml:2) refers to another variable" in result.dangers


# ---- dangers ----


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ("STRIPE_WEBHOOK_SECRET=", "STRIPE_WEBHOOK_SECRET (.env:3) is empty: the Go service then took unsigned events"),
        ("STRIPE_SECRET_KEY=sk_test_1", "STRIPE_WEBHOOK_SECRET was not found"),
        ("APP_ENV=prod\nSTRIPE_SECRET_KEY=sk_test_1", "is a test key, and the stage is prod"),
        ("STRIPE_SECRET_KEY=sk_live_1", "is a live key, and the stage is dev"),
        ("STRIPE_SECRET_KEY=pk_live_1", "does not begin with sk_ or rk_"),
        ("REPLICATE_API_TOKEN=", "REPLICATE_API_TOKEN (.env:3) is empty"),
        ("REPLICATE_API_TOKEN=your-token", "looks like a placeholder"),
        ("AUTH_BYPASS=true", "AUTH_BYPASS (.env:3) looks like a switch that lets tests in"),
        ("NEXT_PUBLIC_KEY=sk_live_abcdefghij", "every browser was given it"),
        ("APP_ENV=prod\nFRONTEND_URL=http://app.example.com", "a page without TLS"),
        ("FRONTEND_URL=*", "FRONTEND_URL (.env:3) is not the address of a web page"),
        ("AUTH0_AUDIENCE=whsec_abcdefghij", "looks like a secret in the wrong place"),
        ("AUTH0_AUDIENCE=", "AUTH0_AUDIENCE (.env:3) is empty"),
    ],
)
def test_a_danger_is_named(env: str, named: str, converted: Converted) -> None:
    assert named in converted(env=GOOD + env).dangers


def test_without_an_issuer_it_is_said_that_nobody_gets_in(converted: Converted) -> None:
    assert "AUTH0_DOMAIN was not found" in converted(env="AUTH0_AUDIENCE=a").dangers


def test_a_file_that_was_never_in_force_is_named(converted: Converted) -> None:
    result = converted(env=f"{GOOD}APP_ENV=production", prod_yml="auth0:\n  audience: a\nredis:\n  host: x\n")

    assert "the Go service never read prod.yml" in result.dangers


def test_a_secret_in_yaml_is_named_even_where_it_did_not_count(converted: Converted) -> None:
    text = "stripe:\n  secret_key: sk_live_1\n"
    result = converted(env=f"{GOOD}STRIPE_SECRET_KEY=sk_test_1", prod_yml=text, secrets_yml=text)

    assert "STRIPE_SECRET_KEY (prod.yml:2) is a secret in a YAML file" in result.dangers
    assert "secrets.yml:2) is a secret" not in result.dangers


def test_a_sound_configuration_has_no_dangers(converted: Converted) -> None:
    sound = (
        "APP_ENV=prod\nREPLICATE_API_TOKEN=r8_abc\nSTRIPE_SECRET_KEY=sk_live_abc\nSTRIPE_WEBHOOK_SECRET=whsec_abc\n"
        "FRONTEND_URL=https://app.example.com\nSKIP_TESTS=0\n"
    )

    assert converted(env=GOOD + sound).dangers == ""


def test_what_the_settings_model_refuses_is_named_without_the_value(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(GOOD)
    outcome = convert(read([file]).found, "prod")
    outcome.settings = [type(each)(each.found, "uploads.max_filez", SECRET) for each in outcome.settings]

    assert [fault for fault in faults(outcome) if fault.startswith("uploads.max_filez")]
    assert SECRET not in str(faults(outcome))


# ---- secrets stay where they are ----


def test_no_value_of_a_secret_or_of_something_unknown_is_shown(converted: Converted) -> None:
    names = sorted(known.NAMES - {*known.SETTINGS, known.STAGE} - {"stripe.frontend_url"})
    env = "".join(f"{name}={SECRET}\n" for name in (*names, "UNKNOWN_THING", "NEXT_PUBLIC_X"))
    text = f"s3:\n  secret_key: {SECRET}\nnew:\n  thing: {SECRET}\n  list: [{SECRET}]\n"
    result = converted(env=GOOD + env, prod_yml=text)

    assert SECRET not in result.report + str(result.overlay)


def test_values_stay_out_of_representations(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"DATABASE_URL=postgres://u:{SECRET}@h/d\n")
    sources = read([file])
    outcome = convert(sources.found, stage_of(sources.found))

    assert SECRET not in f"{sources!r}{outcome!r}{dangers(sources, outcome)!r}"


# ---- where the settings go ----


def test_settings_go_into_a_new_file_and_never_over_an_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(GOOD)
    monkeypatch.setattr("sys.argv", ["convert", ".env", "--out", "prod.yaml"])

    program()
    written = Path("prod.yaml").read_text()
    assert yaml.safe_load(written)["identity"]["audience"] == "https://api.example.com"
    assert capsys.readouterr().out == ""
    with pytest.raises(SystemExit, match=r"prod\.yaml: is there already"):
        program()
    assert Path("prod.yaml").read_text() == written


def test_without_a_file_for_them_the_settings_alone_go_to_stdout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text(GOOD)
    monkeypatch.setattr("sys.argv", ["convert", str(tmp_path / ".env")])

    program()
    assert list(yaml.safe_load(capsys.readouterr().out)) == ["identity"]
