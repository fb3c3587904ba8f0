"""Reading the Go service's files: values as shells and YAML write them; bad input is one line that shows no value."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.convert_go_config.__main__ import main as program
from tools.convert_go_config.sources import SourceError, read

SECRET = "hunter2Hunter2"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("a", "a"),
        (" a ", "a"),
        ("'a # b'", "a # b"),
        ('"a\\nb" # why', "a\nb"),
        ('"a\nb"', "a\nb"),
        ("a # why", "a"),
        ("a#b", "a#b"),
        ("", ""),
        (" # nothing", ""),
        ("a=b", "a=b"),
        ('it"s', 'it"s'),
    ],
)
def test_values_are_read_as_shells_write_them(written: str, read_as: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"\ufeff# head\r\n\r\nexport AUTH0_AUDIENCE={written}\r\nPORT=1\n", newline="")

    found = read([file]).found
    assert (found["AUTH0_AUDIENCE"].value, found["AUTH0_AUDIENCE"].line, found["PORT"].value) == (read_as, 3, "1")


@given(st.text(st.characters(exclude_characters="\r'", codec="utf-8")))
def test_a_quoted_value_is_read_whole(value: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / ".env"
        file.write_text(f"A='{value}'\nB=2\n", newline="")
        found = read([file]).found
    assert (found["A"].value, found["B"].value) == (value, "2")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (".env", f"A=1\n{SECRET}\n".encode(), ".env:2: neither NAME=value nor a comment"),
        (".env", f'A="{SECRET}\nB=2\n'.encode(), ".env:1: neither NAME=value nor a comment; or a quote"),
        (".env", f'A="{SECRET}"x\n'.encode(), ".env:1: neither"),
        (".env", b"\xff\xfe\x00", ".env: not a text file (UTF-8)."),
        (".env", b"", ".env: nothing in there is a variable of the Go service."),
        (".env", f"OTHER={SECRET}\n".encode(), ".env: nothing in there is a variable of the Go service."),
        ("a.yml", f"a:\n  b: *{SECRET}\n".encode(), "a.yml:2: not valid YAML."),
        ("a.yml", f"a: [{SECRET}\n".encode(), "not valid YAML."),
        ("a.yml", f"- {SECRET}\n".encode(), "a.yml:1: expected sections"),
        ("a.yml", f"auth0: {SECRET}\n".encode(), "a.yml:1: expected sections"),
        ("a.yml", f"? [{SECRET}]\n: 1\n".encode(), "a.yml:1: expected sections"),
        ("a.yml", b"[" * 20_000, "not valid YAML."),
        ("a.yml", b"a: \x00\n", "not valid YAML."),
        ("a.yml", f"$ANSIBLE_VAULT;1.1;AES256\n{SECRET}\n".encode(), "a.yml: encrypted. Decrypt it first"),
    ],
)
def test_bad_input_is_one_line_that_says_where_and_not_what(
    name: str, content: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content)
    monkeypatch.setattr("sys.argv", ["convert", name])

    with pytest.raises(SystemExit) as refused:
        program()
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"missing\.env: no such file"):
        read([tmp_path / "missing.env"])
    with pytest.raises(SourceError, match="is a directory"):
        read([tmp_path])
