"""The only reader and writer of tables: CSV and workbooks in, CSV and XLSX out.

Every cell is text here; what it means is asked of `registry.cells`. A workbook is turned into CSV by a child process
under a limit of memory and time, so that a file made to exhaust them ends in one clear sentence; that serves an
operator's own file as well as an uploaded one, and keeps one way of reading. A table is read through once before its
first row is handed out: a file that turns out unreadable half-way must not have been taken in by half.
"""

from __future__ import annotations

import codecs
import csv
import errno
import hashlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, TextIO

from registry.cells import number as number_of
from registry.confined import Failed, Limits, run
from registry.errors import RegistryError
from registry.text import fold
from registry.wording import Message

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
# A workbook of 200,000 rows and 18 columns takes 0.4 GiB and 6 s to open; much more than that is somebody's mistake.
WORKBOOK_BYTES = 2 * 1024**3
WORKBOOK_SECONDS = 120
# The longest cell of a spreadsheet program is 32,767 characters; beyond twice that a quotation mark was left open.
LONGEST_CELL = 65_536
SAMPLE_BYTES = 1 << 20

# What a sheet of a workbook holds, its heading among them; more goes on in a further sheet.
SHEET_ROWS = 1_048_576
_SHEET_NAME = 31
_LONGEST_TEXT = 32_767
_NARROWEST = 8
_A4 = 9

# Columns that the file of rejected rows adds; a corrected file may bring them back.
REJECTED_COLUMNS = ("rejected_row", "rejected_column", "rejected_reason")

# Columns of percents, 0..100, which people also keep as shares of one that a workbook shows as percents.
PERCENTS = ("icv_percent", "min_icv")

# What a spreadsheet program would run as a formula when it opens a CSV, unless it is a plain number. The apostrophe
# before it is how such programs mark text themselves; reading takes it off again.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_MARKED = re.compile(r"'(?=[=+\-@])")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


class TableError(RegistryError):
    """The table cannot be read, or lacks a column: nothing of it is taken in."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it (the header is 1), cells by column, and as they were given."""

    number: int
    cells: Mapping[str, str]
    given: Sequence[str]
    surplus: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was read through: `rows` may be walked any number of times.

    columns: the known columns that the file has. unknown: its other columns. total: rows with any content.
    sha256: of the file. notes: what a person should know of how it was read.
    """

    name: str
    header: tuple[str, ...]
    columns: tuple[str, ...]
    unknown: tuple[str, ...]
    delimiter: str
    total: int
    sha256: str
    notes: tuple[Message, ...]
    _path: Path
    _encoding: str
    _places: tuple[tuple[str, int], ...]
    _shares: frozenset[int]

    def rows(self, after: int = 1) -> Iterator[Row]:
        """Rows that hold anything, beginning after row `after`."""
        width = len(self.header)
        with _opened(self._path, self._encoding) as file:
            for number, cells in enumerate(_records(file, self.delimiter, self.name), start=1):
                if number <= after or not any(cells):
                    continue
                for place in self._shares:
                    if place < len(cells):
                        cells[place] = _share_as_percent(cells[place])
                surplus = any(cells[width:])
                filled = ((name, cells[place]) for name, place in self._places if place < len(cells) and cells[place])
                values = {name: _unmarked(cell.strip()) for name, cell in filled}
                yield Row(number, values, cells, surplus)

    def places_of(self, names: Iterable[str]) -> frozenset[int]:
        """Where in the header columns of these names stand, whether they are known ones or not."""
        wanted = {fold(name) for name in names}
        return frozenset(place for place, column in enumerate(self.header) if fold(column) in wanted)


def _clean(cell: str) -> str:
    return cell.strip().strip("\ufeff")


def _unmarked(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _MARKED.match(cell) else cell


@contextmanager
def open_table(
    path: Path, columns: Iterable[str], *, required: Iterable[str] = (), aliases: Mapping[str, str] | None = None
) -> Iterator[Table]:
    """A table by its known columns, recognised by name whatever their case, order and spaces.

    aliases: other name -> column. Raises TableError with a sentence that says what to do.
    """
    if not path.is_file() or not os.access(path, os.R_OK):
        raise TableError(Message("import.table.no_file", {"file": str(path)}))
    known = {name: name for name in columns} | dict(aliases or {})
    with _as_csv(path) as (source, note):
        encoding, notes = _encoding(source, path.name)
        delimiter = _delimiter(source, encoding, known)
        header: tuple[str, ...] = ()
        total = 0
        with _opened(source, encoding) as file:
            for number, cells in enumerate(_records(file, delimiter, path.name), start=1):
                if number == 1:
                    header = tuple(_clean(cell) for cell in cells)
                elif any(cells):
                    total += 1
        if not any(header):
            raise TableError(Message("import.table.empty", {"file": path.name}))
        places = _places(header, known, path.name)
        missing = [name for name in required if name not in places]
        if missing:
            raise TableError(
                Message(
                    "import.table.missing",
                    {"file": path.name, "missing": ", ".join(missing), "found": ", ".join(filter(None, header))},
                )
            )
        shares = _shares(source, encoding, delimiter, places) if path.suffix.lower() in WORKBOOKS else {}
        for column in shares:
            notes.append(Message("import.table.shares", {"file": path.name, "column": column}))
        yield Table(
            name=path.name,
            header=header,
            columns=tuple(places),
            unknown=tuple(
                name
                for place, name in enumerate(header)
                if name and place not in places.values() and fold(name) not in REJECTED_COLUMNS
            ),
            delimiter=delimiter,
            total=total,
            sha256=_sha256(path),
            notes=(*note, *notes),
            _path=source,
            _encoding=encoding,
            _places=tuple(places.items()),
            _shares=frozenset(shares.values()),
        )


def _places(header: Sequence[str], known: Mapping[str, str], name: str) -> dict[str, int]:
    """Where each known column stands; a name given twice would leave open which of them is meant."""
    folded = {fold(column): target for column, target in known.items()}
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        target = folded.get(fold(column))
        if target is None:
            continue
        if target in places:
            raise TableError(Message("import.table.twice", {"file": name, "column": target}))
        places[target] = place
    return places


def _shares(path: Path, encoding: str, delimiter: str, places: Mapping[str, int]) -> dict[str, int]:
    """Which columns of percents a workbook holds as shares of one, and where they stand.

    A cell shown as a percent is read so already. Of others a workbook tells only the value: where none of a column is
    above 1 and one is a fraction, they are shares, since a whole column below one percent is no table of ICV. 0 is 0
    either way. A single fraction among percents stays what it says.
    """
    found = {name: places[name] for name in PERCENTS if name in places}
    fractions: set[str] = set()
    with _opened(path, encoding) as file:
        for cells in _records(file, delimiter, path.name):
            for name, place in list(found.items()):
                cell = cells[place].strip() if place < len(cells) else ""
                value = None if cell.endswith("%") else number_of(cell)
                if cell.endswith("%") or (value is not None and not 0 <= value <= 1):
                    del found[name]
                elif value is not None and value % 1:
                    fractions.add(name)
    return {name: place for name, place in found.items() if name in fractions}


def _share_as_percent(cell: str) -> str:
    value = number_of(cell.strip())
    return cell if value is None else _percent(value)


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[TextIO]:
    with path.open(encoding=encoding, newline="") as file:
        yield file


def _records(file: TextIO, delimiter: str, name: str) -> Iterator[list[str]]:
    """The records of a CSV file, faults turned into sentences that name the row."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    number = 0
    while True:
        try:
            record = next(reader, None)
        except csv.Error:
            raise TableError(Message("import.table.quotes", {"file": name, "row": number + 1})) from None
        if record is None:
            return
        number += 1
        yield record


def _encoding(path: Path, name: str) -> tuple[str, list[Message]]:
    """UTF-8 with or without a byte order mark, or else Windows-1251, which is noted.

    A file that is UTF-8 but for a few broken places is refused: as Windows-1251 it would be gibberish throughout.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    row = 1
    with path.open("rb") as file:
        while block := file.read(SAMPLE_BYTES):
            if b"\x00" in block:
                raise TableError(Message("import.table.binary", {"file": name}))
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                row += block[: error.start].count(b"\n")
                break
            if _CONTROL.search(text):
                raise TableError(Message("import.table.binary", {"file": name}))
            row += block.count(b"\n")
        else:
            return "utf-8-sig", []
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    lenient = sample.decode("utf-8", "replace")
    if sum(letter.isalpha() and not letter.isascii() for letter in lenient) > lenient.count("\ufffd"):
        raise TableError(Message("import.table.broken_text", {"file": name, "row": row}))
    decoded = sample.decode("cp1251", "replace")
    if "\ufffd" in decoded or _CONTROL.search(decoded):
        raise TableError(Message("import.table.binary", {"file": name}))
    return "cp1251", [Message("import.table.cp1251", {"file": name})]


def _delimiter(path: Path, encoding: str, known: Mapping[str, str]) -> str:
    """The separator under which most of the header's columns are known."""
    with _opened(path, encoding) as file:
        first = file.readline(LONGEST_CELL)
    folded = {fold(column) for column in known}

    def recognised(delimiter: str) -> tuple[int, int]:
        # Not strictly: cut at a wrong separator, a cell in quotes is followed by the rest of the row.
        header = next(csv.reader(io.StringIO(first), delimiter=delimiter), [])
        return sum(fold(_clean(cell)) in folded for cell in header), len(header)

    return max((",", ";", "\t"), key=recognised)


@contextmanager
def _as_csv(path: Path) -> Iterator[tuple[Path, list[Message]]]:
    """The file itself, or a CSV made from a workbook's first sheet, deleted afterwards."""
    if path.suffix.lower() not in WORKBOOKS:
        with path.open("rb") as file:
            if file.read(4) == b"PK\x03\x04":
                raise TableError(Message("import.table.workbook_named_csv", {"file": path.name}))
        yield path, []
        return
    with tempfile.TemporaryDirectory(prefix="ondiris-") as folder:
        target = Path(folder) / "table.csv"
        limits = Limits(memory=WORKBOOK_BYTES, seconds=WORKBOOK_SECONDS, written=WORKBOOK_BYTES)
        try:
            said = run("registry.spreadsheets", str(path.resolve()), str(target), limits=limits)
        except Failed:
            raise TableError(Message("import.table.not_a_workbook", {"file": path.name})) from None
        left_out = said.splitlines()
        notes = [Message("import.table.sheets", {"file": path.name, "left_out": ", ".join(left_out)})]
        yield target, notes if left_out else []


def _convert(source: Path, target: Path) -> list[str]:
    """Write a workbook's first sheet with any content as CSV; returns the names of the sheets left out."""
    from python_calamine import load_workbook

    from registry.workbooks import percent_cells

    workbook = load_workbook(source)
    names = list(workbook.sheet_names)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for name in names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.height == 0:
                continue
            # Rows before the first one with content count: the numbers are those a person sees in the margin.
            writer.writerows([[]] * (sheet.start[0] if sheet.start else 0))
            percents = percent_cells(source, name)
            first = sheet.start[1] if sheet.start else 0
            for number, row in enumerate(sheet.iter_rows()):
                shown = percents.get(number, ())
                writer.writerow([_written(cell, place in shown) for place, cell in enumerate(row, start=first)])
            return [other for other in names if other != name and workbook.get_sheet_by_name(other).height]
    return []


def _written(value: Any, percent: bool = False) -> str:
    """A workbook's cell as text: whole numbers without a decimal part, days as 2026-01-31.

    percent: whether the workbook shows the number as a percent, 0.6823 as 68,23 %; then so does the text.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if percent and isinstance(value, (int, float)):
        return _percent(Decimal(repr(value)))
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return str(value)


def neutral(value: Any) -> str:
    """A value as a CSV cell that no spreadsheet program runs as a formula."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    text = str(value)
    if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


@dataclass(frozen=True, slots=True)
class Column:
    """A column to be written. width: in characters. form: how a spreadsheet program shows its numbers, as `0.0%`."""

    name: str
    width: float
    form: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet to be written.

    columns: by name, as wide as their names and on one line; or each as a Column, whose texts are wrapped. above: rows
    that stand over the heading.
    """

    name: str
    columns: Sequence[str | Column]
    rows: Iterable[Sequence[Any]]
    above: Sequence[Sequence[Any]] = ()


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file, UTF-8 with a byte order mark, since spreadsheet programs take it for another encoding else."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([neutral(value) for value in row] for row in rows)


def write_xlsx(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write a workbook row by row; numbers and days as such, text always as text, never as formula or link.

    Each sheet can be filtered and printed, and its heading stays in sight; one that is full goes on as "… (2)".
    Raises OSError where the file cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    try:
        _write_xlsx(xlsxwriter, path, sheets)
    except FileCreateError as error:
        raise OSError(errno.EIO, str(error), str(path)) from error


def _write_xlsx(xlsxwriter: Any, path: Path, sheets: Iterable[Sheet]) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "in_memory": False}) as workbook:
        forms = _Forms(workbook)
        for sheet in sheets:
            rows = iter(sheet.rows)
            name = re.sub(r"[\[\]:*?/\\']", " ", sheet.name)
            for part in count(1):
                ending = f" ({part})" if part > 1 else ""
                page = workbook.add_worksheet(name[: _SHEET_NAME - len(ending)] + ending)
                room = SHEET_ROWS - 1 - len(sheet.above)
                written = _write_page(page, sheet, islice(rows, room), forms)
                # A sheet that is full goes on in the next, unless nothing is left.
                first = next(rows, None) if written == room else None
                if first is None:
                    break
                rows = chain([first], rows)


class _Forms:
    """The forms of cells of one workbook, each made once."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._made: dict[tuple[bool, str, bool], Any] = {}

    def form(self, *, wraps: bool, numbers: str = "", bold: bool = False) -> Any:
        """A form. wraps: whether long text goes on below. numbers: how numbers are shown."""
        key = wraps, numbers, bold
        if key not in self._made:
            shown = {"valign": "top", "text_wrap": wraps, "bold": bold, "num_format": numbers or "General"}
            self._made[key] = self._workbook.add_format(shown)
        return self._made[key]


def _write_page(page: Any, sheet: Sheet, rows: Iterable[Sequence[Any]], forms: _Forms) -> int:
    """Write one sheet of a workbook; returns the number of its rows."""
    columns, top = sheet.columns, len(sheet.above)
    page.freeze_panes(top + 1, 0)
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)
    plain = forms.form(wraps=False)
    for number, row in enumerate(sheet.above):
        _write_row(page, number, row, [plain] * len(row), [plain] * len(row), forms)
    texts, numbers = [], []
    for place, column in enumerate(columns):
        wraps = isinstance(column, Column)
        name, width = (column.name, column.width) if isinstance(column, Column) else (column, len(column) + 4)
        page.set_column(place, place, max(_NARROWEST, width))
        page.write_string(top, place, name, forms.form(wraps=True, bold=True))
        texts.append(forms.form(wraps=wraps))
        numbers.append(forms.form(wraps=wraps, numbers=column.form if isinstance(column, Column) else ""))
    number = 0
    for number, row in enumerate(rows, start=1):
        _write_row(page, top + number, row, texts, numbers, forms)
    page.autofilter(top, 0, top + number, len(columns) - 1)
    return number


def _write_row(
    page: Any, number: int, row: Sequence[Any], texts: Sequence[Any], numbers: Sequence[Any], forms: _Forms
) -> None:
    for place, value in enumerate(row):
        if value is None or value == "":
            continue
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            page.write_number(number, place, value, numbers[place])
        elif isinstance(value, date):
            page.write_datetime(number, place, value, forms.form(wraps=False, numbers="dd.mm.yyyy"))
        else:
            page.write_string(number, place, str(value)[:_LONGEST_TEXT], texts[place])


if __name__ == "__main__":
    for other in _convert(Path(sys.argv[1]), Path(sys.argv[2])):
        sys.stdout.write(other + "\n")
