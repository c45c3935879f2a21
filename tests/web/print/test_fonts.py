"""The fonts of documents are those that their manifest tells of, whole, free, and they hold our letters."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import pytest

from registry.text import KAZAKH_ALPHABET, KAZAKH_LETTERS
from web.print.documents import FONTS

MANIFEST = json.loads((FONTS / "manifest.json").read_text(encoding="utf-8"))
FILES = sorted(FONTS.glob("*.ttf"))
LATIN = "abcdefghijklmnopqrstuvwxyz"
LETTERS = KAZAKH_ALPHABET + KAZAKH_ALPHABET.upper() + LATIN + LATIN.upper()
SIGNS = "0123456789№₸«»“”–—…·›%‰°±×²³µØø\u00a0\u202f"


def held(path: Path) -> set[int]:
    """The characters that a font has a glyph for, by its table of the basic plane (format 4 of `cmap`)."""
    data = path.read_bytes()
    tables = {
        data[place : place + 4]: struct.unpack(">II", data[place + 8 : place + 16])
        for place in range(12, 12 + 16 * struct.unpack(">H", data[4:6])[0], 16)
    }
    cmap = data[tables[b"cmap"][0] :]
    for number in range(struct.unpack(">H", cmap[2:4])[0]):
        platform, encoding, offset = struct.unpack(">HHI", cmap[4 + 8 * number : 12 + 8 * number])
        if (platform, encoding) == (3, 1):
            break
    table = cmap[offset:]
    assert struct.unpack(">H", table[:2])[0] == 4
    segments = struct.unpack(">H", table[6:8])[0] // 2
    columns = [struct.unpack(f">{segments}H", table[place : place + 2 * segments]) for place in _columns(segments)]
    found = set[int]()
    for place, (end, start, delta, offset) in enumerate(zip(*columns, strict=True)):
        for code in range(start, end + 1):
            glyph = (code + delta) & 0xFFFF
            if offset:
                at = 16 + 6 * segments + 2 * place + offset + 2 * (code - start)
                inner = struct.unpack(">H", table[at : at + 2])[0] if at + 2 <= len(table) else 0
                glyph = (inner + delta) & 0xFFFF if inner else 0
            if glyph:
                found.add(code)
    return found


def _columns(segments: int) -> tuple[int, int, int, int]:
    """Where the ends, starts, deltas and offsets of the segments begin."""
    return 14, 16 + 2 * segments, 16 + 4 * segments, 16 + 6 * segments


def test_every_file_is_the_one_that_was_taken() -> None:
    assert {path.name for path in FONTS.iterdir()} == {*MANIFEST["sha256"], "manifest.json"}
    for name, told in MANIFEST["sha256"].items():
        assert hashlib.sha256((FONTS / name).read_bytes()).hexdigest() == told, name


def test_the_licence_goes_along() -> None:
    assert MANIFEST["licence"] == "OFL-1.1"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / MANIFEST["licence_file"]).read_text(encoding="utf-8")
    assert MANIFEST["version"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_font_has_every_letter_and_sign_that_documents_need(path: Path) -> None:
    assert set("ӘәҒғҚқҢңӨөҰұҮүҺһІі") == set(KAZAKH_LETTERS + KAZAKH_LETTERS.upper())
    assert [sign for sign in LETTERS + SIGNS if ord(sign) not in held(path)] == []


def test_a_letter_that_is_missing_would_be_noticed() -> None:
    assert len(FILES) == 2
    assert not held(FILES[0]) & {ord("中"), ord("≥"), 0xFFFF}
