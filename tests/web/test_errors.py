"""Whatever goes wrong is a page in the reader's language that says what happened and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import ImATeapot, RequestEntityTooLarge

from registry.errors import Conflict, NotAllowed, NotFound, RegistryError, RuleBroken
from registry.explain import Violation
from registry.wording import LANGUAGES, Message, tr
from tests.web.markup import Page
from tests.web.portal import Browser, Site, close, open_site
from web import auth

SAID = Message("web.check.missing", {"bin": "080340990007"})


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound(SAID), 404),
        (NotAllowed(SAID), 403),
        (Conflict(SAID), 409),
        (RuleBroken([Violation("x.y", "", SAID)]), 422),
        (RegistryError(SAID), 400),
    ],
)
def test_what_the_register_refuses_is_said(site: Site, lang: str, error: RegistryError, status: int) -> None:
    assert tr("web.check.missing", lang, bin="080340990007") in failing(site, error).page(f"/{lang}/fail", status).text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RequestEntityTooLarge(), 413),
        (ImATeapot(), 400),
        (OperationalError("SELECT", {}, Exception("gone")), 503),
        (IntegrityError("INSERT", {}, Exception("twice")), 409),
        (DataError("SELECT", {}, Exception("NUL")), 400),
        (KeyError("a defect"), 500),
    ],
)
def test_what_breaks_is_said(site: Site, lang: str, error: Exception, status: int) -> None:
    page = failing(site, error).page(f"/{lang}/fail", status)
    assert page.title == tr(f"web.error.{status}.title", lang)
    assert tr(f"web.error.{status}.remedy", lang) in page.text
    assert "defect" not in page.html
    assert "SELECT" not in page.html


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/products/77",
        "/products/x",
        "/suppliers/080340990007",
        "/needs/none",
        "/products/1/2",
        f"/products/{2**63}",
    ],
)
def test_what_is_not_there(browser: Browser, lang: str, path: str) -> None:
    assert browser.page(f"/{lang}{path}", 404).title == tr("web.error.404.title", lang)


@pytest.mark.both_databases
@pytest.mark.parametrize("path", ["/needs/%00", "/needs/a?customer=%00", "/suppliers/%00"])
def test_what_no_database_keeps_is_not_there(browser: Browser, path: str) -> None:
    assert browser.client.get(path).status_code in (400, 404)


def test_a_wrong_method_is_said(browser: Browser) -> None:
    response = browser.client.post("/products/1", data={})
    assert response.status_code in (400, 405)
    assert not Page(response.text).faults


def test_a_form_beyond_the_limit_is_refused(site: Site, browser: Browser) -> None:
    response = browser.client.post("/sign-in", data={"email": "x" * 600_000})
    assert response.status_code == 413
    assert not Page(response.text).faults


def test_a_database_that_is_not_there_is_said(tmp_path: Path) -> None:
    site = open_site(tmp_path, f"sqlite:///{tmp_path / 'empty.sqlite'}")
    page = site.browser().page("/kk/", 503)
    assert page.title == tr("web.error.503.title", "kk")
    close(site)


def failing(site: Site, error: Exception) -> Browser:
    """A browser at the portal with one more page, which fails."""

    def fail() -> str:
        raise error

    site.app.add_url_rule("/fail", "fail", auth.allow(auth.ANYONE)(fail))
    return site.browser()
