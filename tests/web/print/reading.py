"""What a reader of a PDF finds in it: its text as a program copies it out, its pages and its fonts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

_MAPPED = re.compile(r"<([0-9A-F]{4})> <([0-9A-F]+)>")
# Of a content stream: the font chosen, a string shown, a sentence that stands for what is drawn.
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\)|/ActualText ?\(((?:\\.|[^\\()])*)\)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Printed:
    """One document."""

    def __init__(self, content: bytes) -> None:
        self._reader = PdfFileReader(BytesIO(content))
        self.pages = list(self._walk(self._reader.root["/Pages"]))

    @property
    def lang(self) -> str:
        """The language that the document says it is in."""
        return str(self._reader.root["/Lang"])

    @property
    def title(self) -> str:
        """The title in its metadata."""
        return str(self._reader.trailer["/Info"]["/Title"])

    @property
    def made(self) -> str:
        """When it says that it was made, as PDF writes it."""
        return str(self._reader.trailer["/Info"]["/CreationDate"])

    @property
    def conforms(self) -> bool:
        """Whether it says that it keeps to the format of archives and that of readers who listen."""
        metadata = self._reader.root["/Metadata"].data.decode() if "/Metadata" in self._reader.root else ""
        return "pdfaid:part>2" in metadata and "pdfuaid:part>1" in metadata

    @property
    def fonts(self) -> set[str]:
        """Names of the embedded fonts, without the mark of a subset."""
        return {str(font["/BaseFont"]).split("+")[-1] for page in self.pages for font in self._fonts(page).values()}

    @property
    def text(self) -> str:
        """All text without its blanks: where lines end is the layout's."""
        return "".join(self.text_of(page) for page in self.pages)

    def text_of(self, page: Any) -> str:
        """The text of one page without its blanks, header and footer included."""
        maps = {name: self._letters(font) for name, font in self._fonts(page).items()}
        found, font = [], ""
        for chosen, shown, _ in _SHOWN.findall(page["/Contents"].data):
            if chosen:
                font = chosen.decode()
            elif shown:
                plain = _ESCAPED.sub(self._unescaped, shown)
                pairs = (plain[place : place + 2] for place in range(0, len(plain) - 1, 2))
                found += [maps[font].get(int.from_bytes(pair, "big"), "\N{REPLACEMENT CHARACTER}") for pair in pairs]
        return without_blanks("".join(found))

    def _walk(self, node: Any) -> Iterator[Any]:
        if node["/Type"] == "/Pages":
            for kid in node["/Kids"]:
                yield from self._walk(kid.get_object())
        else:
            yield node

    @staticmethod
    def _fonts(page: Any) -> dict[str, Any]:
        fonts = page["/Resources"].get("/Font", {})
        return {name.removeprefix("/"): fonts[name] for name in fonts}

    @staticmethod
    def _letters(font: Any) -> dict[int, str]:
        return {
            int(glyph, 16): bytes.fromhex(letters).decode("utf-16-be")
            for glyph, letters in _MAPPED.findall(font["/ToUnicode"].data.decode())
        }

    @staticmethod
    def _unescaped(found: re.Match[bytes]) -> bytes:
        sign = found[1]
        return bytes([int(sign, 8) % 256]) if sign[:1].isdigit() else _NAMED.get(sign, sign)


def without_blanks(text: str) -> str:
    """A text as `Printed.text` gives it."""
    return re.sub(r"\s+", "", text)
