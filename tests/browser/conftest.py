"""A real browser before a served portal. Nothing but the portal is loaded: what asks elsewhere fails the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from registry.accounts.queries import account_by_email
from tests.screenshots import ARGUMENTS, CHROMIUM
from tests.web.conftest import demonstration, site
from tests.web.portal import Site

__all__ = ["chromium", "demonstration", "site"]

PHONE, DESKTOP = 360, 1280
# Machines that test are busy.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if Path(CHROMIUM).exists():
        return
    missing = pytest.mark.skip(reason=f"no browser at {CHROMIUM}: apt-get install chromium")
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(missing)


class Quiet(WSGIRequestHandler):
    """A failed test shows what it did, not each file that its pages asked for."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def served(site: Site) -> Iterator[str]:
    """The portal of a site, served; gives its address."""
    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; it goes with its module, since its event loop runs in the thread of all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Person:
    """Somebody with a browser of their own."""

    context: BrowserContext
    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page of the portal."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    def sign_in(self, site: Site, email: str, password: str) -> None:
        """Sign in by the form, and by the code where one is asked for."""
        self.go("/ru/sign-in")
        self.page.fill("#email", email)
        self.page.fill("#password", password)
        self.page.click("main .form button[type=submit]")
        if "/sign-in/code" in self.page.url:
            self.page.fill("#code", site.code(email))
            self.page.click("main .form button[type=submit]")
        with site.runtime.database.reading() as session:
            assert account_by_email(session, email) is not None
        assert "sign-in" not in self.page.url, self.page.url

    def close(self) -> None:
        """Close the browser; whatever went wrong in it fails the test."""
        self.context.close()
        assert not self.faults, self.faults


def open_person(browser: Browser, address: str, width: int, **options: Any) -> Person:
    """A browser window of that width; requests that leave the portal, scripts that fail and refusals of the content
    policy are written down."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, has_touch=width < 640, locale="ru", **options
    )
    page = context.new_page()
    person = Person(context, page, address)
    page.on("pageerror", lambda error: person.faults.append(str(error)))
    page.on(
        "console",
        lambda said: person.faults.append(said.text) if "Content Security Policy" in said.text else None,
    )
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((address, "data:")) else person.faults.append(asked.url),
    )
    return person
