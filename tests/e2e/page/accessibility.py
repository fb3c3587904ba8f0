"""What a view must be for people who do not see it well: by the browser's own tree, and by axe where it is there."""

import importlib.util
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

CONTROLS = {
    "button",
    "link",
    "textbox",
    "combobox",
    "slider",
    "checkbox",
    "spinbutton",
    "meter",
    "progressbar",
    "dialog",
}
PICTURES = {"image"}
SNAPSHOTS = Path(__file__).parent / "snapshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

OBJECTIONS = Path(__file__).with_name("objections.js").read_text()


def objections(page: Page) -> list[str]:
    """Everything that is wrong with what the page shows now."""
    return [
        *page.evaluate(OBJECTIONS),
        *nameless(page),
        *(f"axe: {each}" for each in axe(page)),
    ]


def nameless(page: Page) -> list[str]:
    """Controls and pictures of the accessibility tree that say nothing of themselves."""
    devtools = page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = devtools.send("Accessibility.getFullAXTree")["nodes"]
    devtools.detach()
    found = []
    for node in nodes:
        role = node.get("role", {}).get("value")
        if not node["ignored"] and role in CONTROLS | PICTURES and not node.get("name", {}).get("value", "").strip():
            found.append(f"a {role} without a name")
    return found


def axe_source() -> str | None:
    """axe-core as the development requirements bring it."""
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).with_name("axe.min.js").read_text()


def axe(page: Page) -> list[str]:
    source = axe_source()
    if source is None:
        return []
    page.evaluate(source)
    run = "(values) => axe.run(document, {runOnly: {type: 'tag', values}, resultTypes: ['violations']})"
    violations: list[dict[str, Any]] = page.evaluate(run, RULES)["violations"]
    return [f"{each['id']} at {each['nodes'][0]['target']}" for each in violations]


def looks_like(shown: Locator, name: str) -> None:
    """The accessibility tree of a view, as it was agreed on."""
    expect(shown).to_match_aria_snapshot((SNAPSHOTS / f"{name}.yaml").read_text())


def nothing_is_wrong(page: Page) -> None:
    """In both themes on a desk, and on a phone."""
    for dark, width in ((False, 1280), (True, 1280), (True, 390)):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 844})
        found = objections(page)
        assert found == [], f"{page.url}, {width} px, {'dark' if dark else 'light'}: {found}"
    page.set_viewport_size({"width": 1280, "height": 844})
