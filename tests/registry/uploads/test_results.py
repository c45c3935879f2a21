"""The result file is the supplier's own table with what became of each row; it can be corrected and sent again."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook

from registry.db import Database
from registry.grids import open_book
from registry.uploads.recognition import recognise
from registry.wording import LANGUAGES, tr
from tests.registry.uploads.own import HEADING, OTHER, file, good, listed, outcome, registered, taken_in


@pytest.fixture
def register(database: Database) -> Database:
    registered(database)
    return database


def rows_of(path: Path) -> list[list[Any]]:
    return load_workbook(path).get_sheet_by_index(0).to_python()


def test_rows_come_back_as_they_were_with_their_verdicts(register: Database, tmp_path: Path) -> None:
    heading = ["№", "Наименование", "Ед. изм.", "Мощность", "СТ-KZ №", "Дата выдачи", "БИН"]
    day = (46_000, "dd.mm.yyyy")
    rows: list[list[Any]] = [
        ["Прайс-лист ТОО «Завод»"],
        [],
        heading,
        [None, "Трубы"],
        [1, "Труба 159х8", "т", 1200, "KZ 6 120 00001", day, None],
        [2, "=cmd|'/c calc'!A1", "т", 5.5, None, None, 110440012951],
        [3, "Кран", "шт", 7, None, None, OTHER],
        [4, "Вентиль", "шт", 8, "вчерашний", day, None],
        ["Итого", None, None, 1221],
    ]
    taken, _, result = taken_in(register, file(tmp_path, rows))
    found = rows_of(result)
    assert found[0][5] == "Прайс-лист ТОО «Завод»"
    assert found[1] == ["Строка файла", "Результат", "Почему отклонено и что делать", "На что обратить внимание",
                        "Предложенный код ТН ВЭД", *heading]  # fmt: skip
    assert [row[1] for row in found[2:]] == [
        "название раздела",
        "добавлено",
        "отклонено",
        "отклонено",
        "добавлено",
        "итоговая строка",
    ]
    assert [row[0] for row in found[2:]] == [4, 5, 6, 7, 8, 9]
    assert found[3][5:] == [1, "Труба 159х8", "т", 1200, "KZ 6 120 00001", date(2025, 12, 9), ""]
    assert found[4][5:] == [2, "=cmd|'/c calc'!A1", "т", 5.5, "", "", "110440012951"]
    assert OTHER in found[5][2]
    assert "вчерашний" in found[6][3]
    assert outcome(taken) == (2, 0, 0, 2)


def test_no_cell_is_a_formula_or_a_link(register: Database, tmp_path: Path) -> None:
    evil = ['=HYPERLINK("http://evil","x")', "+1+1", "-2+3", "@SUM(1)", "\t=1", "http://evil.kz"]
    rows = [["Наименование", "=1+1"], *[[text, text] for text in evil]]
    _, _, result = taken_in(register, file(tmp_path, rows))
    with zipfile.ZipFile(result) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in archive.namelist() if "rels" in name and "sheet" in name]
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert [row[5] for row in rows_of(result)[1:]] == [text.strip() for text in evil]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_speaks_the_language_of_its_reader_and_can_be_sent_again(
    register: Database, tmp_path: Path, lang: str
) -> None:
    path = file(tmp_path, [["Прайс"], HEADING, good(1), good(2, name=None)])
    _, _, result = taken_in(register, path, lang=lang)
    assert rows_of(result)[2][1] == tr("upload.result.outcome.added", lang)
    with open_book(result) as book:
        [sheet] = recognise(book).plan.sheets
        assert sheet.fields[:5] == ("result",) * 5, "what the portal says of a row is taken for nothing of the good"
        assert sheet.fields[5:] == (
            "external_id",
            "name",
            "unit",
            "capacity_per_year",
            "icv_percent",
            "evidence_number",
        )
    again, _, _ = taken_in(register, result, work="2")
    assert outcome(again) == (0, 0, 1, 1)
    assert len(listed(register)) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_row_that_adds_a_document_to_a_good_says_so(register: Database, tmp_path: Path, lang: str) -> None:
    rows: list[list[Any]] = [["Наименование", "СТ-KZ №"], ["Труба", "KZ 6 120 00001"], ["Труба", "KZ 6 120 00002"]]
    first, second = rows_of(taken_in(register, file(tmp_path, rows), lang=lang)[2])[1:]
    assert not first[3]
    assert second[3] == tr("upload.result.more_of_it", lang, row=2)
