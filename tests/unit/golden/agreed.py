"""The prompts as last agreed on; after a change of text and version: python -m tests.unit.golden.agreed."""

import hashlib
import json
from pathlib import Path

from realstaging.image_models import prompts

FOLDER = Path(__file__).with_name("prompts")
VERSIONS = FOLDER / "versions.json"
WISH = 'A reading corner with a green armchair, please: "cosy", with many books. Remove the radiator.'


def current() -> dict[str, str]:
    """Every prompt worth keeping, by the name of its file; a style of pieces is one page, with all its rooms."""
    texts = prompts.texts()
    written_out = {
        f"{room}-{style}": prompts.build(room, style, None).text
        for room, data in texts.rooms.items()
        for style in data.lines
    }
    pages = {f"style-{id}": _page(id) for id, style in texts.styles.items() if style.pieces}
    return (
        written_out
        | pages
        | {
            "custom": prompts.build(None, None, WISH).text,
            "custom-outdoor": prompts.build("outdoor", None, WISH).text,
            "custom-office-industrial": prompts.build("office", "industrial", WISH).text,
            "custom-bedroom-auto": prompts.build("bedroom", "auto", WISH).text,
            "custom-as-sent": prompts.build("bedroom", "modern", WISH, keep_structure=False).text,
        }
    )


def _page(style: str) -> str:
    """What a style asks for in each room; what is kept, and how it is placed, stands in the other files."""
    parts = [prompts.build(room, style, None).text.split("\n\n") for room in prompts.texts().rooms]
    return "\n\n".join(f"{opening}\n{wanted}" for opening, _, wanted, _ in parts)


def digest(texts: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()


def recorded() -> dict[str, str]:
    """The digest of all prompts under every version there has been."""
    versions: dict[str, str] = json.loads(VERSIONS.read_text())
    return versions


def rewrite() -> None:
    texts, versions, version = current(), recorded(), prompts.texts().version
    if versions.setdefault(version, digest(texts)) != digest(texts):
        raise SystemExit(f"The texts changed but not the version {version}: change it in config/prompts.yaml first.")
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for name, text in texts.items():
        (FOLDER / f"{name}.txt").write_text(text + "\n")
    VERSIONS.write_text(json.dumps(versions, indent=2) + "\n")


if __name__ == "__main__":
    rewrite()
