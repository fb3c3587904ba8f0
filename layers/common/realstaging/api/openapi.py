"""The API reference as files: written by scripts/openapi, packaged by the layer's build, read when asked for."""

import base64
import functools
import hashlib
import json
import re
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
PACKAGED = HERE / "packaged"
SOURCES = HERE.parents[2] / "docs"


def document() -> str:
    return _read("openapi.json")


def methods_at(path: str) -> list[str]:
    """What the reference says a path takes: a function knows its own routes only."""
    for pattern, methods in _methods_by_path():
        if pattern.fullmatch(path):
            return methods
    return []


@functools.cache
def _methods_by_path() -> list[tuple[re.Pattern[str], list[str]]]:
    paths = json.loads(document())["paths"]
    # Fixed paths first: /v1/jobs/{id} must not answer for a path that is spelled out.
    return [
        (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), [method.upper() for method in methods])
        for path, methods in sorted(paths.items(), key=lambda each: "{" in each[0])
    ]


def page() -> tuple[str, str]:
    """The page and the policy it needs: its own style, and nothing from anywhere."""
    text = _read("openapi.html")
    styles = " ".join(_fingerprint(style) for style in re.findall("<style>(.*?)</style>", text, re.DOTALL))
    return text, f"default-src 'none'; style-src {styles}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _fingerprint(style: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    packaged = PACKAGED / name
    return (packaged if packaged.exists() else SOURCES / name).read_text()
