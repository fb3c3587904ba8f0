"""Secrets are found and never printed, the bill of materials has what is locked, and the audit's words are read."""

import hashlib
from pathlib import Path

import pytest

from tools.dependency_audit import summary, vulnerabilities
from tools.sbom import bill, locked
from tools.secret_scan import KINDS, scan, scan_files

# Put together here, so that the scan does not find them in this file.
MADE_UP = {
    "AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "AWS secret key": "aws_secret_access_key = " + "a1" * 20,
    "private key": "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "MIIEpAIBAAKCAQEA" * 3,
    "Stripe key": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "webhook secret": "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "Replicate token": "r8_" + "Ab1" * 12,
    "GitHub token": "ghp_" + "a" * 36,
    "Slack token": "xoxb-" + "1234567890-abcdefghijkl",
    "Google key": "AIza" + "b" * 35,
    "token (JWT)": ".".join(("eyJ" + "hbGciOiJSUzI1NiJ9", "eyJ" + "zdWIiOiJhbGljZSJ9", "c" * 40)),
    "API key of ours": "rsk_" + "d" * 43,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_is_found_by_its_line_and_not_printed(kind: str) -> None:
    secret = MADE_UP[kind]

    [found] = scan("a.py", f"first\n\n{secret}\n")

    assert (found.kind, found.line) == (kind, 3)
    assert secret not in str(found)


@pytest.mark.parametrize("text", ["sk_test_local", "r8_local", "whsec_…", "AKIA", "eyJ.eyJ.", "rsk_short", "ghp_"])
def test_what_only_begins_like_a_secret_is_none(text: str) -> None:
    assert list(scan("a.py", text)) == []


def test_pictures_and_deleted_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff" + MADE_UP["Stripe key"].encode())
    (tmp_path / "b.txt").write_text(MADE_UP["Stripe key"])

    assert [each.path for each in scan_files(tmp_path, ["a.jpg", "b.txt", "gone.txt"])] == ["b.txt"]


LOCK = """\
boto3==1.44.5 \\
    --hash=sha256:{one} \\
    --hash=sha256:{two}
    # via -r requirements.in
Typing_Extensions[x]==4.15.0 ; python_version < "4" \\
    --hash=sha256:{one}
""".format(one=hashlib.sha256(b"1").hexdigest(), two=hashlib.sha256(b"2").hexdigest())


def test_every_locked_package_is_read_with_its_hashes() -> None:
    assert [(name, version, len(hashes)) for name, version, hashes in locked(LOCK)] == [
        ("boto3", "1.44.5", 2),
        ("typing-extensions", "4.15.0", 1),
    ]


def test_the_bill_names_each_package_once_with_its_layers() -> None:
    made = bill({"common": LOCK, "stripe": LOCK}, "0.1.0")

    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert [each["purl"] for each in made["components"]] == [
        "pkg:pypi/boto3@1.44.5",
        "pkg:pypi/typing-extensions@4.15.0",
    ]
    layers = [each["value"] for each in made["components"][0]["properties"] if each["name"] == "realstaging:layer"]
    assert layers == ["common", "stripe"]
    assert made == bill({"stripe": LOCK, "common": LOCK}, "0.1.0")
    assert made["serialNumber"] != bill({"common": LOCK}, "0.1.0")["serialNumber"]


def test_our_own_locks_are_read_whole() -> None:
    for file in Path("layers").glob("*/requirements.txt"):
        text = file.read_text()
        assert len(list(locked(text))) == text.count("==") > 0, file
        assert all(hashes for _, _, hashes in locked(text)), file


def test_a_vulnerability_says_what_mends_it() -> None:
    safe = {"name": "boto3", "version": "1.44.5", "vulns": []}
    old = {"name": "pillow", "version": "9.0.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["9.0.1"]}]}

    assert list(vulnerabilities({"dependencies": [safe, old]})) == ["pillow 9.0.0: PYSEC-1, mended in 9.0.1"]


def test_a_package_that_the_database_does_not_know_is_not_called_sound() -> None:
    safe = {"name": "boto3", "version": "1.44.5", "vulns": []}
    skipped = {"name": "pillow", "skip_reason": "Dependency not found"}

    assert summary({"dependencies": [safe]}).endswith("nothing known of 1 packages")
    assert summary({"dependencies": [safe, skipped]}).endswith(
        "nothing known of 1 packages; 1 more are not in the database"
    )
    assert "left out" in summary({"dependencies": [skipped]})
