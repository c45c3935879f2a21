"""Each role in a real browser: everything that its pages lead to opens, and it does what it is there for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from registry.accounts.models import AccountRole
from registry.accounts.queries import account_by_email
from registry.wording import tr
from tests.browser.conftest import DESKTOP, PHONE, Person, open_person, served
from tests.factories import bin_number
from tests.web.portal import PASSWORD, Site, close, open_site
from web import demo

LANG = "kk"
LOGINS = {login.role: login for login in demo.LOGINS}
SUPPLIER = LOGINS[AccountRole.OWNER].bin
# What the other roles speak for.
SCOPES = {
    AccountRole.EDITOR: SUPPLIER,
    AccountRole.VIEWER: SUPPLIER,
    AccountRole.MONITORED: LOGINS[AccountRole.CUSTOMER].bin,
    AccountRole.BANK: bin_number(91),
    AccountRole.AKIMAT: "75",
}


@dataclass
class Portal:
    """A demonstration that may be written to, with somebody of every role."""

    site: Site
    address: str
    chromium: Browser

    def enter(self, role: AccountRole, width: int = DESKTOP) -> Person:
        """A browser of the role, signed in."""
        person = open_person(self.chromium, self.address, width)
        if role in LOGINS:
            person.sign_in(self.site, LOGINS[role].email, LOGINS[role].password)
        else:
            person.sign_in(self.site, f"{role}@portal.example", PASSWORD)
        return person


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("roles")
    site = open_site(home, f"sqlite:///{home / 'ondiris.sqlite'}")
    demo.load(site.runtime, tell=lambda message: None)
    for role in AccountRole:
        if role not in LOGINS:
            site.account(role, SCOPES.get(role, ""))
    with served(site) as address:
        yield Portal(site, address, chromium)
    close(site)


@pytest.mark.parametrize("role", AccountRole)
def test_what_a_role_is_led_to_opens(portal: Portal, role: AccountRole) -> None:
    person = portal.enter(role, PHONE if role in SCOPES else DESKTOP)
    page = person.go(f"/{LANG}/account")
    expect(page.locator("main")).to_contain_text(tr(f"accounts.role.{role}", LANG))
    links = page.locator(".site-nav a").evaluate_all("all => all.map(link => link.href)")
    assert len(links) >= 5
    for link in dict.fromkeys(links):
        answer = page.goto(link)
        assert answer is not None
        assert answer.status == 200, link
        expect(page.locator("h1")).to_have_count(1)
    page.get_by_role("button", name=tr("web.layout.sign_out", LANG)).click()
    refused = page.goto(f"{portal.address}/{LANG}/account/alerts")
    assert refused is not None
    assert "/sign-in" in page.url
    person.close()


@pytest.mark.parametrize("role", [AccountRole.OWNER, AccountRole.EDITOR])
def test_a_supplier_changes_a_good(portal: Portal, role: AccountRole) -> None:
    person = portal.enter(role, PHONE)
    page = person.go(f"/{LANG}/desk/goods")
    # The last one: the first is before an expert, and what changes there cannot be confirmed.
    link = page.locator("main tbody th a").last.get_attribute("href") or ""
    number = link.rpartition("/")[2]
    page = person.go(f"/{LANG}/desk/goods/{number}")
    page.fill("#name_ru", f"Болат құбыр {role}")
    page.get_by_role("button", name=tr("web.form.product.save", LANG), exact=True).last.click()
    assert not page.locator("#errors").all_inner_texts()
    assert f"Болат құбыр {role}" in person.go(f"/{LANG}/products/{number}").content()
    person.close()


def test_a_viewer_reads_the_desk_and_changes_nothing(portal: Portal) -> None:
    person = portal.enter(AccountRole.VIEWER)
    page = person.go(f"/{LANG}/desk/goods")
    expect(page.locator("main tbody th").first).to_be_visible()
    answer = page.goto(f"{portal.address}/{LANG}/desk/goods/new")
    assert answer is not None
    assert answer.status == 403
    person.close()


def test_a_customer_reads_why_and_is_told_of_what_is_new(portal: Portal) -> None:
    person = portal.enter(AccountRole.CUSTOMER)
    page = person.go(f"/{LANG}/")
    page.get_by_role("link", name=tr("web.layout.own_needs", LANG), exact=True).click()
    page.locator("main tbody th a, main .rows h3 a").first.click()
    expect(page.locator("main details summary").first).to_be_visible()
    _saves_a_search(person)
    person.close()


@pytest.mark.parametrize(
    "role",
    [
        AccountRole.MONITORED,
        AccountRole.INDUSTRY,
        AccountRole.AUTHORISED,
        AccountRole.SECTOR,
        AccountRole.AKIMAT,
        AccountRole.BANK,
    ],
)
def test_who_only_reads_searches_and_is_told_of_what_is_new(portal: Portal, role: AccountRole) -> None:
    person = portal.enter(role)
    _saves_a_search(person)
    answer = person.page.goto(f"{portal.address}/{LANG}/institute/")
    assert answer is not None
    assert answer.status == 403
    person.close()


def _saves_a_search(person: Person) -> None:
    page = person.go(f"/{LANG}/search?q=құбыр")
    expect(page.locator("main h3").first).to_be_visible()
    page.locator("summary", has_text=tr("web.alerts.save", LANG)).click()
    page.get_by_role("button", name=tr("web.alerts.save_do", LANG), exact=True).click()
    expect(person.go(f"/{LANG}/account/alerts").locator("main")).to_contain_text("құбыр")


def test_an_expert_concludes_and_the_head_signs(portal: Portal) -> None:
    expert = portal.enter(AccountRole.EXPERT)
    page = expert.go(f"/{LANG}/institute/")
    page.goto(page.locator("main tbody a").first.evaluate("link => link.href"))
    case = page.url
    page.locator("form[action$='/conclude'] input[name=outcome][value=granted]").check()
    page.fill("#members", "А. Ли\nБ. Ким")
    page.locator("form[action$='/conclude'] button[type=submit]").click()
    assert not page.locator("#errors").all_inner_texts()
    expect(page.locator("form[action$='/sign']")).to_have_count(0)
    expert.close()

    head = portal.enter(AccountRole.HEAD)
    head.page.goto(case)
    head.page.locator("form[action$='/sign'] button[type=submit]").click()
    assert not head.page.locator("#errors").all_inner_texts()
    expect(head.page.locator("main")).to_contain_text(tr("cases.outcome.admission.granted", LANG))
    expect(head.page.locator("form[action$='/sign']")).to_have_count(0)
    head.close()

    owner = portal.enter(AccountRole.OWNER, PHONE)
    page = owner.go(f"/{LANG}/desk/cases/{case.rsplit('/', 1)[1]}")
    expect(page.locator("main")).to_contain_text(tr("cases.outcome.admission.granted", LANG))
    owner.close()


def test_an_auditor_reads_what_was_done_and_changes_nothing(portal: Portal) -> None:
    person = portal.enter(AccountRole.AUDITOR)
    page = person.go(f"/{LANG}/audit/")
    expect(page.locator("main tbody tr").first).to_be_visible()
    expect(page.locator("main form[method=post]")).to_have_count(0)
    page = person.go(f"/{LANG}/institute/cases/1")
    expect(page.locator("main form[method=post]")).to_have_count(0)
    expect(person.go(f"/{LANG}/admin/accounts/1").locator("main form[method=post]")).to_have_count(0)
    person.close()


def test_an_administrator_grants_a_role_and_ends_it(portal: Portal) -> None:
    with portal.site.runtime.database.reading() as session:
        held = account_by_email(session, "sector@portal.example")
    assert held is not None
    person = portal.enter(AccountRole.ADMINISTRATOR)
    page = person.go(f"/{LANG}/admin/accounts/{held.id}")
    page.select_option("#role", AccountRole.AUDITOR)
    page.get_by_role("button", name=tr("web.admin.grant_do", LANG), exact=True).click()
    granted = page.locator("li", has_text=tr("accounts.role.auditor", LANG))
    expect(granted).to_have_count(1)
    granted.get_by_role("button").click()
    expect(page.locator("li", has_text=tr("web.admin.role_over", LANG))).to_have_count(1)
    person.close()
