"""What a supplier said of its columns is there for its next file, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from registry.audit import AuditRow
from registry.db import Database
from registry.grids import open_book
from registry.uploads.models import ColumnMapping
from registry.uploads.operations import remember
from registry.uploads.plans import Plan
from registry.uploads.queries import recall
from registry.uploads.recognition import recognise
from tests.factories import ACTOR, NOW
from tests.registry import books
from tests.registry.uploads.own import OTHER, OWN

pytestmark = pytest.mark.both_databases
HEADING = ["Зюзюка", "Ыыы", "Ед. изм.", "Код"]
ROWS = [HEADING, ["Труба стальная", "красная", "т", "17"], ["Насос центробежный", "синий", "шт", "18"]]


def say_once(database: Database, folder: Path, rows: list[list[str]], fields: dict[int, str | None]) -> Plan:
    path = books.xlsx(folder / "goods.xlsx", {"Лист": rows})
    with open_book(path) as book:
        plan = Plan((recognise(book).plan.sheets[0].with_fields(fields),))
    with database.transaction() as session:
        remember(session, OWN, plan, actor=ACTOR, now=NOW)
    return plan


def understood(database: Database, folder: Path, rows: list[list[str]], bin: str = OWN) -> dict[str, str | None]:
    path = books.xlsx(folder / "next.xlsx", {"Лист": rows})
    with open_book(path) as book, database.reading() as session:
        sheet = recognise(book, recall(session, bin)).sheets[0]
        return {guess.name: guess.field for guess in sheet.columns}


def test_the_next_file_of_the_form_is_understood_whatever_its_order(database: Database, tmp_path: Path) -> None:
    fields = {0: "name", 1: "parameter", 2: "unit", 3: None}
    say_once(database, tmp_path, ROWS, fields)
    turned = [list(reversed(row)) for row in [["Прайс"], *ROWS]]
    expected = dict(zip(HEADING, fields.values(), strict=True))
    assert understood(database, tmp_path, turned) == expected
    assert understood(database, tmp_path, turned, OTHER)["Ыыы"] != "parameter"


def test_of_another_form_what_meant_the_same_everywhere_is_known(database: Database, tmp_path: Path) -> None:
    say_once(database, tmp_path, ROWS, {0: "name", 1: "parameter", 3: "external_id"})
    other = [["Зюзюка", "Код", "Цена"], ["Труба стальная", "7304191009", "5"], ["Насос", "8413701001", "6"]]
    say_once(database, tmp_path, other, {0: "name", 1: "tnved"})
    third = [["Зюзюка", "Код", "Вес"], ["Труба стальная", "A-1", "5"], ["Насос", "A-2", "6"]]
    found = understood(database, tmp_path, third)
    assert (found["Зюзюка"], found["Код"]) == ("name", "external_id")


def test_what_is_said_anew_replaces_what_was_said(database: Database, tmp_path: Path) -> None:
    say_once(database, tmp_path, ROWS, {0: "name", 1: "parameter"})
    say_once(database, tmp_path, ROWS, {0: "name", 1: "parameter"})
    say_once(database, tmp_path, ROWS, {0: "name", 1: "description"})
    with database.reading() as session:
        [row] = session.scalars(select(ColumnMapping)).all()
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
    assert row.fields["ыыы"] == "description"
    assert actions == ["added", "changed"]


def test_columns_without_names_are_not_remembered(database: Database, tmp_path: Path) -> None:
    plan = say_once(database, tmp_path, [["Труба стальная 159х8", "7304191009"], ["Насос К-20", "8413701001"]], {})
    assert plan.sheets[0].heading.last == 0
    with database.reading() as session:
        assert session.scalars(select(ColumnMapping)).all() == []
