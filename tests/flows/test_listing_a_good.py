"""Journeys over HTTP: a good is listed, found, changed, and found again; also when the engine goes away midway."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.identifiers import CheckDigit
from registry.suppliers.models import Role
from registry.suppliers.operations import take_in
from registry.suppliers.rules import SupplierLine
from registry.wording import LANGUAGES, tr
from search import sync
from search.engines.elasticsearch import ElasticsearchEngine
from tests.web.portal import Browser, Site

pytestmark = [pytest.mark.both_databases, pytest.mark.both_engines]

BIN = "080340990007"
GOOD = {
    "name_ru": "Задвижка клиновая 30с41нж Ду150",
    "name_kk": "Сыналы ысырма 30с41нж Ду150",
    "name_en": "Wedge gate valve 30s41nzh DN150",
    "description": "Корпус из стали 25Л, ГОСТ 9698-86",
    "kind": "goods",
    "tnved": "8481 80 639 0",
    "role": "maker",
    "capacity_per_year": "1 200",
    "unit": "шт",
    "evidence_kind": "",
    "do": "save",
}


@pytest.fixture
def supplier(site: Site) -> Browser:
    """A signed-in supplier of a portal whose index is built and empty."""
    line = SupplierLine(BIN, CheckDigit.VALID, "ТОО «Ертіс Арматура»", Role.MAKER, kato="551010000")
    with site.runtime.database.transaction() as session:
        take_in(session, {0: line}, on=date(2026, 11, 23), actor=Actor("test"), now=site.clock.now)
    rebuild(site)
    browser = site.browser()
    browser.sign_in(site.account(AccountRole.OWNER, BIN))
    return browser


def rebuild(site: Site) -> None:
    runtime = site.runtime
    sync.rebuild(
        runtime.database,
        runtime.engine,
        runtime.kinds,
        now=runtime.now(),
        on=runtime.today(),
        progress=lambda done, total: None,
    )


def take_away(site: Site, tmp_path: Path) -> Callable[[], object]:
    """The engine answers no more: its folder is gone, or nobody listens at its address. Returns how it comes back."""
    runtime, engine = site.runtime, site.runtime.engine
    if isinstance(engine, ElasticsearchEngine):
        runtime.engine = ElasticsearchEngine("http://127.0.0.1:9", prefix=engine.prefix)
        return lambda: setattr(runtime, "engine", engine)
    folder = runtime.settings.index_folder
    shutil.move(folder, tmp_path / "away")
    return lambda: shutil.move(tmp_path / "away", folder)


def found(browser: Browser, text: str, lang: str = "ru") -> list[str]:
    """Names in the answer to a search."""
    page = browser.page(f"/{lang}/search?q={text}")
    return [
        " ".join(link.text.split()) for link in page.all("a") if "/products/" in (link.attributes.get("href") or "")
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_saved_is_found_by_everybody(site: Site, supplier: Browser, lang: str) -> None:
    reader = site.browser()
    query = {"ru": "задвижки стальные клиновые", "kk": "сыналы ысырма", "en": "gate valves"}[lang]
    assert found(reader, query, lang) == []
    assert supplier.post(f"/{lang}/desk/goods/new", GOOD).status_code == 302
    assert site.woken == [None]
    site.drain()
    name = {"ru": GOOD["name_ru"], "kk": GOOD["name_kk"], "en": GOOD["name_en"]}[lang]
    assert found(reader, query, lang) == [name]
    page = reader.page(f"/{lang}/search?q={query}")
    product = next(
        one.attributes["href"] or "" for one in page.all("a") if "/products/" in (one.attributes["href"] or "")
    )
    facts = reader.page(product)
    assert facts.title == name
    assert "8481806390" in facts.text
    assert tr("web.standing.none", lang) in facts.text


def test_a_change_is_found_and_what_it_replaced_is_not(site: Site, supplier: Browser) -> None:
    supplier.post("/desk/goods/new", GOOD)
    site.drain()
    page = supplier.page("/ru/desk/goods")
    edit = next(
        one.attributes["href"] or ""
        for one in page.all("a")
        if (one.attributes["href"] or "").startswith("/ru/desk/goods/") and "new" not in (one.attributes["href"] or "")
    )
    version = supplier.page(edit).hidden("version")
    changed = GOOD | {"version": version, "name_ru": "Кран шаровой 11с67п Ду80", "description": "", "name_kk": ""}
    assert supplier.post(edit, changed | {"name_en": ""}).status_code == 302
    site.drain()
    assert found(site.browser(), "кран шаровой") == ["Кран шаровой 11с67п Ду80"]
    assert found(site.browser(), "задвижка клиновая") == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_withdrawn_is_found_no_more_until_it_is_listed_again(site: Site, supplier: Browser, lang: str) -> None:
    supplier.post("/desk/goods/new", GOOD)
    site.drain()
    reader, query, name = site.browser(), "30с41нж", GOOD["name_ru" if lang == "ru" else f"name_{lang}"]
    assert found(reader, query, lang) == [name]
    id = next(
        (one.attributes["href"] or "").rsplit("/", 1)[1]
        for one in reader.page(f"/ru/search?q={query}").all("a")
        if "/products/" in (one.attributes["href"] or "")
    )
    site.clock.now += timedelta(days=9)
    supplier.sign_in("owner@portal.example")
    address = f"/{lang}/desk/goods/{id}/withdraw"
    assert any(one.attributes.get("href") == address for one in supplier.page(f"/{lang}/desk/goods").all("a"))
    asked = supplier.page(address)
    assert tr("web.withdraw.later", lang) in asked.text
    assert tr("web.withdraw.new", lang) not in asked.text
    without_token = supplier.client.post(address, base_url=supplier.base_url, headers={"Referer": "http://localhost/"})
    assert (without_token.status_code, found(reader, query, lang)) == (400, [name])
    assert supplier.post(address, {}).location == f"/{lang}/desk/goods"
    site.drain()
    assert found(reader, query, lang) == []
    desk = supplier.page(f"/{lang}/desk/goods")
    assert tr("web.desk.withdrawn", lang, name=name) in desk.text
    assert tr("web.desk.empty", lang) in desk.text

    today, last_day = date(2026, 12, 2), date(2026, 12, 1)
    page = reader.page(f"/{lang}/products/{id}", 410)
    assert (page.title, tr("web.product.withdrawn", lang, since=today) in page.text) == (name, True)
    before = next(link for link in page.addresses(f"http://localhost/{lang}/products/{id}") if "on=" in link)
    assert before.endswith(f"/{lang}/products/{id}?on={last_day.isoformat()}")
    assert "8481806390" in reader.page(before.removeprefix("http://localhost")).text
    assert (
        tr("web.as_of.nothing", lang, on=date(2026, 11, 22))
        in reader.page(f"/{lang}/products/{id}?on=2026-11-22", 404).text
    )

    gone = supplier.page(f"/{lang}/desk/goods/withdrawn")
    edit = f"/{lang}/desk/goods/{id}"
    assert name in gone.text
    assert any(one.attributes.get("href") == edit for one in gone.all("a"))
    form = supplier.page(edit)
    assert tr("web.form.product.relist_words", lang, since=today) in form.text
    version = form.hidden("version")
    assert supplier.post(edit, GOOD | {"version": version, "unit": "компл"}).status_code == 302
    site.drain()
    assert found(reader, query, lang) == [name]
    assert reader.page(f"/{lang}/products/{id}").title == name
    assert tr("web.withdrawn.none", lang) in supplier.page(f"/{lang}/desk/goods/withdrawn").text


def test_the_portal_works_on_while_the_engine_is_away(site: Site, supplier: Browser, tmp_path: Path) -> None:
    supplier.post("/desk/goods/new", GOOD)
    site.drain()
    reader = site.browser()
    assert tr("search.degraded", "ru") not in reader.page("/ru/search?q=задвижка").text
    bring_back = take_away(site, tmp_path)

    degraded = reader.page("/ru/search?q=задвижка")
    assert tr("search.degraded", "ru") in degraded.text
    assert GOOD["name_ru"] in degraded.text
    assert reader.page("/kk/search?q=30с41нж").lang == "kk"
    assert json.loads(reader.get("/suggest?q=зад").text) == {"suggestions": []}
    assert reader.page("/ru/").title == tr("web.home.title", "ru")
    health = reader.get("/health")
    assert (health.status_code, json.loads(health.text)["status"]) == (200, "degraded")
    # What is saved meanwhile is kept and waits: nothing is lost, and the form does not fail.
    second = GOOD | {"name_ru": "Насос погружной ЭЦВ 8-25", "name_kk": "", "name_en": "", "tnved": "8413702900"}
    assert supplier.post("/desk/goods/new", second).status_code == 302
    assert "Насос погружной ЭЦВ 8-25" in reader.page("/ru/search?q=насос").text
    assert json.loads(reader.get("/health").text)["outbox"]["pending"] == 1

    bring_back()
    site.drain()
    recovered = reader.page("/ru/search?q=насос погружной")
    assert tr("search.degraded", "ru") not in recovered.text
    assert "Насос погружной ЭЦВ 8-25" in recovered.text
    report = json.loads(reader.get("/health").text)
    assert (report["status"], report["outbox"]["pending"]) == ("ok", 0)
