"""A supplier's own files taken through, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from registry.bulk import Intake, take_in_telling
from registry.bulk_log import verdicts
from registry.bulk_rows import Outcome, Verdict
from registry.classifiers.tree import Tree
from registry.db import Database
from registry.evidence.goods import Good
from registry.evidence.intake import Trees
from registry.evidence.queries import supplier_goods
from registry.grids import open_book
from registry.suppliers.models import Supplier
from registry.uploads.details import Beside
from registry.uploads.intake import OwnFile
from registry.uploads.plans import Plan
from registry.uploads.preview import Preview, preview
from registry.uploads.recognition import recognise
from registry.uploads.results import write_result
from registry.uploads.rows import OwnRows
from tests.factories import ACTOR, NOW, TODAY, add_supplier, bin_number, supplier_line
from tests.registry import books

OWN = bin_number(1)
OTHER = bin_number(2)
TREES = Trees(Tree(), Tree(), Tree())
HEADING = ["Артикул", "Наименование", "Ед. изм.", "Мощность в год", "ДВЦ, %", "Сертификат СТ-KZ"]


def good(number: int, **given: Any) -> list[Any]:
    """A row below HEADING."""
    values = {
        "id": f"A-{number}",
        "name": f"Труба стальная {number}х8",
        "unit": "т",
        "capacity": 100 + number,
        "icv": "68,23",
        "document": f"KZ 6 120 {number:05d}",
    }
    return list({**values, **given}.values())


def registered(database: Database) -> None:
    """A register with the owner of the files and another supplier."""
    with database.transaction() as session:
        add_supplier(session, supplier_line(bin=OWN, name="ТОО «Завод Өркен»"))
        add_supplier(session, supplier_line(bin=OTHER, name="ТОО «Другой»"))


def file(folder: Path, rows: Sequence[Sequence[Any]], name: str = "goods.xlsx") -> Path:
    """A workbook of one sheet."""
    return books.xlsx(folder / name, {"Товары": rows})


def own_file(database: Database, bin: str = OWN, sheet: int = 0, beside: Beside = Beside()) -> OwnFile:
    """The subject of a supplier's file."""
    with database.reading() as session:
        return OwnFile(session, bin, TREES, sheet=sheet, beside=beside, on=TODAY, actor=ACTOR, now=NOW)


def previewed(database: Database, path: Path, *, plan: Plan | None = None, limit: int = 20_000) -> Preview:
    """What taking the first sheet in would do."""
    with open_book(path) as book:
        sheet = (plan or recognise(book).plan).sheets[0]
        rows = OwnRows(book, sheet)
        return preview(database, rows, own_file(database, beside=rows.beside), limit=limit)


def taken_in(
    database: Database, path: Path, *, plan: Plan | None = None, work: str = "1", lang: str = "ru", progress: Any = None
) -> tuple[Intake, list[Verdict], Path]:
    """Take the first sheet in: what became of it, of its rows, and the result file."""
    with open_book(path) as book:
        sheet = (plan or recognise(book).plan).sheets[0]
        told = path.with_name(f"{path.name}.{work}.verdicts")
        rows = OwnRows(book, sheet)
        own = own_file(database, beside=rows.beside)
        intake = take_in_telling(
            database,
            rows,
            own.subject,
            told=told,
            about=own.about,
            options={"work": work},
            actor=ACTOR.name,
            now=lambda: NOW,
            progress=progress or (lambda done, total: None),
        )
        result = path.with_name(f"{path.name}.result.xlsx")
        write_result(result, book, {sheet.place: told}, {sheet.place: sheet}, lang)
        return intake, list(verdicts(told)) if told.exists() else [], result


def outcome(intake: Intake | Preview) -> tuple[int, ...]:
    """How many rows were added, changed, unchanged and rejected."""
    return tuple(intake.counts.get(which, 0) for which in Outcome)


def listed(database: Database, bin: str = OWN) -> list[Good]:
    """What the supplier lists."""
    with database.reading() as session:
        assert session.scalars(select(Supplier.id).where(Supplier.bin == bin)).one()
        return supplier_goods(session, bin, TODAY)
