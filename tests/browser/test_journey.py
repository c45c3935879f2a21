"""The whole way in a real browser: from sign-up to being found by a customer's search."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from registry.accounts.models import AccountRole
from registry.wording import LANGUAGES, tr
from search import sync
from tests.browser.conftest import DESKTOP, PHONE, Person, open_person, served
from tests.factories import bin_number
from tests.registry.files import samples
from tests.web.portal import Site
from web.demo import CLASSIFIERS, SINCE, starter
from web.imports import import_classifier
from web.mail import deliver, laid_down

pytestmark = [pytest.mark.both_databases, pytest.mark.both_engines]

BIN = "110440012951"
PHRASE = "a phrase of several words"


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """A portal with the starter's classifiers and an index, served."""
    runtime = site.runtime
    for scheme in CLASSIFIERS:
        with starter(f"{scheme}.csv") as path:
            import_classifier(
                runtime,
                scheme,
                path,
                in_force_from=SINCE,
                on=runtime.today(),
                keep=False,
                actor="test",
                rejected=runtime.settings.home / "rejected.csv",
            )
    sync.rebuild(
        runtime.database,
        runtime.engine,
        runtime.kinds,
        now=runtime.now(),
        on=runtime.today(),
        progress=lambda done, total: None,
    )
    with served(site) as address:
        yield address


def letter(site: Site) -> str:
    """The path of the link in the newest letter."""
    deliver(site.runtime)
    found = re.search(r"http://127\.0\.0\.1:\d+(/\S+)", laid_down(site.runtime.settings.mail_folder, 1)[0].body)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("lang", "width"), [("kk", PHONE), ("ru", DESKTOP), ("en", PHONE)])
def test_from_sign_up_to_being_found(site: Site, address: str, chromium: Browser, lang: str, width: int) -> None:
    maker = open_person(chromium, address, width)
    _sign_up(site, maker, lang)
    _register(maker, lang)
    _list_a_good(maker, lang)
    site.drain()

    buyer = open_person(chromium, address, width)
    buyer.sign_in(site, site.account(AccountRole.CUSTOMER, bin_number(90)), "a long enough phrase")
    page = buyer.go(f"/{lang}/search?q=задвижка")
    expect(page.locator("main")).not_to_contain_text("Задвижка клиновая")

    _prove(site, chromium, address, lang)
    site.drain()
    page = buyer.go(f"/{lang}/")
    page.fill("main input[name=q]", "задвижки клиновые")
    page.keyboard.press("Enter")
    page.click("main h3 a")
    expect(page.locator("h1")).to_contain_text("Задвижка клиновая")
    expect(page.locator("main")).to_contain_text("ТОО «Ақ жол»")
    maker.close()
    buyer.close()


def test_the_languages_are_all_walked() -> None:
    assert {"kk", "ru", "en"} == set(LANGUAGES)


def _sign_up(site: Site, maker: Person, lang: str) -> None:
    page = maker.go(f"/{lang}/")
    page.get_by_role("link", name=tr("web.account.sign_up_link", lang), exact=True).first.click()
    page.fill("#email", "saule@zavod.example")
    page.click("main .form button[type=submit]")
    expect(page.get_by_role("status")).to_contain_text("saule@zavod.example")
    page = maker.go(letter(site))
    page.fill("#name", "Сәуле Ахметова")
    page.fill("#password", PHRASE)
    page.click("main .form button[type=submit]")


def _register(maker: Person, lang: str) -> None:
    page = maker.page
    expect(page.locator("h1")).to_have_text(tr("web.registration.title", lang))
    page.fill("#bin", BIN)
    page.keyboard.press("Enter")
    page.fill("#name", "ТОО «Ақ жол»")
    page.select_option("#role", "maker")
    page.select_option("#place-0", "750000000")
    expect(page.locator("#place-1")).to_be_visible()
    page.select_option("#place-1", index=1)
    page.fill("#oked", "28139")
    page.fill("#phone", "+7 727 123 45 67")
    page.get_by_role("button", name=tr("web.registration.next", lang), exact=True).last.click()
    assert not page.locator("#errors").all_inner_texts()
    page.set_input_files(
        "#document", {"name": "сенімхат.pdf", "mimeType": "application/pdf", "buffer": samples.pdf(pages=1)}
    )
    page.check("#consent_truth")
    page.check("#consent_publication")
    page.get_by_role("button", name=tr("web.registration.submit", lang), exact=True).click()
    expect(page.get_by_role("status")).to_have_text(tr("web.registration.now.waiting", lang))


def _list_a_good(maker: Person, lang: str) -> None:
    page = maker.page
    page.get_by_role("link", name=tr("web.registration.list_goods", lang), exact=True).click()
    page.fill("#name_ru", "Задвижка клиновая 30с41нж")
    page.fill("#tnved", "8481806390")
    page.get_by_role("button", name=tr("web.goods.publish", lang), exact=True).last.click()
    expect(page.locator("main")).to_contain_text("Задвижка клиновая 30с41нж")


def _prove(site: Site, chromium: Browser, address: str, lang: str) -> None:
    expert = open_person(chromium, address, DESKTOP)
    expert.sign_in(site, site.account(AccountRole.EXPERT), "a long enough phrase")
    page = expert.go(f"/{lang}/institute/claims")
    page.get_by_role("link", name="ТОО «Ақ жол»").click()
    expect(page.locator("main")).to_contain_text("сенімхат.pdf")
    page.get_by_role("button", name=tr("web.registration.prove", lang), exact=True).click()
    expect(page.locator("main")).to_contain_text(tr("web.registration.proven", lang))
    expert.close()
