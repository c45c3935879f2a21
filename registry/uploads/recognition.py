"""What a supplier's file looks like: its sheets, where the table of each begins, and what its columns mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from registry.grids import Book, Grid, GridRow
from registry.uploads.columns import TAKEN, Guess, guesses
from registry.uploads.layout import SAMPLE_ROWS, Heading, RowKind, Shape, find_heading, shape_of, sorted_rows
from registry.uploads.names import fields, names_a_column
from registry.uploads.plans import NAMES, Plan, SheetPlan

# Columns that the portal gives what it writes out of an organisation beside its goods (`web.supplier.export`).
RECORDS: Final = frozenset({"valid_from", "registered_on", "kazakhstani", "withdrawn_from", "file_kind"})
# What its owner said of a table with columns of these names: by `name_key` of each, the field or None.
Recall = Callable[[Sequence[str]], Mapping[str, str | None]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as it was understood. goods: whether it looks like a table of goods, so that it is proposed. first:
    some of its rows, with what they are. lines: how many rows are goods."""

    grid: Grid
    heading: Heading
    columns: tuple[Guess, ...]
    goods: bool
    first: tuple[tuple[GridRow, RowKind, str], ...]
    lines: int
    plan: SheetPlan

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values for a page."""
        return {
            "place": self.plan.place,
            "name": self.grid.name,
            "hidden": self.grid.hidden,
            "rows": self.grid.total,
            "lines": self.lines,
            "goods": self.goods,
            "heading": [self.heading.first, self.heading.last],
            "columns": [guess.as_json() for guess in self.columns],
            "first": [
                {"row": row.number, "kind": str(kind), "section": section, "cells": row.cells}
                for row, kind, section in self.first
            ],
            "plan": self.plan.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Recognition:
    """All sheets of a file, and the plan that is proposed for it: of the visible sheets that look like tables of goods,
    or else of the one that comes nearest."""

    sheets: tuple[Sheet, ...]
    plan: Plan


def recognise(book: Book, recall: Recall = lambda names: {}, *, shown: int = 20) -> Recognition:
    """What the file looks like. shown: how many rows of each sheet are shown."""
    sheets = tuple(_sheet(grid, place, recall, shown) for place, grid in enumerate(book.sheets))
    proposed = [sheet for sheet in sheets if sheet.goods and not sheet.grid.hidden]
    if not proposed:
        proposed = sorted(sheets, key=lambda sheet: (sheet.grid.hidden, not sheet.goods, -_worth(sheet)))[:1]
    return Recognition(sheets, Plan(tuple(sheet.plan for sheet in proposed)))


def sample_of(grid: Grid) -> list[GridRow]:
    """The first rows of a sheet, from which its form is told."""
    return list(islice(grid.rows(), SAMPLE_ROWS))


def heading_at(grid: Grid, first: int, last: int) -> Heading:
    """The heading that a person says stands in these rows, both 0 where there is none."""
    rows = [row for row in sample_of(grid) if first <= row.number <= last]
    if not rows:
        return Heading(0, 0, ("",) * grid.width, ("",) * grid.width)
    found = find_heading(rows, grid.merged, lambda text: 1.0)
    return Heading(first, last, found.names, found.lowest)


def planned(
    grid: Grid, place: int, heading: Heading, recall: Recall = lambda names: {}
) -> tuple[SheetPlan, list[Guess]]:
    """What the columns below a heading mean, and the plan that follows from it."""
    rows = sample_of(grid)
    below = [row for row in rows if row.number > heading.last]
    # Twice: names of sections and totals are no goods, and what they are is known once the columns are.
    remembered = recall(heading.names)
    found = guesses(heading.names, heading.lowest, below, remembered=remembered)
    for _ in range(2):
        plan = SheetPlan(place, grid.name, heading, tuple(guess.field for guess in found))
        goods = [row for row, kind, _ in sorted_rows(rows, shape(grid, plan, rows)) if kind is RowKind.GOODS]
        found = guesses(heading.names, heading.lowest, goods, remembered=remembered)
    return SheetPlan(place, grid.name, heading, tuple(guess.field for guess in found)), found


def shape(grid: Grid, plan: SheetPlan, rows: list[GridRow] | None = None) -> Shape:
    """How the rows of a sheet are told apart under a plan."""
    sample = sample_of(grid) if rows is None else rows
    name = next((place for field in NAMES if (place := plan.place_of(field)) is not None), None)
    return shape_of(sample, plan.heading, grid.merged, name=name, ordinal=plan.places_of("ordinal"))


def goods_rows(grid: Grid, plan: SheetPlan) -> Iterator[tuple[GridRow, RowKind, str]]:
    """Every row of a sheet with what it is, and the section it stands in."""
    return sorted_rows(grid.rows(), shape(grid, plan), sections=plan.sections)


def _sheet(grid: Grid, place: int, recall: Recall, shown: int) -> Sheet:
    rows = sample_of(grid)
    heading = find_heading(rows, grid.merged, names_a_column)
    plan, found = planned(grid, place, heading, recall)
    first = tuple(islice(sorted_rows(rows, shape(grid, plan, rows)), shown))
    lines = sum(kind is RowKind.GOODS for _, kind, _ in goods_rows(grid, plan))
    return Sheet(grid, heading, tuple(found), _are_goods(found), first, lines, plan)


def _are_goods(found: list[Guess]) -> bool:
    """Whether columns are those of a list of goods: one of names, and another of anything that is said of goods; sheets
    in which the portal itself wrote out an archive, documents or an organisation are none."""
    kept = fields()
    names = any(guess.field in NAMES and guess.sure >= TAKEN for guess in found)
    others = any(guess.field and guess.field not in NAMES and (kept[guess.field] or guess.name) for guess in found)
    ours = not RECORDS.isdisjoint(guess.name for guess in found)
    return names and (others or len(found) == 1) and not ours


def _worth(sheet: Sheet) -> float:
    kept = fields()
    return sum(guess.sure for guess in sheet.columns if guess.field and kept[guess.field])
