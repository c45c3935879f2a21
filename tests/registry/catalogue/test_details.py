"""What may be stated of a good besides: read from a row, checked, shown to whom it may be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from registry import law
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.catalogue.details import (
    MOST_PARAMETERS,
    Details,
    Parameter,
    check_details,
    construction_on,
    is_construction,
    new_production_until,
    read_details,
    unsaid_by,
)
from registry.catalogue.models import ConformityKind, Visibility
from registry.catalogue.rules import Named, duplicates, may_see_price
from registry.cells import Cells
from tests.factories import product_line

DAY = date(2026, 11, 22)
OWN, OTHER = "080340990007", "110540990111"


def read(**values: str) -> tuple[Details, list[str]]:
    cells = Cells(values)
    return read_details(cells), [one.code for one in cells.violations]


def test_parameters_are_read_with_their_units() -> None:
    details, wrong = read(parameters="Диаметр: 168,3 мм; Сталь = 09Г2С; Покрытие: трёхслойное полиэтиленовое")
    assert details.parameters == (
        Parameter("Диаметр", "168,3", "мм"),
        Parameter("Сталь", "09Г2С"),
        Parameter("Покрытие", "трёхслойное полиэтиленовое"),
    )
    assert wrong == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"parameters": "просто слова"}, "goods.cell.parameter"),
        ({"parameters": "Длина: 6 м; длина: 7 м"}, "goods.parameters.twice"),
        ({"price": "100", "price_currency": "тугрик"[:3]}, "goods.cell.currency"),
        ({"price_on": "2026-01-01"}, "goods.price.missing"),
        ({"conformity_kind": "certificate"}, "goods.conformity.number"),
        ({"conformity_number": "KZ.1"}, "goods.conformity.kind"),
        (
            {"conformity_kind": "декларация", "conformity_number": "1"}
            | {"conformity_issued": "2026-02-02", "conformity_expires": "2026-02-01"},
            "goods.conformity.dates",
        ),
    ],
)
def test_what_stands_against_a_row_is_told(values: dict[str, str], code: str) -> None:
    assert read(**values)[1] == [code]


@pytest.mark.parametrize(
    ("text", "standards", "none"),
    [
        ("ГОСТ 632-80; СТ РК 1234-2005", ("ГОСТ 632-80", "СТ РК 1234-2005"), False),
        ("нет", (), True),
        ("Жоқ", (), True),
        ("", (), False),
    ],
)
def test_each_good_names_its_standard_or_states_none(text: str, standards: tuple[str, ...], none: bool) -> None:
    details, _ = read(standards=text, agsk3="2.1")
    assert (details.standards, details.no_standard) == (standards, none)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"standards": ("ГОСТ 1",), "no_standard": True}, "goods.standards.both"),
        ({"parameters": (Parameter("Длина", ""),)}, "goods.parameters.half"),
        ({"parameters": tuple(Parameter(f"п{n}", "1") for n in range(MOST_PARAMETERS + 1))}, "goods.parameters.many"),
        ({"standards": ("Г" * 161,)}, "goods.standards.long"),
        ({"standards": tuple(f"ГОСТ {n}" for n in range(21))}, "goods.standards.many"),
        ({"parameters": (Parameter("Цвет", "к" * 201),)}, "goods.parameters.long"),
    ],
)
def test_what_stands_against_details_is_told_whoever_states_them(given: dict[str, Any], code: str) -> None:
    assert [one.code for one in check_details(Details(**given))] == [code]


def test_a_file_without_a_column_says_nothing_of_it() -> None:
    told = {"standards", "no_standard", "price", "price_currency", "unit"}
    assert unsaid_by({"standards", "price", "unit"}) == told
    assert unsaid_by({"price_currency"}) == frozenset()


def test_stored_details_are_read_back_as_they_were() -> None:
    details = Details(
        agsk3="2.1-3",
        output_per_year=Decimal("12.5"),
        parameters=(Parameter("Диаметр", "159", "мм"), Parameter("Сталь", "20")),
        standards=("ГОСТ 8732-78",),
        price=Decimal("486000.50"),
        price_currency="KZT",
        price_on=DAY,
        price_visibility=Visibility.PARTIES,
        conformity_kind=ConformityKind.NOT_REQUIRED,
        site_id=3,
        draft=False,
    )
    assert Details.of(details.values()) == details
    assert "site_id" not in Details().values()
    assert Details(site_id=0).values()["site_id"] is None


def test_construction_materials_are_told_by_their_codes_from_the_editions_first_day() -> None:
    edition = construction_on(DAY)
    assert edition is not None
    before = date(edition.since.year - 1, 12, 31)
    assert construction_on(before) is None
    assert is_construction("2523290000", None, DAY)
    assert not is_construction("2523290000", None, before)
    assert not is_construction("7304191009", "23.51.12", DAY)
    assert is_construction(None, "23.51.12", DAY)
    assert not is_construction(None, None, DAY)


def test_production_is_new_for_the_years_of_the_law() -> None:
    of_the_day = law.on(DAY)
    years = of_the_day.count("verification.new_production").value
    assert new_production_until(None, of_the_day) is None
    assert new_production_until(date(2026, 3, 1), of_the_day) == date(2026 + years, 3, 1)
    leap = new_production_until(date(2024, 2, 29), of_the_day)
    assert leap is not None
    assert (leap.month, leap.day) == ((2, 29) if (2024 + years) % 4 == 0 else (2, 28))
    # A day that was stored before days to come were refused.
    for far in (date(9998, 1, 1), date.max):
        assert new_production_until(far, law.on(DAY)) == date.max


@pytest.mark.parametrize("tomorrow", ["23.11.2026", "9998-01-01"])
def test_a_file_states_no_day_to_come(tomorrow: str) -> None:
    cells = Cells({"price": "100", "price_on": tomorrow, "commissioned_on": tomorrow})
    read_details(cells, DAY)
    assert [(one.field, one.code) for one in cells.violations] == [
        ("price_on", "goods.price.later"),
        ("commissioned_on", "goods.commissioned.later"),
    ]
    assert check_details(Details(price=Decimal(1), price_on=DAY, commissioned_on=DAY), DAY) == ()


def named(id: int, name: str, tnved: str | None = "7304191009") -> Named:
    return Named(id, name, None, None, tnved, None, None)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (named(1, "ТРУБА  бесшовная 159х6"), True),
        (named(2, "Труба бесшовная 159х6", "8481808199"), True),
        (named(3, "Труба стальная бесшовная 159х6"), True),
        (named(4, "Труба стальная бесшовная 159х6", "8481808199"), False),
        (named(5, "Труба бесшовная 159х8"), False),
        (named(6, "Задвижка клиновая 159х6"), False),
    ],
)
def test_the_same_good_listed_twice_is_told_by_name_and_code(other: Named, same: bool) -> None:
    line = product_line(OWN, name_ru="Труба бесшовная 159х6", name_kk=None, name_en=None, kpved=None, enstru=None)
    assert duplicates(line, [other]) == ([other.id] if same else [])


@pytest.mark.parametrize(
    ("visibility", "reader", "seen"),
    [
        (Visibility.PUBLIC, None, True),
        (Visibility.PARTIES, None, False),
        (Visibility.PARTIES, Actor("c", AccountRole.CUSTOMER, OTHER), True),
        (Visibility.PARTIES, Actor("s", AccountRole.OWNER, OTHER), False),
        (Visibility.PARTIES, Actor("v", AccountRole.VIEWER, OWN), True),
        (Visibility.HIDDEN, Actor("c", AccountRole.CUSTOMER, OTHER), False),
        (Visibility.HIDDEN, Actor("c", AccountRole.CUSTOMER, OWN), False),
        (Visibility.HIDDEN, Actor("e", AccountRole.EXPERT), False),
        (Visibility.HIDDEN, Actor("o", AccountRole.EDITOR, OWN), True),
    ],
)
def test_a_price_is_seen_by_whom_its_supplier_says(visibility: Visibility, reader: Actor | None, seen: bool) -> None:
    assert may_see_price(visibility, OWN, reader) is seen
