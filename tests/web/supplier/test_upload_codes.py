"""Codes suggested for rows without one: shown, written into the result file, stored only where they are taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from python_calamine import load_workbook

from matching.codes.operations import take_in as learn
from matching.codes.rules import ExampleLine
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.classifiers.models import Scheme
from registry.evidence.goods import Good
from registry.evidence.queries import supplier_goods
from registry.wording import LANGUAGES, tr
from tests.factories import add_classifier, add_supplier, bin_number, supplier_line
from tests.web.portal import Browser, Site
from tests.web.supplier.test_codes import ROWS
from tests.web.supplier.test_upload import send, take
from web.suggesting import notes_of
from web.worker import run_job

pytestmark = pytest.mark.both_databases
OWN, OTHER = bin_number(91), bin_number(92)
PRICES = (
    "Наименование;Код ТН ВЭД;КПВЭД\n"
    "Рукав буровой;;\nХлебцы хрустящие;;\nТрубы бесшовные;7304191009;\nЩётка зубная;;\nУслуги охраны;;80.10.12\n"
)


@pytest.fixture
def desk(site: Site) -> Browser:
    browser = site.browser()
    browser.sign_in(editor(site))
    return browser


def editor(site: Site) -> str:
    """The editor of a supplier's page, where a nomenclature and a decided case are known."""
    on, now = site.runtime.today(), site.clock.now
    with site.runtime.database.transaction() as session:
        for bin in (OWN, OTHER):
            add_supplier(session, supplier_line(bin=bin), on=on)
        add_classifier(session, Scheme.TNVED, ROWS, in_force_from=on)
        # Decided by the very name: likely enough to be taken with others at once.
        lines = {0: ExampleLine("Рукав буровой", "7304191009", "", known=True)}
        learn(session, lines, scheme=Scheme.TNVED, actor=Actor("test"), now=now)
    return site.account(AccountRole.EDITOR, OWN)


def previewed(site: Site, desk: Browser, lang: str = "ru") -> str:
    address = str(send(desk, PRICES.encode(), "прайс.csv", lang).location)
    meant = {"column-0-0": "name", "column-0-1": "tnved", "column-0-2": "kpved"}
    assert desk.post(address, {"sheet-0": "yes", **meant, "do": "preview"}).location == address
    assert run_job(site.runtime) is not None
    return address


def listed_without_codes(site: Site, desk: Browser, address: str) -> None:
    take(desk, address)
    assert run_job(site.runtime) is not None


def taken(site: Site, desk: Browser) -> str:
    address = previewed(site, desk)
    listed_without_codes(site, desk, address)
    assert tr("web.upload.codes.looking", "ru") in desk.page(address).text
    assert run_job(site.runtime) is not None
    return address


def goods(site: Site) -> dict[str, Good]:
    with site.runtime.database.reading() as session:
        return {good.name_ru or "": good for good in supplier_goods(session, OWN, site.runtime.today())}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_preview_shows_what_would_be_suggested(site: Site, desk: Browser, lang: str) -> None:
    page = desk.page(previewed(site, desk, lang))
    assert "7304191009" in page.text
    assert goods(site) == {}


def test_suggestions_follow_in_the_background_and_nothing_is_stored(site: Site, desk: Browser, tmp_path: Path) -> None:
    address = taken(site, desk)
    page = desk.page(address)
    assert tr("web.upload.codes.without", "ru", n=3) in page.text
    assert {name: good.tnved for name, good in goods(site).items()} == {
        "Рукав буровой": None,
        "Хлебцы хрустящие": None,
        "Трубы бесшовные": "7304191009",
        "Щётка зубная": None,
        "Услуги охраны": None,
    }
    (tmp_path / "result.xlsx").write_bytes(desk.get(f"{address}/result.xlsx").data)
    rows = {row[5]: row for row in load_workbook(tmp_path / "result.xlsx").get_sheet_by_index(0).to_python()[1:]}
    assert rows["Рукав буровой"][4] == "7304191009"
    assert "Это только предложение" in str(rows["Рукав буровой"][3])
    assert tr("codes.why.same", "ru", text="Рукав буровой", code="7304191009") in str(rows["Рукав буровой"][3])
    assert [rows[name][4] for name in ("Трубы бесшовные", "Щётка зубная", "Услуги охраны")] == ["", "", ""]


def test_a_chosen_code_is_stored_and_the_others_stay_without(site: Site, desk: Browser) -> None:
    address = taken(site, desk)
    listed = goods(site)
    page = desk.page(f"{address}/codes")
    assert "Рукав буровой" in page.text
    assert "Щётка зубная" not in page.text
    chosen = {
        f"code-{listed['Рукав буровой'].id}": "7304191009",
        f"code-{listed['Хлебцы хрустящие'].id}": "",
        f"code-{listed['Щётка зубная'].id}": "1905100000",
    }
    assert desk.post(f"{address}/codes", {**chosen, "do": "chosen"}).status_code == 302
    assert desk.post(f"{address}/codes", {**chosen, "do": "chosen"}).status_code == 302
    after = goods(site)
    assert (after["Рукав буровой"].tnved, after["Рукав буровой"].tnved_state) == ("7304191009", "checked")
    assert after["Хлебцы хрустящие"].tnved is None
    assert after["Щётка зубная"].tnved is None, "only what was suggested can be taken here"
    assert after["Рукав буровой"].version == listed["Рукав буровой"].version + 1, "a double click changes nothing"
    assert "Рукав буровой" not in desk.page(f"{address}/codes").text


def test_all_that_are_as_likely_as_asked_are_taken_at_once(site: Site, desk: Browser) -> None:
    address = taken(site, desk)
    assert [one.attributes["value"] for one in desk.page(f"{address}/codes").all("option")] == ["0.75", "0.6"]
    desk.post(f"{address}/codes", {"do": "likely", "least": "0"}, form=f"{address}/codes")
    assert goods(site)["Рукав буровой"].tnved is None, "what is not offered counts as the surest that is"
    desk.post(f"{address}/codes", {"do": "likely", "least": "0.75"}, form=f"{address}/codes")
    assert {name for name, good in goods(site).items() if good.tnved} == {"Рукав буровой", "Трубы бесшовные"}


def test_suggestions_are_their_own_organisations(site: Site, desk: Browser) -> None:
    address = taken(site, desk)
    other = site.browser()
    other.sign_in(site.account(AccountRole.OWNER, OTHER))
    assert other.get(f"{address}/codes").status_code == 404
    assert other.post(f"{address}/codes", {"do": "likely"}, form="/account").status_code == 404


def test_where_nothing_is_loaded_no_job_is_queued(site: Site) -> None:
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=OWN), on=site.runtime.today())
    browser = site.browser()
    browser.sign_in(site.account(AccountRole.EDITOR, OWN))
    address = previewed(site, browser)
    take(browser, address)
    assert run_job(site.runtime) is not None
    page = browser.page(address)
    assert tr("web.upload.done", "ru") in page.text
    assert tr("web.upload.codes.title", "ru") not in page.text


def test_of_a_code_that_is_one_of_many_the_heading_is_suggested() -> None:
    held = {1: [{"code": "0207131009", "score": 0.01, "heading_score": 0.87, "why": []}]}
    code, said = notes_of(held)[1]
    assert (code, [one.code for one in said]) == ("0207", ["upload.result.suggested_heading"])
