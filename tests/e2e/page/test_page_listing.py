"""A listing in a real browser against the local cloud: a few journeys, each of much that belongs together."""

import json
import re
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.e2e.conftest import script
from tests.e2e.page.accessibility import looks_like, nothing_is_wrong
from tests.e2e.page.browser import PATIENCE, SAMPLES, Person, at_the_page, sample
from tests.support.pictures import encoded, room

pytestmark = [
    pytest.mark.e2e,
    # Playwright's loop leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BROKEN: FilePayload = {"name": "hall.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0 nothing more"}
HEIC: FilePayload = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": encoded(room(1200, 800), "image/heic")}
TIFF: FilePayload = {"name": "study.tif", "mimeType": "image/tiff", "buffer": encoded(room(1000, 700), "image/tiff")}
SLOW = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": 60_000}


def compare(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Compare {name} with the original").click()


def test_eight_photos_through_a_reload_a_lost_line_and_two_tabs(person: Person, tmp_path: Path) -> None:
    page = person.page
    page.clock.install()
    person.new_listing()
    nothing_is_wrong(page)
    folder = tmp_path / "from the camera"
    folder.mkdir()
    for name in ("living-room", "bathroom"):
        (folder / f"{name}.jpg").write_bytes((SAMPLES / f"{name}.jpg").read_bytes())
    (folder / "notes.txt").write_text("not a photo")
    person.drop_folder(folder)
    expect(page.locator(".planning li")).to_have_count(2)
    person.choose([BROKEN, HEIC, TIFF, sample("bedroom"), sample("terrace")])
    person.drop("kitchen.jpg", (SAMPLES / "kitchen.jpg").read_bytes())
    rooms = page.locator(".planning").get_by_role("combobox", name="Room", exact=True)
    expect(rooms).to_have_count(8)
    guessed = ["bathroom", "living_room", "entryway", "auto", "office", "bedroom", "outdoor", "kitchen"]
    assert [room.input_value() for room in rooms.all()] == guessed
    expect(page.locator(".planning [data-words='Preview follows after the upload']")).to_have_count(3)
    nothing_is_wrong(page)

    # A reload in the middle of uploading: every file goes on.
    script(person.cloud, latency=3)
    network = person.context.new_cdp_session(page)
    network.send("Network.emulateNetworkConditions", SLOW)
    person.stage(8)
    expect(page.get_by_text("Sending").first).to_be_visible()
    network.send("Network.emulateNetworkConditions", SLOW | {"uploadThroughput": -1})
    page.reload()
    second = person.tab(page.url)
    expect(page.get_by_text("Being furnished").first).to_be_visible(timeout=PATIENCE)

    # Twenty seconds without a line, of the page's own time; at the server everything ends meanwhile.
    person.context.set_offline(True)
    page.clock.run_for(20_000)
    page.wait_for_timeout(4_000)
    person.context.set_offline(False)
    person.await_ready(7)
    expect(page.get_by_text("The file ends too early")).to_be_visible()
    expect(page.get_by_role("button", name="Compare", exact=True)).to_have_count(7)
    expect(second.get_by_role("button", name="Download all (7)")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_alt_text("study.tif, virtually staged, Modern")).to_be_visible()

    # Compare by keys, order another style, and see it in both tabs.
    compare(page, "living-room.jpg")
    slider = page.get_by_role("slider", name="living-room.jpg: share of the original shown")
    expect(slider).to_have_value("50")
    slider.press("ArrowRight")
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == "100 percent original"
    page.get_by_label("Another style").select_option("japandi")
    page.get_by_role("button", name="Stage", exact=True).click()
    expect(page.get_by_role("button", name="2 · Japandi")).to_be_visible(timeout=PATIENCE)
    expect(second.get_by_role("button", name="Compare (2)")).to_be_visible(timeout=PATIENCE)
    looks_like(page.get_by_role("dialog"), "results")
    nothing_is_wrong(page)
    with page.expect_download() as one:
        page.get_by_role("button", name="Download", exact=True).click()
    one.value.save_as(tmp_path / "one.jpg")
    assert (tmp_path / "one.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    page.keyboard.press("Escape")
    looks_like(page.locator("body"), "listing")
    nothing_is_wrong(page)

    with page.expect_download() as everything:
        page.get_by_role("button", name="Download all (8)").click()
    assert everything.value.suggested_filename == "5 Elm Street.zip"
    everything.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        assert {"IMG_1-staged.jpg", "living-room-staged-2.jpg", "study-staged.jpg"} < set(archive.namelist())
    own = {urlsplit(each).netloc for each in (person.cloud.page, person.cloud.api, person.cloud.issuer)}
    assert person.hosts - {""} <= own
    person.complaints[:] = [each for each in person.complaints if "ERR_INTERNET_DISCONNECTED" not in each]


def test_a_changed_room_is_shown_with_its_reasons_and_not_charged_by_keyboard_alone(person: Person) -> None:
    page, keys = person.page, person.page.keyboard
    script(person.cloud, {"then": "result:window_removed"})
    person.tab_to("New listing").press("Enter")
    keys.type("5 Elm Street")
    keys.press("Enter")
    page.get_by_role("heading", name="5 Elm Street").wait_for()
    with page.expect_file_chooser() as chooser:
        person.tab_to("Choose photos").press("Enter")
    chooser.value.set_files([sample("living-room")])
    person.tab_to("Style for all", "combobox")
    keys.press("Tab")
    keys.press("Enter")  # more settings
    person.tab_to("If the result does not keep the room", "combobox").select_option("report")
    person.tab_to("Stage 1 photo").press("Enter")
    expect(page.get_by_text("The room was changed. Edges of the room are missing. Not charged.")).to_be_visible(
        timeout=PATIENCE
    )
    expect(page.get_by_role("link", name="0 of 1000 photos used")).to_be_visible()
    expect(page.locator("#said")).to_have_text("living-room.jpg is staged.")

    person.tab_to("Compare living-room.jpg with the original").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("· not charged")).to_be_visible()
    person.tab_to("living-room.jpg: share of the original shown", "slider")
    keys.press("Tab")
    keys.press("Enter")  # how this was judged
    expect(dialog.get_by_text("of the photo’s straight edges are still there")).to_be_visible()
    changed = person.tab_to("Show what changed")
    changed.press("Enter")
    overlay = dialog.get_by_role("img", name="What changed, drawn over the original")
    expect(overlay).to_be_visible()
    expect(overlay).to_have_js_property("complete", True)
    expect(changed).to_have_attribute("aria-pressed", "true")
    nothing_is_wrong(page)
    changed.press("Enter")
    expect(overlay).to_have_count(0)

    # Once more: the same order, and this time the room stays as it is.
    script(person.cloud)
    again = person.tab_to("Stage once more with the same settings")
    again.press("Enter")
    expect(dialog.get_by_role("button", name="2 · Modern")).to_be_visible(timeout=PATIENCE)
    expect(again).to_be_focused()
    person.tab_to("Close")
    keys.press("Tab")
    keys.press("Tab")
    expect(dialog.get_by_role("slider")).to_have_count(1)
    dialog.get_by_role("button", name="2 · Modern").press("Enter")
    # From another seed, whose furniture may hide so much that it is worth a look.
    expect(dialog.get_by_text(re.compile("The room is unchanged|Please look closely"))).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("button", name="Compare living-room.jpg with the original")).to_be_focused()
    expect(page.get_by_role("link", name="1 of 1000 photos used")).to_be_visible()

    # Refused: tried again by the server, and in the end nothing is delivered.
    script(person.cloud, {"then": "result:window_removed"})
    person.choose([{**sample("living-room"), "name": "salon.jpg"}])
    page.get_by_label("If the result does not keep the room").select_option("refuse")
    person.stage(1)
    refused = page.get_by_role("listitem").filter(has_text="salon.jpg")
    expect(refused.get_by_text("The result does not keep the room.")).to_be_visible(timeout=PATIENCE)
    expect(refused.get_by_text("Not charged.")).to_be_visible()
    expect(page.get_by_role("link", name="1 of 1000 photos used")).to_be_visible()


def test_each_photo_can_be_cleared_or_improved_in_place_of_furnished(person: Person) -> None:
    page = person.page
    person.new_listing()
    person.choose([sample("office"), sample("bedroom"), sample("terrace")])
    page.get_by_label("What to do with all").select_option("declutter")
    expect(page.get_by_label("Style for all")).to_be_hidden()
    cards = page.locator(".planning li")
    cards.nth(1).get_by_label("What to do").select_option("enhancement")
    cards.nth(2).get_by_label("What to do").select_option("staging")
    cards.nth(2).get_by_label("Style").select_option("coastal")
    page.get_by_text("More settings").click()
    page.get_by_label("Size of the results").select_option("model")
    page.get_by_label("File format of the results").select_option("webp")
    with page.expect_request(lambda request: request.url.endswith("/v1/uploads")) as asked:
        person.stage(3)
    sent = json.loads(asked.value.post_data or "")
    assert (sent["defaults"]["mode"], "style" in sent["defaults"]) == ("declutter", False)
    assert (sent["defaults"]["size"], sent["defaults"]["format"]) == ("model", "webp")
    own = [(each["settings"].get("mode"), each["settings"].get("style")) for each in sent["files"]]
    assert own == [(None, None), ("enhancement", None), ("staging", "coastal")]
    person.await_ready(3)
    for mark in ("Virtually cleared", "Digitally improved", "Virtually staged"):
        expect(page.get_by_role("listitem").get_by_text(mark).last).to_be_visible()


def test_a_photo_that_never_came_says_what_to_do_and_is_taken_again(person: Person, browser: Browser) -> None:
    page = person.page
    person.new_listing()
    person.choose([sample("office")])
    page.route(
        "**/*",
        lambda route: (
            route.abort() if route.request.method == "POST" and "media" in route.request.url else route.fallback()
        ),
    )
    person.stage(1)
    expect(page.get_by_text("The line was lost").first).to_be_visible()
    with at_the_page(browser, person.cloud, person.owner) as elsewhere:  # another browser, without the file
        elsewhere.page.goto(page.url)
        expect(elsewhere.page.get_by_text("The photo has not arrived")).to_be_visible()
        with elsewhere.page.expect_file_chooser() as chooser:
            elsewhere.page.get_by_role("button", name="Choose the file of office.jpg again").click()
        chooser.value.set_files([sample("office")])
        elsewhere.await_ready(1)
