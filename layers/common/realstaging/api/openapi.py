"""Serves the API reference, which scripts/openapi writes and the layer's build packages."""

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
    """The methods of a path in the reference: a function knows only its own routes."""
    for pattern, methods in _methods_by_path():
        if pattern.fullmatch(path):
            return methods
    return []


@functools.cache
def _methods_by_path() -> list[tuple[re.Pattern[str], list[str]]]:
    paths = json.loads(document())["paths"]
    # Fixed paths first: /v1/jobs/{id} must not match them.
    return [
        (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), [method.upper() for method in methods])
        for path, methods in sorted(paths.items(), key=lambda each: "{" in each[0])
    ]


def page() -> tuple[str, str]:
    """The page and its Content-Security-Policy: its own styles, and nothing else."""
    text = _read("openapi.html")
    styles = " ".join(_style_hash(style) for style in re.findall("<style>(.*?)</style>", text, re.DOTALL))
    return text, f"default-src 'none'; style-src {styles}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _style_hash(style: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    packaged = PACKAGED / name
    return (packaged if packaged.exists() else SOURCES / name).read_text()
