"""Where in a sheet the table stands, and what each of its rows is. Pure.

People put titles above their tables, headings in two storeys, numbers of columns below, names of sections between the
goods and totals under them, and repeat the heading on every page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from registry.grids import NOTHING, NUMBER, PERCENT, TEXT, GridRow
from registry.text import fold

# A heading stands among the first rows, is no higher than this, and its words are no longer.
HEADING_WITHIN: Final = 40
STOREYS: Final = 3
LONGEST_HEADING: Final = 160
SAMPLE_ROWS: Final = 400

Merged = tuple[int, int, int, int]
Known = Callable[[str], float]

_SUM: Final = "итого|всего|общий итог|барлығы|жиыны|жалпы жиыны|қорытынды|total|grand total|subtotal|sum total"
_TOTAL: Final = re.compile(
    rf"(?:{_SUM})(?:\s+(?:по|for|of|in)\s.{{1,80}})?[\s\d:;.,()№%-]*|.{{1,80}}\s(?:бойынша|по)\s(?:{_SUM})[\s:.]*"
)
_LETTER: Final = re.compile(r"[^\W\d_]")


class RowKind(StrEnum):
    """What a row of a sheet is; only goods are taken in."""

    GOODS = "goods"
    ABOVE = "above"  # a title, or anything else that stands over the heading
    HEADING = "heading"  # the names of the columns, or their repeat on a further page
    NUMBERS = "numbers"  # the columns' numbers: 1, 2, 3 …
    SECTION = "section"  # the name of a group, which stands alone and holds for the rows below it
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Heading:
    """The rows that name the columns, 0 and 0 where none do.

    names: by place from 0, upper storeys first; empty where a column has none. lowest: what the lowest storey says.
    """

    first: int
    last: int
    names: tuple[str, ...]
    lowest: tuple[str, ...]


def find_heading(rows: Sequence[GridRow], merged: Collection[Merged], known: Known) -> Heading:
    """The heading of a table, from the first rows of its sheet.

    known: how sure it is, 0..1, that a text names a column. Of rows that name the same number of columns the upper
    one counts; a further storey must name half a column more. Where no row names any, the table has no heading that
    could be understood: the first of its full rows is one all the same if it holds words only and the next does not.
    """
    best: tuple[float, Heading] | None = None
    least = min(2, _usual_width(rows))
    for place, row in enumerate(rows[:HEADING_WITHIN]):
        if _width(row) < least:
            continue
        for height in range(1, STOREYS + 1):
            storeys = rows[place : place + height]
            if len(storeys) < height or (height > 1 and not _may_be_storeys(storeys)):
                break
            if not _may_be_heading(storeys[-1]) and height == 1:
                break
            names, lowest = _names(storeys, merged)
            score = sum(max(known(name), known(low)) for name, low in zip(names, lowest, strict=True))
            worth = score - 0.5 * (height - 1)
            if score >= 1 and (best is None or worth > best[0] + 1e-9):
                best = worth, Heading(row.number, storeys[-1].number, names, lowest)
    if best is not None:
        return best[1]
    return _unknown_heading(rows)


def _may_be_heading(row: GridRow) -> bool:
    words = [cell for cell, kind in zip(row.cells, row.kinds, strict=True) if kind == TEXT]
    return bool(words) and len(words) * 2 > _width(row) and all(len(cell) <= LONGEST_HEADING for cell in words)


def _may_be_storeys(storeys: Sequence[GridRow]) -> bool:
    """Whether rows may be one heading: rows right below each other, of words alone, more than one in each."""
    if any(below.number != above.number + 1 for above, below in pairwise(storeys)):
        return False
    return all(_width(row) > 1 and _only_words(row) for row in storeys)


def _only_words(row: GridRow) -> bool:
    words = [cell for cell in row.cells if cell]
    if any(kind not in (TEXT, NOTHING) for kind in row.kinds) or any(len(cell) > LONGEST_HEADING for cell in words):
        return False
    return all(_LETTER.search(cell) or cell in "№#%" for cell in words)


def _names(storeys: Sequence[GridRow], merged: Collection[Merged]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What each column is called over all storeys, and in the lowest that says anything.

    A name of an upper storey holds for the columns of its merged cells; where nothing is known of them, for the empty
    ones to its right that have a name below.
    """
    width = max(len(row.cells) for row in storeys)
    said: list[list[str]] = [[] for _ in range(width)]
    spans = {(first, left): right for first, left, _, right in merged}
    for depth, row in enumerate(storeys):
        cells = row.cells + [""] * (width - len(row.cells))
        below = storeys[depth + 1 :]
        for place, cell in enumerate(cells):
            if not cell:
                continue
            until = spans.get((row.number, place))
            if until is None and below and not merged:
                until = place
                while until + 1 < width and not cells[until + 1] and _filled(below, until + 1):
                    until += 1
                # A name with nothing below it is one of the whole height, and spans no further column.
                until = until if _filled(below, place) else place
            for column in range(place, min(until if until is not None else place, width - 1) + 1):
                said[column].append(cell)
    names = tuple(" ".join(" ".join(dict.fromkeys(parts)).split()) for parts in said)
    return names, tuple(" ".join(parts[-1].split()) if parts else "" for parts in said)


def _filled(rows: Iterable[GridRow], place: int) -> bool:
    return any(place < len(row.cells) and row.cells[place] for row in rows)


def _width(row: GridRow) -> int:
    """How many cells of a row are filled."""
    return len(row.kinds) - row.kinds.count(NOTHING)


def _usual_width(rows: Sequence[GridRow]) -> int:
    """How many cells most rows fill, titles apart."""
    widths = Counter(map(_width, rows))
    return max((width for width in widths if width > 1), key=lambda width: (widths[width], width), default=1)


def _unknown_heading(rows: Sequence[GridRow]) -> Heading:
    usual = _usual_width(rows)
    for place, row in enumerate(rows[:HEADING_WITHIN]):
        if _width(row) < usual:
            continue
        following = rows[place + 1 : place + 6]
        if _only_words(row) and following and not any(_only_words(other) for other in following) and usual > 1:
            names = tuple(" ".join(cell.split()) for cell in row.cells)
            return Heading(row.number, row.number, names, names)
        break
    width = max((len(row.cells) for row in rows), default=0)
    return Heading(0, 0, ("",) * width, ("",) * width)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table's rows look like, as far as it decides what a row is.

    name: the column of names, or None. ordinal: columns of running numbers. fuller: whether goods regularly have more
    than their name, so that a name alone is that of a section. wide: rows that are one merged cell.
    """

    heading: Heading
    name: int | None
    ordinal: frozenset[int]
    fuller: bool
    wide: frozenset[int]


def shape_of(
    rows: Sequence[GridRow],
    heading: Heading,
    merged: Collection[Merged],
    *,
    name: int | None,
    ordinal: Collection[int] = (),
) -> Shape:
    """The shape of a table from its first rows."""
    passed = frozenset(ordinal)
    below = [_places(row) for row in rows if row.number > heading.last and not _sums_up(row, _places(row), passed)]
    filled = [places - passed for places in below]
    alone = sum(len(places) == 1 for places in filled)
    fuller = [places for places in filled if len(places) > 1]
    others = Counter(place for places in fuller for place in places if place != name)
    regular = any(times >= 0.9 * len(fuller) for times in others.values())
    wide = frozenset(first for first, left, last, right in merged if first == last and right - left >= 2)
    return Shape(heading, name, passed, bool(fuller) and regular and alone <= 0.3 * len(filled), wide)


def _places(row: GridRow) -> set[int]:
    return {place for place, kind in enumerate(row.kinds) if kind != NOTHING}


def sorted_rows(
    rows: Iterable[GridRow], shape: Shape, *, sections: bool = True
) -> Iterator[tuple[GridRow, RowKind, str]]:
    """Every row with what it is, and the name of the section it stands in, empty where there is none.

    sections: whether names that stand alone are those of sections; else they are goods.
    """
    heading = shape.heading
    named = tuple(map(fold, heading.lowest))
    known = {name for name in (*named, *map(fold, heading.names)) if name}
    section = ""
    for row in rows:
        if row.number < heading.first:
            yield row, RowKind.ABOVE, ""
            continue
        if row.number <= heading.last:
            yield row, RowKind.HEADING, ""
            continue
        kind = _kind(row, shape, known, sections)
        if kind is RowKind.SECTION:
            section = next(cell for place, cell in enumerate(row.cells) if cell and place not in shape.ordinal)
            section = " ".join(section.split()).rstrip(":").strip()
        yield row, kind, section if kind is RowKind.GOODS else ""


def _kind(row: GridRow, shape: Shape, known: Collection[str], sections: bool) -> RowKind:
    filled = _places(row)
    own = filled - shape.ordinal
    if known and len(filled) > 1 and _repeats(row, filled, known):
        return RowKind.HEADING
    if len(filled) > 2 and _counts_up([row.cells[place] for place in sorted(filled)]):
        return RowKind.NUMBERS
    first = min(own, default=None)
    if _sums_up(row, filled, shape.ordinal):
        return RowKind.TOTAL
    if len(own) != 1 or not sections or first is None:
        return RowKind.GOODS
    if row.kinds[first] != TEXT or not _LETTER.search(row.cells[first]):
        return RowKind.GOODS
    if row.number in shape.wide or first != shape.name:
        return RowKind.SECTION
    # A running number before it makes it one of the goods, of which no more is said.
    return RowKind.SECTION if shape.fuller and filled == own else RowKind.GOODS


def _repeats(row: GridRow, filled: Collection[int], known: Collection[str]) -> bool:
    """Whether most cells of a row are names of columns."""
    longest = max(map(len, known)) + 2
    short = [place for place in filled if row.kinds[place] == TEXT and len(row.cells[place]) <= longest]
    most = len(filled) // 2 + 1
    return len(short) >= most and sum(fold(row.cells[place]) in known for place in short) >= most


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether cells are 1, 2, 3 …, as forms number their columns."""
    numbers = [cell.rstrip(".") for cell in cells]
    return numbers == [str(number) for number in range(1, len(numbers) + 1)]


def _sums_up(row: GridRow, filled: set[int], ordinal: Collection[int]) -> bool:
    """Whether a row is one of totals; the word for that may stand in the column of running numbers."""
    own = filled.difference(ordinal)
    return any(_is_total(row, among, min(among)) for among in (filled, own) if among)


def _is_total(row: GridRow, own: Collection[int], first: int) -> bool:
    """Whether a row sums others up: it begins with a word for that and holds else nothing but figures."""
    if not _TOTAL.fullmatch(fold(row.cells[first])):
        return False
    rest = [place for place in own if place != first]
    return all(row.kinds[place] in (NUMBER, PERCENT) or not _LETTER.search(row.cells[place]) for place in rest)
