"""A supplier's own file by way of the page: sent, corrected, previewed, taken in, given back; files that are none."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from registry import jobs
from registry.accounts.models import AccountRole
from registry.wording import LANGUAGES, Message, Param, tr
from tests.factories import add_supplier, bin_number, supplier_line
from tests.registry import books
from tests.web.markup import Page
from tests.web.portal import Browser, Site
from web.uploads import KEPT
from web.worker import run_job

pytestmark = pytest.mark.both_databases

OWN = bin_number(81)
PRICES = "Прайс-лист ТОО «Завод»\n\n№;Товар;Код ТН ВЭД;Ед.;Мощность, год;Артикул\n" + "".join(
    f"{n};Труба стальная {n}х8;730419{n:04d};т;{n * 100},5;A-{n}\n" for n in range(1, 6)
)


@pytest.fixture
def desk(site: Site) -> Browser:
    """The editor of a supplier's page."""
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=OWN), on=site.runtime.today())
    browser = site.browser()
    browser.sign_in(site.account(AccountRole.EDITOR, OWN))
    return browser


VALUES: dict[str, Param] = {"kind": Message("upload.kind.pdf")}


def send(browser: Browser, content: bytes, name: str, lang: str = "ru") -> TestResponse:
    """Send a file by the form."""
    address = f"/{lang}/desk/upload"
    token = Page(browser.get(address).text).hidden("csrf_token")
    data = {"csrf_token": token, "file": (BytesIO(content), name)}
    headers = {"Referer": "http://localhost/"}
    return browser.client.post(address, data=data, headers=headers, content_type="multipart/form-data")


def take(browser: Browser, address: str) -> TestResponse:
    """Take in the preview that the page shows."""
    return browser.post(address, {"do": "take", "previewed": browser.page(address).hidden("previewed")})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_price_list_becomes_goods(site: Site, desk: Browser, lang: str) -> None:
    sent = send(desk, PRICES.encode("cp1251"), "C:\\прайс\\Прайс 2026.csv", lang)
    assert sent.status_code == 302, sent.text
    address = str(sent.location)
    page = desk.page(address)
    assert "Прайс 2026.csv" in page.text
    assert tr("upload.field.tnved", lang) in page.text
    # Five goods: the title and the heading are none.
    assert tr("web.upload.take_sheet", lang, n=5) in page.text
    meanings = ("", "name", "tnved", "unit", "capacity_per_year", "external_id")
    meant = {"sheet-0": "yes", **{f"column-0-{place}": field for place, field in enumerate(meanings)}}
    assert desk.post(address, {**meant, "do": "preview"}).location == address
    assert tr("web.upload.looking", lang) in desk.page(address).text
    assert run_job(site.runtime) is not None
    page = desk.page(address)
    assert tr("web.upload.would", lang) in page.text
    assert "Труба стальная 3х8" in page.text
    assert "Труба стальная 3х8" not in desk.page("/desk/goods").text
    seen = page.hidden("previewed")
    assert desk.post(address, {"do": "take", "previewed": seen}).location == address
    assert desk.post(address, {"do": "take", "previewed": seen}).location == address  # a double click
    assert run_job(site.runtime) is not None
    page = desk.page(address)
    assert tr("web.upload.done", lang) in page.text
    listed = desk.page("/desk/goods").text
    assert all(f"Труба стальная {n}х8" in listed for n in range(1, 6))
    result = desk.get(f"{address}/result.xlsx")
    assert result.status_code == 200
    assert "attachment" in result.headers["Content-Disposition"]
    assert result.data.startswith(b"PK")
    again = desk.post(address, {**meant, "do": "preview"})
    assert again.status_code == 409


@pytest.mark.parametrize("lang", LANGUAGES)
def test_only_the_preview_that_was_seen_is_taken_in(site: Site, desk: Browser, lang: str) -> None:
    address = str(send(desk, PRICES.encode(), "a.csv", lang).location)
    meant = {"sheet-0": "yes", "column-0-1": "name"}
    desk.post(address, {**meant, "column-0-5": "external_id", "do": "preview"})
    run_job(site.runtime)
    seen = desk.page(address).hidden("previewed")
    # A colleague lets the file be read otherwise meanwhile.
    desk.post(address, {**meant, "column-0-5": "description", "do": "preview"})
    run_job(site.runtime)
    for given in ({"previewed": seen}, {"previewed": "x"}, {}):
        assert desk.post(address, {"do": "take", **given}).location == address
        assert tr("upload.previewed_anew", lang) in desk.page(address).text
    assert run_job(site.runtime) is None
    take(desk, address)
    assert run_job(site.runtime) is not None
    assert tr("web.upload.done", lang) in desk.page(address).text


def test_what_columns_mean_is_remembered(site: Site, desk: Browser) -> None:
    strange = "Позиция Х;Мой шифр\nНасос центробежный;N-1\nНасос винтовой;N-2\n".encode()
    address = str(send(desk, strange, "a.csv").location)
    desk.post(address, {"sheet-0": "yes", "column-0-0": "name", "column-0-1": "description", "do": "preview"})
    run_job(site.runtime)
    take(desk, address)
    run_job(site.runtime)
    page = desk.get(str(send(desk, strange, "b.csv").location)).text
    assert tr("upload.why.remembered", "ru") in page
    assert 'value="description" selected' in page


def test_a_plan_that_cannot_be_is_refused_at_its_column(desk: Browser) -> None:
    address = str(send(desk, PRICES.encode(), "a.csv").location)
    nothing = desk.post(address, {"do": "preview"})
    assert nothing.status_code == 422
    assert not Page(nothing.text).faults
    assert tr("upload.plan.no_sheet", "ru") in nothing.text
    twice = desk.post(address, {"sheet-0": "yes", "column-0-1": "name", "column-0-2": "name", "do": "preview"})
    assert twice.status_code == 422
    assert any(one.attributes.get("href") == "#column-0-2" for one in Page(twice.text).all("a"))
    assert desk.post(address, {"do": "take"}).location == address
    assert tr("web.upload.preview_first", "ru") in desk.page(address).text


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.csv", "upload.file.empty"),
        (b"%PDF-1.7\n", "a.xlsx", "upload.file.foreign"),
        (b"PK\x03\x04 not an archive", "a.xlsx", "upload.file.damaged"),
    ],
)
def test_what_is_no_table_is_refused_with_its_name(desk: Browser, content: bytes, name: str, code: str) -> None:
    sent = send(desk, content, name)
    assert sent.status_code == 422
    page = Page(sent.text)
    assert not page.faults
    assert tr(code, "ru", **VALUES | {"file": name}) in page.text


def test_no_file_is_asked_for(desk: Browser) -> None:
    token = Page(desk.get("/desk/upload").text).hidden("csrf_token")
    sent = desk.client.post("/desk/upload", data={"csrf_token": token}, headers={"Referer": "http://localhost/"})
    assert sent.status_code == 422
    assert tr("web.upload.file_needed", "ru") in sent.text


def test_a_workbook_of_several_sheets(site: Site, desk: Browser, tmp_path: Path) -> None:
    header = ["Наименование", "Код ТН ВЭД"]
    path = books.xlsx(
        tmp_path / "b",
        {
            "Трубы": [header, ["Труба А", "7304191009"]],
            "Насосы": [header, ["Насос Б", "8413702100"]],
            "Прочее": [["x"]],
        },
    )
    address = str(send(desk, path.read_bytes(), "каталог.xlsx").location)
    page = desk.page(address)
    assert "Насосы" in page.text
    meant = {f"column-{sheet}-{place}": field for sheet in (0, 1) for place, field in enumerate(("name", "tnved"))}
    desk.post(address, {"sheet-1": "yes", **meant, "do": "preview"})
    run_job(site.runtime)
    take(desk, address)
    run_job(site.runtime)
    listed = desk.page("/desk/goods").text
    assert "Насос Б" in listed
    assert "Труба А" not in listed


def test_a_file_is_its_own_organisations(site: Site, desk: Browser) -> None:
    address = str(send(desk, PRICES.encode(), "a.csv").location)
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier_line(bin=bin_number(82)), on=site.runtime.today())
    other = site.browser()
    other.sign_in(site.account(AccountRole.OWNER, bin_number(82)))
    assert other.get(address).status_code == 404
    assert other.post(address, {"do": "take"}, form="/account").status_code == 404
    viewer = site.browser()
    viewer.sign_in(site.account(AccountRole.VIEWER, OWN))
    assert viewer.get(address).status_code == 403


def test_files_are_kept_for_a_while(site: Site, desk: Browser) -> None:
    address = str(send(desk, PRICES.encode(), "a.csv").location)
    folder = site.runtime.tables_folder
    assert len(list(folder.iterdir())) == 1
    site.clock.now += KEPT + timedelta(days=1)
    with site.runtime.database.transaction() as session:
        job = jobs.enqueue(session, "sweep", actor="system", now=site.clock.now)
    run_job(site.runtime, job.id)
    assert list(folder.iterdir()) == []
    desk.sign_in("editor@portal.example")
    assert desk.post(address, {"do": "take"}).status_code == 404


def test_a_formula_in_a_name_stays_a_text(site: Site, desk: Browser, tmp_path: Path) -> None:
    evil = 'Наименование;Ед.\n"=HYPERLINK(""http://evil.example"";""x"")";шт\n+1+cmd|\' /C calc\'!A0;шт\n'.encode()
    address = str(send(desk, evil, "a.csv").location)
    desk.post(address, {"sheet-0": "yes", "column-0-0": "name", "column-0-1": "unit", "do": "preview"})
    run_job(site.runtime)
    take(desk, address)
    run_job(site.runtime)
    path = tmp_path / "result.xlsx"
    path.write_bytes(desk.get(f"{address}/result.xlsx").data)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sheets
    assert all(b"<f>" not in sheet for sheet in sheets)
