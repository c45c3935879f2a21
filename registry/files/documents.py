"""A document looked into: is it whole, is it what it seems, and does anything in it act by itself.

Run as a program in a child process (registry.confined) on what strangers sent; documents are kept as they came, byte
for byte, since signatures are made over them. They are only ever handed out to be saved, never shown within a page.

Why those with active content are refused, though they could be handed out as safely: the people who open them are
experts who must open whatever strangers send, on machines of the state. No certificate needs a script, a program to be
started, a file hidden inside or a macro, and printing the document to PDF anew takes a minute. So a PDF is refused
with scripts, forms made of scripts (XFA), actions that start programs, multimedia or embedded files, or with a
password, behind which nothing can be looked for; an office file with macros of any generation, controls, or a
template from elsewhere; a table of text with formulas. This lowers what can be sent, and does not replace the caution
of its readers: a reader's own faults cannot be looked for here.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from registry.files.contents import Content, Form

# A PDF: what it has to end in, and names that make it act. Names may be written with #xx for any letter.
_PDF_HEADER: Final = re.compile(rb"%PDF-[12]\.\d")
_ACTIVE: Final = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|Rendition|XFA|SubmitForm|ImportData)\b")
_LOCKED: Final = re.compile(rb"/Encrypt\s*(?:<<|\d+\s+\d+\s+R)")
_WRITTEN_NAME: Final = re.compile(rb"/[^\s/<>\[\](){}%#]*#[^\s/<>\[\](){}%]*")
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM: Final = re.compile(rb"(?<!end)stream\r?\n")
_PAGE_TREE: Final = re.compile(rb"/Type\s*/Pages\b")
_COUNT: Final = re.compile(rb"/Count\s+(\d{1,6})\b")
# What is read of each compressed stream: dictionaries of a whole document stand in its first part; the rest of a long
# stream is pictures and fonts. And of all of them together.
_STREAM_BYTES: Final = 1 << 20
_STREAMS_BYTES: Final = 128 << 20
_NEAR: Final = 400

# An office file: how much it may unpack to, and of how many parts it may be.
_UNPACKED_BYTES: Final = 256 << 20
_PARTS: Final = 10_000
_SMALL: Final = 4 << 20
_BLOCK: Final = 1 << 20
_MACROS: Final = re.compile(
    r"(^|/)(vbaproject\.bin|vbadata\.xml|macrosheets/|dialogsheets/|activex/|basic/|scripts/)", re.IGNORECASE
)
_MACRO_TYPE: Final = re.compile(rb"macroEnabled|vbaProject|activeX|intlmacrosheet|ms-excel\.macrosheet", re.IGNORECASE)
_FROM_ELSEWHERE: Final = re.compile(
    rb"<(?=[^>]*/(?:attachedTemplate|oleObject|frame|subDocument)\")(?=[^>]*TargetMode\s*=\s*\"External\")",
    re.IGNORECASE,
)
_MAIN_PARTS: Final = (
    (b"wordprocessingml.document.main+xml", Form.DOCX, "word/document.xml"),
    (b"spreadsheetml.sheet.main+xml", Form.XLSX, "xl/workbook.xml"),
)
_ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"

# A table of text: what a spreadsheet program would run. A minus or plus alone, or before digits, is a number or none.
_FORMULA: Final = re.compile(r"\s*(?:[=@]|[+-]\s*[^\W\d]|[+-]\s*\()")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAG: Final = re.compile(r"<\s*/?\s*(?:!doctype|html|script|iframe|svg|body|object|embed|img|form|a\s)", re.IGNORECASE)
_LONGEST_CELL: Final = 65_536


def look_into(source: Path, content: Content) -> dict[str, Any]:
    """`form` and, of a PDF, `pages` where they can be counted; or `refused`: the code of the sentence that says why.

    A zip that is no office file is told as `{"is": "archive"}`, a text that is no table as `{"is": "text"}`.
    """
    match content:
        case Content.PDF:
            return _pdf(source.read_bytes())
        case Content.ZIP:
            return _office(source)
        case Content.CMS:
            return {"form": Form.CMS}
        case _:
            return _table(source.read_bytes())


def _pdf(data: bytes) -> dict[str, Any]:
    if not _PDF_HEADER.match(data) or not data.rstrip(b"\0\t\n\f\r ").endswith(b"%%EOF"):
        return {"refused": "files.damaged"}
    texts = [data, *_unpacked_streams(data)]
    if _LOCKED.search(data):
        return {"refused": "files.locked_pdf"}
    if any(_ACTIVE.search(text) or _hidden_name(text) for text in texts):
        return {"refused": "files.active_pdf"}
    counts = [count for text in texts for count in _page_counts(text)]
    if not counts and not any(b"/Catalog" in text for text in texts):
        return {"refused": "files.damaged"}
    return {"form": Form.PDF, "pages": max(counts, default=0) or None}


def _hidden_name(text: bytes) -> bool:
    """Whether a name that acts, or that would lead the search for one astray, is written in disguise."""
    plain = (_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), name[0]) for name in _WRITTEN_NAME.finditer(text))
    return any(_ACTIVE.match(name) or name in (b"/Encrypt", b"/ObjStm", b"/FlateDecode") for name in plain)


def _page_counts(text: bytes) -> Iterator[int]:
    for tree in _PAGE_TREE.finditer(text):
        begins = text.rfind(b"<<", max(0, tree.start() - _NEAR), tree.start())
        ends = text.find(b">>", tree.end(), tree.end() + _NEAR)
        if found := _COUNT.search(text, max(begins, 0), ends if ends > 0 else tree.end() + _NEAR):
            yield int(found[1])


def _unpacked_streams(data: bytes) -> Iterator[bytes]:
    """The beginnings of what is packed in the file with the usual compression, as most of its dictionaries are."""
    left = _STREAMS_BYTES
    for stream in _STREAM.finditer(data):
        try:
            part = zlib.decompressobj().decompress(data[stream.end() : stream.end() + _STREAM_BYTES], _STREAM_BYTES)
        except zlib.error:
            continue
        yield part
        left -= len(part)
        if left <= 0:
            return


def _office(source: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(source) as archive:
            parts = archive.infolist()
            names = [part.filename for part in parts]
            if len(parts) > _PARTS or sum(part.file_size for part in parts) > _UNPACKED_BYTES:
                return {"refused": "files.bomb"}
            form = _office_form(archive, frozenset(names))
            if form is None:
                return {"is": Content.ARCHIVE}
            if any(part.flag_bits & 1 for part in parts):
                return {"refused": "files.damaged"}
            if any(map(_MACROS.search, names)) or _acts(archive, names):
                return {"refused": "files.macros"}
            # Read to the end: a damaged part shows by its checksum, and a part is never longer than it says.
            for part in parts:
                with archive.open(part) as file:
                    while file.read(_BLOCK):
                        pass
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError):
        return {"refused": "files.damaged"}
    return {"form": form}


def _office_form(archive: zipfile.ZipFile, names: frozenset[str]) -> Form | None:
    """Which office file it is; None for an archive of anything else, and for kinds that are not taken."""
    if "[Content_Types].xml" in names:
        types = _start_of(archive, "[Content_Types].xml")
        for mark, form, part in _MAIN_PARTS:
            # With macros the main part is of another type; what it is refused with is said later.
            if part in names and (mark in types or b"macroEnabled" in types):
                return form
        return None
    if "mimetype" in names and "content.xml" in names and _start_of(archive, "mimetype").strip() == _ODS:
        return Form.ODS
    return None


def _acts(archive: zipfile.ZipFile, names: Iterable[str]) -> bool:
    """Whether parts announce macros or controls, or fetch a template or an object from elsewhere on being opened."""
    for name in names:
        if name == "[Content_Types].xml" and _MACRO_TYPE.search(_start_of(archive, name)):
            return True
        if name.endswith(".rels") and _FROM_ELSEWHERE.search(_start_of(archive, name)):
            return True
    return False


def _start_of(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        return file.read(_SMALL)


def _table(data: bytes) -> dict[str, Any]:
    """A table in CSV: text of at least two columns, without markup, and without a cell that would be run."""
    text = _decoded(data)
    if text is None or _CONTROL.search(text) or _TAG.search(text):
        return {"is": Content.TEXT if text is not None else Content.UNKNOWN}
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = max((";", "\t", ","), key=first.count)
    if delimiter not in first:
        return {"is": Content.TEXT}
    csv.field_size_limit(_LONGEST_CELL)
    try:
        rows = csv.reader(lines, delimiter=delimiter)
        if any(_FORMULA.match(cell) for row in rows for cell in row):
            return {"refused": "files.formulas"}
    except csv.Error:
        return {"refused": "files.damaged"}
    return {"form": Form.CSV}


def _decoded(data: bytes) -> str | None:
    """Text in UTF-8 or, as spreadsheet programs here save it, Windows-1251."""
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look_into(Path(sys.argv[1]), Content(sys.argv[2]))))
