"""What a row of suppliers states, by the rules of the register."""

from __future__ import annotations

import pytest

from registry.cells import Cells
from registry.identifiers import CheckDigit
from registry.suppliers.models import Role
from registry.suppliers.rules import SupplierLine, read_supplier
from tests.factories import bin_number

BIN = "110440012951"
IIN = "880102300019"


def read(**cells: str) -> tuple[SupplierLine | None, list[tuple[str, str]], list[tuple[str, str]]]:
    """The supplier, what was refused and what was noted, as (column, code)."""
    row = Cells({"bin": BIN, "name": "ТОО «Казтехфильтр»", **cells})
    line = read_supplier(row)
    return line, [(it.field, it.code) for it in row.violations], [(it.field, it.code) for it in row.notes]


def test_every_column_goes_where_it_belongs() -> None:
    line, refused, noted = read(
        kind="maker",
        kato="551010000",
        oked="28290",
        address="г. Павлодар, ул. Ломова, 5",
        email="info@example.kz",
        phone="+7 718 212 34 56",
    )
    assert (refused, noted) == ([], [])
    assert line == SupplierLine(
        bin=BIN,
        bin_check=CheckDigit.VALID,
        name="ТОО «Казтехфильтр»",
        role=Role.MAKER,
        kato="551010000",
        oked="28290",
        address="г. Павлодар, ул. Ломова, 5",
        email="info@example.kz",
        phone="+7 718 212 34 56",
    )


@pytest.mark.parametrize(
    ("given", "number", "check"),
    [
        ("110440012951", "110440012951", CheckDigit.VALID),
        ("110440012951.0", "110440012951", CheckDigit.VALID),
        ("20940000580", "020940000580", CheckDigit.VALID),  # the lost zero
        ("071040007215", "071040007215", CheckDigit.NOT_COMPUTABLE),  # domain.md §10.2: a real one
        ("110440012952", "110440012952", CheckDigit.WRONG),
    ],
)
def test_a_wrong_check_digit_is_kept_and_flagged(given: str, number: str, check: CheckDigit) -> None:
    line, refused, noted = read(bin=given)
    assert refused == []
    assert line is not None
    assert (line.bin, line.bin_check) == (number, check)
    assert [column for column, _ in noted] == ([] if check is CheckDigit.VALID else ["bin"])


@pytest.mark.parametrize("given", ["", "12345", "1104400129511", "111340012951", "110490012951", "нет", "1,10441E+11"])
def test_a_number_of_wrong_shape_is_refused(given: str) -> None:
    line, refused, _ = read(bin=given)
    assert line is None
    assert [column for column, _ in refused] == ["bin"]


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("maker", Role.MAKER),
        ("Производитель", Role.MAKER),
        ("товаропроизводитель", Role.MAKER),
        ("өндіруші", Role.MAKER),
        ("DEALER", Role.DEALER),
        ("дилер", Role.DEALER),
        ("посредник", Role.DEALER),
        ("делдал", Role.DEALER),
        ("", Role.UNSTATED),
        ("-", Role.UNSTATED),
    ],
)
def test_words_for_maker_and_dealer(word: str, role: Role) -> None:
    line, _, noted = read(kind=word)
    assert line is not None
    assert (line.role, noted) == (role, [])


@pytest.mark.parametrize(
    ("word", "bin", "agrees"),
    [
        ("ТОО", BIN, True),
        ("юрлицо", BIN, True),
        ("legal entity", BIN, True),
        ("ЖШС", BIN, True),
        ("ИП", BIN, False),
        ("ИП", IIN, True),
        ("жеке кәсіпкер", IIN, True),
        ("ТОО", IIN, False),
        ("sole entrepreneur", bin_number(5, kind="60"), True),  # joint entrepreneurs have a БИН
    ],
)
def test_a_legal_form_is_held_against_the_number_and_leaves_the_role_open(word: str, bin: str, agrees: bool) -> None:
    line, refused, noted = read(kind=word, bin=bin)
    assert refused == []
    assert line is not None
    assert line.role is Role.UNSTATED
    assert [code for column, code in noted if column == "kind"] == ([] if agrees else ["import.supplier.form"])


def test_a_word_nobody_knows_leaves_the_role_open_and_is_noted() -> None:
    line, refused, noted = read(kind="завод")
    assert line is not None
    assert (line.role, refused, noted) == (Role.UNSTATED, [], [("kind", "import.supplier.kind")])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", ""),
        ("name", "Ё" * 501),
        ("kato", "41201"),
        ("kato", "991010000"),
        ("oked", "2829"),
        ("phone", "7" * 61),
    ],
)
def test_a_cell_that_cannot_be_kept_rejects_the_row(column: str, value: str) -> None:
    line, refused, _ = read(**{column: value})
    assert line is None
    assert [found for found, _ in refused] == [column]


def test_an_address_that_is_no_email_is_passed_over() -> None:
    line, refused, noted = read(email="нет почты")
    assert line is not None
    assert (line.email, refused, noted) == (None, [], [("email", "import.supplier.email")])


def test_names_are_compared_folded() -> None:
    line, *_ = read(name="TOO «Алем»")
    other, *_ = read(name='ТОО "АЛЁМ"')
    assert line is not None
    assert other is not None
    assert line.name_key == other.name_key
