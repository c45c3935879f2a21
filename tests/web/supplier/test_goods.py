"""A good over HTTP: drafts, details, the warning of a twin, files, history, the export of one's own."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from registry.accounts.models import AccountRole
from registry.catalogue.details import Details, Parameter
from registry.catalogue.models import ConformityKind, Visibility
from registry.catalogue.queries import details
from registry.evidence.goods import Good
from registry.evidence.models import Evidence, EvidenceStatus
from registry.evidence.queries import supplier_goods
from registry.spreadsheets import open_table
from registry.wording import LANGUAGES, tr
from search import sync
from tests.registry.files import samples
from tests.web.markup import Page
from tests.web.portal import Browser, Site
from tests.web.supplier.test_desk import FORM, OWN, TODAY, desk, goods, listed

__all__ = ["desk"]

DETAILS = {
    "parameters-0-name": "Диаметр",
    "parameters-0-value": "168",
    "parameters-0-unit": "мм",
    "parameters-1-name": "Марка стали",
    "parameters-1-value": "20",
    "standards-0": "ГОСТ 632-80",
    "agsk3": "",
    "output_per_year": "9 000",
    "conformity_kind": "certificate",
    "conformity_number": "KZ.7500.01",
    "conformity_expires": "2027-05-06",
    "price": "510 000,50",
    "price_currency": "KZT",
    "price_on": "2026-11-20",
    "price_visibility": "parties",
    "commissioned_on": "2026-02-03",
}


def everything(site: Site) -> list[Good]:
    with site.runtime.database.reading() as session:
        return supplier_goods(session, OWN, TODAY, drafts=True)


def details_of(site: Site, good: Good) -> Details:
    with site.runtime.database.reading() as session:
        return details(session, [good.id], TODAY)[good.id]


def found(site: Site, text: str) -> bool:
    register = site.runtime.database, site.runtime.engine, site.runtime.kinds
    sync.drain(*register, now=site.clock.now, on=TODAY, progress=lambda done, total: None)
    links = site.browser().page(f"/ru/search?q={text}").all("a")
    return any("/products/" in str(one.attributes.get("href")) for one in links)


def test_all_that_the_form_states_is_kept_and_shown_to_whom_it_may_be(site: Site, desk: Browser) -> None:
    good = listed(site, desk, **DETAILS)
    assert details_of(site, good) == Details(
        output_per_year=Decimal(9000),
        parameters=(Parameter("Диаметр", "168", "мм"), Parameter("Марка стали", "20")),
        standards=("ГОСТ 632-80",),
        price=Decimal("510000.50"),
        price_currency="KZT",
        price_on=TODAY - timedelta(days=3),
        price_visibility=Visibility.PARTIES,
        commissioned_on=TODAY.replace(month=2, day=3),
        conformity_kind=ConformityKind.CERTIFICATE,
        conformity_number="KZ.7500.01",
        conformity_expires=TODAY.replace(year=2027, month=5, day=6),
        draft=False,
    )
    address = f"/ru/products/{good.id}"
    public = site.browser().page(address).text
    assert "Марка стали" in public
    assert "KZ.7500.01" in public
    assert "510" not in public
    assert "510" in desk.page(address).text
    customer = site.browser()
    customer.sign_in(site.account(AccountRole.CUSTOMER, "091140998802"))
    assert "510" in customer.page(address).text
    shown = {
        one.attributes.get("name"): one.attributes.get("value")
        for one in desk.page(f"/ru/desk/goods/{good.id}").all("input")
    }
    assert shown["parameters-1-value"] == "20"
    assert shown["conformity_expires"] == "2027-05-06"


@pytest.mark.both_databases
def test_a_draft_is_its_suppliers_alone_until_it_is_published(site: Site, desk: Browser) -> None:
    response = desk.post("/desk/goods/new", {"name_ru": "Вентиль экспериментальный", "do": "draft"})
    assert response.status_code == 302
    [draft] = everything(site)
    assert goods(site) == []
    assert tr("web.goods.draft", "ru") in desk.page("/ru/desk/goods").text
    assert site.browser().get(f"/products/{draft.id}").status_code == 404
    assert not found(site, "Вентиль")
    address = f"/ru/desk/goods/{draft.id}"
    published = desk.post(
        address, {"name_ru": "Вентиль экспериментальный", "version": desk.page(address).hidden("version"), "do": "save"}
    )
    assert published.status_code == 302
    assert [good.id for good in goods(site)] == [draft.id]
    assert found(site, "Вентиль")
    # Back among the drafts it is found no more.
    page = desk.page(address)
    desk.post(address, {"name_ru": "Вентиль экспериментальный", "version": page.hidden("version"), "do": "draft"})
    assert goods(site) == []
    assert site.browser().get(f"/products/{draft.id}").status_code == 404


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_good_that_is_listed_already_is_told_of_before_it_is_saved(site: Site, desk: Browser, lang: str) -> None:
    first = listed(site, desk)
    twin = FORM | {"name_ru": "Труба  обсадная 168х8,9 мм", "name_kk": "", "name_en": ""}
    response = desk.post(f"/{lang}/desk/goods/new", twin)
    assert response.status_code == 409
    page = Page(response.text)
    assert not page.faults
    assert tr("web.goods.twins", lang, n=1) in page.text
    assert f"/{lang}/desk/goods/{first.id}" in response.text
    assert any(one.attributes.get("value") == twin["name_ru"] for one in page.all("input"))
    assert len(goods(site)) == 1
    assert desk.post(f"/{lang}/desk/goods/new", twin | {"do": "anyway"}).status_code == 302
    assert len(goods(site)) == 2


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("gone", [False, True])
def test_a_draft_or_withdrawn_good_of_the_name_is_gone_on_with_only_on_purpose(
    site: Site, desk: Browser, lang: str, gone: bool
) -> None:
    paper = {"evidence_kind": "ct-kz", "evidence_number": "KZ 6 120 00012"}
    good = listed(site, desk, **paper)
    if gone:
        site.clock.now += timedelta(days=1)
        desk.sign_in("owner@portal.example")
    assert desk.post(f"/desk/goods/{good.id}/withdraw", {}).status_code == 302
    with site.runtime.database.transaction() as session:
        session.execute(Evidence.__table__.update().values(status=EvidenceStatus.REVOKED))  # type: ignore[attr-defined]
    address = f"/{lang}/desk/goods/new"
    for do in ("save", "anyway", "draft_anyway"):
        response = desk.post(address, FORM | paper | {"unit": "шт", "do": do})
        assert response.status_code == 409
    page = Page(response.text)
    assert not page.faults
    assert tr("web.goods.kept_words", lang) in page.text
    assert any(one.attributes.get("value") == "шт" for one in page.all("input"))
    [go_on] = [one for one in page.all("button") if one.attributes.get("formaction") == f"/{lang}/desk/goods/{good.id}"]
    assert (go_on.attributes["name"], go_on.attributes["value"]) == ("do", "draft_anyway")
    taken_up = FORM | {"unit": "шт", "version": page.hidden("version"), "do": "anyway"}
    refused = desk.post(f"/{lang}/desk/goods/{good.id}", taken_up | paper)
    assert refused.status_code == 422
    assert tr("web.form.product.already_revoked", lang) in Page(refused.text).text
    assert desk.post(f"/{lang}/desk/goods/{good.id}", taken_up).status_code == 302
    with site.runtime.database.reading() as session:
        [now] = supplier_goods(session, OWN, TODAY + timedelta(days=gone))
    assert (now.id, now.unit, now.evidence[0].status) == (good.id, "шт", EvidenceStatus.REVOKED)


def test_the_name_of_a_draft_thrown_away_on_its_day_is_free(site: Site, desk: Browser) -> None:
    desk.post("/desk/goods/new", FORM | {"do": "draft"})
    [draft] = everything(site)
    assert desk.post(f"/desk/goods/{draft.id}/withdraw", {}).status_code == 302
    assert everything(site) == []
    assert listed(site, desk).unit == FORM["unit"]


def test_another_size_is_another_good(site: Site, desk: Browser) -> None:
    listed(site, desk)
    other = FORM | {
        "name_ru": "Труба обсадная 245х8,9",
        "name_kk": "Шегендеу құбыры 245х8,9",
        "name_en": "Casing 245x8.9",
    }
    assert desk.post("/desk/goods/new", other).status_code == 302


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"parameters-0-name": "Диаметр"}, "parameters-0-value", "web.goods.parameter_value_needed"),
        ({"parameters-0-value": "168"}, "parameters-0-name", "web.goods.parameter_name_needed"),
        ({"standards-0": "ГОСТ 1", "no_standard": "y"}, "standards-0", "goods.standards.both"),
        ({"conformity_kind": "certificate"}, "conformity_number", "goods.conformity.number"),
        ({"conformity_number": "1"}, "conformity_kind", "goods.conformity.kind"),
        ({"price_on": "2026-11-01"}, "price", "goods.price.missing"),
        ({"price": "1", "price_on": "2026-12-01"}, "price_on", "goods.price.later"),
        ({"commissioned_on": "2026-12-01"}, "commissioned_on", "goods.commissioned.later"),
        ({"tnved": "2523290000"}, "agsk3", "web.goods.agsk3_needed"),
        ({"site_id": "99"}, "site_id", "web.form.choice"),
        ({"price_visibility": "friends"}, "price_visibility", "web.form.choice"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    site: Site, desk: Browser, changes: dict[str, str], field: str, said: str
) -> None:
    response = desk.post("/ru/desk/goods/new", FORM | changes)
    assert response.status_code == 422
    page = Page(response.text)
    assert not page.faults
    assert any(one.attributes.get("href") == f"#{field}" for one in page.all("a"))
    assert tr(said, "ru") in page.text
    assert goods(site) == []


def test_a_construction_material_may_leave_its_code_to_the_institute(site: Site, desk: Browser) -> None:
    cement = FORM | {"tnved": "2523290000", "agsk3_later": "y"}
    assert desk.post("/ru/desk/goods/new", cement).status_code == 302
    assert tr("web.goods.agsk3_awaited", "ru") in desk.page("/ru/desk/goods").text
    expert = site.browser()
    expert.sign_in(site.account(AccountRole.EXPERT))
    assert "Труба обсадная 168х8,9" in expert.page("/ru/institute/codes/").text


def test_more_rows_are_given_without_saving(site: Site, desk: Browser) -> None:
    response = desk.post("/ru/desk/goods/new", FORM | DETAILS | {"do": "parameters"})
    page = Page(response.text)
    assert not page.faults
    names = {one.attributes.get("name"): one.attributes.get("value") for one in page.all("input")}
    assert (names["parameters-2-name"] or "", names["parameters-1-value"]) == ("", "20")
    assert goods(site) == []


def test_nothing_is_deleted_what_is_withdrawn_is_in_the_archive(site: Site, desk: Browser) -> None:
    good = listed(site, desk, **DETAILS)
    # Listed today alone it goes back among the drafts, with all that was typed.
    desk.post(f"/desk/goods/{good.id}/withdraw", {})
    assert goods(site) == []
    [kept] = everything(site)
    assert details_of(site, kept).parameters[0].name == "Диаметр"
    site.clock.now += timedelta(days=1)
    desk.sign_in("owner@portal.example")
    desk.post(f"/desk/goods/{good.id}/withdraw", {})
    archive = desk.page("/ru/desk/goods/withdrawn").text
    assert "Труба обсадная 168х8,9" in archive


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_history_says_who_changed_what(site: Site, desk: Browser, lang: str) -> None:
    good = listed(site, desk, **DETAILS)
    address = f"/desk/goods/{good.id}"
    desk.post(address, FORM | DETAILS | {"price": "620 000", "version": desk.page(address).hidden("version")})
    page = desk.page(f"/{lang}/desk/goods/{good.id}/history")
    for said in (tr("goods.done.added", lang), tr("goods.done.changed", lang), tr("goods.field.price", lang)):
        assert said in page.text
    assert "owner" in page.text
    assert " ".join(tr("web.value.number", lang, value=620_000).split()) in page.text
    other = site.browser()
    other.sign_in(site.account(AccountRole.OWNER, "110540990111", "other@portal.example"))
    assert other.get(f"/desk/goods/{good.id}/history").status_code == 404


def test_everything_of_ones_own_is_taken_away_as_a_workbook_and_as_json(
    site: Site, desk: Browser, tmp_path: Path
) -> None:
    listed(site, desk, **DETAILS)
    desk.post("/desk/goods/new", {"name_ru": '=HYPERLINK("http://x")', "do": "draft"})
    answer = desk.get("/desk/export.json")
    assert answer.headers["Cache-Control"] == "no-store"
    said = json.loads(answer.data)
    assert [good["draft"] for good in said["goods"]] == [False, True]
    assert said["goods"][0]["price"] == "510000.5"
    assert said["goods"][0]["parameters"][0] == {"name": "Диаметр", "value": "168", "unit": "мм"}
    assert said["organisation"]["bin"] == OWN
    path = tmp_path / "own.xlsx"
    path.write_bytes(desk.get("/desk/export.xlsx").data)
    with open_table(path, ("name", "parameters"), required=("name",)) as table:
        first, second = list(table.rows())
    assert first.cells["parameters"] == "Диаметр: 168 мм\nМарка стали: 20"
    assert "HYPERLINK" in second.cells["name"]
    # Text is never a formula.
    with ZipFile(path) as book:
        assert not any(b"<f>" in book.read(name) for name in book.namelist())
    stranger = site.browser()
    assert stranger.get("/desk/export.json").status_code == 302


def test_files_of_a_good_are_sent_shown_and_taken_away(site: Site, desk: Browser) -> None:
    good = listed(site, desk)
    address = f"/ru/desk/goods/{good.id}/files"
    assert not desk.page(address).faults
    sent = {
        "photos": (BytesIO(samples.picture()), "фото.jpg"),
        "documents": (BytesIO(samples.pdf(pages=1)), "сертификат.pdf"),
    }
    response = desk.post(address, sent)
    assert response.status_code == 302
    page = desk.page(address)
    assert not page.faults
    assert "сертификат.pdf" in page.text
    public = site.browser().page(f"/ru/products/{good.id}")
    [picture] = [one.attributes["src"] for one in public.all("img")]
    assert site.browser().get(str(picture)).status_code == 200
    assert "сертификат.pdf" not in public.text
    token = str(picture).split("/")[-2]
    assert desk.post(f"/desk/goods/{good.id}/files/{token}/remove", {}, form=address).status_code == 302
    assert desk.post(f"/desk/goods/{good.id}/files/{token}/remove", {}, form=address).status_code == 302
    assert site.browser().get(str(picture)).status_code == 404


@pytest.mark.parametrize(
    ("sent", "said"),
    [({}, "web.goods.nothing_sent"), ({"photos": (b"<svg onload='x'/>", "фото.jpg")}, None)],
)
def test_what_is_no_photograph_is_refused(
    site: Site, desk: Browser, sent: dict[str, tuple[bytes, str]], said: str | None
) -> None:
    good = listed(site, desk)
    fields = {name: (BytesIO(content), called) for name, (content, called) in sent.items()}
    response = desk.post(f"/ru/desk/goods/{good.id}/files", fields)
    assert response.status_code == 422
    page = Page(response.text)
    assert not page.faults
    if said:
        assert tr(said, "ru") in page.text


def test_the_meter_says_what_is_missing_and_what_it_brings(site: Site, desk: Browser) -> None:
    good = listed(site, desk)
    page = desk.page(f"/ru/desk/goods/{good.id}")
    assert tr("goods.missing.evidence", "ru") in page.text
    assert tr("goods.brings.evidence", "ru") in page.text
    assert any(one.attributes.get("href") == "#evidence_kind" for one in page.all("a"))
    assert any(one.attributes.get("id") == "evidence_kind" for one in page.all("select"))
