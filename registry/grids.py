"""Any file that holds a table, as grids of cells: its sheets, their rows, and what each cell says as a person sees it.

Where `registry.spreadsheets` reads tables whose columns are agreed on, this reads what a supplier has: XLSX, XLSM,
XLSB, XLS, ODS, or CSV in whatever encoding, told by its content and never by its name. A child process under limits of
memory, time and written bytes does all the reading and leaves each sheet as lines of JSON; whatever a hostile file does
to it ends in one sentence. Macros are never run, links never followed, formulas give the value saved with them.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import orjson

from registry.confined import Failed, Limits, run
from registry.errors import RegistryError
from registry.wording import Message

# What a file may be and take. A price list of 20,000 rows is 3 MB; opening it takes 120 MB and two seconds.
FILE_BYTES: Final = 50 * 1024**2
UNPACKED_BYTES: Final = 512 * 1024**2
PARTS: Final = 10_000
MEMORY_BYTES = 1024**3
SECONDS = 60
ROWS = 100_000
COLUMNS: Final = 500
SHEETS: Final = 50
# The longest text that a cell of a spreadsheet program holds; longer ones end there.
CELL: Final = 32_767
LINE: Final = 1 << 20
_BLOCK: Final = 1 << 20
_WRITTEN_BYTES: Final = 1024**3
_MERGED_ROWS: Final = 5_000

# What a cell is, a letter each: text, a number, a number shown as a percent, a day, yes or no, or nothing.
TEXT, NUMBER, PERCENT, DAY, YES_NO, NOTHING = "tnpdb "

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN: Final = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"{\\rtf", "document"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")
_DECLARATION: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# Letters of Windows-1251 that no Russian text holds and that stand for Kazakh ones in its Kazakh sister, KZ-1048.
_KAZAKH_BYTES: Final = {
    wrong
    for byte in range(0x80, 0x100)
    if (right := bytes([byte]).decode("kz1048", "ignore")) and right.lower() in "әғқңөұүһ"
    if (wrong := bytes([byte]).decode("cp1251", "ignore")) != right and wrong
}


class GridError(RegistryError):
    """The file cannot be read as a table; the message says why and what to do."""


class GridRow(NamedTuple):
    """A row with any content: its number as a spreadsheet shows it, its cells as text, and the kind of each cell."""

    number: int
    cells: list[str]
    kinds: str


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet, read through. rows: with any content. merged: (first row, first column, last row, last column) of the
    merged cells, rows as a spreadsheet numbers them and columns from 0."""

    name: str
    hidden: bool
    total: int
    width: int
    merged: tuple[tuple[int, int, int, int], ...]
    _path: Path

    def rows(self, after: int = 0) -> Iterator[GridRow]:
        """Rows with any content, beginning after row `after`; may be walked any number of times."""
        with self._path.open("rb") as file:
            for line in file:
                row = GridRow(*orjson.loads(line))
                if row.number > after:
                    yield row


@dataclass(frozen=True, slots=True)
class Book:
    """A file that was read through. kind: xlsx, xls, ods or csv. sheets: those with any content, in their order."""

    name: str
    kind: str
    sheets: tuple[Grid, ...]
    sha256: str
    notes: tuple[Message, ...]


@contextmanager
def open_book(path: Path, name: str | None = None) -> Iterator[Book]:
    """The sheets of a file. name: what its owner calls it. Raises GridError."""
    called = name or path.name
    if path.stat().st_size > FILE_BYTES:
        raise GridError(Message("upload.file.large", {"file": called, "limit": FILE_BYTES // 1024**2}))
    if not path.stat().st_size:
        raise GridError(Message("upload.file.empty", {"file": called}))
    with tempfile.TemporaryDirectory(prefix="ondiris-") as made:
        folder = Path(made)
        told = _read_in_child(path, folder, called)
        sheets = tuple(
            Grid(
                name=sheet["name"],
                hidden=sheet["hidden"],
                total=sheet["total"],
                width=sheet["width"],
                merged=tuple((a, b, c, d) for a, b, c, d in sheet["merged"]),
                _path=folder / sheet["part"],
            )
            for sheet in told["sheets"]
        )
        if not sheets:
            raise GridError(Message("upload.file.empty", {"file": called}))
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        notes = tuple(Message(f"upload.read.{code}", {"file": called, **values}) for code, values in told["notes"])
        yield Book(called, told["kind"], sheets, sha256, notes)


def _read_in_child(path: Path, folder: Path, called: str) -> dict[str, Any]:
    """What the child process tells of the file. Raises GridError with the sentence for what went wrong."""
    limits = Limits(MEMORY_BYTES, SECONDS, _WRITTEN_BYTES)
    try:
        told: dict[str, Any] = json.loads(
            run("registry.grids", str(path.resolve()), str(folder), str(ROWS), limits=limits)
        )
    except Failed as failed:
        word = "heavy" if failed.exhausted else "damaged"
        raise GridError(Message(f"upload.file.{word}", {"file": called})) from None
    except ValueError:
        # It was ended in the middle of telling.
        raise GridError(Message("upload.file.damaged", {"file": called})) from None
    if "error" in told:
        values = told["values"]
        if "kind" in values:
            values["kind"] = Message(f"upload.kind.{values['kind']}")
        raise GridError(Message(f"upload.file.{told['error']}", {"file": called, **values}))
    return told


class _Refused(Exception):
    """Within the child: the code of the sentence, and its values."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def kind_of_content(path: Path) -> str:
    """What a file is by its content: xlsx, xlsb, xls, ods, or else csv. Raises _Refused for what is no table."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_archive(path)
    if head.startswith(_OLE):
        return _kind_of_compound(path)
    foreign = next((word for start, word in _FOREIGN if head.startswith(start)), None)
    if foreign or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        raise _Refused("foreign", kind=foreign or "picture")
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if begins.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<style")):
        raise _Refused("foreign", kind="page")
    if begins.startswith((b"<?xml", b"<svg", b"<")):
        raise _Refused("foreign", kind="xml")
    return "csv"


def _kind_of_archive(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED_BYTES:
            raise _Refused("heavy")
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                with archive.open(part) as file:
                    # Nothing that writes workbooks declares entities; a file that does is made to be expanded.
                    if _DECLARATION.search(file.read(_BLOCK // 4)):
                        raise _Refused("entities")
        if "xl/workbook.xml" in names:
            return "xlsx"
        if "xl/workbook.bin" in names:
            return "xlsb"
        if "content.xml" in names and "mimetype" in names:
            with archive.open("mimetype") as file:
                if b"spreadsheet" in file.read(200):
                    return "ods"
    documents = ("word/", "ppt/", "visio/")
    if "content.xml" in names or any(name.startswith(documents) for name in names):
        raise _Refused("foreign", kind="document")
    raise _Refused("foreign", kind="numbers" if "Index/Document.iwa" in names else "archive")


def _kind_of_compound(path: Path) -> str:
    """By the names in the directory of an OLE file, which stand there in UTF-16."""
    content = path.read_bytes()

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if holds("EncryptedPackage"):
        raise _Refused("password")
    if holds("Workbook") or holds("Book"):
        return "xls"
    raise _Refused("foreign", kind="document")


def _read(source: Path, folder: Path, limit: int) -> dict[str, Any]:
    """In the child: leave every sheet of a file in the folder; returns what there is to tell of it."""
    try:
        kind = kind_of_content(source)
        return _text(source, folder, limit) if kind == "csv" else _workbook(source, folder, kind, limit)
    except zipfile.BadZipFile:
        raise _Refused("damaged") from None


def _workbook(source: Path, folder: Path, kind: str, limit: int) -> dict[str, Any]:
    from python_calamine import CalamineError, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

    from registry.workbooks import percent_cells

    # The reader goes by the name's ending, which need not be right.
    named = folder / f"book.{kind}"
    named.symlink_to(source)
    notes: list[tuple[str, dict[str, Any]]] = []
    sheets: list[dict[str, Any]] = []
    try:
        book = load_workbook(str(named))
        shown = [sheet for sheet in book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
        for place, meta in enumerate(shown[:SHEETS]):
            sheet = book.get_sheet_by_name(meta.name)
            if not sheet.height or sheet.start is None:
                continue
            # Its rows begin with the first of the sheet, but its columns with the first that is filled.
            left = sheet.start[1]
            percents = percent_cells(named, meta.name) if kind == "xlsx" else {}
            rows = (
                (number, _cells(row, left, percents.get(number - 1, ())))
                for number, row in enumerate(sheet.iter_rows(), start=1)
            )
            told = _write(folder / f"{place}.jsonl", rows, meta.name, limit)
            merged = [
                (r1 + 1, c1, r2 + 1, c2)
                for (r1, c1), (r2, c2) in sheet.merged_cell_ranges or ()
                if r1 < _MERGED_ROWS and c2 > c1
            ]
            sheets.append({**told, "hidden": meta.visible is not SheetVisibleEnum.Visible, "merged": merged})
    except PasswordError:
        raise _Refused("password") from None
    except CalamineError:
        raise _Refused("damaged") from None
    if len(shown) > SHEETS:
        notes.append(("sheets", {"read": SHEETS, "n": len(shown)}))
    if _holds_macros(source, kind):
        notes.append(("macros", {}))
    return {"kind": kind, "sheets": [sheet for sheet in sheets if sheet["total"]], "notes": notes}


def _holds_macros(source: Path, kind: str) -> bool:
    if kind == "xls":
        return "_VBA_PROJECT".encode("utf-16-le") in source.read_bytes()
    with zipfile.ZipFile(source) as archive:
        return any(name.endswith("vbaProject.bin") or name.startswith("Basic/") for name in archive.namelist())


def _cells(row: list[Any], left: int, percents: Iterable[int]) -> tuple[list[str], str]:
    """The texts of a workbook's row from its first column, and their kinds."""
    texts, kinds = [""] * left, [NOTHING] * left
    for place, value in enumerate(row, start=left):
        text, kind = _cell(value, place in percents)
        texts.append(text)
        kinds.append(kind)
    return texts, "".join(kinds)


def _cell(value: Any, percent: bool) -> tuple[str, str]:
    if isinstance(value, str):
        text = value[:CELL].strip()
        return text, TEXT if text else NOTHING
    if isinstance(value, bool):
        return ("yes" if value else "no"), YES_NO
    if isinstance(value, (int, float)):
        if percent:
            return f"{(Decimal(repr(value)) * 100).normalize():f}%", PERCENT
        return (f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else repr(value)), NUMBER
    if isinstance(value, datetime):
        return (value.date().isoformat() if value.time() == time() else value.isoformat(" ")), DAY
    if isinstance(value, date):
        return value.isoformat(), DAY
    return (str(value), TEXT) if value is not None else ("", NOTHING)


def _write(path: Path, rows: Iterable[tuple[int, tuple[list[str], str]]], name: str, limit: int) -> dict[str, Any]:
    """Leave the rows with any content as lines of JSON. Raises _Refused for what no list of goods has."""
    total = width = 0
    with path.open("wb") as file:
        for number, (cells, kinds) in rows:
            filled = len(kinds.rstrip(NOTHING))
            if not filled:
                continue
            total += 1
            width = max(width, filled)
            if width > COLUMNS:
                raise _Refused("columns", row=number, limit=COLUMNS, n=width)
            if total > limit:
                raise _Refused("rows", limit=limit)
            file.write(orjson.dumps((number, cells[:filled], kinds[:filled])) + b"\n")
    return {"name": name, "part": path.name, "total": total, "width": width}


def _text(source: Path, folder: Path, limit: int) -> dict[str, Any]:
    """A table as text: its encoding and separator are found out."""
    encoding, notes = _encoding(source)
    with source.open("rb") as raw:
        _check_lines(raw)
    with source.open(encoding=encoding, newline="", errors="strict") as file:
        first = file.readline(LINE)
        declared = re.fullmatch(r"\ufeff?sep=(.)\s*", first)
        # Excel's own first line, which names the separator; it shows no row for it.
        if not declared:
            file.seek(0)
        delimiter = declared[1] if declared else _delimiter(file)
        file.seek(0)
        if declared:
            file.readline()
        told = _write(folder / "0.jsonl", _records(file, delimiter), "", limit)
    return {
        "kind": "csv",
        "sheets": [{**told, "hidden": False, "merged": []}] if told["total"] else [],
        "notes": notes,
    }


def _check_lines(raw: BinaryIO) -> None:
    """Refuse a line that no table has, before it is taken into memory as a whole."""
    row = 1
    since = 0
    while block := raw.read(_BLOCK):
        lines = block.split(b"\n")
        if max(since + len(lines[0]), *map(len, lines[1:]), 0) > LINE * 2:
            raise _Refused("line", row=row)
        since = since + len(lines[0]) if len(lines) == 1 else len(lines[-1])
        row += len(lines) - 1


def _encoding(path: Path) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    """UTF-8 or UTF-16, or else a code page of one byte, which is noted."""
    with path.open("rb") as file:
        sample = file.read(_BLOCK)
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(path, "utf-16"), []
    nothing = sample[:4096].count(0)
    if nothing:
        even = sample[:4096:2].count(0)
        wide = "utf-16-be" if even > nothing / 2 else "utf-16-le"
        # Letters of Cyrillic have no zero byte in UTF-16, but digits, separators and ends of lines do.
        if min(even, nothing - even) or not _is_script(sample[:4096].decode(wide, "replace")):
            raise _Refused("binary")
        return _checked(path, wide), []
    decoder = codecs.getincrementaldecoder("utf-8")()
    row = 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                row += block[: error.start].count(b"\n")
                break
            if _CONTROL.search(text):
                raise _Refused("binary")
            row += block.count(b"\n")
        else:
            return "utf-8-sig", []
    lenient = sample.decode("utf-8", "replace")
    if sum(letter.isalpha() and not letter.isascii() for letter in lenient) > lenient.count("\ufffd"):
        raise _Refused("broken_text", row=row)
    decoded = sample.decode("cp1251", "replace")
    if "\ufffd" in decoded or _CONTROL.search(decoded):
        raise _Refused("binary")
    if _KAZAKH_BYTES.intersection(decoded):
        return _checked(path, "kz1048"), [("kz1048", {})]
    return _checked(path, "cp1251"), [("cp1251", {})]


def _is_script(text: str) -> bool:
    """Whether a text is of letters that people here write: a wrong guess at its encoding gives letters of all kinds."""
    return sum(sign < "\u0590" or "\u2000" <= sign < "\u2300" for sign in text) > 0.9 * len(text)


def _checked(path: Path, encoding: str) -> str:
    """The encoding, if the whole file is text in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                if _CONTROL.search(decoder.decode(block)):
                    raise _Refused("binary")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise _Refused("binary") from None
    return encoding


def _delimiter(file: io.TextIOBase) -> str:
    """The separator under which most of the first rows have the same number of cells, more than one of them."""
    lines = [line for _ in range(100) if (line := file.readline(LINE))]

    def agreement(delimiter: str) -> tuple[float, int]:
        csv.field_size_limit(LINE * 2)
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if any(row))
        width, times = max(widths.items(), key=lambda it: (it[1] if it[0] > 1 else 0, it[0]), default=(1, 0))
        return (times / widths.total() if width > 1 else 0.0), width

    return max((";", "\t", ",", "|"), key=agreement)


def _records(file: io.TextIOBase, delimiter: str) -> Iterator[tuple[int, tuple[list[str], str]]]:
    csv.field_size_limit(LINE)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    number = 0
    while True:
        try:
            record = next(reader, None)
        except csv.Error:
            raise _Refused("quotes", row=number + 1) from None
        if record is None:
            return
        number += 1
        cells = [cell[:CELL].strip().strip("\ufeff") for cell in record]
        yield number, (cells, "".join([TEXT if cell else NOTHING for cell in cells]))


def main(source: Path, folder: Path, rows: int) -> dict[str, Any]:
    """Read a file, within the child; returns what there is to tell of it, or why it was refused."""
    try:
        return _read(source, folder, rows)
    except _Refused as refused:
        return {"error": refused.code, "values": refused.values}
    except MemoryError:
        return {"error": "heavy", "values": {}}


if __name__ == "__main__":
    told = main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps(told))
