"""Known vulnerabilities of what is deployed, by pip-audit where it is installed; `make check` runs it.

Without pip-audit, or without a connection to the database, it says so in one line and fails nothing.
"""

import importlib.util
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
    if importlib.util.find_spec("pip_audit") is None:
        print("dependency audit: left out, pip-audit is not installed")
        return
    report = audited(sorted((ROOT / "layers").glob("*/requirements.txt")))
    if report is None:
        print("dependency audit: left out, the database of vulnerabilities cannot be reached")
        return
    found = sorted(set(vulnerabilities(report)))
    print("\n".join(found) or f"dependency audit: nothing known of {len(report['dependencies'])} packages")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
