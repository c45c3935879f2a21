"""Files are taken in by batches: what is good is kept, and what is not is told. Kills: tests/search/test_faults.py."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from registry import bulk
from registry.audit import AuditRow
from registry.bulk import BulkRun, Intake
from registry.bulk_log import rejected_path
from registry.bulk_rows import Outcome
from registry.catalogue import operations
from registry.catalogue.models import Product, ProductVersion
from registry.db import Database
from registry.errors import Conflict
from registry.evidence import intake
from registry.evidence.models import Evidence
from registry.outbox import OutboxRow
from registry.spreadsheets import REJECTED_COLUMNS
from tests.factories import bin_number
from tests.registry.importing import COLUMNS, import_file, product, suppliers_file, write


def outcome(taken: Intake) -> tuple[int, ...]:
    return tuple(taken.counts[which] for which in Outcome)


@pytest.fixture
def registered(database: Database, tmp_path: Path) -> Database:
    """A register with three suppliers."""
    import_file(database, "suppliers", suppliers_file(tmp_path), tmp_path / "none.csv")
    return database


def test_a_file_is_taken_in_and_a_repeat_finds_it_unchanged(registered: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "products.csv", COLUMNS, [product(number) for number in range(7)])
    first = import_file(registered, "products", path, tmp_path / "rejected.csv")
    assert outcome(first) == (7, 0, 0, 0)
    again = import_file(registered, "products", path, tmp_path / "rejected.csv")
    assert outcome(again) == (0, 0, 7, 0)
    assert again.rejected_file is None
    assert not (tmp_path / "rejected.csv").exists()
    with registered.reading() as session:
        assert len(session.scalars(select(Product.id)).all()) == 7
        assert {row.version for row in session.scalars(select(Product))} == {1}


def test_a_changed_row_is_changed_and_the_rest_is_not(registered: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "products.csv", COLUMNS, [product(number) for number in range(4)])
    import_file(registered, "products", path, tmp_path / "rejected.csv")
    rows = [product(0), product(1, name="Труба 1 толстостенная"), product(2, icv_percent="70"), product(3)]
    write(path, COLUMNS, rows)
    assert outcome(import_file(registered, "products", path, tmp_path / "rejected.csv")) == (0, 2, 2, 0)
    with registered.reading() as session:
        versions = dict(session.execute(select(Product.external_id, Product.version)).all())
    assert versions == {"P0": 1, "P1": 2, "P2": 2, "P3": 1}


def test_good_rows_are_kept_and_rejected_ones_can_be_corrected(registered: Database, tmp_path: Path) -> None:
    rows = [
        product(0),
        product(1, bin="123"),
        product(2, icv_percent="101", name="=cmd|calc"),
        product(3, bin=bin_number(99)),
        product(4, name=""),
    ]
    path = write(tmp_path / "products.csv", [*COLUMNS, "цвет"], [[*row, "синий"] for row in rows])
    rejected = rejected_path(path)
    taken = import_file(registered, "products", path, rejected)
    assert outcome(taken) == (1, 0, 0, 4)
    assert taken.unknown_columns == ("цвет",)
    assert rejected.name == "products.csv.rejected.csv"
    told = list(csv.DictReader(rejected.read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["rejected_row"], row["rejected_column"]) for row in told] == [
        ("3", "bin"),
        ("4", "icv_percent"),
        ("5", "bin"),
        ("6", "name"),
    ]
    assert "12 цифр" in told[0]["rejected_reason"]
    assert "от 0 до 100" in told[1]["rejected_reason"]
    assert "ondiris import suppliers" in told[2]["rejected_reason"]
    assert told[1]["name"] == "'=cmd|calc"
    assert told[3]["цвет"] == "синий"

    mended = rejected.read_text(encoding="utf-8-sig").replace("123,", f"{bin_number(1)},").replace(",101,", ",99,")
    rejected.write_text(mended, encoding="utf-8-sig")
    taken = import_file(registered, "products", rejected, rejected_path(rejected))
    assert outcome(taken) == (2, 0, 0, 2)
    assert taken.unknown_columns == ("цвет",)
    with registered.reading() as session:
        assert "=cmd|calc" in session.scalars(select(ProductVersion.name_ru)).all()


def test_a_file_rejected_again_says_only_what_is_wrong_now(registered: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "products.csv", COLUMNS, [product(0), product(1, bin="123", name="=cmd|calc")])
    import_file(registered, "products", path, rejected_path(path))
    first = rejected_path(path)
    moved = first.read_text(encoding="utf-8-sig").replace("rejected_reason", "Rejected_Reason ").replace("123", "456")
    first.write_text(moved, encoding="utf-8-sig")
    taken = import_file(registered, "products", first, rejected_path(first))
    assert (outcome(taken), taken.unknown_columns) == ((0, 0, 0, 1), ())
    header, row = csv.reader(rejected_path(first).read_text(encoding="utf-8-sig").splitlines())
    assert header == [*REJECTED_COLUMNS, *COLUMNS]
    assert row[:2] == ["2", "bin"]
    assert row[3:] == ["456", "'=cmd|calc", *map(str, product(1)[2:])]


def test_one_thing_said_twice(registered: Database, tmp_path: Path) -> None:
    rows = [
        product(0),
        product(0),  # word for word
        product(0, evidence_number="К-0а", icv_percent="71"),  # another document of the same line
        product(0, name="Насос"),  # another good under the same id
        product(0, icv_percent="72"),  # the same document with another figure
        product(1),
    ]
    path = write(tmp_path / "products.csv", COLUMNS, rows)
    taken = import_file(registered, "products", path, tmp_path / "rejected.csv")
    assert outcome(taken) == (2, 1, 1, 2)
    told = list(csv.DictReader((tmp_path / "rejected.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [row["rejected_row"] for row in told] == ["5", "6"]
    assert all("строке 2" in row["rejected_reason"] for row in told)
    with registered.reading() as session:
        documents = session.execute(select(Evidence.number, Evidence.percent).order_by(Evidence.number)).all()
    assert [(number, f"{percent:.2f}") for number, percent in documents] == [
        ("К-0", "68.23"),
        ("К-0а", "71.00"),
        ("К-1", "68.23"),
    ]


def test_a_row_that_repeats_a_rejected_one_is_rejected_too(registered: Database, tmp_path: Path) -> None:
    stranger = product(0, bin=bin_number(99))
    path = write(tmp_path / "products.csv", COLUMNS, [stranger, stranger])
    assert outcome(import_file(registered, "products", path, tmp_path / "rejected.csv")) == (0, 0, 0, 2)


def test_what_is_odd_is_counted_with_its_first_row(registered: Database, tmp_path: Path) -> None:
    rows = [product(0), product(1, capacity_per_year="по запросу"), product(2, capacity_per_year="49 договоров")]
    path = write(tmp_path / "products.csv", COLUMNS, rows)
    taken = import_file(registered, "products", path, tmp_path / "rejected.csv")
    [remark] = [remark for remark in taken.remarks if remark.note.field == "capacity_per_year"]
    assert (remark.times, remark.row) == (2, 3)
    assert outcome(taken) == (3, 0, 0, 0)


def test_rows_with_surplus_cells_are_rejected(registered: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "products.csv", COLUMNS, [product(0), [*product(1), "лишнее"]])
    assert outcome(import_file(registered, "products", path, tmp_path / "rejected.csv")) == (1, 0, 0, 1)


def test_every_change_is_audited_and_told_to_the_index_in_its_transaction(registered: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "products.csv", COLUMNS, [product(number) for number in range(3)])
    import_file(registered, "products", path, tmp_path / "rejected.csv")
    with registered.reading() as session:
        audited = session.execute(select(AuditRow.kind, AuditRow.action, AuditRow.entity_id)).all()
        ids = session.scalars(select(Product.id).order_by(Product.id)).all()
        assert session.scalars(select(OutboxRow.entity_id).order_by(OutboxRow.entity_id)).all() == ids
    assert [row.entity_id for row in audited if row.kind == "product"] == ids
    assert [row.entity_id for row in audited if row.kind == "evidence"] == ids
    assert sum(row.kind == "supplier" for row in audited) == 3


def test_two_processes_at_one_file_do_not_both_write(registered: Database, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 2)
    path = write(tmp_path / "products.csv", COLUMNS, [product(number) for number in range(6)])

    written = operations.list_lines

    def overtake(session: Any, *given: Any, **named: Any) -> Any:
        session.execute(update(BulkRun).where(BulkRun.kind == "products").values(position=5))
        return written(session, *given, **named)

    monkeypatch.setattr(intake, "list_lines", overtake)
    with pytest.raises(Conflict):
        import_file(registered, "products", path, tmp_path / "rejected.csv")
    with registered.reading() as session:
        assert session.scalars(select(Product.id)).all() == []


def test_a_process_that_was_overtaken_leaves_the_rejected_rows_alone(
    registered: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a worker was halted so long that another has taken its job over: it must not write into their file."""
    monkeypatch.setattr(bulk, "BATCH_ROWS", 2)
    rows = [product(number, **({"bin": "123"} if number in (3, 6) else {})) for number in range(8)]
    path = write(tmp_path / "products.csv", COLUMNS, rows)
    rejected = tmp_path / "rejected.csv"
    others: list[Intake] = []

    def overtake(done: int, _: int) -> None:
        if done and not others:
            others.append(import_file(registered, "products", path, rejected))

    with pytest.raises(Conflict):
        import_file(registered, "products", path, rejected, progress=overtake)
    [taken] = others
    assert (taken.resumed_after, outcome(taken)) == (3, (6, 0, 0, 2))
    told = list(csv.DictReader(rejected.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["rejected_row"] for row in told] == ["5", "8"]
