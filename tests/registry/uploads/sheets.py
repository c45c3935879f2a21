"""Grids and plans for tests, without a file where none is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from registry.grids import DAY, NOTHING, NUMBER, TEXT, GridRow
from registry.uploads.columns import Guess, guesses
from registry.uploads.layout import SAMPLE_ROWS, Heading, Merged, RowKind, find_heading, shape_of, sorted_rows
from registry.uploads.names import names_a_column


def grid(rows: Sequence[Sequence[Any]]) -> list[GridRow]:
    """Rows as a workbook gives them: numbers as numbers, ISO days as days; blank ones left out."""
    found = []
    for number, row in enumerate(rows, start=1):
        kinds = "".join(map(_kind, row))
        if kinds.strip(NOTHING):
            width = len(kinds.rstrip(NOTHING))
            found.append(GridRow(number, ["" if cell is None else str(cell) for cell in row][:width], kinds[:width]))
    return found


def _kind(cell: Any) -> str:
    if cell is None or cell == "":
        return NOTHING
    if isinstance(cell, (int, float)):
        return NUMBER
    return DAY if len(cell) == 10 and cell[4] == cell[7] == "-" else TEXT


def heading_of(rows: Sequence[Sequence[Any]], merged: Sequence[Merged] = ()) -> Heading:
    """The heading that is found in a sheet."""
    return find_heading(grid(rows)[:SAMPLE_ROWS], merged, names_a_column)


def columns(
    rows: Sequence[Sequence[Any]],
    merged: Sequence[Merged] = (),
    remembered: Mapping[str, str | None] | None = None,
) -> list[Guess]:
    """What the columns of a sheet are taken for."""
    heading = heading_of(rows, merged)
    below = [row for row in grid(rows) if row.number > heading.last]
    return guesses(heading.names, heading.lowest, below, remembered=remembered)


def meant(rows: Sequence[Sequence[Any]], merged: Sequence[Merged] = ()) -> list[str | None]:
    """The fields of the columns of a sheet."""
    return [guess.field for guess in columns(rows, merged)]


def kinds(
    rows: Sequence[Sequence[Any]], merged: Sequence[Merged] = (), *, sections: bool = True
) -> list[tuple[int, RowKind, str]]:
    """What each row of a sheet is, with the section it stands in."""
    heading = heading_of(rows, merged)
    found = columns(rows, merged)
    name = next((guess.place for guess in found if guess.field == "name"), None)
    ordinal = [guess.place for guess in found if guess.field == "ordinal"]
    shape = shape_of(grid(rows), heading, merged, name=name, ordinal=ordinal)
    return [(row.number, kind, section) for row, kind, section in sorted_rows(grid(rows), shape, sections=sections)]
