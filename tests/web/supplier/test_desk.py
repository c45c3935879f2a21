"""The supplier's desk: one form, whose errors keep what was typed, and which never overwrites another's change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.evidence.goods import Good
from registry.evidence.models import Evidence, EvidenceStatus
from registry.evidence.queries import supplier_goods
from registry.identifiers import CheckDigit
from registry.outbox import OutboxRow
from registry.suppliers.models import Role
from registry.suppliers.operations import take_in
from registry.suppliers.rules import SupplierLine
from registry.wording import LANGUAGES, tr
from tests.web.markup import Page
from tests.web.portal import Browser, Site

OWN, OTHER = "080340990007", "110540990111"
TODAY = date(2026, 11, 23)
FORM = {
    "name_ru": "Труба обсадная 168х8,9",
    "name_kk": "Шегендеу құбыры 168х8,9",
    "name_en": "Casing 168x8.9",
    "description": "ГОСТ 632-80\r\nрезьба ОТТМ",
    "kind": "goods",
    "tnved": "7304 29 100 1",
    "kpved": "242011",
    "enstru": "",
    "role": "maker",
    "capacity_per_year": "12 500,5",
    "unit": "т",
    "evidence_kind": "",
    "do": "save",
}
PAPER = {
    "evidence_kind": "ct-kz",
    "evidence_number": "KZ 6 120 00012",
    "icv_percent": "68,23",
    "evidence_issued": "2026-02-01",
    "evidence_expires": "31.01.2027",
}


@pytest.fixture
def desk(site: Site) -> Browser:
    """A supplier's browser, signed in."""
    lines = {
        0: SupplierLine(OWN, CheckDigit.VALID, "ТОО «Ертіс Құбыр»", Role.MAKER, kato="551010000"),
        1: SupplierLine(OTHER, CheckDigit.VALID, "ТОО «Профиль»", Role.DEALER),
    }
    with site.runtime.database.transaction() as session:
        take_in(session, lines, on=TODAY, actor=Actor("test"), now=site.clock.now)
    browser = site.browser()
    browser.sign_in(site.account(AccountRole.OWNER, OWN))
    return browser


def goods(site: Site, bin: str = OWN) -> list[Good]:
    with site.runtime.database.reading() as session:
        return supplier_goods(session, bin, TODAY)


def counted(site: Site, table: type) -> int:
    with site.runtime.database.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def listed(site: Site, desk: Browser, **changes: str) -> Good:
    assert desk.post("/desk/goods/new", FORM | changes).status_code == 302
    return goods(site)[-1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_empty_desk_says_how_to_fill_it(desk: Browser, lang: str) -> None:
    page = desk.page(f"/{lang}/desk/goods")
    assert tr("web.desk.empty", lang) in page.text
    assert any((one.attributes.get("href") or "").endswith("/desk/goods/new") for one in page.all("a"))
    assert desk.page(f"/{lang}/desk/goods/new").lang == lang


def test_what_the_form_states_is_listed(site: Site, desk: Browser) -> None:
    response = desk.post("/kk/desk/goods/new", FORM | PAPER)
    assert response.location == "/kk/desk/goods"
    (good,) = goods(site)
    assert (good.name_ru, good.name_kk, good.name_en) == (FORM["name_ru"], FORM["name_kk"], FORM["name_en"])
    assert (good.tnved, good.kpved, good.enstru) == ("7304291001", "24.20.11", None)
    assert (good.capacity_per_year, good.unit, good.role) == (Decimal("12500.5"), "т", Role.MAKER)
    assert "ОТТМ" in (good.description or "")
    (fact,) = good.evidence
    assert (fact.kind, fact.number, fact.percent) == ("ct-kz", "KZ 6 120 00012", Decimal("68.23"))
    assert (fact.issued_on, fact.expires_on) == (date(2026, 2, 1), date(2027, 1, 31))
    assert fact.status is EvidenceStatus.CLAIMED
    page = desk.page("/kk/desk/goods")
    assert tr("web.desk.saved", "kk") in page.text
    assert FORM["name_kk"] in page.text
    assert tr("web.standing.claimed", "kk") in page.text or tr("web.standing.expired", "kk") in page.text
    assert tr("web.desk.saved", "kk") not in desk.page("/kk/desk/goods").text


def test_line_audit_and_outbox_are_one_and_the_worker_is_woken_after(site: Site, desk: Browser) -> None:
    before = counted(site, AuditRow), counted(site, OutboxRow)
    listed(site, desk)
    assert counted(site, AuditRow) > before[0]
    assert counted(site, OutboxRow) > before[1]
    assert site.woken == [None]
    with site.runtime.database.reading() as session:
        last = session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert last is not None
    assert last.actor == "owner@portal.example"


def test_a_refused_form_changes_nothing_and_wakes_nobody(site: Site, desk: Browser) -> None:
    listed(site, desk)
    before = counted(site, AuditRow), counted(site, OutboxRow), list(site.woken)
    assert desk.post("/desk/goods/new", FORM | {"unit": "шт"}).status_code == 409
    assert desk.post("/desk/goods/new", FORM | {"tnved": "73a"}).status_code == 422
    assert (counted(site, AuditRow), counted(site, OutboxRow), site.woken) == before


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name_ru": "", "name_kk": "", "name_en": " "}, "name_ru", "web.form.product.name_needed"),
        ({"kind": "works", "kpved": ""}, "kpved", "web.form.product.kpved_needed"),
        ({"kind": "ideas"}, "kind", "web.form.choice"),
        ({"tnved": "7700 00 000 0"}, "tnved", "identifiers.tnved.chapter"),
        ({"role": ""}, "role", "web.form.choice"),
        ({"capacity_per_year": "много"}, "capacity_per_year", "web.form.number"),
        (PAPER | {"evidence_number": ""}, "evidence_number", "web.form.product.number_needed"),
        (PAPER | {"evidence_kind": ""}, "evidence_kind", "web.form.product.kind_needed"),
        (PAPER | {"evidence_issued": "31.02.2026"}, "evidence_issued", "web.form.day"),
        (PAPER | {"evidence_expires": "2026-01-31"}, "evidence_expires", "web.form.product.dates"),
    ],
)
def test_an_error_leads_to_its_field_and_keeps_what_was_typed(
    site: Site, desk: Browser, lang: str, changes: dict[str, str], field: str, code: str
) -> None:
    sent = FORM | changes
    response = desk.post(f"/{lang}/desk/goods/new", sent)
    assert response.status_code == 422
    page = Page(response.text)
    assert not page.faults
    summary = next(one for one in page.all("div") if one.attributes.get("id") == "errors")
    assert tr(code, lang, chapter="77") in summary.text
    assert any(one.attributes.get("href") == f"#{field}" for one in page.all("a"))
    kept = {one.attributes.get("name"): one for one in page.all("input", "textarea")}
    invalid = [one for one in page.all("input", "select", "textarea") if one.attributes.get("aria-invalid")]
    assert [one.attributes.get("id") for one in invalid] == [field]
    for name in ("name_ru", "tnved", "capacity_per_year", "unit"):
        assert kept[name].attributes["value"] == sent[name]
    assert kept["description"].text.split() == sent["description"].split()
    assert goods(site) == []


@pytest.mark.parametrize(("code", "state"), [("730429", "short"), ("", "absent"), ("7304291001", "unchecked")])
def test_a_code_that_is_not_complete_is_kept_and_marked(site: Site, desk: Browser, code: str, state: str) -> None:
    """As in a file of goods: the line is listed, and its supplier told what the code needs."""
    assert desk.post("/ru/desk/goods/new", FORM | {"tnved": code}).status_code == 302
    (good,) = goods(site)
    assert (good.tnved, str(good.tnved_state)) == (code or None, state)
    page = desk.page("/ru/desk/goods")
    assert tr(f"web.code_state.{state}_words", "ru") in page.text
    assert tr(f"web.code_state.{state}", "ru") in page.text


def test_works_are_found_by_either_code_of_activity(site: Site, desk: Browser) -> None:
    works = FORM | {"kind": "works", "tnved": "", "kpved": "", "enstru": "422221.999.000011"}
    assert desk.post("/desk/goods/new", works).status_code == 302
    assert goods(site)[0].enstru == "422221.999.000011"
    assert tr("web.code_state.absent_words", "ru") not in desk.page("/ru/desk/goods").text


def test_a_percent_beyond_a_hundred_is_refused(desk: Browser) -> None:
    response = desk.post("/ru/desk/goods/new", FORM | PAPER | {"icv_percent": "168"})
    assert tr("web.form.range", "ru", most=100) in Page(response.text).text


@pytest.mark.both_databases
def test_control_characters_are_left_out(site: Site, desk: Browser) -> None:
    good = listed(site, desk, name_ru="Труба\0 обсадная\x1f", description="ГОСТ\0 632\r\nОТТМ\x07")
    assert (good.name_ru, good.description) == ("Труба обсадная", "ГОСТ 632\nОТТМ")


def test_numbers_are_read_as_the_page_writes_them(site: Site, desk: Browser) -> None:
    assert desk.post("/en/desk/goods/new", FORM | {"capacity_per_year": "12,500"}).status_code == 302
    assert goods(site)[0].capacity_per_year == Decimal("12500")
    page = desk.page(f"/en/desk/goods/{goods(site)[0].id}")
    shown = next(one for one in page.all("input") if one.attributes.get("name") == "capacity_per_year")
    assert shown.attributes["value"] == "12,500"


def test_a_line_is_changed(site: Site, desk: Browser) -> None:
    good = listed(site, desk)
    path = f"/desk/goods/{good.id}"
    page = desk.page(path)
    assert page.hidden("version") == str(good.version)
    changed = FORM | {"version": str(good.version), "name_ru": "Труба обсадная 168х10", "name_en": ""}
    assert desk.post(path, changed).location == "/desk/goods"
    (now,) = goods(site)
    assert (now.id, now.name_ru, now.name_en) == (good.id, "Труба обсадная 168х10", None)
    assert now.version > good.version


def test_a_change_that_was_overtaken_is_shown_beside_the_other(site: Site, desk: Browser) -> None:
    good = listed(site, desk)
    path = f"/desk/goods/{good.id}"
    stale = FORM | {"version": str(good.version)}
    assert desk.post(path, stale | {"unit": "шт"}).status_code == 302
    response = desk.post(f"/ru{path}", stale | {"unit": "м", "name_ru": "Труба моя"})
    assert response.status_code == 409
    page = Page(response.text)
    assert not page.faults
    rows = [" ".join(one.text.split()) for one in page.all("tr")]
    assert page.title == tr("web.conflict.own_title", "ru")
    assert f"{tr('web.form.product.unit', 'ru')} шт м" in rows
    assert f"{tr('web.form.product.name_ru', 'ru')} {FORM['name_ru']} Труба моя" in rows
    assert len(rows) == 3
    assert goods(site)[0].unit == "шт"
    mine = {
        one.attributes["name"] or "": one.attributes.get("value") or ""
        for one in page.all("input")
        if one.attributes.get("type") == "hidden" and one.attributes.get("name") != "csrf_token"
    }
    assert mine["version"] == str(goods(site)[0].version)
    assert desk.post(path, mine | {"do": "save"}).status_code == 302
    (now,) = goods(site)
    assert (now.unit, now.name_ru, now.capacity_per_year) == ("м", "Труба моя", good.capacity_per_year)


def test_who_was_overtaken_by_somebody_else_is_told_so(site: Site, desk: Browser) -> None:
    good = listed(site, desk)
    stale = FORM | {"version": str(good.version), "unit": "м"}
    colleague = site.browser()
    colleague.sign_in(site.account(AccountRole.EDITOR, OWN, email="colleague@portal.example"))
    assert colleague.post(f"/desk/goods/{good.id}", stale | {"unit": "шт"}).status_code == 302
    page = Page(desk.post(f"/ru/desk/goods/{good.id}", stale).text)
    assert page.title == tr("web.error.409.title", "ru")
    assert tr("web.conflict.words", "ru") in page.text


def test_two_lines_of_one_name_are_refused(site: Site, desk: Browser) -> None:
    listed(site, desk)
    response = desk.post("/ru/desk/goods/new", FORM | {"name_ru": "ТРУБА обсадная 168х8,9"})
    assert response.status_code == 409
    page = Page(response.text)
    assert not page.faults
    assert any(one.attributes.get("href") == "#name_ru" for one in page.all("a"))


def test_what_is_confirmed_cannot_be_claimed_anew(site: Site, desk: Browser) -> None:
    good = listed(site, desk, **PAPER)
    with site.runtime.database.transaction() as session:
        session.execute(Evidence.__table__.update().values(status=EvidenceStatus.CONFIRMED))  # type: ignore[attr-defined]
    sent = FORM | PAPER | {"version": str(good.version), "icv_percent": "100", "unit": "шт"}
    response = desk.post(f"/ru/desk/goods/{good.id}", sent)
    assert response.status_code == 422
    assert tr("web.form.product.already_confirmed", "ru") in response.text
    (now,) = goods(site)
    assert (now.unit, now.evidence[0].status) == ("т", EvidenceStatus.CONFIRMED)


def test_a_claim_may_be_corrected(site: Site, desk: Browser) -> None:
    good = listed(site, desk, **PAPER)
    sent = FORM | PAPER | {"version": str(good.version), "icv_percent": "70"}
    assert desk.post(f"/desk/goods/{good.id}", sent).status_code == 302
    assert [fact.percent for fact in goods(site)[0].evidence] == [Decimal("70")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_another_good_is_not_confirmed_by_the_old_ones_document(site: Site, desk: Browser, lang: str) -> None:
    """The form says so before and after; what does not make it another good leaves the document as it is."""
    paper = {"evidence_kind": "ktp", "evidence_number": "КТП-7015", "icv_percent": "70,15"}
    good = listed(site, desk, **paper)
    path = f"/{lang}/desk/goods/{good.id}"
    documents = f"{tr('standing.kind.ktp', lang)} {tr('standing.document', lang, kind='', number='КТП-7015').strip()}"
    warned = tr("web.form.product.unconfirms", lang, documents=documents)
    told = tr("web.desk.unconfirmed", lang, documents=documents)
    assert warned not in desk.page(path).text
    with site.runtime.database.transaction() as session:
        session.execute(Evidence.__table__.update().values(status=EvidenceStatus.CONFIRMED))  # type: ignore[attr-defined]
    assert warned in desk.page(path).text

    same = FORM | {"version": str(good.version), "name_ru": "ТРУБА  обсадная 168х8,9", "unit": "м", "description": ""}
    assert desk.post(path, same).status_code == 302
    page = desk.page(f"/{lang}/desk/goods")
    assert told not in page.text
    assert tr("web.standing.confirmed", lang) in page.text

    phone = {"name_ru": "Смартфон", "name_kk": "", "name_en": "", "tnved": "8517130000", "unit": "шт"}
    assert desk.post(path, same | phone | {"version": str(goods(site)[0].version)}).status_code == 302
    page = desk.page(f"/{lang}/desk/goods")
    assert told in page.text
    assert tr("web.standing.confirmed", lang) not in page.text
    assert tr("web.standing.claimed", lang) in page.text
    (now,) = goods(site)
    assert (now.name_ru, [fact.status for fact in now.evidence]) == ("Смартфон", [EvidenceStatus.CLAIMED])
    assert warned not in desk.page(path).text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_code_is_checked_without_saving(site: Site, desk: Browser, lang: str) -> None:
    response = desk.post(f"/{lang}/desk/goods/new", FORM | {"do": "check", "name_ru": ""})
    assert response.status_code == 200
    page = Page(response.text)
    assert not page.faults
    assert tr("web.code_state.unchecked_words", lang) in page.text
    assert not [one for one in page.all("div") if one.attributes.get("id") == "errors"]
    bad = Page(desk.post(f"/{lang}/desk/goods/new", FORM | {"do": "check", "tnved": "73a"}).text)
    assert any(one.attributes.get("href") == "#tnved" for one in bad.all("a"))
    none = Page(desk.post(f"/{lang}/desk/goods/new", FORM | {"do": "check", "tnved": ""}).text)
    for page, told in ((none, True), (bad, False), (desk.page(f"/{lang}/desk/goods/new"), False)):
        assert (tr("web.code_state.absent_words", lang) in page.text) is told
    assert goods(site) == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, tuple(f"standing.kind.{kind}" for kind in ("ct_kz", "ktp"))),
        ({"evidence_kind": "industrial", "evidence_number": "102 0 00089"}, ("standing.kind.industrial",)),
        ({"evidence_kind": "ktp", "evidence_number": "КТП-2026-1"}, ()),
    ],
)
def test_a_document_that_is_worth_nothing_today_is_saved_with_a_warning(
    site: Site, desk: Browser, lang: str, changes: dict[str, str], said: tuple[str, ...]
) -> None:
    """From 1 January 2026 the extract of the register is the sole proof; the warning names what is accepted."""
    assert desk.post(f"/{lang}/desk/goods/new", FORM | PAPER | changes).status_code == 302
    page = desk.page(f"/{lang}/desk/goods")
    assert tr("web.desk.saved", lang) in page.text
    warned = " ".join(one.text for one in page.all("div") if "notice-doubt" in (one.attributes.get("class") or ""))
    assert all(tr(code, lang) in warned for code in said)
    assert (tr("standing.kind.ktp", lang) in warned) is bool(said)


def test_another_suppliers_line_is_not_there(site: Site, desk: Browser) -> None:
    good = listed(site, desk)
    site.account(AccountRole.OWNER, OTHER, email="other@portal.example")
    stranger = site.browser()
    stranger.sign_in("other@portal.example")
    stranger.page(f"/desk/goods/{good.id}", 404)
    sent = FORM | {"version": str(good.version), "name_ru": "Чужая"}
    assert stranger.post(f"/desk/goods/{good.id}", sent, form="/desk/goods/new").status_code == 404
    assert goods(site)[0].name_ru == FORM["name_ru"]
    assert goods(site, OTHER) == []


def test_a_line_may_be_withdrawn_by_its_own_supplier_alone(site: Site, desk: Browser) -> None:
    good = listed(site, desk)
    path = f"/ru/desk/goods/{good.id}/withdraw"
    site.account(AccountRole.OWNER, OTHER, email="other@portal.example")
    stranger = site.browser()
    stranger.sign_in("other@portal.example")
    stranger.page(path, 404)
    assert stranger.post(path, {}, form="/desk/goods/new").status_code == 404
    assert [one.id for one in goods(site)] == [good.id]
    assert tr("web.withdraw.new", "ru") in desk.page(path).text
    assert desk.post(path, {}).status_code == 302
    assert goods(site) == []
    assert site.woken[-1] is None
    # It was never listed on an earlier day, so there is no page and nothing in the archive: it is a draft again.
    desk.page(f"/ru/products/{good.id}", 404)
    assert tr("web.withdrawn.none", "ru") in desk.page("/ru/desk/goods/withdrawn").text
    again = Page(desk.post("/desk/goods/new", FORM).text)
    went_on = desk.post(f"/desk/goods/{good.id}", FORM | {"version": again.hidden("version"), "do": "anyway"})
    assert went_on.status_code == 302
    assert [one.id for one in goods(site)] == [good.id]


def test_a_line_keeps_its_suppliers_own_number(site: Site, desk: Browser) -> None:
    """The form does not show the id that a file gave; saving must not lose it."""
    from registry.catalogue.models import Product

    good = listed(site, desk)
    with site.runtime.database.transaction() as session:
        product = session.get_one(Product, good.id)
        product.external_id, product.key = "PVT-77", "#PVT-77"
    sent = FORM | {"version": str(good.version), "unit": "м"}
    assert desk.post(f"/desk/goods/{good.id}", sent).status_code == 302
    assert (goods(site)[0].external_id, goods(site)[0].unit) == ("PVT-77", "м")


def test_a_person_of_no_registered_supplier_is_told(site: Site) -> None:
    browser = site.browser()
    browser.sign_in(site.account(AccountRole.OWNER, OWN))
    page = browser.page("/ru/desk/goods", 404)
    assert tr("web.desk.no_supplier", "ru", bin=OWN) in page.text
