"""Chromium, once for all tests of the page, and a person at it who ends without a complaint of the console."""

import itertools
from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed: make setup")

from playwright.sync_api import Browser, expect

from local.state import Cloud
from tests.e2e.page.browser import Person, at_the_page, chromium, launched

_owners = itertools.count(1)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium()
    if executable is None:
        pytest.skip("no Chromium on this machine: make browser")
    expect.set_options(timeout=30_000)
    with launched(executable) as running:
        yield running


@pytest.fixture
def person(browser: Browser, cloud: Cloud) -> Iterator[Person]:
    with at_the_page(browser, cloud, f"page-{next(_owners)}") as someone:
        yield someone
        assert someone.complaints == []
