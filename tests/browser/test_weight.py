"""A first view fits a slow phone: all that a page and its files send, uncompressed, to a browser that holds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import pytest
from playwright.sync_api import Browser

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
    weights = {}
    for path, lang in zip(FIRST_VIEWS, cycle(LANGUAGES)):
        person = open_person(chromium, address, PHONE)
        sent: list[int] = []
        person.page.on(
            "requestfinished",
            lambda asked, sent=sent: sent.append(
                asked.sizes()["responseBodySize"] + asked.sizes()["responseHeadersSize"]
            ),
        )
        answer = person.page.goto(f"{address}/{lang}{path}", wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200, path
        weights[path] = sum(sent)
        person.close()
    assert all(0 < weight <= MOST_BYTES for weight in weights.values()), weights
