"""One's own account: roles, browsers, the second factor, the password."""

from __future__ import annotations

import re

import pytest

from registry.accounts import second_factor
from registry.accounts.models import AccountRole
from registry.accounts.operations import grant
from registry.accounts.queries import account_by_email, memberships
from registry.accounts.rules import LIMITS, Actor
from registry.evidence.queries import supplier_goods
from registry.wording import LANGUAGES, tr
from tests.factories import add_supplier, bin_number, supplier_line
from tests.web.markup import Page
from tests.web.portal import PASSWORD, Browser, Site

PHRASE = "another phrase it is"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_who_one_is(site: Site, browser: Browser, lang: str) -> None:
    browser.sign_in(site.account(AccountRole.AKIMAT, "75"))
    page = browser.page(f"/{lang}/account")
    assert tr("accounts.role.akimat", lang) in page.text
    assert tr("region.75", lang) in page.text
    assert tr("web.account.browsers.this", lang) in page.text


def test_name_and_language_change(site: Site, browser: Browser) -> None:
    browser.sign_in(site.account(AccountRole.AUDITOR))
    assert browser.post("/account", {"name": " ", "lang": "kk"}).status_code == 422
    assert browser.post("/account", {"name": "Әлия", "lang": "kk"}).location == "/account"
    named = browser.page("/kk/account").all("input")
    assert any(one.attributes.get("value") == "Әлия" for one in named)


def test_the_password_is_changed_by_who_knows_it(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.AUDITOR)
    browser.sign_in(email)
    elsewhere = site.browser()
    elsewhere.sign_in(email)
    wrong = browser.post("/account/password", {"current": "not it", "password": PHRASE}, form="/account")
    assert wrong.status_code == 422
    assert tr("web.account.current_wrong", "ru") in wrong.text
    done = browser.post("/account/password", {"current": PASSWORD, "password": PHRASE}, form="/account")
    assert done.location == "/account"
    assert browser.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert site.browser().sign_in(email, PHRASE).status_code == 302


def test_guessing_the_password_in_a_session_is_slowed_down(site: Site, browser: Browser) -> None:
    browser.sign_in(site.account(AccountRole.AUDITOR))
    sent = {"current": "not it", "password": PHRASE}
    answers = [
        browser.post("/account/password", sent, form="/account").status_code
        for _ in range(LIMITS["sign_in"].here.tries + 1)
    ]
    assert answers[-2:] == [422, 429]


def test_a_browser_left_elsewhere_is_signed_out_from_here(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.AUDITOR)
    left = site.browser()
    left.sign_in(email)
    browser.sign_in(email)
    page = browser.page("/account")
    [action] = [
        str(one.attributes["action"])
        for one in page.all("form")
        if "/account/browsers/" in str(one.attributes.get("action"))
    ]
    browser.post(action, {}, form="/account")
    assert left.get("/account").status_code == 302
    assert browser.get("/account").status_code == 200


def of_two(site: Site) -> tuple[list[str], str, int]:
    """Somebody who owns the page of one organisation and edits another's: both БИН, their address, the second role."""
    bins = [bin_number(71), bin_number(72)]
    with site.runtime.database.transaction() as session:
        for bin in bins:
            add_supplier(session, supplier_line(bin=bin, name=f"ТОО {bin}"), on=site.runtime.today())
    email = site.account(AccountRole.OWNER, bins[0])
    with site.runtime.database.transaction() as session:
        held = account_by_email(session, email)
        assert held is not None
        other = grant(session, held.id, AccountRole.EDITOR, bins[1], actor=Actor("test"), now=site.clock.now)
        return bins, email, other.id


def test_a_person_of_two_organisations_acts_for_one_at_a_time(site: Site, browser: Browser) -> None:
    bins, email, other = of_two(site)
    browser.sign_in(email)
    assert f"ТОО {bins[0]}" in browser.page("/desk/goods").text
    moved = browser.post("/account/act-as", {"acting_membership": str(other)}, form="/account")
    assert moved.location == "/desk/goods"
    page = browser.page("/desk/goods")
    assert f"ТОО {bins[1]}" in page.text
    assert f"ТОО {bins[0]}" not in page.text
    again = site.browser()
    again.sign_in(email)
    assert f"ТОО {bins[1]}" in again.page("/desk/goods").text
    for wrong in ("0", "x", "9" * 30):
        assert browser.post("/account/act-as", {"acting_membership": wrong}, form="/account").status_code == 404


def test_a_form_is_saved_for_the_organisation_it_was_opened_for(site: Site, browser: Browser) -> None:
    bins, email, other = of_two(site)
    browser.sign_in(email)
    opened = browser.page("/desk/goods/new").all("input")
    # The form's own token, and all others of the page: each says in which role it was made.
    [token] = {str(one.attributes["value"]) for one in opened if one.attributes.get("name") == "csrf_token"}
    browser.post("/account/act-as", {"acting_membership": str(other)}, form="/account")
    typed = {"csrf_token": token, "do": "draft", "kind": "goods", "name_ru": "Насос\nвторой строкой", "role": "maker"}
    refused = browser.client.post("/ru/desk/goods/new", data=typed, headers={"Referer": "http://localhost/"})
    assert refused.status_code == 409
    page = Page(refused.text)
    assert all(f"ТОО {bin}" in page.text for bin in bins)
    offer = {
        one.attributes["name"]: one.attributes.get("value") or ""
        for one in page.all("input")
        if one.attributes.get("name") and one.attributes.get("name") != "csrf_token"
    }
    assert offer["name_ru"] == typed["name_ru"]
    assert "Насос" not in browser.page("/desk/goods").text
    sent = {**offer, "csrf_token": token}
    saved = browser.client.post("/account/act-as", data=sent, headers={"Referer": "http://localhost/"})
    assert (saved.status_code, saved.location) == (307, "/ru/desk/goods/new")
    browser.client.post(saved.location, data=sent, headers={"Referer": "http://localhost/"})
    listed = browser.page("/desk/goods").text
    assert f"ТОО {bins[0]}" in listed
    with site.runtime.database.reading() as session:
        [good] = supplier_goods(session, bins[0], site.runtime.today(), drafts=True)
        assert supplier_goods(session, bins[1], site.runtime.today(), drafts=True) == []
        assert good.name_ru == "Насос второй строкой"
    # Whoever lost the role is offered nothing.
    browser.post("/account/act-as", {"acting_membership": str(other)}, form="/account")
    with site.runtime.database.transaction() as session:
        held = account_by_email(session, email)
        assert held is not None
        mine = memberships(session, held.id)[0]
        mine.ended_at = site.clock.now
    gone = browser.client.post("/ru/desk/goods/new", data=typed, headers={"Referer": "http://localhost/"})
    assert gone.status_code == 409
    assert tr("web.acting.gone", "ru") in Page(gone.text).text


def test_staff_set_a_second_factor_up_before_anything_else(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.EXPERT)
    with site.runtime.database.transaction() as session:
        held = account_by_email(session, email)
        assert held is not None
        held.totp_sealed = None
    asked = browser.post("/sign-in", {"email": email, "password": PASSWORD}).location
    assert asked == "/account/second-factor"
    assert browser.get("/account").status_code == 302
    assert tr("web.layout.sign_in", "ru") in browser.get("/").text
    page = browser.page(asked)
    assert page.all("svg")
    sealed = page.hidden("sealed")
    secret = site.runtime.sealer.opened(sealed) or ""
    assert " ".join(re.findall("....", secret)) in page.text
    sent = {"sealed": sealed, "code": "000000"}
    wrong = browser.post(asked, sent)
    assert wrong.status_code == 422
    assert Page(wrong.text).hidden("sealed") != ""
    codes = browser.post(asked, {**sent, "code": second_factor.code(secret, site.clock.now)})
    assert codes.status_code == 200
    assert not Page(codes.text).faults
    assert len(re.findall(r"<code>([a-z2-9]{4}-){3}[a-z2-9]{4}</code>", codes.text)) == second_factor.RECOVERY_CODES
    assert browser.get("/account").status_code == 200
    assert browser.post("/account/second-factor", {"sealed": "forged", "code": "000000"}).location == "/sign-in"


def test_codes_are_not_guessed(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.EXPERT)
    browser.post("/sign-in", {"email": email, "password": PASSWORD})
    answers = [browser.post("/sign-in/code", {"code": "000000"}).status_code for _ in range(7)]
    assert answers == [422] * 6 + [429]
    assert browser.post("/sign-in/code", {"code": site.code(email)}).status_code == 429


def test_a_password_alone_opens_nothing_where_a_code_is_asked_for(site: Site, browser: Browser) -> None:
    email = site.enrolled(site.account(AccountRole.AUDITOR))
    assert browser.post("/sign-in", {"email": email, "password": PASSWORD}).location == "/sign-in/code"
    assert browser.get("/account").status_code == 302
    assert browser.get("/sign-in").location == "/sign-in/code"
    assert browser.get("/account/second-factor").status_code == 302
    assert browser.post("/sign-in/code", {"code": site.code(email)}).status_code == 302
    assert browser.page("/account")


def test_a_second_factor_of_ones_own_will_is_ended_so(site: Site, browser: Browser) -> None:
    email = site.enrolled(site.account(AccountRole.AUDITOR))
    browser.sign_in(email)
    fresh = browser.post("/account/recovery-codes", {"current": PASSWORD}, form="/account")
    assert fresh.status_code == 200
    assert not Page(fresh.text).faults
    for wrong in ({}, {"current": "not it"}):
        for path in ("/account/second-factor/off", "/account/recovery-codes"):
            refused = browser.post(path, wrong, form="/account")
            assert refused.status_code == 422
            assert not Page(refused.text).faults
    secret = site.runtime.sealer.opened(browser.page("/account/second-factor").hidden("sealed")) or ""
    again = {"sealed": site.runtime.sealer.seal(secret), "code": second_factor.code(secret, site.clock.now)}
    assert browser.post("/account/second-factor", again).status_code == 422
    off = browser.post("/account/second-factor/off", {"current": PASSWORD}, form="/account")
    assert off.location == "/account"
    assert site.browser().post("/sign-in", {"email": email, "password": PASSWORD}).location == "/"
