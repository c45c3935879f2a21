"""Real tables are understood without anybody's help, in whatever form they come."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.grids import open_book
from registry.uploads.recognition import recognise
from registry.uploads.rows import OwnRows
from tests.registry import books

MEANT = {
    "kz_industrial_register_sample.csv": {
        "reg_no": "evidence_number",
        "bin": "bin",
        "producer": "producer",
        "oked": "place_code",
        "kato": "place_code",
        "item": "name",
        "capacity": "capacity_per_year",
        "tnved": "tnved",
        "kpved": "kpved",
        "conformity_doc": "conformity_number",
        "employees": "employees",
        "included": "evidence_issued",
    },
    "kz_serial_certificates_food.csv": {
        "cert": "evidence_number",
        "producer": "producer",
        "item": "name",
        "status": "evidence_state",
    },
}
TITLE = ["Перечень выпускаемой продукции на 01.11.2026"]
Rows = list[list[str]]


def _xlsx(path: Path, rows: Rows) -> Path:
    return books.xlsx(path, {"Прайс": [TITLE, [], *rows], "Контакты": [["Телефон", "+7 727 1"]]})


def _xls(path: Path, rows: Rows) -> Path:
    return books.xls(path, [TITLE, [], *rows])


def _ods(path: Path, rows: Rows) -> Path:
    return books.ods(path, "Тауарлар", [TITLE, [], *rows])


def _cp1251(path: Path, rows: Rows) -> Path:
    with path.open("w", encoding="cp1251", errors="replace", newline="") as file:
        csv.writer(file, delimiter=";").writerows([TITLE, *rows])
    return path


def _utf16(path: Path, rows: Rows) -> Path:
    with path.open("w", encoding="utf-16", newline="") as file:
        csv.writer(file, delimiter="\t").writerows(rows)
    return path


@pytest.mark.parametrize("make", [_xlsx, _xls, _ods, _cp1251, _utf16])
@pytest.mark.parametrize("name", MEANT)
def test_a_real_table_is_recognised(
    reference_data: Path, tmp_path: Path, name: str, make: Callable[[Path, Rows], Path]
) -> None:
    with (reference_data / name).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    with open_book(make(tmp_path / "goods", rows), "goods") as book:
        found = recognise(book)
        [plan] = found.plan.sheets
        own = OwnRows(book, plan)
        assert {guess.name: guess.field for guess in found.sheets[plan.place].columns} == MEANT[name]
        assert own.total == len(rows) - 1
