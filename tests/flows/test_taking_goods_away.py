"""What is taken away from the portal and brought back says what the register says: nothing changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from registry.accounts.models import AccountRole
from registry.audit import AuditRow
from registry.bulk import Intake
from registry.bulk_rows import Outcome
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.queries import goods_after
from registry.suppliers.models import Role
from tests.factories import add_product, add_supplier, fact, product_line, supplier_line
from tests.web.portal import Site
from web import demo
from web.imports import import_table

pytestmark = pytest.mark.both_databases

DAY = date(2026, 11, 23)
FORM = {
    "name_ru": "Фильтр  воздушный ",
    "description": "Для двигателей\r\n  ЯМЗ-238,  ГОСТ 8002-74\r\n\r\nв упаковке",
    "kind": "goods",
    "role": "maker",
    "tnved": "8421990006",
    "evidence_kind": "",
    "do": "save",
}


def taken_in(site: Site, kind: str, path: Path) -> Intake:
    return import_table(
        site.runtime, kind, path, on=DAY, actor="test", progress=lambda done, total: None, rejected=path.with_suffix("")
    )


def brought_back(site: Site, address: str, folder: Path) -> dict[str, int]:
    """What comes of taking a list in as it was taken away; each outcome of rows that had any."""
    path = folder / address.rsplit("/", 1)[1]
    path.write_bytes(site.browser().get(address).data)
    return {str(outcome): times for outcome, times in taken_in(site, "products", path).counts.items() if times}


def said(site: Site) -> tuple[list[Good], int]:
    """Everything listed, versions included, and how many changes were ever written down."""
    with site.runtime.database.reading() as session:
        changes = session.execute(select(func.count()).select_from(AuditRow)).scalar_one()
        return goods_after(session, 0, 10_000, DAY), changes


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_demo_s_goods_come_back_as_they_went(site: Site, tmp_path: Path, form: str) -> None:
    for kind in ("suppliers", "products"):
        with demo.starter(f"{kind}.csv") as path:
            assert taken_in(site, kind, path).counts[Outcome.REJECTED] == 0
    site.drain()
    before = said(site)
    assert len(before[0]) > 400
    assert brought_back(site, f"/exports/goods.{form}", tmp_path) == {"unchanged": len(before[0])}
    assert said(site) == before


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_odd_lines_come_back_as_they_went(site: Site, tmp_path: Path, form: str) -> None:
    supplier = supplier_line(role=Role.MAKER)
    papers: list[tuple[EvidenceFact, ...]] = [
        (fact(status=EvidenceStatus.CLAIMED),),
        (fact(kind="ct-kz", number="KZ 5 120 00012", issued_on=date(2025, 3, 1)),),
        (fact(kind="ct-kz", number="KZ 5 120 00013", issued_on=date(2025, 3, 1), status=EvidenceStatus.CLAIMED),),
        (fact(status=EvidenceStatus.REVOKED),),
        (fact(issued_on=date(2027, 1, 1)),),
        (fact(number="", status=EvidenceStatus.CLAIMED, percent=None),),
        (fact(), fact(kind="industrial", number="102 0 00089")),
        (),
    ]
    odd: list[dict[str, Any]] = [
        {"name_ru": None},
        {"name_ru": None, "name_kk": None},
        {"name_ru": "=Труба", "name_kk": None, "name_en": None},
        {"role": Role.DEALER, "external_id": "00012"},
        {"capacity_per_year": None, "unit": None, "description": None},
        {"tnved": None, "kpved": None, "enstru": None},
        {"tnved": "730419"},
    ]
    with site.runtime.database.transaction() as session:
        add_supplier(session, supplier, on=DAY)
        for facts in papers:
            add_product(session, product_line(supplier.bin), *facts, on=DAY)
        for given in odd:
            add_product(session, replace(product_line(supplier.bin), **given), fact(), on=DAY)
    desk = site.browser()
    desk.sign_in(site.account(AccountRole.OWNER, supplier.bin))
    assert desk.post("/desk/goods/new", FORM).status_code == 302
    before = said(site)
    assert before[0][-1].description == "Для двигателей\nЯМЗ-238, ГОСТ 8002-74\n\nв упаковке"
    address = f"/exports/suppliers/{supplier.bin}.{form}"
    assert brought_back(site, address, tmp_path) == {"unchanged": len(papers) + len(odd) + 1}
    assert said(site) == before
