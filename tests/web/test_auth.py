"""Who may open what: declared by every view, asked at every request, and no more said than need be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from registry.accounts.entering import count_try
from registry.accounts.models import AccountRole
from registry.accounts.operations import close_account
from registry.accounts.queries import account_by_email
from registry.accounts.rules import LIMITS, Actor
from registry.wording import tr
from tests.web.markup import Page
from tests.web.portal import PASSWORD, Browser, Site, close, open_site
from web import auth

BIN = "080340990007"


def test_a_view_that_declares_nothing_stops_the_start() -> None:
    app = Flask("bare")
    app.add_url_rule("/open", "open", auth.allow(auth.ANYONE)(lambda: ""))
    app.add_url_rule("/secret", "secret", lambda: "")
    with pytest.raises(RuntimeError, match="secret, static"):
        auth.check_declared(app)


def test_a_stranger_is_led_to_sign_in_and_back(site: Site, browser: Browser) -> None:
    response = browser.get("/kk/desk/goods/new?x=1")
    assert response.location == "/kk/sign-in?next=/kk/desk/goods/new?x%3D1"
    email = site.account(AccountRole.EXPERT)
    form = Page(browser.get(response.location).text)
    assert form.hidden("next") == "/kk/desk/goods/new?x=1"
    sent = {"email": email, "password": PASSWORD, "next": form.hidden("next")}
    asked = browser.post("/kk/sign-in", sent).location
    assert asked is not None
    given = {"code": site.code(email), "next": Page(browser.get(asked).text).hidden("next")}
    assert browser.post(asked, given).location == "/kk/desk/goods/new?x=1"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", ""]
)
def test_signing_in_never_leads_to_another_site(site: Site, browser: Browser, elsewhere: str) -> None:
    email = site.account(AccountRole.AUDITOR)
    response = browser.post("/sign-in", {"email": email, "password": PASSWORD, "next": elsewhere})
    assert response.location == "/"


def test_a_wrong_password_and_an_unknown_address_read_the_same(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.EXPERT)
    wrong = browser.post("/sign-in", {"email": email, "password": "not the phrase"})
    unknown = browser.post("/sign-in", {"email": "nobody@portal.example", "password": "not the phrase"})
    assert wrong.status_code == unknown.status_code == 422
    page, other = Page(wrong.text), Page(unknown.text)
    assert tr("web.sign_in.wrong", "ru") in page.text
    typed = {one.attributes.get("id"): one.attributes for one in page.all("input")}
    assert typed["password"]["aria-describedby"] == "password-error"
    assert "aria-invalid" not in typed["email"]
    assert any(one.attributes.get("href") == "#password" for one in page.all("a"))
    assert page.text == other.text
    assert browser.get("/desk/goods").status_code == 302


def test_an_empty_form_says_what_is_missing(browser: Browser) -> None:
    page = Page(browser.post("/en/sign-in", {"email": " ", "password": ""}).text)
    assert not page.faults
    assert tr("web.sign_in.email_needed", "en") in page.text
    assert tr("web.sign_in.password_needed", "en") in page.text


def test_an_address_is_known_however_it_is_written(site: Site, browser: Browser) -> None:
    site.account(AccountRole.AUDITOR, email="Saule@Portal.example")
    assert browser.sign_in(" saule@PORTAL.EXAMPLE ").status_code == 302


def test_guessing_is_slowed_down_for_its_place_and_person(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.EXPERT)
    for _ in range(LIMITS["sign_in"].here.tries):
        assert browser.sign_in(email, "a wrong phrase").status_code == 422
    refused = browser.sign_in(email)
    assert refused.status_code == 429
    assert tr("web.sign_in.too_often", "ru", n=15) in refused.text
    site.clock.now += timedelta(minutes=14, seconds=59)
    assert browser.sign_in(email).status_code == 429
    site.clock.now += timedelta(seconds=2)
    assert browser.sign_in(email).status_code == 302


def test_somebody_else_is_not_locked_out(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.EXPERT)
    for _ in range(LIMITS["sign_in"].here.tries):
        browser.sign_in("another@portal.example", "a wrong phrase")
    assert browser.sign_in(email).status_code == 302


def test_a_place_that_tries_many_people_is_slowed_down(site: Site, browser: Browser) -> None:
    with site.runtime.database.transaction() as session:
        for number in range(LIMITS["sign_in"].place.tries):
            count_try(session, "sign_in", person=f"p{number}@portal.example", place="127.0.0.1", now=site.clock.now)
    assert browser.sign_in("new@portal.example").status_code == 429


def test_an_office_whose_people_sign_in_is_no_guesser(site: Site) -> None:
    email = site.account(AccountRole.AUDITOR)
    for _ in range(LIMITS["sign_in"].place.tries + 5):
        assert site.browser().sign_in(email).status_code == 302


def test_tries_count_over_processes(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.EXPERT)
    other = open_site(site.runtime.settings.home, site.runtime.settings.database_url, site.clock)
    for number in range(LIMITS["sign_in"].here.tries):
        at = browser if number % 2 else other.browser()
        assert at.sign_in(email, "a wrong phrase").status_code == 422
    assert browser.sign_in(email).status_code == other.browser().sign_in(email).status_code == 429
    close(other)


def test_signing_out_forgets_the_person(site: Site, browser: Browser) -> None:
    browser.sign_in(site.account(AccountRole.OWNER, BIN))
    assert browser.get("/desk/goods").status_code == 404  # signed in, and no such supplier is registered yet
    assert browser.post("/sign-out", {}, form="/").location == "/"
    assert browser.get("/desk/goods").status_code == 302


def test_a_person_whose_account_is_closed_is_signed_out(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.AUDITOR)
    browser.sign_in(email)
    with site.runtime.database.transaction() as session:
        held = account_by_email(session, email)
        assert held is not None
        close_account(session, held.id, actor=Actor("test"), now=site.clock.now)
    assert tr("web.layout.sign_in", "ru") in browser.get("/").text
    assert tr("web.layout.sign_out", "ru") not in browser.get("/").text
    assert browser.sign_in(email).status_code == 422


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    email = site.account(AccountRole.AUDITOR)
    for scheme, secure in (("http", False), ("https", True)):
        browser = site.browser()
        browser.base_url = f"{scheme}://localhost/"
        cookie = next(one for one in browser.sign_in(email).headers.getlist("Set-Cookie") if one.startswith("ondiris="))
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert ("Secure" in cookie) is secure


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/needs/match", "/desk/goods/new"])
def test_a_form_without_its_token_is_refused(site: Site, browser: Browser, path: str) -> None:
    browser.sign_in(site.account(AccountRole.OWNER, BIN))
    response = browser.client.post(path, data={"email": "a@b.example", "password": "x"})
    # A role that may not post there is told so before its form is looked at.
    assert response.status_code == (403 if path == "/needs/match" else 400)
    assert not Page(response.text).faults
