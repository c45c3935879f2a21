"""What a row of needs states."""

from __future__ import annotations

from decimal import Decimal

import pytest

from matching.engine.lines import NeedLine
from matching.needs.models import ContractType
from matching.needs.rules import read_need
from registry.catalogue.rules import Codes
from registry.cells import Cells


def nothing(_: str) -> bool:
    return False


def read(**cells: str) -> tuple[NeedLine | None, list[tuple[str, str]], list[str]]:
    """The need, what was refused as (column, code), and the columns noted."""
    row = Cells({"id": "85426-ЗЦП1", "name": "Мешок для мусора", **cells})
    line = read_need(row, Codes(nothing, nothing, nothing))
    return line, [(it.field, it.code) for it in row.violations], [it.field for it in row.notes]


def test_every_column_goes_where_it_belongs() -> None:
    line, refused, noted = read(
        name_kk="Қоқыс қабы",
        name_en="Rubbish sack",
        description="из полипропилена, 105 см",
        tnved="630533",
        enstru="139221300000001",
        unit="шт",
        volume="300,0",
        kato="614630100",
        customer_bin="121240019074",
        budget="20 691,55",
        contract_type="Офтейк",
        min_icv="72,5",
        term_years="3",
    )
    assert (refused, noted) == ([], [])
    assert line == NeedLine(
        external_id="85426-ЗЦП1",
        name="Мешок для мусора",
        name_kk="Қоқыс қабы",
        name_en="Rubbish sack",
        description="из полипропилена, 105 см",
        tnved="630533",
        enstru="139221.300.000001",
        unit="шт",
        volume=Decimal(300),
        kato="614630100",
        customer_bin="121240019074",
        budget=Decimal("20691.55"),
        contract_type=ContractType.OFFTAKE,
        min_icv=Decimal("72.5"),
        term_years=Decimal(3),
    )


def test_everything_but_id_and_name_may_be_empty() -> None:
    line, refused, noted = read(volume="", budget="-", customer_bin="")
    assert (refused, noted) == ([], [])
    assert line == NeedLine(external_id="85426-ЗЦП1", name="Мешок для мусора")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("offtake", ContractType.OFFTAKE),
        ("офтейк-контракт", ContractType.OFFTAKE),
        ("procurement", ContractType.PROCUREMENT),
        ("контрактные закупки", ContractType.PROCUREMENT),
        ("PURCHASE", ContractType.PURCHASE),
        ("сатып алу", ContractType.PURCHASE),
    ],
)
def test_words_for_types_of_contract(word: str, meant: ContractType) -> None:
    line, *_ = read(contract_type=word)
    assert line is not None
    assert line.contract_type == meant


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", ""),
        ("name", "-"),
        ("tnved", "мешок"),
        ("enstru", "1392"),
        ("kato", "99"),
        ("customer_bin", "123"),
        ("contract_type", "аренда"),
        ("min_icv", "101"),
        ("volume", "-3"),
        ("term_years", "500"),
    ],
)
def test_a_cell_that_cannot_be_kept_rejects_the_row(column: str, value: str) -> None:
    line, refused, _ = read(**{column: value})
    assert line is None
    assert [found for found, _ in refused] == [column]


def test_a_customer_with_a_wrong_check_digit_is_kept_and_noted() -> None:
    line, refused, noted = read(customer_bin="071040007215")
    assert line is not None
    assert (line.customer_bin, refused, noted) == ("071040007215", [], ["customer_bin"])


def test_a_minimum_below_one_percent_is_kept_and_noted() -> None:
    line, refused, noted = read(min_icv="0,45")
    assert line is not None
    assert (line.min_icv, refused, noted) == (Decimal("0.45"), [], ["min_icv"])
