"""How often goods are seen is counted after the answer, of people alone, and not of the supplier's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from registry.accounts.models import AccountRole
from registry.sightings.models import Sighting, Sort
from registry.wording import LANGUAGES, tr
from tests.factories import add_product, add_supplier, bin_number, product_line, supplier_line
from tests.web.portal import Browser, Site
from web.sightings import FLUSH_S, Sightings

BIN = bin_number(63)


@pytest.fixture
def goods(site: Site) -> list[int]:
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=BIN), on=site.runtime.today())
        ids = [add_product(session, product_line(BIN, name_ru=f"Труба {n}х8"), on=site.runtime.today()) for n in (1, 2)]
    site.drain()
    return ids


def counted(site: Site) -> dict[tuple[int, Sort], int]:
    """What is written down, once all is."""
    counts: Sightings = site.app.extensions["sightings"]
    counts.flush()
    with site.runtime.database.reading() as session:
        return {(row.product_id, row.sort): row.times for row in session.scalars(select(Sighting))}


@pytest.mark.both_databases
def test_what_is_shown_and_opened_is_counted(site: Site, browser: Browser, goods: list[int]) -> None:
    for _ in range(2):
        browser.page("/search?q=труба")
    browser.page(f"/products/{goods[0]}")
    browser.page("/products/999999", 404)
    assert counted(site) == {
        (goods[0], Sort.SHOWN): 2,
        (goods[1], Sort.SHOWN): 2,
        (goods[0], Sort.OPENED): 1,
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User-Agent": "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"},
        {"User-Agent": "curl/8.5.0"},
        {"User-Agent": "python-requests/2.32"},
        {"User-Agent": ""},
        {"Sec-Purpose": "prefetch"},
    ],
)
def test_robots_are_not_counted(site: Site, browser: Browser, goods: list[int], headers: dict[str, str]) -> None:
    assert browser.get("/search?q=труба", headers=headers).status_code == 200
    assert browser.get(f"/products/{goods[0]}", headers=headers).status_code == 200
    assert counted(site) == {}


def test_a_browser_of_a_person_is_no_robot(site: Site, browser: Browser, goods: list[int]) -> None:
    agent = "Mozilla/5.0 (Linux; Android 14; Cubot X70) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
    assert browser.get(f"/products/{goods[0]}", headers={"User-Agent": agent}).status_code == 200
    assert counted(site) == {(goods[0], Sort.OPENED): 1}


def test_the_suppliers_own_people_are_not_counted(site: Site, browser: Browser, goods: list[int]) -> None:
    browser.sign_in(site.account(AccountRole.VIEWER, BIN))
    browser.page(f"/products/{goods[0]}")
    browser.page("/search?q=труба")
    assert counted(site) == {}


def test_counts_are_written_every_few_seconds(site: Site, browser: Browser, goods: list[int]) -> None:
    browser.page(f"/products/{goods[0]}")
    with site.runtime.database.reading() as session:
        assert session.scalars(select(Sighting)).all() == []
    site.clock.now += timedelta(seconds=FLUSH_S)
    browser.page(f"/products/{goods[0]}")
    with site.runtime.database.reading() as session:
        assert [row.times for row in session.scalars(select(Sighting))] == [2]


def test_a_database_that_is_away_loses_nothing(site: Site, browser: Browser, goods: list[int]) -> None:
    browser.page(f"/products/{goods[0]}")
    with site.runtime.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE sighting RENAME TO away"))
    counts: Sightings = site.app.extensions["sightings"]
    assert counts.flush() == 0
    with site.runtime.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO sighting"))
    assert counted(site) == {(goods[0], Sort.OPENED): 1}


def test_the_desk_shows_the_last_days(site: Site, browser: Browser, goods: list[int]) -> None:
    site.browser().page(f"/products/{goods[0]}")
    site.browser().page("/search?q=труба")
    counted(site)
    browser.sign_in(site.account(AccountRole.OWNER, BIN))
    for lang in LANGUAGES:
        lately = tr("web.seen.lately", lang, shown=2, opened=1, compared=0)
        assert lately in browser.page(f"/{lang}/desk/goods").text
        page = browser.page(f"/{lang}/desk/seen")
        assert len([one for one in page.all("rect") if one.attributes.get("class") == "bar-value"]) == 2
        assert "Труба 1х8" in page.text or "құбыр" in page.text or "pipe" in page.text
    site.clock.now += timedelta(days=30)
    browser.sign_in("owner@portal.example")
    assert tr("web.seen.none", "ru") in browser.page("/ru/desk/seen").text
