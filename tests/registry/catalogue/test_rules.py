"""What a row of products states, and what its codes make of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from registry.catalogue.details import NOTHING
from registry.catalogue.models import CodeState, ProductKind
from registry.catalogue.rules import Codes, ProductLine, code_state, kind_of, read_product
from registry.cells import Cells
from registry.classifiers.tree import Node, Tree
from registry.suppliers.models import Role
from tests.factories import TODAY, product_line

BIN = "110440012951"


def nothing(_: str) -> bool:
    return False


NONE_LOADED = Codes(nothing, nothing, nothing)


def read(codes: Codes = NONE_LOADED, /, **cells: str) -> tuple[ProductLine | None, list[tuple[str, str]], list[str]]:
    """The line, what was refused as (column, code), and the columns noted."""
    row = Cells({"bin": BIN, "name": "Фильтр воздушный", **cells})
    line = read_product(row, codes, TODAY)
    return line, [(it.field, it.code) for it in row.violations], [it.field for it in row.notes]


def test_every_column_goes_where_it_belongs() -> None:
    line, refused, noted = read(
        name_kk="Ауа сүзгісі",
        name_en="Air filter",
        description="Для двигателей",
        tnved="8421 99 000 6",
        kpved="28.29.82",
        enstru="282982.300.000012",
        unit="шт",
        capacity_per_year="1 200,5",
        role="дилер",
        external_id="KTF-1",
    )
    assert (refused, noted) == ([], [])
    assert line == ProductLine(
        bin=BIN,
        kind=ProductKind.GOODS,
        name_ru="Фильтр воздушный",
        name_kk="Ауа сүзгісі",
        name_en="Air filter",
        description="Для двигателей",
        tnved="8421990006",
        kpved="28.29.82",
        enstru="282982.300.000012",
        unit="шт",
        capacity_per_year=Decimal("1200.5"),
        role=Role.DEALER,
        external_id="KTF-1",
        details=NOTHING,
    )


def test_a_name_in_kazakh_is_kept_as_such() -> None:
    line, *_ = read(name="Жіксіз болат құбыр 159х8")
    assert line is not None
    assert (line.name_ru, line.name_kk) == (None, "Жіксіз болат құбыр 159х8")
    both, *_ = read(name="Құбыр 159х8 (труба)", name_kk="Құбыр 159х8")
    assert both is not None
    assert (both.name_ru, both.name_kk) == ("Құбыр 159х8 (труба)", "Құбыр 159х8")


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("name", "-", "import.cell.required"),
        ("bin", "", "import.cell.required"),
        ("bin", "12", "identifiers.holder.length"),
        ("tnved", "труба", "identifiers.letters"),
        ("tnved", "73041910091", "identifiers.tnved.length"),
        ("kpved", "24.20", "identifiers.kpved.length"),
        ("enstru", "242013.300", "identifiers.enstru.length"),
        ("capacity_per_year", "-5", "import.cell.range"),
        ("capacity_per_year", "1e30", "import.cell.range"),
        ("name", "Т" * 2001, "import.cell.long"),
        ("unit", "т" * 61, "import.cell.long"),
    ],
)
def test_a_cell_that_cannot_be_kept_rejects_the_row(column: str, value: str, code: str) -> None:
    line, refused, _ = read(**{column: value})
    assert line is None
    assert refused == [(column, code)]


def test_a_lost_zero_is_restored_only_if_the_padded_code_exists_and_the_heading_does_not() -> None:
    known = {"0204210000", "0204", "2042", "0101210000", "0101"}
    codes = Codes(known.__contains__, nothing, nothing)
    assert read(codes, tnved="101210000")[0].tnved == "0101210000"  # type: ignore[union-attr]
    line, refused, noted = read(codes, tnved="204210000")
    assert line is not None
    assert (line.tnved, refused, noted) == ("204210000", [], ["tnved"]), "2042 is a heading here: it cannot be told"


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (("8421990006", None, None), ProductKind.GOODS),
        (("8421990006", "45.20.11", None), ProductKind.GOODS),
        ((None, None, None), ProductKind.GOODS),
        ((None, "13.92.12", None), ProductKind.GOODS),
        ((None, "01.11.95", None), ProductKind.GOODS),  # sunflower seed
        ((None, "28.30.93", None), ProductKind.GOODS),  # parts of farm machines
        ((None, "14.12.99", None), ProductKind.SERVICES),  # sewing done for others
        ((None, "25.62.10", None), ProductKind.SERVICES),  # turning of metal
        ((None, "18.12.14", None), ProductKind.SERVICES),  # printing of books
        ((None, "01.61.10", None), ProductKind.SERVICES),
        ((None, "33.12.11", None), ProductKind.SERVICES),
        ((None, "41.00.40", None), ProductKind.WORKS),
        ((None, "43.21.10", None), ProductKind.WORKS),
        ((None, "62.09.20", None), ProductKind.SERVICES),
        ((None, "45.20.11", None), ProductKind.SERVICES),
        ((None, "99.00.10", None), ProductKind.SERVICES),
        ((None, None, "493931.000.000000"), ProductKind.SERVICES),  # hire of a bus
        ((None, None, "139221.300.000001"), ProductKind.GOODS),
    ],
)
def test_goods_works_and_services(codes: tuple[str | None, str | None, str | None], kind: ProductKind) -> None:
    assert kind_of(*codes) is kind


def test_the_key_is_the_supplier_s_id_or_else_the_folded_name() -> None:
    assert product_line(BIN, external_id="7").key != product_line(BIN, name_ru="7").key
    assert product_line(BIN, name_ru="Труба  «Стальная»").key == product_line(BIN, name_ru='труба "стальная"').key
    assert product_line(BIN, name_ru="Труба 2,5").key != product_line(BIN, name_ru="Труба 2,6").key
    long = product_line(BIN, name_ru="а" * 1999 + "б").key
    assert len(long) <= 520
    assert long != product_line(BIN, name_ru="а" * 1999 + "в").key


def test_how_a_code_stands_to_the_nomenclature() -> None:
    codes = ["7304", "7304191009", "7305"]
    nomenclature = Tree(Node(code, None, code, "node", code, None, None, None, None) for code in codes)
    assert [code_state(code, nomenclature) for code in ("7304191009", "7304990000", "7305110000", "730419", None)] == [
        CodeState.CHECKED,
        CodeState.UNKNOWN,
        CodeState.UNCHECKED,
        CodeState.SHORT,
        CodeState.ABSENT,
    ]


@pytest.mark.parametrize("other", ["name_kk", "name_en"])
def test_a_name_in_any_language_is_enough(other: str) -> None:
    line, refused, _ = read(name="", **{other: "Air filter"})
    assert line is not None
    assert (refused, line.name_ru, getattr(line, other)) == ([], None, "Air filter")


def test_a_description_keeps_its_lines() -> None:
    line, _, _ = read(name="Фильтр\nвоздушный", description=" Для  двигателей\r\n ЯМЗ-238\n\nпо ГОСТ \n")
    assert line is not None
    assert (line.name_ru, line.description) == ("Фильтр воздушный", "Для двигателей\nЯМЗ-238\n\nпо ГОСТ")
