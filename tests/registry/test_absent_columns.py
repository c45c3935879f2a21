"""Of what a file has no column for it says nothing; an empty cell says that there is nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from registry.accounts.rules import Actor
from registry.bulk import Intake
from registry.catalogue.models import CodeState, ProductKind, ProductVersion
from registry.catalogue.operations import list_lines
from registry.classifiers.tree import Tree
from registry.db import Database
from registry.evidence.models import Evidence, EvidenceStatus
from registry.evidence.queries import goods
from registry.suppliers.models import Role, SupplierVersion
from registry.suppliers.operations import ids_of
from tests.factories import NOW, TODAY, add_product, bin_number, fact, product_line
from tests.registry.importing import everything, import_file, suppliers_file, write

BIN = bin_number(0)
SUPPLIER = {
    "bin": BIN,
    "name": "ТОО «Завод»",
    "kind": "maker",
    "kato": "471810000",
    "oked": "24201",
    "address": "ул. Абая, 1",
    "email": "a@zavod.kz",
    "phone": "+77010000000",
}
PRODUCT = {
    "bin": BIN,
    "name": "Труба",
    "name_kk": "Құбыр",
    "description": "ГОСТ 8732",
    "tnved": "7304191009",
    "unit": "т",
    "capacity_per_year": "100",
    "role": "dealer",
    "external_id": "P1",
    "icv_percent": "60",
    "evidence_kind": "ktp",
    "evidence_number": "К-1",
    "evidence_issued": "2026-01-31",
}


def taken(database: Database, folder: Path, kind: str, *rows: dict[str, str]) -> Intake:
    path = write(folder / f"{kind}.csv", list(rows[0]), [row.values() for row in rows])
    return import_file(database, kind, path, folder / "rejected.csv")


def counts(intake: Intake) -> tuple[Any, ...]:
    told = intake.as_json()
    return told["added"], told["changed"], told["unchanged"], told["rejected"]


def supplier(database: Database) -> Any:
    version = SupplierVersion.__table__
    with database.reading() as session:
        return session.execute(select(version)).one()


def product(database: Database) -> Any:
    with database.reading() as session:
        return session.execute(select(ProductVersion.__table__)).one()


@pytest.mark.both_databases
def test_a_supplier_keeps_what_a_narrower_file_does_not_speak_of(database: Database, tmp_path: Path) -> None:
    taken(database, tmp_path, "suppliers", SUPPLIER)
    before, said = supplier(database), everything(database)
    narrow = {"bin": BIN, "name": SUPPLIER["name"]}
    assert counts(taken(database, tmp_path, "suppliers", narrow)) == (0, 0, 1, 0)
    assert supplier(database) == before
    assert {**everything(database), "runs": []} == {**said, "runs": []}
    assert counts(taken(database, tmp_path, "suppliers", narrow | {"phone": "", "name": "ТОО «Цех»"})) == (0, 1, 0, 0)
    after = supplier(database)
    assert (after.name, after.phone) == ("ТОО «Цех»", None)
    assert (after.role, after.kato, after.email) == (Role.MAKER, "471810000", "a@zavod.kz")


def test_a_new_supplier_of_a_narrow_file_has_what_an_empty_row_gives(database: Database, tmp_path: Path) -> None:
    assert counts(taken(database, tmp_path, "suppliers", {"bin": BIN, "name": "ТОО «Завод»"})) == (1, 0, 0, 0)
    assert (supplier(database).role, supplier(database).kato) == (Role.UNSTATED, None)


@pytest.mark.both_databases
def test_a_product_keeps_what_a_narrower_file_does_not_speak_of(database: Database, tmp_path: Path) -> None:
    import_file(database, "suppliers", suppliers_file(tmp_path), tmp_path / "rejected.csv")
    taken(database, tmp_path, "products", PRODUCT)
    before, said = product(database), everything(database)
    narrow = {column: PRODUCT[column] for column in ("bin", "name", "external_id", "evidence_kind", "evidence_number")}
    assert counts(taken(database, tmp_path, "products", narrow)) == (0, 0, 1, 0)
    assert product(database) == before
    assert {**everything(database), "runs": []} == {**said, "runs": []}
    with database.reading() as session:
        document = session.scalars(select(Evidence)).one()
        assert (document.percent, document.issued_on) == (Decimal(60), date(2026, 1, 31))
    assert counts(taken(database, tmp_path, "products", narrow | {"tnved": "", "unit": "шт"})) == (0, 1, 0, 0)
    after = product(database)
    assert (after.tnved, after.tnved_state, after.unit) == (None, CodeState.ABSENT, "шт")
    assert (after.name_kk, after.role, after.capacity_per_year) == ("Құбыр", Role.DEALER, Decimal(100))


def test_one_column_of_names_says_nothing_of_the_other_language(database: Database, tmp_path: Path) -> None:
    import_file(database, "suppliers", suppliers_file(tmp_path), tmp_path / "rejected.csv")
    row = {"bin": BIN, "external_id": "P1"}
    taken(database, tmp_path, "products", row | {"name": "Жіксіз құбыр"})
    taken(database, tmp_path, "products", row | {"name": "Труба бесшовная"})
    assert (product(database).name_ru, product(database).name_kk) == ("Труба бесшовная", "Жіксіз құбыр")
    again = taken(database, tmp_path, "products", row | {"name": "Жіксіз құбыр"})
    assert counts(again) == (0, 0, 1, 0)


@pytest.mark.both_databases
@pytest.mark.parametrize("column", ["name_kk", "name_en"])
def test_a_file_with_one_language_alone_leaves_the_names_in_others(database: Database, column: str) -> None:
    names = {"name_ru": "Труба", "name_kk": "Құбыр", "name_en": "Pipe"}
    absent = {"name", "name_kk", "name_en"} - {column}
    none = dict.fromkeys(names)
    with database.transaction() as session:
        id = add_product(session, product_line(BIN, external_id="P1", **names), fact())
        supplier_ids = ids_of(session, [BIN])
        line = product_line(BIN, external_id="P1", **none | {column: "Anew"})
        list_lines(session, {1: line}, supplier_ids, Tree(), absent=absent, on=TODAY, actor=Actor("test"), now=NOW)
        [good] = goods(session, [id], TODAY)
        assert {name: getattr(good, name) for name in names} == names | {column: "Anew"}
        assert [one.status for one in good.evidence] == [EvidenceStatus.CONFIRMED]


def test_goods_works_or_services_follow_from_all_codes_known(database: Database, tmp_path: Path) -> None:
    import_file(database, "suppliers", suppliers_file(tmp_path), tmp_path / "rejected.csv")
    row = {"bin": BIN, "name": "Монтаж", "external_id": "P1"}
    taken(database, tmp_path, "products", row)
    assert (product(database).kind, product(database).tnved_state) == (ProductKind.GOODS, CodeState.ABSENT)
    taken(database, tmp_path, "products", row | {"kpved": "43.21.10"})
    assert product(database).kind is ProductKind.WORKS
    taken(database, tmp_path, "products", row | {"unit": "шт"})
    assert product(database).kind is ProductKind.WORKS
    taken(database, tmp_path, "products", row | {"tnved": "7304191009"})
    assert (product(database).kind, product(database).kpved) == (ProductKind.GOODS, "43.21.10")
    taken(database, tmp_path, "products", row | {"tnved": ""})
    assert product(database).kind is ProductKind.WORKS


@pytest.mark.both_databases
def test_what_is_listed_again_keeps_what_the_file_does_not_speak_of(database: Database, tmp_path: Path) -> None:
    import_file(database, "suppliers", suppliers_file(tmp_path), tmp_path / "rejected.csv")
    told = {"parameters": "Диаметр: 168 мм", "standards": "ГОСТ 632-80", "price": "100", "agsk3": "2.1-7"}
    taken(database, tmp_path, "products", PRODUCT | told)
    with database.transaction() as session:
        before = session.execute(select(ProductVersion.__table__)).one()
        # It was listed until today.
        version = ProductVersion.__table__
        session.execute(update(version).values(valid_from=TODAY - timedelta(days=9), valid_to=TODAY))  # type: ignore[arg-type]
    narrow = {"bin": BIN, "external_id": PRODUCT["external_id"], "unit": "шт", "kpved": "43.21.10", "name": "Труба"}
    assert counts(taken(database, tmp_path, "products", narrow)) == (0, 1, 0, 0)
    with database.reading() as session:
        after = session.execute(select(ProductVersion.__table__).where(ProductVersion.valid_to.is_(None))).one()
    said = {"id", "unit", "kpved", "name_ru"}
    kept = {name: value for name, value in before._mapping.items() if name not in said}
    assert {name: after._mapping[name] for name in kept} == kept | {"valid_from": TODAY}
    assert (after.unit, after.kpved, after.name_ru, after.kind) == ("шт", "43.21.10", "Труба", ProductKind.GOODS)
