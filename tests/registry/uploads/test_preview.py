"""A preview tells what would happen, and nothing has happened when it is told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from registry import bulk
from registry.audit import AuditRow
from registry.bulk_rows import Outcome
from registry.catalogue.models import Product
from registry.db import Database
from registry.outbox import OutboxRow
from registry.uploads import preview as previews
from registry.wording import LANGUAGES, say
from tests.factories import add_product, product_line
from tests.registry.uploads.own import (
    HEADING,
    OTHER,
    OWN,
    file,
    good,
    listed,
    outcome,
    previewed,
    registered,
    taken_in,
)

pytestmark = pytest.mark.both_databases


@pytest.fixture
def register(database: Database) -> Database:
    registered(database)
    return database


def held(database: Database) -> tuple[int, ...]:
    with database.reading() as session:
        return tuple(
            session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Product, AuditRow, OutboxRow)
        )


def test_it_tells_what_taking_in_does_and_writes_nothing(
    register: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 3)
    taken_in(register, file(tmp_path, [HEADING, good(1), good(2)]))
    with register.transaction() as session:
        add_product(session, product_line(OWN, name_ru="Насос К-20", name_kk=None, name_en=None, external_id="old"))
    rows = [
        ["Прайс-лист"],
        HEADING,
        good(1),
        good(2, capacity=999),
        good(3),
        good(4, name=None),
        good(5, icv="101"),
        good(3, capacity=1),
        good(3),
        good(6, name="насос К 20", document=None, icv="по запросу"),
    ]
    path = file(tmp_path, rows, "new.xlsx")
    before = held(register)
    found = previewed(register, path)
    assert held(register) == before
    assert (found.total, found.looked_at) == (8, 8)
    assert outcome(found) == (2, 1, 2, 3)
    assert found.twins == 1
    assert dict(found.passed) == {"above": 1, "heading": 1}
    told = {verdict.row: verdict for verdict in found.detailed}
    assert told[4].about["changed"] == {"capacity_per_year": ["102.000000", "999.000000"]}
    assert told[10].about["twin"]["name"] == "Насос К-20"
    assert [reason.code for reason in told[6].reasons] == ["upload.row.no_name"]
    assert found.cells[4]["name"] == "Труба стальная 2х8"
    assert {remark.note.code for remark in found.told()} == {"import.cell.not_a_number", "upload.row.again"}
    assert all(say(note.message, lang) for one in found.detailed for note in one.notes for lang in LANGUAGES)
    assert found.as_json()["added"] == 2
    taken, real, _ = taken_in(register, path, work="2")
    assert outcome(taken) == outcome(found)
    assert [(one.row, one.outcome) for one in real] == sorted((row, one.outcome) for row, one in told.items())
    assert Decimal(999) in {one.capacity_per_year for one in listed(register)}


def test_a_great_file_is_looked_at_in_part(register: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "DETAILED", 2)
    path = file(tmp_path, [HEADING, *[good(number) for number in range(9)]])
    found = previewed(register, path, limit=5)
    assert (found.total, found.looked_at, outcome(found)) == (9, 5, (5, 0, 0, 0))
    assert listed(register) == []


def test_refused_rows_of_others_are_told(register: Database, tmp_path: Path) -> None:
    path = file(tmp_path, [["БИН", "Наименование"], [OTHER, "Труба"], [OWN, "Насос"]])
    found = previewed(register, path)
    assert found.counts == {Outcome.REJECTED: 1, Outcome.ADDED: 1}
