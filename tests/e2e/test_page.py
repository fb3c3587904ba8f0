"""The page in a real browser against the local cloud."""

import itertools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed: make setup")

from playwright.sync_api import Browser, expect

from local.state import Cloud
from tests.e2e.conftest import Json, script
from tests.e2e.page_browser import PATIENCE, Person, at_the_page, chromium, launched
from tests.support.pictures import encoded, room

SAMPLES = Path(__file__).parents[2] / "samples"
EXECUTABLE = chromium()
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium on this machine: make browser"),
    # Playwright's loop leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
_owners = itertools.count(1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert EXECUTABLE is not None
    with launched(EXECUTABLE) as running:
        yield running


@pytest.fixture
def person(browser: Browser, cloud: Cloud) -> Iterator[Person]:
    with at_the_page(browser, cloud, f"page-{next(_owners)}") as someone:
        yield someone
        assert someone.complaints == []


def sample(name: str) -> Json:
    return {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": (SAMPLES / f"{name}.jpg").read_bytes()}


BROKEN: Json = {"name": "hall.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0 nothing more"}
HEIC = encoded(room(1200, 800), "image/heic")


def test_photos_are_dropped_furnished_compared_and_downloaded(person: Person, tmp_path: Path) -> None:
    page = person.page
    person.new_listing()
    person.choose([sample("living-room"), BROKEN, {**sample("bedroom"), "name": "IMG_1.jpg", "buffer": HEIC}])
    person.drop("kitchen.jpg", (SAMPLES / "kitchen.jpg").read_bytes())
    rooms = page.locator(".planning").get_by_role("combobox", name="Room", exact=True)
    guessed = [room.input_value() for room in rooms.all()]
    assert guessed == ["living_room", "entryway", "auto", "kitchen"]
    person.stage(4)
    person.await_ready(3)
    expect(page.get_by_text("The file ends too early")).to_be_visible()
    expect(page.get_by_role("button", name="Compare", exact=True)).to_have_count(3)

    page.get_by_role("button", name="Compare", exact=True).first.click()
    slider = page.get_by_role("slider", name="living-room.jpg: share of the original shown")
    expect(slider).to_have_value("50")
    slider.press("ArrowRight")
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == "100 percent original"
    assert 'slider "living-room.jpg: share of the original shown"' in page.get_by_role("dialog").aria_snapshot()
    with page.expect_download() as one:
        page.get_by_role("button", name="Download", exact=True).click()
    one.value.save_as(tmp_path / "one.jpg")
    assert (tmp_path / "one.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    page.keyboard.press("Escape")

    with page.expect_download() as everything:
        page.get_by_role("button", name="Download all (3)").click()
    assert everything.value.suggested_filename == "5 Elm Street.zip"
    everything.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["IMG_1-staged.jpg", "kitchen-staged.jpg", "living-room-staged.jpg"]
    own = {urlsplit(each).netloc for each in (person.cloud.page, person.cloud.api, person.cloud.issuer)}
    assert person.hosts - {""} <= own


def test_another_style_comes_as_a_further_version_in_every_tab(person: Person) -> None:
    page = person.page
    person.new_listing()
    person.choose([sample("office")])
    person.stage(1)
    person.await_ready(1)
    second = person.tab(page.url)
    second.get_by_role("button", name="Compare", exact=True).wait_for()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_label("Another style").select_option("japandi")
    page.get_by_role("button", name="Stage", exact=True).click()
    expect(page.get_by_role("button", name="2 · Japandi")).to_be_visible(timeout=PATIENCE)
    expect(second.get_by_role("button", name="Compare (2)")).to_be_visible(timeout=PATIENCE)


def test_a_reload_while_sending_loses_nothing(person: Person) -> None:
    page = person.page
    person.new_listing()
    person.choose([sample(name) for name in ("office", "terrace", "bathroom")])
    network = person.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": 40_000}
    network.send("Network.emulateNetworkConditions", slow)
    person.stage(3)
    expect(page.get_by_text("Sending").first).to_be_visible()
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    page.reload()
    person.await_ready(3)


def test_a_lost_line_in_the_middle_ends_right(person: Person) -> None:
    script(person.cloud, latency=2)
    person.new_listing()
    person.choose([sample("office"), sample("terrace")])
    person.stage(2)
    expect(person.page.get_by_text("Being furnished").first).to_be_visible(timeout=PATIENCE)
    person.context.set_offline(True)
    person.page.wait_for_timeout(4_000)
    person.context.set_offline(False)
    person.await_ready(2)
    person.complaints[:] = [each for each in person.complaints if "ERR_INTERNET_DISCONNECTED" not in each]


def test_a_larger_plan_is_bought_at_stripe(person: Person) -> None:
    page = person.page
    page.get_by_role("link", name="Plan", exact=True).click()
    page.get_by_role("button", name="Choose Pro").click()
    page.get_by_label("E-mail").fill("agent@example.com")
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_text("0 of 10000 photos used").first).to_be_visible(timeout=PATIENCE)


def test_markup_in_a_name_is_text_and_sign_out_ends_the_session(person: Person) -> None:
    page = person.page
    name = "<img src=x onerror=alert(1)><b>Elm</b>"
    person.new_listing(name)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in as the sample agent")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign in as the sample agent")).to_be_visible()


def test_a_link_for_another_agent_leaves_the_session_of_the_first(person: Person) -> None:
    page = person.page
    person.new_listing("Of the first")

    page.goto(f"{person.cloud.page}/?as={person.owner}-second")
    person.new_listing("Of the second")
    page.get_by_role("link", name="Listings").first.click()
    expect(page.get_by_text("Of the second")).to_be_visible()
    expect(page.get_by_text("Of the first")).to_have_count(0)

    page.goto(f"{person.cloud.page}/?as={person.owner}")
    expect(page.get_by_text("Of the first")).to_be_visible()


def test_keys_are_shown_once_and_deleted(person: Person) -> None:
    page = person.page
    page.get_by_role("link", name="API keys").click()
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Office")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("heading", name="Your new key")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("button", name="Delete key Office").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No keys.")).to_be_visible()


def test_the_preferred_style_is_what_a_listing_starts_with(person: Person) -> None:
    page = person.page
    page.get_by_role("link", name="Account").click()
    page.get_by_label("Style").select_option("coastal")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("link", name="Listings", exact=True).first.click()
    person.new_listing()
    person.choose([sample("office")])
    expect(page.get_by_label("Style for all")).to_have_value("coastal")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_wider_than_a_phone(browser: Browser, cloud: Cloud, dark: bool) -> None:
    with at_the_page(browser, cloud, f"page-{next(_owners)}", width=390, dark=dark) as person:
        for view in ("", "plan", "account", "keys"):
            person.page.goto(f"{cloud.page}/#/{view}")
            person.page.get_by_role("heading", level=1).wait_for()
            assert person.page.evaluate("document.documentElement.scrollWidth") <= 390
        controls = person.page.locator("button:visible, select:visible, input:visible:not([type=file])")
        small = [each.inner_text() for each in controls.all() if (each.bounding_box() or {"height": 0})["height"] < 24]
        assert small == []
