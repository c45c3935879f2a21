"""What cells say, as people and spreadsheets write them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.cells import MOST_EACH, Cells, counted_as, day, number
from registry.identifiers import parse_kato


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("68,23", "68.23"),
        ("68.23", "68.23"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234\u00a0567", "1234567"),
        ("1'234.5", "1234.5"),
        ("1,234,567.8", "1234567.8"),
        ("1.234.567,8", "1234567.8"),
        ("1,234,567", "1234567"),
        ("68,23 %", "68.23"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("+7", "7"),
        (",5", "0.5"),
        ("5,", "5"),
        ("1e3", "1000"),
        ("110440012951.0", "110440012951.0"),
        ("-", None),
        ("49 договоров", None),
        ("12 34", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("1e999", None),
        ("²", None),
    ],
)
def test_numbers(text: str, meant: str | None) -> None:
    assert number(text) == (None if meant is None else Decimal(meant))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**12, places=4))
def test_a_number_is_read_back_from_the_forms_people_write(value: Decimal) -> None:
    plain = format(value, "f")
    grouped = f"{value:,.4f}"
    assert number(plain) == value
    assert number(plain.replace(".", ",")) == value
    assert number(grouped.replace(",", "\u00a0").replace(".", ",")) == value


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        ("31.01.2026", date(2026, 1, 31)),
        ("9.12.2024", date(2024, 12, 9)),
        ("2020.08.14", date(2020, 8, 14)),
        ("2026-01-31 00:00:00", date(2026, 1, 31)),
        ("2026-01-31T10:15", date(2026, 1, 31)),
        ("27.03.2025 г.", date(2025, 3, 27)),
        ("31/01/2026", date(2026, 1, 31)),
        ("30.02.2026", None),
        ("2026-13-01", None),
        ("01.02.26", None),
        ("вчера", None),
        ("45292", None),
    ],
)
def test_days(text: str, meant: date | None) -> None:
    assert day(text) == meant


def cells(**values: str) -> Cells:
    return Cells(values)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("46022", date(2025, 12, 31)),
        ("46022.0", date(2025, 12, 31)),
        ("46022,0", date(2025, 12, 31)),
        ("20000", date(1954, 10, 3)),
        ("80000", date(2119, 1, 11)),
    ],
)
def test_a_spreadsheets_number_of_a_day_is_that_day_and_noted(text: str, meant: date) -> None:
    row = cells(issued=text)
    assert row.day("issued") == meant
    assert not row.violations
    (note,) = row.notes
    assert (note.field, note.code) == ("issued", "import.cell.serial_day")
    assert note.message.params == {"given": text, "on": meant}


@pytest.mark.parametrize("text", ["19999", "80001", "46022.5", "-46022", "20251231", "4602", "046022"])
def test_another_number_is_no_day(text: str) -> None:
    row = cells(issued=text)
    assert row.day("issued") is None
    assert [it.code for it in row.violations] == ["import.cell.not_a_day"]
    assert not row.notes


@pytest.mark.parametrize("text", ["31.12.2025", "2025-12-31"])
def test_a_written_day_needs_no_note(text: str) -> None:
    row = cells(issued=text)
    assert row.day("issued") == date(2025, 12, 31)
    assert not row.notes


def test_text_is_put_into_single_spaces_and_a_dash_is_empty() -> None:
    row = cells(name="  Здания\n сборные ", unit="-")
    assert row.text("name", 100) == "Здания сборные"
    assert row.text("unit", 10) is None
    assert row.text("absent", 10) is None
    assert not row.violations


def test_required_and_long_texts_are_refused_by_column() -> None:
    row = cells(name="-", unit="килограммы")
    row.text("name", 100, required=True)
    row.text("unit", 5)
    assert [(it.field, it.code) for it in row.violations] == [
        ("name", "import.cell.required"),
        ("unit", "import.cell.long"),
    ]


def test_notes_are_counted_by_column_and_code_but_each_unknown_unit_by_itself() -> None:
    row = Cells({})
    for words in ("по запросу", "49 договоров"):
        row.note("import.cell.not_a_number", "capacity", given=words)
    for at in range(MOST_EACH + 2):
        row.note("import.cell.unit", "unit", given=f"Ящ{at}")
    row.note("import.cell.unit", "unit", given="ЯЩ0")
    counted: dict[str, int] = {}
    for note in row.notes:
        key, said = counted_as(note, counted)
        counted[key] = counted.get(key, 0) + 1
        assert said.field == note.field
    assert list(counted.values()) == [2, 2, *[1] * (MOST_EACH - 1), 2]
    assert list(counted)[-1] == "unit import.cell.more_units"


def test_words_in_a_number_column_count_as_empty_and_are_noted_a_dash_silently() -> None:
    row = cells(capacity="49 договоров", volume="-")
    assert row.number("capacity", digits=6, high=Decimal(10)) is None
    assert row.number("volume", digits=6, high=Decimal(10)) is None
    assert [(it.field, it.code) for it in row.notes] == [("capacity", "import.cell.not_a_number")]
    assert not row.violations


@pytest.mark.parametrize("given_value", ["-1", "100,01", "1e9"])
def test_numbers_out_of_range_are_refused(given_value: str) -> None:
    row = cells(percent=given_value)
    assert row.number("percent", digits=4, high=Decimal(100)) is None
    assert [it.code for it in row.violations] == ["import.cell.range"]


def test_numbers_are_rounded_to_what_is_stored() -> None:
    assert cells(percent="33.333333").number("percent", digits=4, high=Decimal(100)) == Decimal("33.3333")


def test_a_word_means_whatever_its_case_and_another_is_refused_with_the_list() -> None:
    words = {"ct-kz": 1, "ст-kz": 1, "ktp": 2}
    assert cells(kind="СТ-KZ").word("kind", words) == 1
    row = cells(kind="ISO")
    assert row.word("kind", words) is None
    assert row.violations[0].message.params == {"given": "ISO", "words": "ct-kz, ktp"}


def test_a_parser_of_identifiers_names_the_column_of_the_file() -> None:
    row = cells(kato="41201")
    assert row.parsed("kato", parse_kato) is None
    assert [(it.field, it.code) for it in row.violations] == [("kato", "identifiers.kato.length")]
