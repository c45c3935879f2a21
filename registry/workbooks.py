"""What a workbook says of its cells besides their values: which numbers it shows as percents.

The reader of workbooks gives values alone, and the value of a cell that shows 68,23 % is 0.6823. This reads the formats
beside them, of .xlsx and .xlsm, whose parts are XML; of other workbooks nothing is known. It belongs to the child
process of `registry.spreadsheets`, whose limits of memory and time hold for it.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.parsers import expat

_BUILT_IN = frozenset({9, 10})  # 0% and 0.00%
# What a format shows as it stands: quoted text, escaped characters, padding, colours and conditions.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_BLOCK = 1 << 20

Told = Callable[[str, Mapping[str, str]], object]


def percent_cells(path: Path, sheet: str) -> dict[int, set[int]]:
    """By row, the columns whose numbers the workbook shows as percents, all from 0; none where it does not say."""
    try:
        with zipfile.ZipFile(path) as book:
            styles = _percent_styles(book)
            return _cells(book, _part_of(book, sheet), styles) if styles else {}
    except (KeyError, zipfile.BadZipFile, expat.ExpatError):
        return {}


def _percent_styles(book: zipfile.ZipFile) -> frozenset[str]:
    """The numbers of the cell styles that show percents."""
    formats: set[int] = set(_BUILT_IN)
    styles: list[int] = []
    inside = False

    def tell(element: str, attributes: Mapping[str, str]) -> None:
        nonlocal inside
        if element == "numFmt" and "%" in _LITERAL.sub("", attributes["formatCode"]):
            formats.add(int(attributes["numFmtId"]))
        elif element in ("cellXfs", "cellStyleXfs"):
            inside = element == "cellXfs"
        elif element == "xf" and inside:
            styles.append(int(attributes.get("numFmtId", 0)))

    _read(book, "xl/styles.xml", tell)
    return frozenset(str(number) for number, format in enumerate(styles) if format in formats)


def _part_of(book: zipfile.ZipFile, sheet: str) -> str:
    """The part that holds a sheet. Raises KeyError where none does."""
    ids: dict[str, str] = {}
    parts: dict[str, str] = {}

    def tell(element: str, attributes: Mapping[str, str]) -> None:
        if element == "sheet":
            ids[attributes["name"]] = next(value for name, value in attributes.items() if name.endswith(":id"))
        elif element == "Relationship":
            parts[attributes["Id"]] = posixpath.join("/xl", attributes["Target"]).lstrip("/")

    _read(book, "xl/workbook.xml", tell)
    _read(book, "xl/_rels/workbook.xml.rels", tell)
    return parts[ids[sheet]]


def _cells(book: zipfile.ZipFile, part: str, styles: frozenset[str]) -> dict[int, set[int]]:
    """Cells of these styles. Their tags are looked for in the text: parsing millions of elements takes four times as
    long, and nothing in a part but a tag can begin with `<`."""
    style = "|".join(sorted(styles)).encode()
    tag = re.compile(rb'<(?:\w+:)?c\s(?=[^>]*\bs="(?:%s)")[^>]*\br="([A-Z]{1,3})([1-9]\d*)"' % style)
    found: dict[int, set[int]] = {}
    text = b""
    with book.open(part) as file:
        while block := file.read(_BLOCK):
            text += block
            # The last tag may go on in the next block.
            end = max(text.rfind(b"<"), 0)
            for column, row in tag.findall(text, 0, end):
                found.setdefault(int(row) - 1, set()).add(_column(column.decode()))
            text = text[end:]
    return found


def _column(letters: str) -> int:
    """The place of a column from 0: A, B, … Z, AA."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _read(book: zipfile.ZipFile, part: str, tell: Told) -> None:
    """Tell of every element of a part, whatever prefix its namespace has."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: tell(name.rpartition(":")[2], attributes)
    with book.open(part) as file:
        parser.ParseFile(file)
