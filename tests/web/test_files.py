"""The page's files: light, of few screens each, nothing inline, every import there."""

import gzip
import re
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
FILES = [path for path in sorted(WEB.rglob("*")) if path.is_file() and path.name != "config.json"]
MOST_BYTES = 60_000  # of all the page's own code together, compressed


def test_all_of_it_together_is_light() -> None:
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in FILES) < MOST_BYTES


def test_no_file_is_long() -> None:
    assert [path.name for path in FILES if len(path.read_text().splitlines()) > 300] == []


def test_nothing_is_inline() -> None:
    """The policy would refuse it: no script without a source, no style, no handler in markup, no markup from text."""
    page = (WEB / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page) == []
    for path in FILES:
        if path.suffix == ".js":
            assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function", path.read_text()) == []


def test_the_page_names_no_other_host() -> None:
    allowed = ("http://www.w3.org/", "http://127.0.0.1:*", "https: ", "https:/$")
    for path in FILES:
        for address in re.findall(r"https?://[^\s\"'`]+", path.read_text()):
            assert address.startswith(allowed), (path.name, address)


def test_what_the_first_view_needs_is_asked_for_at_once() -> None:
    """Else the browser learns of each module only from the one that imports it, one round trip after the other."""
    needed, waiting = set[str](), ["main.js"]
    while waiting:
        source = (WEB / "js" / waiting.pop()).read_text()
        found = set(re.findall(r'^import (?:\{[^}]*\} from )?"\./([^"]+)"', source, re.MULTILINE)) - needed
        needed |= found
        waiting += found
    named = re.findall(r'rel="modulepreload" href="js/([^"]+)"', (WEB / "index.html").read_text())
    assert sorted(named) == sorted(needed)


def test_every_import_is_there_and_exports_what_is_asked() -> None:
    for path in FILES:
        if path.suffix != ".js":
            continue
        text = path.read_text()
        for names, source in re.findall(r'import \{([^}]*)\} from "([^"]+)"', text):
            module = (path.parent / source).read_text()
            for name in (each.strip() for each in names.split(",")):
                assert re.search(rf"export (async )?(function|class|const) {name}\b", module), (path.name, name, source)
                assert len(re.findall(rf"\b{name}\b", text)) > 1, (path.name, f"{name} is not used")
        for source in re.findall(r'import\("([^"]+)"\)', text):
            assert (path.parent / source).is_file()
