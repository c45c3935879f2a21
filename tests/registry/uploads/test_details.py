"""A supplier's file states of goods all that its form does; what it leaves open stays as it is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from registry.catalogue.details import Details, Parameter
from registry.catalogue.models import ConformityKind, Visibility
from registry.catalogue.queries import details
from registry.cells import Cells
from registry.db import Database
from registry.uploads.details import Beside, beside, mend
from registry.wording import LANGUAGES, say
from tests.factories import TODAY
from tests.registry.uploads.own import file, listed, outcome, previewed, registered, taken_in

ROWS: list[list[Any]] = [
    ["Наименование", "АГСК-3", "Цена, тг", "Выпуск в год", "Дата ввода в эксплуатацию", "ГОСТ", "Диаметр, мм"],
    ["Труба стальная", "224-102-0103", "1 250,50", 300, "2020-05-01", "ГОСТ 632-80", 168],
]
ROWS[0] += ["Сертификат соответствия", "Срок действия сертификата соответствия"]
ROWS[1] += ["KZ.7500651.01.01.06223 от 01.02.2026", "31.01.2029"]


def test_a_file_states_what_the_form_states(database: Database, tmp_path: Path) -> None:
    registered(database)
    first = file(tmp_path, ROWS)
    assert outcome(taken_in(database, first)[0]) == (1, 0, 0, 0)
    [good] = listed(database)

    def held() -> Details:
        with database.reading() as session:
            return details(session, [good.id], TODAY)[good.id]

    known = held()
    assert known == Details(
        agsk3="224-102-0103",
        output_per_year=Decimal(300),
        parameters=(Parameter("Диаметр", "168", "мм"),),
        standards=("ГОСТ 632-80",),
        price=Decimal("1250.5"),
        price_currency="KZT",
        price_on=TODAY,
        price_visibility=Visibility.HIDDEN,
        commissioned_on=date(2020, 5, 1),
        conformity_kind=ConformityKind.CERTIFICATE,
        conformity_number="KZ.7500651.01.01.06223",
        conformity_issued=date(2026, 2, 1),
        conformity_expires=date(2029, 1, 31),
        draft=False,
    )
    assert good.description is None
    assert outcome(taken_in(database, first, work="2")[0]) == (0, 0, 1, 0)
    # A narrower file with another parameter and another price leaves the rest.
    other = file(tmp_path, [["Наименование", "Марка стали", "Цена"], ["труба  стальная", 20, 1300]], "b.xlsx")
    assert outcome(previewed(database, other)) == (0, 1, 0, 0)
    taken_in(database, other)
    added = (*known.parameters, Parameter("Марка стали", "20"))
    assert held() == replace(known, price=Decimal(1300), parameters=added)


def test_what_follows_stays_while_that_from_which_it_follows_is_the_same() -> None:
    held = Details(price=Decimal(5), price_currency="USD", price_on=date(2026, 1, 1), conformity_number="1")
    held = replace(held, conformity_kind=ConformityKind.DECLARATION, conformity_issued=date(2025, 1, 1))
    held = replace(held, parameters=(Parameter("Вес", "5", ""), Parameter("А", "б", "в")), standards=("x; y",))
    how = Beside(frozenset({"price_currency", "price_on", "conformity_kind", "conformity_issued"}), frozenset({"вес"}))
    same = replace(held, price_currency="KZT", price_on=None, conformity_kind=None, conformity_issued=None)
    same = replace(same, parameters=(), standards=("x", "y"))
    assert beside(same, held, how, TODAY) == replace(held, parameters=held.parameters[1:])
    said = beside(replace(same, price=Decimal(6), conformity_number="2"), held, how, TODAY)
    assert (said.price_currency, said.price_on, said.conformity_issued) == ("KZT", TODAY, None)
    assert beside(replace(same, parameters=(Parameter("А", "б в"),)), held, Beside(), TODAY).parameters == (
        Parameter("А", "б", "в"),
    )


@pytest.mark.parametrize(
    ("values", "left", "codes"),
    [
        ({"price": "по запросу", "price_on": "2026-01-01"}, {"price": "по запросу"}, []),
        ({"price": "5", "price_currency": "динар"}, {}, ["upload.row.left_out"]),
        ({"commissioned_on": "давно", "agsk3": "1"}, {"agsk3": "1"}, ["upload.row.left_out"]),
        ({"conformity_number": "1", "conformity_issued": "2026-01-01"}, {}, ["upload.row.conformity_kind"]),
        ({"standards": "Г" * 200}, {"description": "Г" * 200}, ["upload.row.left_out"]),
        ({"parameters": "а: 1; А: 2", "description": "x"}, {"description": "x\nа: 1; А: 2"}, ["upload.row.left_out"]),
    ],
)
def test_what_cannot_be_understood_is_left_out_and_told(
    values: dict[str, str], left: dict[str, str], codes: list[str]
) -> None:
    cells = Cells(values)
    mend(cells, values)
    assert values == left
    assert [note.code for note in cells.notes] == codes
    assert all(say(note.message, lang) for note in cells.notes for lang in LANGUAGES)
