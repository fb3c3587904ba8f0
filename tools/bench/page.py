"""Figures of the page in a browser: how soon its first view is there, and whether fifty previews hold up input."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from local.state import Cloud
from tools.bench.figures import Figure, percentile
from tools.bench.rooms import different

NAMES = ("chromium", "chromium-browser", "google-chrome")
PHOTOS = 50
VIEWS = 7
WATCH = """() => {
  window.longest = [0];
  new PerformanceObserver((list) => list.getEntries().forEach((each) => window.longest.push(each.duration)))
    .observe({type: "longtask", buffered: true});
}"""
DRAWN = (
    "count => [...document.querySelectorAll('.planning canvas')].filter((each) => each.width === 480).length === count"
)


def measured(cloud: Cloud, owner: str) -> Iterator[Figure]:
    executable = next((path for name in NAMES if (path := shutil.which(name))), None)
    if executable is None:
        yield Figure("the page's first view", None, "ms", "no Chromium on this machine: make browser")
        return
    with sync_playwright() as playwright:
        # The sandbox needs rights that containers do not have; only this project's own pages are opened.
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield _first_view(browser, cloud)
        yield _previews(browser, cloud, owner)
        browser.close()


def _first_view(browser: Browser, cloud: Cloud) -> Figure:
    """From the navigation until a person can act, with an empty cache each time."""
    times = []
    for _ in range(VIEWS):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{cloud.page}/", wait_until="commit")
        page.get_by_role("button", name="Sign in as the sample agent").wait_for()
        times.append(page.evaluate("performance.now()"))
        context.close()
    detail = f"median of {VIEWS} with an empty cache; the slowest {max(times):.0f} ms"
    return Figure("the page's first view", percentile(times, 50), "ms", detail, most=1000)


def _previews(browser: Browser, cloud: Cloud, owner: str) -> Figure:
    """The longest stretch for which the page answers nobody while it draws the previews."""
    page = browser.new_page()
    page.goto(f"{cloud.page}/?as={owner}")
    _new_listing(page)
    page.evaluate(WATCH)
    with tempfile.TemporaryDirectory() as folder:
        photos = different(PHOTOS, Path(folder))
        began = page.evaluate("performance.now()")
        page.get_by_label("Photos to stage").set_input_files(photos)
        page.wait_for_function(DRAWN, arg=PHOTOS)
    took = page.evaluate("performance.now()") - began
    longest = page.evaluate("Math.max(...window.longest)")
    page.context.close()
    detail = f"all of them drawn within {took / 1000:.1f} s; tasks under 50 ms count as 0"
    return Figure(f"{PHOTOS} previews, longest task", longest, "ms", detail, most=200)


def _new_listing(page: Page) -> None:
    page.get_by_role("button", name="New listing").click()
    page.get_by_label("Name of the listing").fill("Benchmark")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("region", name="Add photos").wait_for()
