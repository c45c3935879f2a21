"""Alerts over HTTP: saving a search, the list, how often letters come, and their end by one click."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from matching.alerts.models import Frequency, Watch
from matching.alerts.queries import watches
from registry.accounts.models import AccountRole
from registry.accounts.queries import account_by_email
from registry.jobs import Job
from registry.messages import Letter
from registry.wording import LANGUAGES, Message, say, tr
from search.engines import EngineUnavailable
from tests.factories import add_product, add_supplier, bin_number, product_line, supplier_line
from tests.web.portal import Browser, Site
from web.addresses import PAGES
from web.alerts import rounds
from web.alerts.addresses import PortalAddresses
from web.worker import JOBS, daily, rematch_later

BIN = bin_number(61)


def list_pipe(site: Site, name: str = "Труба обсадная 168х8,9") -> int:
    """A good that the search finds."""
    with site.runtime.database.transaction() as session:
        id = add_product(session, product_line(BIN, name_ru=name), on=site.runtime.today())
    site.drain()
    return id


def save(browser: Browser, question: str = "q=труба", frequency: str = "instant") -> None:
    """Save a search as its page does."""
    sent = {"question": question, "frequency": frequency}
    answer = browser.post("/account/alerts", sent, form=f"/search?{question}")
    assert answer.location == "/account/alerts"


def look(site: Site) -> dict[str, int]:
    """A round, as the worker runs it."""
    return rounds.look(site.runtime, lambda done, total: None)


def letters(site: Site) -> list[Letter]:
    """All letters so far, the oldest first."""
    with site.runtime.database.reading() as session:
        return list(session.scalars(select(Letter).order_by(Letter.id)))


@pytest.mark.both_databases
@pytest.mark.both_engines
def test_a_saved_search_tells_of_what_is_new(site: Site, browser: Browser) -> None:
    old = list_pipe(site)
    browser.sign_in(site.account(AccountRole.CUSTOMER, BIN))
    assert tr("web.alerts.save", "ru") in browser.page("/ru/search?q=труба").text
    save(browser)
    assert look(site) == {"watches": 1, "notices": 0, "letters": 0}
    new = list_pipe(site, "Труба бурильная 127х9")
    assert look(site) == {"watches": 1, "notices": 1, "letters": 1}
    assert look(site) == {"watches": 1, "notices": 0, "letters": 0}
    [letter] = letters(site)
    said = say(Message.from_json(letter.body or {}), letter.lang)
    assert f"/ru/products/{new}" in said
    assert f"/products/{old}" not in said
    for address in re.findall(r"http://127\.0\.0\.1:8000(\S+)", said):
        browser.page(address)
    page = browser.page("/ru/account/alerts")
    assert "Труба бурильная 127х9" in page.text
    assert tr("web.alerts.unread_count", "ru", n=1) in page.text
    assert browser.post("/account/alerts/read", {}, form="/account/alerts").location == "/account/alerts"
    assert tr("web.alerts.unread_count", "ru", n=1) not in browser.page("/ru/account/alerts").text


def test_words_that_nothing_holds_all_of_are_no_news(site: Site, browser: Browser) -> None:
    browser.sign_in(site.account(AccountRole.CUSTOMER, BIN))
    list_pipe(site)
    save(browser, "q=труба+экскаватор")
    list_pipe(site, "Труба бурильная 127х9")
    assert look(site)["notices"] == 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_list_says_how_to_fill_it(site: Site, browser: Browser, lang: str) -> None:
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=BIN), on=site.runtime.today())
    browser.sign_in(site.account(AccountRole.OWNER, BIN))
    page = browser.page(f"/{lang}/account/alerts")
    for code in ("web.alerts.none", "web.alerts.fits_words", "web.alerts.no_searches"):
        assert tr(code, lang) in page.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_search_that_asks_nothing_is_refused_with_the_remedy(site: Site, browser: Browser, lang: str) -> None:
    browser.sign_in(site.account(AccountRole.CUSTOMER, BIN))
    answer = browser.post(f"/{lang}/account/alerts", {"question": "page=2"}, form="/account")
    assert answer.status_code == 422
    assert tr("alerts.search.empty", lang) in answer.text


def test_while_the_engine_is_away_nothing_is_saved(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in(site.account(AccountRole.CUSTOMER, BIN))
    list_pipe(site)
    save(browser)

    def away(_: object) -> None:
        raise EngineUnavailable(Message("web.alerts.engine_away"))

    monkeypatch.setattr(site.runtime.engine, "search", away)
    answer = browser.post("/account/alerts", {"question": "q=кран"}, form="/account")
    assert answer.status_code == 503
    # A round does not take what the database finds instead for news: it is tried again later.
    with pytest.raises(EngineUnavailable):
        look(site)
    # The letters of the morning tell of what was found before.
    assert rounds.write_letters(site.runtime, Frequency.DAILY, lambda done, total: None) == {"letters": 0}


def test_how_often_letters_come_is_changed_and_a_search_ended(site: Site, browser: Browser) -> None:
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=BIN), on=site.runtime.today())
    email = site.account(AccountRole.OWNER, BIN)
    site.drain()
    browser.sign_in(email)
    save(browser)
    assert browser.post("/account/alerts/fits", {"frequency": "weekly"}, form="/account/alerts").status_code == 302
    with site.runtime.database.reading() as session:
        held = account_by_email(session, email)
        assert held is not None
        search, fits = watches(session, held.id)
    assert (search.frequency, fits.frequency, search.question) == (
        Frequency.INSTANT,
        Frequency.WEEKLY,
        "q=%D1%82%D1%80%D1%83%D0%B1%D0%B0",
    )
    for id in (search.id, fits.id):
        sent = {"frequency": "off"}
        assert browser.post(f"/account/alerts/{id}", sent, form="/account/alerts").status_code == 302
    assert browser.post(f"/account/alerts/{search.id}", {"do": "end"}, form="/account/alerts").status_code == 302
    with site.runtime.database.reading() as session:
        assert [(one.id, one.frequency) for one in watches(session, held.id)] == [(fits.id, Frequency.OFF)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_letters_end_by_one_click_without_signing_in(site: Site, browser: Browser, lang: str) -> None:
    site.drain()
    email = site.account(AccountRole.CUSTOMER, BIN)
    browser.sign_in(email)
    save(browser)
    with site.runtime.database.reading() as session:
        held = account_by_email(session, email)
        assert held is not None
    address = PortalAddresses(site.runtime).unsubscribe(held.id, lang).removeprefix("http://127.0.0.1:8000")
    stranger = site.browser()
    page = stranger.page(address)
    assert tr("web.alerts.unsubscribe.do", lang) in page.text
    assert frequency_of(site) is Frequency.INSTANT
    # RFC 8058: neither cookie nor token; and once more, as some mail programs do.
    for _ in range(2):
        answer = stranger.client.post(address, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert tr("web.alerts.unsubscribe.ended", lang) in answer.text
    assert frequency_of(site) is Frequency.OFF
    # Not the last sign: some of its bits say nothing.
    stranger.page(f"{address[:-9]}{'A' if address[-9] != 'A' else 'B'}{address[-8:]}", 404)
    stranger.page(f"/{lang}/unsubscribe/{held.id}", 404)


def frequency_of(site: Site) -> Frequency:
    """Of the only watch."""
    with site.runtime.database.reading() as session:
        return session.scalars(select(Watch.frequency)).one()


def test_addresses_of_letters_are_those_of_the_portal(site: Site) -> None:
    rules = {rule.rule for rule in site.app.url_map.iter_rules()}
    assert {rule for _, rule in PAGES} <= rules


def test_every_job_has_a_name_to_show() -> None:
    for name in JOBS:
        for lang in LANGUAGES:
            assert tr(f"web.job.{name}.title", lang)


def test_a_round_follows_the_index_where_somebody_watches(site: Site, browser: Browser) -> None:
    def queued() -> list[str]:
        with site.runtime.database.transaction() as session:
            rematch_later(site.runtime)(session)
        with site.runtime.database.reading() as session:
            return sorted(session.scalars(select(Job.name)))

    assert queued() == ["match"]
    browser.sign_in(site.account(AccountRole.CUSTOMER, BIN))
    list_pipe(site)
    save(browser)
    assert queued() == ["alerts", "match"]


def test_letters_of_the_day_and_the_week_are_queued_once(site: Site) -> None:
    for _ in range(2):
        daily(site.runtime)
    with site.runtime.database.reading() as session:
        jobs = session.scalars(select(Job).where(Job.name == "letters").order_by(Job.id)).all()
    assert [(job.key, job.run_after.isoformat()) for job in jobs] == [
        ("letters:daily:2026-11-23", "2026-11-23T04:00:00+00:00"),
        ("letters:weekly:2026-48", "2026-11-23T04:00:00+00:00"),
    ]
