"""Files of tables as people and their enemies make them, written by hand where no library does."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter

SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def xlsx(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]], *, hidden: Sequence[str] = ()) -> Path:
    """A workbook; a cell that is a tuple is a value with the format of its number."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, value in enumerate(row):
                    if isinstance(value, tuple):
                        sheet.write(number, place, value[0], book.add_format({"num_format": value[1]}))
                    elif isinstance(value, str):
                        sheet.write_string(number, place, value)
                    elif value is not None:
                        sheet.write(number, place, value)
            if name in hidden:
                sheet.hide()
    return path


def replaced(path: Path, parts: Mapping[str, bytes]) -> Path:
    """The archive with these parts instead of its own, or added to them."""
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in {**held, **parts}.items():
            archive.writestr(name, content)
    return path


def ods(path: Path, name: str, rows: Sequence[Sequence[Any]]) -> Path:
    """An OpenDocument spreadsheet of one sheet."""

    def cell(value: Any) -> str:
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, (int, float)):
            number = f'office:value-type="float" office:value="{value}"'
            return f"<table:table-cell {number}><text:p>x</text:p></table:table-cell>"
        text = escape(str(value))
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    space = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{space}:office:1.0" '
        f'xmlns:table="{space}:table:1.0" xmlns:text="{space}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="{escape(name)}">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{manifest}"/>')
    return path


def xls(path: Path, rows: Sequence[Sequence[Any]], *, macros: bool = False) -> Path:
    """A workbook of Excel 97 with one sheet, Лист1."""

    def record(kind: int, content: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def text(value: str) -> bytes:
        return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")

    version = struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)
    sheet = record(0x0809, version)
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            at = struct.pack("<HHH", number, place, 0)
            if isinstance(value, (int, float)):
                sheet += record(0x0203, at + struct.pack("<d", value))
            elif value is not None:
                sheet += record(0x0204, at + text(str(value)))
    sheet += record(0x000A)
    name = "Лист1"
    begins = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)) + record(
        0x0042, struct.pack("<H", 1200)
    )
    size = len(begins) + 4 + 6 + 2 + 2 * len(name) + 4
    bound = struct.pack("<IBBBB", size, 0, 0, len(name), 1) + name.encode("utf-16-le")
    streams = {"Workbook": begins + record(0x0085, bound) + record(0x000A) + sheet}
    if macros:
        streams["_VBA_PROJECT"] = b"Sub Auto_Open()"
    return compound(path, streams)


def compound(path: Path, streams: Mapping[str, bytes]) -> Path:
    """An OLE file of these streams."""
    sectors: list[bytes] = []
    chain: list[int] = []
    starts: dict[str, tuple[int, int]] = {}

    def store(content: bytes) -> int:
        start = len(sectors)
        pieces = [content[at : at + SECTOR].ljust(SECTOR, b"\0") for at in range(0, len(content), SECTOR)]
        sectors.extend(pieces)
        chain.extend([*range(start + 1, start + len(pieces)), _END])
        return start

    for name, content in streams.items():
        # Shorter ones would stand in a stream of small streams.
        whole = content.ljust(4096, b"\0")
        starts[name] = store(whole), len(whole)
    entries = [_entry("Root Entry", 5, child=1)]
    for place, name in enumerate(streams, start=1):
        start, size = starts[name]
        following = place + 1 if place < len(streams) else _FREE
        entries.append(_entry(name, 2, right=following, start=start, size=size))
    directory = store(b"".join(entries))
    fats = 1
    while (len(sectors) + fats) * 4 > fats * SECTOR:
        fats += 1
    first = len(sectors)
    table = [*chain, *[_FAT] * fats]
    table += [_FREE] * (fats * SECTOR // 4 - len(table))
    fat = struct.pack(f"<{len(table)}I", *table)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, fats, directory, 0, 4096, _END, 0, _END, 0)
    places = [first + number for number in range(fats)]
    header += struct.pack("<109I", *places, *[_FREE] * (109 - fats))
    path.write_bytes(header + b"".join(sectors) + fat)
    return path


def _entry(name: str, kind: int, *, right: int = _FREE, child: int = _FREE, start: int = 0, size: int = 0) -> bytes:
    spelt = (name + "\0").encode("utf-16-le")
    entry = spelt.ljust(64, b"\0") + struct.pack("<HBB", len(spelt), kind, 1)
    entry += struct.pack("<III", _FREE, right, child) + bytes(36)
    return entry + struct.pack("<IQ", _END if kind == 5 else start, size)
