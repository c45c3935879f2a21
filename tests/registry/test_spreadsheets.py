"""Tables as people save them, and files that are no tables."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import load_workbook

from registry import spreadsheets
from registry.cells import Cells
from registry.spreadsheets import (
    REJECTED_COLUMNS,
    Column,
    Row,
    Sheet,
    Table,
    TableError,
    neutral,
    open_table,
    write_csv,
    write_xlsx,
)
from registry.wording import LANGUAGES, say
from registry.workbooks import percent_cells

COLUMNS = ("bin", "name", "unit")


def read(path: Path, **options: object) -> tuple[Table, list[Row]]:
    with open_table(path, COLUMNS, required=("bin", "name"), **options) as table:  # type: ignore[arg-type]
        return table, list(table.rows())


def refused(path: Path) -> str:
    """The code of the error; it can be said in all languages and names the file."""
    with pytest.raises(TableError) as caught:
        read(path)
    assert all(path.name in say(caught.value.message, lang) for lang in LANGUAGES)
    return caught.value.message.code


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes, str], Path]:
    def make(content: str | bytes, name: str = "goods.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_in_each_usual_form(file: Callable[..., Path], mark: str, delimiter: str, newline: str) -> None:
    lines = [delimiter.join(("Name", " BIN ", "Цвет")), delimiter.join(("Труба", "110440012951", "синяя"))]
    table, rows = read(file(mark + newline.join(lines) + newline))
    assert table.columns == ("name", "bin")
    assert table.unknown == ("Цвет",)
    assert (table.total, table.delimiter) == (1, delimiter)
    assert dict(rows[0].cells) == {"name": "Труба", "bin": "110440012951"}
    assert rows[0].number == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_with_every_cell_in_quotes(file: Callable[..., Path], delimiter: str) -> None:
    lines = [delimiter.join(('"bin"', '"Цвет, ""RAL"""', '"name"')), delimiter.join(('"1"', '"синяя"', '"Труба; 2"'))]
    table, rows = read(file("\n".join(lines) + "\n"))
    assert (table.columns, table.unknown, table.delimiter) == (("bin", "name"), ('Цвет, "RAL"',), delimiter)
    assert dict(rows[0].cells) == {"bin": "1", "name": "Труба; 2"}


def test_a_heading_of_two_lines_is_read(file: Callable[..., Path]) -> None:
    table, rows = read(file('"bin";"name";"Единица\nизмерения"\n1;Труба;шт\n'))
    assert (table.columns, len(table.unknown)) == (("bin", "name"), 1)
    assert dict(rows[0].cells) == {"bin": "1", "name": "Труба"}


def test_rows_are_numbered_as_a_spreadsheet_shows_them(file: Callable[..., Path]) -> None:
    _, rows = read(file('bin,name\n1,"две\nстроки"\n\n,\n4,d\n'))
    assert [row.number for row in rows] == [2, 5]
    assert rows[0].cells["name"] == "две\nстроки"


def test_reading_goes_on_after_a_row(file: Callable[..., Path]) -> None:
    with open_table(file("bin,name\n1,a\n2,b\n3,c\n"), COLUMNS) as table:
        assert [row.number for row in table.rows(after=2)] == [3, 4]


def test_short_rows_have_empty_cells_and_long_ones_say_so(file: Callable[..., Path]) -> None:
    _, rows = read(file("bin,name,unit\n1,a\n2,b,шт,лишнее\n3,c,шт,\n"))
    assert [row.cells.get("unit") for row in rows] == [None, "шт", "шт"]
    assert [row.surplus for row in rows] == [False, True, False]


def test_windows_1251_is_read_and_noted(file: Callable[..., Path]) -> None:
    table, rows = read(file("bin;name\n1;Труба стальная\n".encode("cp1251")))
    assert rows[0].cells["name"] == "Труба стальная"
    assert [note.code for note in table.notes] == ["import.table.cp1251"]


def test_aliases_and_columns_of_rejected_rows_are_known(file: Callable[..., Path]) -> None:
    path = file(",".join((*REJECTED_COLUMNS, "hscode", "bin", "name")) + "\n2,bin,почему,85,1,a\n")
    table, rows = read(path, aliases={"hscode": "unit"})
    assert table.unknown == ()
    assert rows[0].cells["unit"] == "85"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "import.table.empty"),
        ("\n\n", "import.table.empty"),
        ("\ufeff", "import.table.empty"),
        ("bin,unit\n1,шт\n", "import.table.missing"),
        ("1,Труба\n2,Насос\n", "import.table.missing"),
        ("bin,name,Name\n1,a,b\n", "import.table.twice"),
        ("bin,name\n1,a\x00b\n", "import.table.binary"),
        ("bin,name\n1,a\x01b\n", "import.table.binary"),
        (bytes(range(256)) * 20, "import.table.binary"),
        ('bin,name\n1,a\n2,"открыта\n3,c\n', "import.table.quotes"),
        ('bin,name\n1,"Труба" 1/2\n', "import.table.quotes"),
        ("bin,name\n1," + "а" * 100_000 + "\n", "import.table.quotes"),
        ("bin,name\n1,Труба\n2,Нас\n".encode() + b"3,\xd0\n", "import.table.broken_text"),
    ],
)
def test_what_is_no_table(file: Callable[..., Path], content: str | bytes, code: str) -> None:
    assert refused(file(content)) == code


def test_faults_of_text_name_the_row(file: Callable[..., Path]) -> None:
    with pytest.raises(TableError) as caught:
        read(file('bin,name\n1,a\n2,b\n3,"c\n'))
    assert caught.value.message.params["row"] == 4


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "absent.csv") == "import.table.no_file"
    assert refused(tmp_path) == "import.table.no_file"


def workbook(path: Path, rows: Sequence[Sequence[object]], *, first: int = 0, sheets: tuple[str, ...] = ()) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Товары")
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        for number, row in enumerate(rows, start=first):
            for place, value in enumerate(row):
                sheet.write(number, place, value, day if isinstance(value, date) else None)
        for name in sheets:
            book.add_worksheet(name).write(0, 0, "x")
    return path


def test_a_workbook_gives_text_as_people_see_it(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["BIN", "name", "unit"],
        [110440012951, "007", date(2026, 1, 31)],
        ["020940000580", 68.23, True],
    ]
    table, read_rows = read(workbook(tmp_path / "goods.xlsx", rows, sheets=("Примечания",)))
    assert [dict(row.cells) for row in read_rows] == [
        {"bin": "110440012951", "name": "007", "unit": "2026-01-31"},
        {"bin": "020940000580", "name": "68.23", "unit": "yes"},
    ]
    assert [row.number for row in read_rows] == [2, 3]
    assert table.notes[0].params == {"file": "goods.xlsx", "left_out": "Примечания"}


def test_a_workbooks_day_is_the_same_with_the_format_of_dates_as_text_and_as_a_bare_number(tmp_path: Path) -> None:
    meant = date(2025, 12, 31)
    rows: list[list[object]] = [["bin", "name", "unit"], [1, "a", meant], [2, "b", "31.12.2025"], [3, "c", 46022]]
    _, read_rows = read(workbook(tmp_path / "goods.xlsx", rows))
    assert [Cells(row.cells).day("unit") for row in read_rows] == [meant] * 3


def test_a_workbook_whose_rows_have_gaps_keeps_their_numbers(tmp_path: Path) -> None:
    rows: list[list[object]] = [["bin", "name"], [1, "a"], [], [], [4, "d"]]
    _, read_rows = read(workbook(tmp_path / "goods.xlsx", rows))
    assert [row.number for row in read_rows] == [2, 5]


def test_a_workbook_with_an_empty_first_row_has_no_header(tmp_path: Path) -> None:
    assert refused(workbook(tmp_path / "goods.xlsx", [["bin", "name"], [1, "a"]], first=2)) == "import.table.empty"


@pytest.mark.parametrize("content", [b"", b"bin,name\n1,a\n", b"PK\x03\x04 and rubbish", bytes(range(256)) * 9])
def test_a_workbook_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "goods.xlsx"
    path.write_bytes(content)
    assert refused(path) == "import.table.not_a_workbook"


def test_a_workbook_made_to_exhaust_memory_ends_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "WORKBOOK_BYTES", 256 * 1024**2)
    path = workbook(tmp_path / "bomb.xlsx", [["bin", "name"], [1, "a"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/sharedStrings.xml"] = b"<sst>" + b"<si><t>" + b"A" * 256 * 1024**2 + b"</t></si></sst>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert refused(path) == "import.table.not_a_workbook"


PERCENTS = ("bin", "icv_percent", "min_icv")


def percents(path: Path, *columns: Sequence[object], shown: str = "General") -> tuple[list[str], list[list[str]]]:
    """The notes on a workbook whose percents, below its heading, are these, and what is read of them by column."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Товары")
        form = book.add_format({"num_format": shown})
        sheet.write_row(0, 0, PERCENTS[: len(columns) + 1])
        for place, column in enumerate(columns, start=1):
            for row, value in enumerate(column, start=1):
                sheet.write(row, 0, f"{row}")
                sheet.write(row, place, value, form)
    with open_table(path, PERCENTS) as table:
        rows = [row.cells for row in table.rows()]
    read_cells = [[row.get(name, "") for row in rows] for name in PERCENTS[1 : len(columns) + 1]]
    return [str(note.params["column"]) for note in table.notes], read_cells


@pytest.mark.parametrize("shown", ["0%", "0.00%", "# ##0,00 %;[Red]-0%", '0.00\\ %" от стоимости"'])
def test_a_number_shown_as_a_percent_is_read_as_it_is_shown(tmp_path: Path, shown: str) -> None:
    """The value of a cell that shows 68,23 % is 0.6823; what is known exactly needs no note."""
    read_cells = percents(tmp_path / "goods.xlsx", [0.6823, 1, 0.005, "45"], shown=shown)
    assert read_cells == ([], [["68.23%", "100%", "0.5%", "45"]])


@pytest.mark.parametrize("shown", ["General", "0.00", '0.00" %"', "0.00\\%"])
def test_a_percent_sign_that_only_stands_there_changes_nothing(tmp_path: Path, shown: str) -> None:
    assert percents(tmp_path / "goods.xlsx", [68.23, 0.5], shown=shown) == ([], [["68.23", "0.5"]])


@pytest.mark.parametrize(
    ("column", "expected", "noted"),
    [
        ([0.6823, "", 0.45], ["68.23%", "", "45%"], True),
        ([0.6823], ["68.23%"], True),
        ([0.6823, 1, 0, "-", "нет"], ["68.23%", "100%", "0%", "-", "нет"], True),
        (["0,6823", 0.125], ["68.23%", "12.5%"], True),
        ([0.6823, 70], ["0.6823", "70"], False),  # the rest are percents: this one says what it says
        ([1, 0, 1], ["1", "0", "1"], False),
        ([0.6823, "45 %"], ["0.6823", "45 %"], False),
        ([0.6823, -0.1], ["0.6823", "-0.1"], False),
        (["", ""], ["", ""], False),
    ],
)
def test_a_column_of_shares_in_a_workbook_is_read_as_percents(
    tmp_path: Path, column: list[object], expected: list[str], noted: bool
) -> None:
    names, read_cells = percents(tmp_path / "goods.xlsx", column)
    assert (names, read_cells) == (["icv_percent"] if noted else [], [expected])
    with open_table(tmp_path / "goods.xlsx", PERCENTS) as table:
        assert all(say(note, lang) for note in table.notes for lang in LANGUAGES)
        assert [row.given[1] for row in table.rows()] == expected, "so the file of rejected rows, a CSV, means the same"


def test_each_column_of_a_workbook_is_judged_by_itself_and_a_csv_not_at_all(
    tmp_path: Path, file: Callable[..., Path]
) -> None:
    assert percents(tmp_path / "goods.xlsx", [60, 0.5], [0.4, 0.5]) == (["min_icv"], [["60", "0.5"], ["40%", "50%"]])
    with open_table(file("bin,icv_percent\n1,0.6823\n2,0.45\n"), PERCENTS) as table:
        assert [row.cells["icv_percent"] for row in table.rows()] == ["0.6823", "0.45"]
        assert table.notes == ()


def test_formats_that_cannot_be_read_leave_the_values(tmp_path: Path) -> None:
    path = tmp_path / "goods.xlsx"
    percents(path, [0.6823, 70], shown="0.00%")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for broken in (b"<styleSheet><numFmts>", None):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (parts | {"xl/styles.xml": broken}).items():
                if content is not None:
                    archive.writestr(name, content)
        assert percent_cells(path, "Товары") == {}
    path.with_suffix(".ods").write_bytes(b"rubbish")
    assert percent_cells(path.with_suffix(".ods"), "Товары") == {}


def test_a_workbook_named_csv(tmp_path: Path) -> None:
    made = workbook(tmp_path / "goods.xlsx", [["bin", "name"]])
    assert refused(made.rename(tmp_path / "goods.csv")) == "import.table.workbook_named_csv"


def test_written_text_is_never_a_formula_and_is_read_back_as_it_was(tmp_path: Path) -> None:
    values = ["=1+1", "+7 701 000", "-2,5", "@a", "'=x", "-труба", "обычный", "12"]
    for path in (tmp_path / "out.csv", tmp_path / "out.xlsx"):
        rows = [[str(number), value, None] for number, value in enumerate(values)]
        if path.suffix == ".csv":
            write_csv(path, COLUMNS, rows)
        else:
            write_xlsx(path, [Sheet("Лист/1", COLUMNS, rows)])
        _, read_rows = read(path)
        assert [row.cells["name"] for row in read_rows if row.cells["name"] != "=x"] == [
            value for value in values if value != "'=x"
        ]
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as written:
        raw = list(csv.reader(written))
    assert [row[1] for row in raw[1:4]] == ["'=1+1", "'+7 701 000", "-2,5"]
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_numbers_and_days_are_written_as_such(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    write_xlsx(path, [Sheet("Лист", COLUMNS, [[Decimal("68.23"), date(2026, 1, 31), 7]])])
    _, rows = read(path)
    assert dict(rows[0].cells) == {"bin": "68.23", "name": "2026-01-31", "unit": "7"}


def test_a_sheet_that_is_full_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "SHEET_ROWS", 4)
    name = "Признаки и их веса по кандидатам"
    for rows, sizes in ((0, [1]), (3, [4]), (4, [4, 2]), (7, [4, 4, 2])):
        path = tmp_path / f"{rows}.xlsx"
        write_xlsx(path, [Sheet(name, ("n",), ([row] for row in range(rows))), Sheet("Ещё", ("n",), [])])
        book = load_workbook(path)
        assert book.sheet_names == [name[:31], *(f"{name[:27]} ({part})" for part in range(2, len(sizes) + 1)), "Ещё"]
        pages = [book.get_sheet_by_index(place).to_python() for place in range(len(sizes))]
        assert [len(page) for page in pages] == sizes
        assert [row[0] for page in pages for row in page[1:]] == list(range(rows))
        assert all(page[0] == ["n"] for page in pages)


def test_a_sheet_is_filtered_printed_and_wide_enough(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    columns = (Column("Обоснование", 60), Column("Вероятность", 11, "0.0%"))
    write_xlsx(path, [Sheet("Отчёт", columns, [["два слова\nещё", 0.873]]), Sheet("Таблица", COLUMNS, [["1", "a", 2]])])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")}
    report, table = parts["xl/worksheets/sheet1.xml"], parts["xl/worksheets/sheet2.xml"]
    for page, ranged in ((report, "A1:B2"), (table, "A1:C2")):
        assert f'<autoFilter ref="{ranged}"/>' in page
        assert 'topLeftCell="A2" activePane="bottomLeft" state="frozen"' in page
        assert 'orientation="landscape"' in page
    assert '<col min="1" max="1" width="60.7' in report
    assert '<col min="2" max="2" width="11.7' in report
    assert parts["xl/styles.xml"].count('wrapText="1"') == 3, "text, number and heading of the report"
    assert 'formatCode="0.0%"' in parts["xl/styles.xml"]
    assert load_workbook(path).get_sheet_by_index(0).to_python()[1] == ["два слова\nещё", 0.873]


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=30))
def test_no_cell_begins_as_a_formula(value: str) -> None:
    cell = neutral(value)
    if cell.startswith(("=", "+", "-", "@")):
        assert cell[1:].replace(",", "").replace(".", "").isdecimal()
