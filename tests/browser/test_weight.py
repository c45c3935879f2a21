"""A first view fits a slow phone: all that a page and its files send, uncompressed, to a browser that holds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import pytest
from playwright.sync_api import Browser, Request

from registry.wording import LANGUAGES
from tests.browser.conftest import PHONE, open_person, served
from tests.web.portal import Site

MOST_BYTES = 200_000
# What people come in by: from a link, a search or a letter.
FIRST_VIEWS = (
    "/",
    "/search?q=труба",
    "/products/1",
    "/suppliers/080340990007",
    "/suppliers/",
    "/needs/",
    "/needs/OIL-01",
    "/sign-in",
    "/sign-up",
)


@pytest.fixture(scope="module")
def address(demonstration: Site) -> Iterator[str]:
    """The demonstration, served."""
    with served(demonstration) as address:
        yield address


def test_a_first_view_is_light(chromium: Browser, address: str) -> None:
    weights = {path: weight(chromium, address, f"/{lang}{path}") for path, lang in zip(FIRST_VIEWS, cycle(LANGUAGES))}
    assert all(0 < sent <= MOST_BYTES for sent in weights.values()), weights


def weight(chromium: Browser, address: str, path: str) -> int:
    """How many bytes the portal sends for a page and its files."""
    person = open_person(chromium, address, PHONE)
    asked: list[Request] = []
    person.page.on("requestfinished", lambda one: asked.append(one))
    answer = person.page.goto(f"{address}{path}", wait_until="networkidle")
    assert answer is not None
    assert answer.status == 200, path
    sizes = [one.sizes() for one in asked]
    person.close()
    return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
