"""`scripts/openapi [--check]`: writes docs/openapi.json and docs/openapi.html, or says how they differ."""

import argparse
import difflib
import json
import sys

from tools.reference.document import document
from tools.reference.page import page
from tools.reference.routes import ROOT, MismatchError, collected

SHOWN = 40


def made() -> dict[str, str]:
    """The files of docs/ and what should stand in them."""
    whole = document(collected())
    return {"openapi.json": json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "openapi.html": page(whole)}


def difference(name: str, wanted: str) -> list[str]:
    path = ROOT / "docs" / name
    found = path.read_text() if path.exists() else ""
    lines = difflib.unified_diff(
        found.splitlines(), wanted.splitlines(), f"docs/{name}", "the code says", lineterm="", n=2
    )
    return list(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the files are not up to date")
    checking = parser.parse_args().check
    try:
        files = made()
    except MismatchError as error:
        print(error, file=sys.stderr)
        return 1
    if not checking:
        for name, text in files.items():
            (ROOT / "docs" / name).write_text(text)
        return 0
    found = {name: lines for name, text in files.items() if (lines := difference(name, text))}
    if lines := next(iter(found.values()), []):
        print("\n".join(lines[:SHOWN]), file=sys.stderr)
        print(f"\n{', '.join(found)}: not what the code says any more. Run scripts/openapi.", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
