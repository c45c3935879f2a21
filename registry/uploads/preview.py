"""What taking a file in would do, row by row, with nothing written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from registry.bulk import Remark, rehearse
from registry.bulk_rows import Outcome, Verdict
from registry.cells import counted_as
from registry.db import Database
from registry.explain import Violation
from registry.uploads.intake import OwnFile, OwnLine
from registry.uploads.rows import OwnRows
from registry.wording import Message

# Rows that are looked at, and of those how many are told one by one of each outcome.
LIMIT: Final = 20_000
DETAILED: Final = 50


@dataclass(slots=True)
class Preview:
    """What would become of one sheet. looked_at: rows, of `total`. twins: new lines that may be listed already.

    passed: rows that are no goods, by what they are. detailed: the first rows of each outcome, and the first twins.
    """

    sheet: str
    total: int
    unknown_columns: tuple[str, ...]
    notes: tuple[Message, ...]
    passed: Mapping[str, int]
    looked_at: int = 0
    counts: dict[Outcome, int] = field(default_factory=dict)
    twins: int = 0
    unconfirmed: int = 0
    detailed: list[Verdict] = field(default_factory=list)
    cells: dict[int, Mapping[str, str]] = field(default_factory=dict)
    remarks: dict[str, list[Any]] = field(default_factory=dict)

    def told(self) -> list[Remark]:
        """What is odd, each with how many rows it concerns and the first of them."""
        return [Remark(times, row, Violation.from_json(note)) for times, row, note in self.remarks.values()]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "sheet": self.sheet,
            "total": self.total,
            "looked_at": self.looked_at,
            **{str(outcome): self.counts.get(outcome, 0) for outcome in Outcome},
            "twins": self.twins,
            "unconfirmed": self.unconfirmed,
            "passed": dict(self.passed),
            "unknown_columns": list(self.unknown_columns),
            "notes": [note.as_json() for note in self.notes],
            "remarks": [{"times": it.times, "row": it.row, "note": it.note.as_json()} for it in self.told()],
            "rows": [
                {**verdict.as_json(), "cells": dict(self.cells.get(verdict.row, {}))}
                for verdict in sorted(self.detailed, key=lambda verdict: verdict.row)
            ],
        }


def preview(
    database: Database,
    rows: OwnRows,
    own: OwnFile,
    *,
    limit: int = LIMIT,
    detailed: int = DETAILED,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Preview:
    """What would become of the first `limit` goods of a sheet.

    Batches are written and taken back, by the very operations that take them in: what is told is what would happen, and
    nothing of it is ever seen by others.
    """
    found = Preview(
        sheet=rows.plan.name,
        total=rows.total,
        unknown_columns=rows.unknown,
        notes=rows.notes,
        passed={str(kind): times for kind, times in rows.passed.items()},
    )

    def about(session: Session, lines: Mapping[int, OwnLine]) -> Mapping[int, Mapping[str, Any]]:
        return {number: known.as_json() for number, known in own.known.items()}

    twins = 0
    for verdict in rehearse(database, rows, own.subject, limit=limit, about=about, progress=progress):
        found.looked_at += 1
        found.counts[verdict.outcome] = found.counts.get(verdict.outcome, 0) + 1
        for note in verdict.notes:
            key, said = counted_as(note, found.remarks)
            found.remarks.setdefault(key, [0, verdict.row, said.as_json()])[0] += 1
        twin = "twin" in verdict.about
        twins += twin
        found.unconfirmed += "unconfirmed" in verdict.about
        if found.counts[verdict.outcome] <= detailed or (twin and twins <= detailed):
            found.detailed.append(verdict)
    found.twins = twins
    wanted = {verdict.row for verdict in found.detailed}
    for row in rows.rows():
        if not wanted:
            break
        if row.number in wanted:
            wanted.discard(row.number)
            found.cells[row.number] = {name: cell for name, cell in row.cells.items() if not name.startswith("#")}
    return found
