"""A person at the page in a real browser. Every complaint of the console and every foreign request is kept."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from local.state import Cloud

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 240_000  # ms


def chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def launched(executable: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # The sandbox needs rights that containers do not have; only this project's own pages are opened.
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Person:
    """One owner at the page; `tab` opens further ones."""

    cloud: Cloud
    owner: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def sign_in(self) -> None:
        self.page.goto(f"{self.cloud.page}/?as={self.owner}")
        self.page.get_by_role("heading", name="Listings").wait_for()

    def new_listing(self, name: str = "5 Elm Street") -> None:
        self.page.get_by_role("button", name="New listing").click()
        self.page.get_by_label("Name of the listing").fill(name)
        self.page.get_by_role("button", name="Create").click()
        self.page.get_by_role("heading", name=name, exact=True).wait_for()

    def choose(self, files: list[dict[str, object]]) -> None:
        self.page.get_by_label("Photos to stage").set_input_files(files)  # type: ignore[arg-type]

    def drop(self, name: str, data: bytes) -> None:
        """As from the desktop: a file over the drop zone."""
        transfer = self.page.evaluate_handle(
            """([name, data]) => {
                const transfer = new DataTransfer();
                transfer.items.add(new File([Uint8Array.from(data)], name, {type: "image/jpeg"}));
                return transfer;
            }""",
            [name, list(data)],
        )
        for event in ("dragover", "drop"):
            self.page.get_by_role("region", name="Add photos").dispatch_event(event, {"dataTransfer": transfer})

    def stage(self, count: int) -> None:
        self.page.get_by_role("button", name=f"Stage {count} photo").click()

    def await_ready(self, count: int) -> None:
        self.page.get_by_role("button", name=f"Download all ({count})").wait_for(timeout=PATIENCE)

    def tab(self, address: str) -> Page:
        page = self.context.new_page()
        self.watch(page)
        page.goto(address)
        return page

    def watch(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _heard(self, message: ConsoleMessage) -> None:
        # A browser also reports each refused or lost request; the page tells the person of those.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)


@contextmanager
def at_the_page(
    browser: Browser, cloud: Cloud, owner: str, *, width: int = 1280, dark: bool = False
) -> Iterator[Person]:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme="dark" if dark else "light")
    context.set_default_timeout(15_000)
    person = Person(cloud, owner, context, context.new_page())
    person.watch(person.page)
    person.sign_in()
    yield person
    context.close()
