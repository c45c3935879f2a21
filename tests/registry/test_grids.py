"""Whatever file comes is read as people see it, or ends in one clear sentence; it never hurts who reads it."""

from __future__ import annotations

import codecs
import random
import resource
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from registry import grids
from registry.grids import Book, GridError, open_book
from registry.wording import LANGUAGES, say
from tests.registry import books

ROWS: list[list[object]] = [
    ["Наименование", "Ед. изм.", "Мощность"],
    ["Құбыр болат 159х8", "т", 1200],
    ["Труба «бесшовная»", "т", 68.5],
]
READ = [
    ["Наименование", "Ед. изм.", "Мощность"],
    ["Құбыр болат 159х8", "т", "1200"],
    ["Труба «бесшовная»", "т", "68.5"],
]


def cells(path: Path, sheet: int = 0) -> list[list[str]]:
    with open_book(path) as book:
        return [row.cells for row in book.sheets[sheet].rows()]


def refused(path: Path, name: str | None = None) -> str:
    """The code of the error, which can be said in all languages and names the file."""
    with pytest.raises(GridError) as caught, open_book(path, name):
        pass
    for lang in LANGUAGES:
        assert (name or path.name) in say(caught.value.message, lang)
    return caught.value.message.code.removeprefix("upload.file.")


def text_of(delimiter: str, rows: list[list[object]] = ROWS) -> str:
    return "".join(delimiter.join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)


ENCODED: list[Callable[[str], bytes]] = [
    lambda text: text.encode(),
    lambda text: codecs.BOM_UTF8 + text.encode(),
    lambda text: text.encode("utf-16"),
    lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    lambda text: text.encode("utf-16-le"),
    lambda text: text.encode("utf-16-be"),
    lambda text: text.encode("kz1048"),
]


@pytest.mark.parametrize(
    ("delimiter", "encode"), [*((";", encode) for encode in ENCODED), *((mark, ENCODED[0]) for mark in ",\t|")]
)
def test_text_in_each_usual_encoding(tmp_path: Path, delimiter: str, encode: Callable[[str], bytes]) -> None:
    path = tmp_path / "goods.dat"
    path.write_bytes(encode(text_of(delimiter)))
    assert cells(path) == READ


def test_windows_1251_is_read_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_bytes(text_of(";", [["Наименование", "Цена"], ["Труба Ё №1", "1,5"]]).encode("cp1251"))
    with open_book(path) as book:
        assert [note.code for note in book.notes] == ["upload.read.cp1251"]
        assert [row.cells for row in book.sheets[0].rows()][1] == ["Труба Ё №1", "1,5"]


def test_excels_line_that_names_the_separator_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("sep=|\nНазвание|a;b;c\nТруба|1;2;3\n", encoding="utf-8")
    with open_book(path) as book:
        assert [(row.number, row.cells) for row in book.sheets[0].rows()] == [
            (1, ["Название", "a;b;c"]),
            (2, ["Труба", "1;2;3"]),
        ]


def test_decimal_commas_do_not_pass_for_separators(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("Товар;Цена;ДВЦ\nТруба;1,5;68,23\nНасос;2;45,1\n", encoding="utf-8")
    assert cells(path)[1] == ["Труба", "1,5", "68,23"]


@pytest.mark.parametrize("name", ["goods.xlsx", "goods.csv", "goods"])
def test_a_file_is_told_by_its_content_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    made = {
        "xlsx": books.xlsx(tmp_path / "a.xlsx", {"Товары": ROWS}),
        "xls": books.xls(tmp_path / "a.xls", ROWS),
        "ods": books.ods(tmp_path / "a.ods", "Товары", ROWS),
    }
    for kind, path in made.items():
        moved = path.rename(tmp_path / f"{kind}.{name}")
        with open_book(moved, name) as book:
            assert (book.kind, book.name) == (kind, name)
            assert [row.cells for row in book.sheets[0].rows()] == READ


def test_a_workbook_says_what_people_see(tmp_path: Path) -> None:
    path = tmp_path / "goods.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Товары")
        sheet.merge_range("A1:D1", "Прайс-лист")
        percent, day = book.add_format({"num_format": "0.00%"}), book.add_format({"num_format": "dd.mm.yyyy"})
        sheet.write_string("A3", "0204210000")
        sheet.write_number("B3", 0.6823, percent)
        sheet.write_datetime("C3", date(2026, 1, 31), day)
        sheet.write_formula("D3", "=1+1", value=2)
        sheet.write_url("E3", "https://example.kz", string="сайт")
        sheet.write_boolean("F3", True)
        sheet.write_formula("G3", "=1/0", value="#DIV/0!")
        sheet.write_number("H3", 110440012951)
        book.add_worksheet("Пусто")
        old = book.add_worksheet("Старое")
        old.write(4, 2, "x")
        old.hide()
        book.add_chartsheet("График")
    with open_book(path) as read:
        first, second = read.sheets
        assert [(row.number, row.cells, row.kinds) for row in first.rows()] == [
            (1, ["Прайс-лист"], "t"),
            (
                3,
                ["0204210000", "68.23%", "2026-01-31", "2", "сайт", "yes", "", "110440012951"],
                "tpdntb n",
            ),
        ]
        assert first.merged == ((1, 0, 1, 3),)
        assert (first.hidden, second.hidden, second.name) == (False, True, "Старое")
        assert [(row.number, row.cells) for row in second.rows()] == [(5, ["", "", "x"])]
        assert [row.number for row in first.rows(after=1)] == [3]


def test_empty_files(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.xlsx"
    nothing.write_bytes(b"")
    assert refused(nothing) == "empty"
    assert refused(books.xlsx(tmp_path / "blank.xlsx", {"Лист": []})) == "empty"
    blank = tmp_path / "blank.csv"
    blank.write_text(" ;\n\n;;\n", encoding="utf-8")
    assert refused(blank) == "empty"


# What is no table at all, whatever it calls itself.
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "pdf"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"RIFF0000WEBPVP8 ", "picture"),
        (b"{\\rtf1 text}", "document"),
        (b"Rar!\x1a\x07", "archive"),
        (b"\x7fELF\x02\x01", "program"),
        (b"MZ\x90\x00", "program"),
        (b"\xef\xbb\xbf  <html><table><tr><td>1</td></tr></table>", "page"),
        (b'<?xml version="1.0"?><Workbook/>', "xml"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "xml"),
    ],
)
def test_other_files_with_the_ending_of_a_workbook(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "goods.xlsx"
    path.write_bytes(content)
    with pytest.raises(GridError) as caught, open_book(path):
        pass
    assert caught.value.message.code == "upload.file.foreign"
    assert str(caught.value.message.params["kind"].code) == f"upload.kind.{kind}"  # type: ignore[union-attr]
    assert refused(path) == "foreign"


def test_a_text_document_and_a_mere_archive(tmp_path: Path) -> None:
    for name in ("word/document.xml", "anything.txt", "Index/Document.iwa"):
        path = tmp_path / "goods.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, b"<w/>")
        assert refused(path) == "foreign"
    assert refused(books.compound(tmp_path / "letter.xls", {"WordDocument": b"x"})) == "foreign"


# Hostile files.


def test_a_zip_bomb_that_tells_its_size(tmp_path: Path) -> None:
    path = books.xlsx(tmp_path / "bomb.xlsx", {"Лист": ROWS})
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/media/blank.xml", "w") as part,
    ):
        for _ in range(grids.UNPACKED_BYTES >> 20):
            part.write(bytes(1 << 20))
    assert path.stat().st_size < 5 * 1024**2
    assert refused(path) == "heavy"


def test_a_zip_bomb_that_lies_about_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grids, "MEMORY_BYTES", 256 * 1024**2)
    path = books.xlsx(tmp_path / "bomb.xlsx", {"Лист": ROWS})
    huge = b"<sst><si><t>" + b"A" * 200 * 1024**2 + b"</t></si></sst>"
    books.replaced(path, {"xl/sharedStrings.xml": huge})
    content = bytearray(path.read_bytes())
    size = len(huge).to_bytes(4, "little")
    while (place := content.find(size)) >= 0:
        content[place : place + 4] = (100).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    assert refused(path) in {"heavy", "damaged"}


def test_huge_shared_strings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grids, "MEMORY_BYTES", 256 * 1024**2)
    path = books.xlsx(tmp_path / "strings.xlsx", {"Лист": ROWS})
    many = b"<sst>" + b"<si><t>" + b"A" * 250 * 1024**2 + b"</t></si></sst>"
    assert refused(books.replaced(path, {"xl/sharedStrings.xml": many})) == "heavy"


LAUGHS = (
    b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">%s]><sst><si><t>&lol9;</t></si></sst>"""
    % b"".join(b'<!ENTITY lol%d "%s">' % (number, b"&lol%d;" % (number - 1) * 10) for number in range(1, 10))
)
EXTERNAL = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sst><si><t>&e;</t></si></sst>"""
)


@pytest.mark.parametrize("content", [LAUGHS, EXTERNAL])
@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml", "docProps/custom.xml"])
def test_entities_in_any_part_of_a_workbook(tmp_path: Path, content: bytes, part: str) -> None:
    path = books.xlsx(tmp_path / "laughs.xlsx", {"Лист": ROWS})
    assert refused(books.replaced(path, {part: content})) == "entities"


def test_entities_in_an_open_document(tmp_path: Path) -> None:
    path = books.ods(tmp_path / "laughs.ods", "Лист", ROWS)
    assert refused(books.replaced(path, {"content.xml": LAUGHS})) == "entities"


def test_ten_thousand_columns(tmp_path: Path) -> None:
    wide = [[f"столбец {place}" for place in range(10_000)], ["x"] * 10_000]
    assert refused(books.xlsx(tmp_path / "wide.xlsx", {"Лист": wide})) == "columns"
    path = tmp_path / "wide.csv"
    path.write_text(";".join(map(str, wide[0])), encoding="utf-8")
    assert refused(path) == "columns"


def test_a_cell_in_the_last_corner_of_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "corner.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Лист")
        sheet.write(0, 0, "Название")
        sheet.write(1_048_575, 16_383, "x")
    assert refused(path) == "heavy"


def test_a_million_blank_rows(tmp_path: Path) -> None:
    path = books.xlsx(tmp_path / "blank.xlsx", {"Лист": ROWS})
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    blank = b"".join(b'<row r="%d" s="1" customFormat="1"/>' % row for row in range(len(ROWS) + 1, 1_048_577))
    books.replaced(path, {"xl/worksheets/sheet1.xml": sheet.replace(b"</sheetData>", blank + b"</sheetData>")})
    assert cells(path) == READ


def test_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grids, "ROWS", 50)
    assert refused(books.xlsx(tmp_path / "long.xlsx", {"Лист": [["x"]] * 51})) == "rows"
    assert len(cells(books.xlsx(tmp_path / "just.xlsx", {"Лист": [["x"]] * 50}))) == 50


def test_a_truncated_archive(tmp_path: Path) -> None:
    path = books.xlsx(tmp_path / "half.xlsx", {"Лист": ROWS})
    whole = path.read_bytes()
    for part in (len(whole) // 2, len(whole) - 30, 100):
        path.write_bytes(whole[:part])
        assert refused(path) == "damaged"


def test_a_damaged_part(tmp_path: Path) -> None:
    path = books.xlsx(tmp_path / "broken.xlsx", {"Лист": ROWS})
    assert refused(books.replaced(path, {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row"})) in {
        "damaged",
        "empty",
    }
    assert refused(books.replaced(path, {"xl/workbook.xml": b"no xml at all <<<"})) == "damaged"


def test_a_workbook_behind_a_password(tmp_path: Path) -> None:
    content = {"EncryptionInfo": b"\x04\x00\x04\x00", "EncryptedPackage": bytes(range(256)) * 20}
    assert refused(books.compound(tmp_path / "secret.xlsx", content)) == "password"


def test_macros_are_not_run_and_told(tmp_path: Path) -> None:
    old = books.xls(tmp_path / "macros.xls", ROWS, macros=True)
    new = books.replaced(books.xlsx(tmp_path / "macros.xlsm", {"Лист": ROWS}), {"xl/vbaProject.bin": b"Auto_Open"})
    for path in (old, new):
        with open_book(path) as book:
            assert [note.code for note in book.notes] == ["upload.read.macros"]
            assert all(say(note, lang) for note in book.notes for lang in LANGUAGES)
            assert [row.cells for row in book.sheets[0].rows()] == READ


def test_a_csv_of_one_endless_line(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    path.write_bytes(b"x;" * (10 * 1024**2))
    assert refused(path) == "line"
    with path.open("wb") as file:
        file.truncate(100 * 1024**2)
    assert refused(path) == "large"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a;b\n1;\x00\n", "binary"),
        (b"a;b\n1;\x01\n", "binary"),
        (bytes(range(256)) * 40, "binary"),
        ('Товар;Цена\nТруба;1\n"открыта;2\nНасос;3\n'.encode(), "quotes"),
        ("Товар;Цена\nТруба;1\nНас\n".encode() + b"3;\xd0\n", "broken_text"),
        (codecs.BOM_UTF16_LE + "Товар;Цена\n".encode("utf-16-le") + b"\x00\xd8\x00\xd8", "binary"),
    ],
)
def test_text_that_is_none(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "goods.csv"
    path.write_bytes(content)
    assert refused(path) == code


def test_a_file_that_never_ends_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grids, "SECONDS", 1)
    path = tmp_path / "slow.csv"
    path.write_text("\n".join(f"Товар {number};{number}" for number in range(90_000)) * 20, encoding="utf-8")
    monkeypatch.setattr(grids, "ROWS", 10**9)
    began = time.monotonic()
    assert refused(path) == "heavy"
    assert time.monotonic() - began < 20


def test_rubbish_in_a_thousand_forms_ends_in_a_sentence(tmp_path: Path, thorough: bool) -> None:
    """Bytes turned over at random in real files: every one is read or refused, and this process stays as it was."""
    seed = random.Random(4)
    made = [
        books.xlsx(tmp_path / "a.xlsx", {"Лист": ROWS}),
        books.xls(tmp_path / "a.xls", ROWS),
        books.ods(tmp_path / "a.ods", "Лист", ROWS),
    ]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(60 if thorough else 12):
        content = bytearray(made[number % 3].read_bytes())
        for _ in range(seed.randrange(1, 12)):
            content[seed.randrange(len(content))] = seed.randrange(256)
        path = tmp_path / "turned"
        path.write_bytes(bytes(content))
        with suppress(GridError), open_book(path, "goods.xlsx") as book:
            assert isinstance(book, Book)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024
