"""Which server, and as whom."""

import json
from pathlib import Path

import pytest

from realstaging_client import profile
from realstaging_client.photos import BadArgumentError
from realstaging_client.profile import Profile, chosen, save

SERVER = "https://api.example.test"


@pytest.fixture(autouse=True)
def nothing_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv(profile.URL, raising=False)
    monkeypatch.delenv(profile.TOKEN, raising=False)


def test_a_login_is_remembered_for_nobody_else() -> None:
    path = save(Profile(SERVER, 'to"ken'))
    assert path.stat().st_mode & 0o777 == 0o600
    assert chosen(None, None, None) == Profile(SERVER, 'to"ken')


def test_options_go_before_the_environment_and_that_before_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    save(Profile(SERVER, "saved"))
    monkeypatch.setenv(profile.TOKEN, "from-environment")
    assert chosen(None, None, None) == Profile(SERVER, "from-environment")
    assert chosen(None, "given", None).token == "given"


def test_a_saved_token_goes_to_no_other_server() -> None:
    save(Profile(SERVER, "saved"))
    with pytest.raises(BadArgumentError, match="No access token"):
        chosen("https://elsewhere.example.test", None, None)


def test_a_token_is_never_sent_in_the_clear() -> None:
    with pytest.raises(BadArgumentError, match="https"):
        chosen("http://api.example.test", "token", None)
    assert chosen("http://127.0.0.1:4599", "token", None).url == "http://127.0.0.1:4599"


@pytest.mark.parametrize("url", ["api.example.test", "ftp://api.example.test", "https://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadArgumentError, match="not an address"):
        chosen(url, "token", None)


def test_a_token_is_not_shown() -> None:
    assert "to-ken" not in repr(Profile(SERVER, "to-ken"))


def test_a_local_cloud_that_does_not_run_is_told_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(BadArgumentError, match="make dev"):
        chosen(None, None, tmp_path)
    (tmp_path / "cloud.json").write_text(json.dumps({"api": SERVER, "identity": "https://elsewhere.example.test"}))
    with pytest.raises(BadArgumentError, match="another machine"):
        chosen(None, None, tmp_path)
