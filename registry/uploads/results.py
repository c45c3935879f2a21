"""The file that a supplier gets back: its own rows as they were, each with what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from registry.bulk_log import verdicts
from registry.bulk_rows import Outcome, Verdict
from registry.grids import DAY, NUMBER, Book, GridRow
from registry.spreadsheets import Column, Sheet, write_xlsx
from registry.uploads.layout import RowKind
from registry.uploads.plans import SheetPlan
from registry.uploads.recognition import goods_rows
from registry.wording import Message, say, tr

# Columns that stand before the supplier's own; a file that comes back corrected is known by their names.
RESULT_COLUMNS: Final = ("row", "verdict", "reason", "notes", "code")
_WIDTHS: Final = (8, 16, 48, 40, 18)
_OWN_WIDTH: Final = 24
_SHORT_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,8})(?:\.\d{1,9})?")

# Suggested codes by product, each with how sure it is.
Codes = Mapping[int, tuple[str, Sequence[Message]]]


def write_result(
    path: Path,
    book: Book,
    told: Mapping[int, Path],
    plans: Mapping[int, SheetPlan],
    lang: str,
    *,
    codes: Codes | None = None,
) -> None:
    """Write what became of the rows of each sheet as a workbook, in one language.

    told: by the place of a sheet, the file of verdicts that taking it in left. codes: suggested ones. Texts are
    written as texts, whatever they begin with: none is run as a formula. Raises OSError.
    """
    write_xlsx(path, (_sheet(book, plans[place], told[place], lang, codes or {}) for place in sorted(plans)))


def _sheet(book: Book, plan: SheetPlan, told: Path, lang: str, codes: Codes) -> Sheet:
    grid = book.sheets[plan.place]
    above: list[list[Any]] = []
    if plan.heading.last:
        for row in grid.rows():
            if row.number >= plan.heading.last:
                break
            above.append([None] * len(RESULT_COLUMNS) + _own(row))
    names = [*plan.heading.names, *[""] * (grid.width - len(plan.heading.names))]
    columns = [
        *(
            Column(tr(f"upload.result.column.{name}", lang), width)
            for name, width in zip(RESULT_COLUMNS, _WIDTHS, strict=True)
        ),
        *(Column(name, _OWN_WIDTH) for name in names),
    ]
    return Sheet(grid.name or tr("upload.result.sheet", lang), columns, _rows(book, plan, told, lang, codes), above)


def _rows(book: Book, plan: SheetPlan, told: Path, lang: str, codes: Codes) -> Iterator[list[Any]]:
    waiting = verdicts(told) if told.exists() else iter(())
    verdict = next(waiting, None)
    for row, kind, _ in goods_rows(book.sheets[plan.place], plan):
        if row.number <= plan.heading.last:
            continue
        while verdict is not None and verdict.row < row.number:
            verdict = next(waiting, None)
        own = verdict if verdict is not None and verdict.row == row.number else None
        yield [*_said(row, kind, own, lang, codes), *_own(row)]


def _said(row: GridRow, kind: RowKind, verdict: Verdict | None, lang: str, codes: Codes) -> list[Any]:
    if kind is not RowKind.GOODS:
        return [row.number, tr(f"upload.result.row.{kind}", lang), None, None, None]
    if verdict is None:
        return [row.number, tr("upload.result.not_reached", lang), None, None, None]
    reasons = " ".join(say(reason.message, lang) for reason in verdict.reasons)
    notes = [say(note.message, lang) for note in verdict.notes]
    about = verdict.about
    if twin := about.get("twin"):
        where = "row" if "row" in twin else "listed"
        said: dict[str, Any] = {"name": twin["name"], "row": twin.get("row", 0)}
        notes.append(say(Message(f"upload.result.twin.{where}", said), lang))
    if "again" in about:
        notes.append(tr("upload.result.more_of_it", lang, row=about["again"]))
    for number in about.get("unconfirmed", ()):
        notes.append(tr("upload.result.unconfirmed", lang, number=number))
    outcome = tr(f"upload.result.outcome.{verdict.outcome}", lang)
    code, why = codes.get(about.get("product", 0), (None, ()))
    notes += [say(one, lang) for one in why]
    return [row.number, outcome, reasons or None, " ".join(notes) or None, code]


def _own(row: GridRow) -> list[Any]:
    """A supplier's cells: figures and days as such, codes and everything else as the text that was there."""
    values: list[Any] = []
    for cell, kind in zip(row.cells, row.kinds, strict=True):
        if kind == NUMBER and _SHORT_NUMBER.fullmatch(cell):
            values.append(Decimal(cell))
        elif kind == DAY and len(cell) == 10:
            values.append(date.fromisoformat(cell))
        else:
            values.append(cell or None)
    return values


def counted(counts: Mapping[Outcome, int]) -> Message:
    """What became of a file, in one sentence."""
    return Message("upload.done", {str(outcome): counts.get(outcome, 0) for outcome in Outcome})
