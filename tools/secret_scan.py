"""Looks for secrets in the files that are tracked: `make check` runs it.

What only looks like one (made-up keys of tests) stands in secret_scan_allowed.txt: a path and the value's digest.
"""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = Path(__file__).with_name("secret_scan_allowed.txt")
KINDS = {
    "AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "AWS secret key": r"(?i:aws_secret_access_key)\W{1,5}[A-Za-z0-9/+]{40}\b",
    "private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20,}",
    "Stripe key": r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{20,}\b",
    "webhook secret": r"\bwhsec_[A-Za-z0-9+/]{24,}={0,2}",
    "Replicate token": r"\br8_[A-Za-z0-9]{30,}\b",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})\b",
    "Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{20,}\b",
    "Google key": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "token (JWT)": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    "API key of ours": r"\brsk_[A-Za-z0-9_-]{32,}\b",
}
PATTERN = re.compile("|".join(f"(?P<k{number}>{pattern})" for number, pattern in enumerate(KINDS.values())))


@dataclass(frozen=True)
class Finding:
    """`digest` stands in the list of what is allowed; the value itself is never printed."""

    path: str
    line: int
    kind: str
    digest: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: looks like a secret ({self.kind}); if it is none: {self.path} {self.digest}"


def scan(path: str, text: str) -> Iterator[Finding]:
    names = list(KINDS)
    for found in PATTERN.finditer(text):
        number = int(str(found.lastgroup)[1:])
        digest = hashlib.sha256(found.group().encode()).hexdigest()[:16]
        yield Finding(path, text.count("\n", 0, found.start()) + 1, names[number], digest)


def scan_files(root: Path, paths: Iterable[str]) -> Iterator[Finding]:
    """Text files only; a deleted file that git still knows is left out."""
    for path in paths:
        try:
            text = (root / path).read_bytes().decode()
        except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
            continue
        yield from scan(path, text)


def allowed() -> set[str]:
    lines = ALLOWED.read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def main() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    known = allowed()
    found = list(scan_files(ROOT, listed.split("\0")[:-1]))
    new = [each for each in found if f"{each.path} {each.digest}" not in known]
    for each in new:
        print(each)
    for unused in sorted(known - {f"{each.path} {each.digest}" for each in found}):
        print(f"{ALLOWED.name}: not needed any more: {unused}")
        new = new or found
    sys.exit(1 if new else 0)


if __name__ == "__main__":
    main()
