"""Around the listings, in a real browser: account, keys, plan, sign-in, administration, accessibility itself."""

import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Route, expect

from local.token import access_token
from tests.e2e.conftest import aws
from tests.e2e.page.accessibility import axe_source, looks_like, nothing_is_wrong, objections
from tests.e2e.page.browser import PATIENCE, Person, sample

pytestmark = [
    pytest.mark.e2e,
    # Playwright's loop leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_plans_account_keys_and_colors(person: Person) -> None:
    page = person.page
    page.get_by_role("link", name="Account").click()
    page.get_by_label("Style").select_option("coastal")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_label("Colors").select_option("dark")
    nothing_is_wrong(page)
    page.reload()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.get_by_label("Colors").select_option("")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light dark"

    page.get_by_role("link", name="API keys").click()
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Office")
    nothing_is_wrong(page)
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("heading", name="Your new key")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    nothing_is_wrong(page)
    page.get_by_role("button", name="Delete key Office").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No keys.")).to_be_visible()

    page.get_by_role("link", name="Plan", exact=True).click()
    page.get_by_role("button", name="Choose Pro").click()
    page.get_by_label("E-mail").fill("agent@example.com")
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_text("Thank you. Your new plan is active in a moment.")).to_be_visible()
    expect(page.get_by_role("heading", name="0 of 10000 photos used")).to_be_visible(timeout=PATIENCE)
    looks_like(page.locator("main"), "plan")
    nothing_is_wrong(page)

    page.get_by_role("link", name="Listings", exact=True).first.click()
    person.new_listing()
    person.choose([sample("office")])
    expect(page.get_by_label("Style for all")).to_have_value("coastal")


def test_markup_in_a_name_is_text_and_a_session_is_one_agents(person: Person) -> None:
    page = person.page
    name = "<img src=x onerror=alert(1)><b>Elm</b>"
    person.new_listing(name)
    page.reload()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_role("link", name="Listings", exact=True).first.click()
    expect(page.get_by_text(name)).to_be_visible()
    looks_like(page.locator("body"), "listings")

    page.goto(f"{person.cloud.page}/?as={person.owner}-second")
    person.new_listing("Of the second")
    page.get_by_role("link", name="Listings").first.click()
    expect(page.get_by_text("Of the second")).to_be_visible()
    expect(page.get_by_text(name)).to_have_count(0)
    page.goto(f"{person.cloud.page}/?as={person.owner}")
    expect(page.get_by_text(name)).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in as the sample agent")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign in as the sample agent")).to_be_visible()
    nothing_is_wrong(page)


def test_a_late_answer_does_not_draw_over_the_page_that_was_opened_since(person: Person) -> None:
    page = person.page
    page.get_by_role("link", name="Plan", exact=True).click()
    expect(page.get_by_role("heading", name="Plan", exact=True)).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:  # Playwright marks its handlers: a method of a list cannot be marked
        held.append(route)

    page.route(re.compile(r"/v1/projects\?"), hold)
    with page.expect_request(re.compile(r"/v1/projects\?")):
        page.get_by_role("link", name="Listings", exact=True).click()
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    with page.expect_event("requestfinished", lambda request: "/v1/projects?" in request.url):
        for each in held:
            each.continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Listings")).to_have_count(0)
    assert page.title().startswith("Account")


def test_a_view_whose_code_comes_late_is_not_opened_any_more(person: Person) -> None:
    page = person.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/js/plan.js", hold)
    with page.expect_request("**/js/plan.js"):
        page.goto(f"{person.cloud.page}/#/plan/done")
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/plan.js")):
        for each in held:
            each.continue_()
    page.evaluate("import('./js/plan.js')")
    assert page.url.endswith("#/account")
    expect(page.get_by_text("Thank you.")).to_have_count(0)


def test_a_plan_that_changes_is_shown_without_a_socket(person: Person) -> None:
    page = person.page
    page.route("**/v1/account/socket-tickets", lambda route: route.abort())
    page.goto(f"{person.cloud.page}/?as={person.owner}#/plan")
    expect(page.get_by_role("heading", name="0 of 1000 photos used")).to_be_visible()
    token = access_token(Path(person.cloud.logs).parent, f"{person.owner}-admin", ["admin"])
    users = f"{person.cloud.api}/v1/admin/users/{person.owner}"
    change = {"plan_override": "business"}
    httpx.patch(users, json=change, headers={"Authorization": f"Bearer {token}"}, timeout=60).raise_for_status()

    expect(page.get_by_role("article").filter(has_text="Business").get_by_text("Your plan")).to_be_visible()
    expect(page.get_by_role("heading", name="0 of 1000 photos used")).to_have_count(0)
    expect(page.get_by_role("link", name="0 of 1000 photos used")).to_have_count(0)


def test_an_administrator_sees_to_models_settings_and_dead_letters(person: Person) -> None:
    page = person.page
    person.sign_in_as_administrator()
    letter = json.dumps(
        {"owner": person.owner, "job_id": f"job_of_{person.owner}", "traceparent": "", "correlation_id": "r"}
    )
    queue = person.cloud.queues["StageDeadLetters"]
    aws(person.cloud, "sqs").send_message(QueueUrl=queue, MessageBody=letter, MessageGroupId=person.owner)
    page.get_by_role("link", name="Admin").click()
    parts = page.get_by_role("navigation", name="Administration")
    parts.get_by_role("link", name="Queues").click()
    page.get_by_role("button", name="Look into stage_dead_letters").click()
    expect(page.get_by_role("dialog").get_by_text(f"job_of_{person.owner}")).to_be_visible()
    nothing_is_wrong(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Send stage_dead_letters again").click()
    expect(page.get_by_text(re.compile("sent again, 0 discarded, 0 left"))).to_be_visible(timeout=PATIENCE)

    parts.get_by_role("link", name="Models").click()
    nothing_is_wrong(page)
    page.get_by_role("button", name="Settings of Qwen Image Edit 2511").click()
    page.get_by_label("Output Quality").fill("90")
    page.get_by_label("Why").fill("smaller files")
    nothing_is_wrong(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Settings of Qwen Image Edit 2511").click()
    expect(page.get_by_label("Output Quality")).to_have_value("90")
    page.get_by_role("button", name="As the stage’s file says").click()
    page.get_by_role("button", name="Turn off Nano Banana", exact=True).click()
    page.get_by_role("button", name="Turn on Nano Banana", exact=True).click()
    expect(page.get_by_role("button", name="Turn off Nano Banana", exact=True)).to_be_visible()

    parts.get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Change jobs.max_hours").click()
    page.get_by_label("Value").fill("23")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("23 (set)")).to_be_visible()
    page.get_by_role("button", name="Change jobs.max_hours").click()
    page.get_by_role("button", name="As the stage’s file says").click()
    expect(page.get_by_text("23 (set)")).to_have_count(0)
    nothing_is_wrong(page)

    for part, words in (("Users", person.owner), ("Jobs", "Job"), ("Audit", "settings/jobs.max_hours")):
        parts.get_by_role("link", name=part).click()
        expect(page.get_by_text(words).first).to_be_visible()
    nothing_is_wrong(page)


def test_what_is_wrong_is_found(person: Person) -> None:
    """The checks of accessibility themselves, with a page that fails each."""
    person.page.evaluate("""() => {
        const made = (tag, style, text = "") => {
            const node = Object.assign(document.createElement(tag), {textContent: text});
            Object.assign(node.style, style);
            document.querySelector("main").append(node);
        };
        made("button", {});
        made("p", {color: "#999", background: "#fff"}, "Pale");
        made("button", {minHeight: "10px", height: "10px"}, "Tiny");
        made("h1", {}, "Another title");
    }""")
    found = objections(person.page)
    for words in ("a button without a name", "contrast of Pale: 2.85", "too small", "2 first headings"):
        assert [each for each in found if words in each], (words, found)


@pytest.mark.skipif(axe_source() is None, reason="axe-core is not installed: make setup")
def test_axe_is_asked_too(person: Person) -> None:
    person.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [each for each in objections(person.page) if each.startswith("axe: button-name")]
