"""Known vulnerabilities of what is deployed, by pip-audit; `make check` runs it.

Without a connection to the database of vulnerabilities, or for packages that it does not know, it says so in one line
and fails nothing.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 120


def vulnerabilities(report: dict[str, Any]) -> Iterator[str]:
    """One line for each, from pip-audit's JSON."""
    for package in report["dependencies"]:
        for found in package.get("vulns", []):
            mended = ", ".join(found.get("fix_versions", [])) or "no version yet"
            yield f"{package['name']} {package['version']}: {found['id']}, mended in {mended}"


def summary(report: dict[str, Any]) -> str:
    """What was looked at where nothing is known, in one line. A package that was skipped is not one without fault."""
    packages = report["dependencies"]
    unknown = sum("skip_reason" in package for package in packages)
    if packages and unknown == len(packages):
        return "dependency audit: left out, the database of vulnerabilities tells nothing of any package"
    skipped = f"; {unknown} more are not in the database" if unknown else ""
    return f"dependency audit: nothing known of {len(packages) - unknown} packages{skipped}"


def audited(files: list[Path]) -> dict[str, Any] | None:
    """pip-audit's report; None where the database did not answer."""
    options = ["--format", "json", "--progress-spinner", "off", "--disable-pip", "--require-hashes", "--timeout", "10"]
    named = [part for file in files for part in ("--requirement", str(file))]
    command = [sys.executable, "-m", "pip_audit", *options, *named]
    try:
        done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=SECONDS)
        report: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return report


def main() -> None:
    report = audited(sorted((ROOT / "layers").glob("*/requirements.txt")))
    if report is None:
        print("dependency audit: left out, the database of vulnerabilities cannot be reached")
        return
    found = sorted(set(vulnerabilities(report)))
    print("\n".join(found) or summary(report))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
