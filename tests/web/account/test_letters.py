"""From a letter to an account, a new password, a colleague's desk: over HTTP, by the links that letters hold."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from registry.accounts.models import AccountRole, Link
from registry.accounts.rules import LIMITS
from registry.messages import Letter, LetterState
from registry.wording import LANGUAGES, tr
from tests.factories import add_supplier, bin_number, supplier_line
from tests.web.markup import Page
from tests.web.portal import PASSWORD, Browser, Site
from web.mail import deliver, laid_down

NEW = "newcomer@zavod.example"
LINK = re.compile(r"http://localhost(/\S+)")
PHRASE = "another phrase it is"


def letters(site: Site) -> list[tuple[str, str, str]]:
    """(to, subject, body) of all letters, the oldest first."""
    deliver(site.runtime)
    return [(one.to, one.subject, one.body) for one in reversed(laid_down(site.runtime.settings.mail_folder, 100))]


def same(page: str, email: str) -> str:
    """A page without what differs from answer to answer, and without the address that was typed."""
    return re.sub(r'nonce="[^"]*"|value="[^"]*"', "", page).replace(email, "")


def link(site: Site) -> str:
    """The address in the newest letter."""
    found = LINK.search(letters(site)[-1][2])
    assert found is not None
    return found[1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_signing_up_by_the_link_of_a_letter(site: Site, browser: Browser, lang: str) -> None:
    sent = Page(browser.post(f"/{lang}/sign-up", {"email": " Newcomer@Zavod.example "}).text)
    assert not sent.faults
    assert tr("web.account.sent.sign_up", lang, email="Newcomer@Zavod.example") in sent.text
    [(to, subject, _)] = letters(site)
    assert (to, subject) == (NEW, tr("accounts.letter.sign_up.subject", lang))
    address = link(site)
    assert address.startswith(f"/{lang}/sign-up/")
    page = browser.page(address)
    assert NEW in page.text
    short = browser.post(address, {"name": " ", "password": "short"})
    assert short.status_code == 422
    assert not Page(short.text).faults
    done = browser.post(address, {"name": "Сәуле", "password": PASSWORD})
    assert (done.status_code, done.location) == (302, f"/{lang}/register")
    assert tr("web.account.opened", lang) in browser.page(done.location or "").text
    assert browser.page(address, 404)
    assert site.browser().sign_in(NEW).location == "/register"


def test_whoever_has_an_account_is_written_to_and_nobody_else_is_told(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.AUDITOR)
    known, unknown = (browser.post("/sign-up", {"email": one}) for one in (email, "x" + email))
    assert known.status_code == unknown.status_code == 200
    assert same(known.text, email) == same(unknown.text, "x" + email)
    assert [(to, subject) for to, subject, _ in letters(site)] == [
        (email, tr("accounts.letter.known.subject", "ru")),
        ("x" + email, tr("accounts.letter.sign_up.subject", "ru")),
    ]
    forgot = [browser.post("/password", {"email": one}) for one in (email, "y" + email)]
    assert same(forgot[0].text, email) == same(forgot[1].text, "y" + email)
    assert [to for to, _, _ in letters(site)][2:] == [email]


def test_a_new_password_signs_every_browser_out(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.AUDITOR)
    old = site.browser()
    old.sign_in(email)
    browser.post("/password", {"email": email})
    address = link(site)
    assert browser.post(address, {"password": "short"}).status_code == 422
    assert browser.post(address, {"password": PHRASE}).location == "/sign-in"
    assert old.get("/account").status_code == 302
    assert site.browser().sign_in(email).status_code == 422
    assert site.browser().sign_in(email, PHRASE).status_code == 302
    assert browser.get(address).status_code == 404
    assert letters(site)[-1][1] == tr("accounts.letter.password_set.subject", "ru")


def test_a_link_is_good_for_a_while(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.AUDITOR)
    browser.post("/password", {"email": email})
    address = link(site)
    site.clock.now += timedelta(minutes=59)
    assert browser.get(address).status_code == 200
    site.clock.now += timedelta(minutes=1)
    assert browser.get(address).status_code == 404
    assert browser.client.post(address, data={}).status_code == 400


def test_letters_are_not_asked_for_without_end(site: Site, browser: Browser) -> None:
    for _ in range(LIMITS["letter"].here.tries):
        assert browser.post("/sign-up", {"email": NEW}).status_code == 200
    again = browser.post("/sign-up", {"email": NEW})
    assert again.status_code == 429
    assert not Page(again.text).faults
    assert len(letters(site)) == LIMITS["letter"].here.tries


def test_what_a_letter_said_is_forgotten_once_it_is_sent(site: Site, browser: Browser) -> None:
    browser.post("/sign-up", {"email": NEW})
    secret = link(site).rpartition("/")[2]
    with site.runtime.database.reading() as session:
        letter = session.scalars(select(Letter)).one()
        stored = session.scalars(select(Link)).one()
    assert (letter.state, letter.body) == (LetterState.SENT, None)
    assert secret not in f"{letter.__dict__} {stored.__dict__}"


@pytest.fixture
def owner(site: Site) -> Browser:
    """The owner of a supplier's page."""
    bin = bin_number(61)
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=bin, name="ТОО «Ақ жол»"), on=site.runtime.today())
    browser = site.browser()
    browser.sign_in(site.account(AccountRole.OWNER, bin))
    return browser


def test_a_colleague_joins_by_an_invitation(site: Site, owner: Browser) -> None:
    invited = owner.post("/desk/people", {"email": NEW, "role": "editor"})
    assert invited.location == "/desk/people"
    assert NEW in owner.page("/desk/people").text
    [(to, subject, body)] = letters(site)
    assert to == NEW
    assert "ТОО «Ақ жол»" in subject
    assert tr("accounts.role.editor", "ru") in body
    address, browser = link(site), site.browser()
    assert "ТОО «Ақ жол»" in browser.page(address).text
    joined = browser.post(address, {"name": "Ержан", "password": PASSWORD})
    assert joined.location == "/desk/goods"
    assert browser.page("/desk/goods")
    assert (
        browser.post("/desk/people", {"email": "x@y.example", "role": "viewer"}, form="/desk/people").status_code == 403
    )
    assert browser.get(address).status_code == 404
    again = owner.post("/desk/people", {"email": NEW, "role": "viewer"})
    assert again.status_code == 409
    assert tr("accounts.invite.works_there", "ru", email=NEW) in again.text


def test_whoever_has_an_account_signs_in_to_join(site: Site, owner: Browser) -> None:
    email, stranger = site.account(AccountRole.AUDITOR), site.account(AccountRole.BANK, bin_number(62))
    owner.post("/desk/people", {"email": email, "role": "viewer"})
    address, browser = link(site), site.browser()
    assert tr("web.account.invitation.sign_in", "ru", email=email) in browser.page(address).text
    browser.sign_in(stranger)
    assert browser.post(address, {}).location.startswith("/sign-in?next=")
    browser = site.browser()
    browser.sign_in(email)
    assert browser.post(address, {}).location == "/desk/goods"
    assert browser.page("/desk/goods")
    page = browser.page("/account")
    assert tr("accounts.role.auditor", "ru") in page.text
    assert tr("accounts.role.viewer", "ru") in page.text


def test_an_invitation_can_be_withdrawn_and_sent_anew(site: Site, owner: Browser) -> None:
    owner.post("/desk/people", {"email": NEW, "role": "editor"})
    first = link(site)
    owner.post("/desk/people", {"email": NEW, "role": "viewer"})
    second = link(site)
    assert site.browser().get(first).status_code == 404
    assert site.browser().get(second).status_code == 200
    with site.runtime.database.reading() as session:
        number = max(session.scalars(select(Link.id)))
    owner.post(f"/desk/invitations/{number}/withdraw", {}, form="/desk/people")
    assert site.browser().get(second).status_code == 404


def test_a_page_is_handed_over_by_a_tick_and_the_password(site: Site, owner: Browser) -> None:
    owner.post("/desk/people", {"email": NEW, "role": "viewer"})
    heir = site.browser()
    heir.post(link(site), {"name": "Ержан", "password": PASSWORD})
    page = owner.page("/desk/people")
    action = next(
        str(one.attributes["action"])
        for one in page.all("form")
        if str(one.attributes.get("action")).endswith("/owner")
    )
    owner.post(action, {}, form="/desk/people")
    assert tr("web.account.owner_sure", "ru") in owner.page("/desk/people").text
    changed = action.removesuffix("/owner") + "/role"
    assert heir.post(changed, {}, form="/desk/people").status_code == 403
    owner.post(changed, {}, form="/desk/people")
    page = owner.page("/desk/people")
    assert tr("web.account.people.make_viewer", "ru") in page.text
    action = next(str(one.attributes["action"]) for one in page.all("form") if "/owner" in str(one.attributes))
    for wrong, why in (({}, "web.sign_in.password_needed"), ({"current": "wrong"}, "web.account.current_wrong")):
        owner.post(action, {"sure": "yes", **wrong}, form="/desk/people")
        assert tr(why, "ru") in owner.page("/desk/people").text
    sure = {"sure": "yes", "current": PASSWORD}
    assert owner.post(action, sure, form="/desk/people").location == "/account"
    with site.runtime.database.reading() as session:
        told = list(session.scalars(select(Letter).order_by(Letter.id)))[-2:]
    assert NEW in {one.to for one in told}
    assert all(one.subject["code"].startswith("accounts.letter.owner_") for one in told)
    assert heir.post("/desk/people", {"email": "third@zavod.example", "role": "viewer"}).location == "/desk/people"
    assert (
        owner.post("/desk/people", {"email": "z@zavod.example", "role": "viewer"}, form="/account").status_code == 403
    )


def test_another_address_is_proven_before_it_counts(site: Site, browser: Browser) -> None:
    email = site.account(AccountRole.AUDITOR)
    browser.post("/password", {"email": email})
    reset = link(site)
    assert browser.page(reset)
    browser.sign_in(email)
    assert browser.post("/account/address", {"email": NEW, "current": PASSWORD}, form="/account").location == "/account"
    address = link(site)
    assert site.browser().sign_in(NEW).status_code == 422
    assert browser.page(address)
    assert browser.post(address, {}).location == "/account"
    assert site.browser().sign_in(NEW).status_code == 302
    assert site.browser().sign_in(email).status_code == 422
    assert letters(site)[-1][0] == email
    assert site.browser().get(reset).status_code == 404, "what the address before was sent opens nothing"


def test_the_outbox_is_the_administrators(site: Site, browser: Browser) -> None:
    browser.post("/sign-up", {"email": NEW})
    letters(site)
    assert browser.get("/outbox").status_code == 403
    browser.sign_in(site.account(AccountRole.ADMINISTRATOR))
    page = browser.page("/outbox")
    assert any("/sign-up/" in str(one.attributes.get("href")) for one in page.all("a"))
