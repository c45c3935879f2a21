"""What the goods of a sheet say once its form is known: a file, its plan, and the rows that are taken in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from registry.grids import open_book
from registry.uploads.plans import Plan, check_plan, unknown_columns
from registry.uploads.recognition import heading_at, planned, recognise
from registry.uploads.rows import ENDED, PRODUCER, SECTION, OwnRows
from registry.wording import LANGUAGES, say
from tests.registry import books


def read(tmp_path: Path, rows: Sequence[Sequence[Any]], **fields: str | None) -> tuple[OwnRows, list[dict[str, str]]]:
    """The rows of a sheet under the plan that is proposed for it; fields: `at_N` overrules what column N means."""
    path = books.xlsx(tmp_path / "goods.xlsx", {"Товары": rows})
    with open_book(path) as book:
        plan = recognise(book).plan.sheets[0]
        plan = plan.with_fields({int(name.removeprefix("at_")): field for name, field in fields.items()})
        own = OwnRows(book, plan)
        return own, [dict(row.cells) for row in own.rows()]


def test_the_unit_in_the_name_of_the_column_of_capacities(tmp_path: Path) -> None:
    own, [row] = read(tmp_path, [["Наименование", "Мощность, т/год"], ["Труба стальная", 1200]])
    assert row == {"name": "Труба стальная", "capacity_per_year": "1200", "unit": "т"}
    assert "unit" in own.columns
    assert [note.code for note in own.notes] == ["upload.read.unit"]
    _, [row] = read(tmp_path, [["Наименование", "Мощность (тыс. тенге)"], ["Труба стальная", 1200]])
    assert "unit" not in row


def test_shares_of_one_in_a_column_of_percents(tmp_path: Path) -> None:
    own, rows = read(tmp_path, [["Наименование", "ДВЦ, %"], ["Труба", 0.6823], ["Насос", 1], ["Кран", (0.5, "0%")]])
    assert [row["icv_percent"] for row in rows] == ["68.23%", "100%", "50%"]
    assert [note.code for note in own.notes] == ["upload.read.shares"]
    _, rows = read(tmp_path, [["Наименование", "ДВЦ, %"], ["Труба", 0.6823], ["Насос", 45]])
    assert [row["icv_percent"] for row in rows] == ["0.6823", "45"]


def test_the_section_names_goods_that_have_no_words_of_their_own(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Наименование", "Ед. изм.", "Мощность"],
        ["Труба стальная"],
        ["159х8", "т", 1],
        ["57х3", "т", 2],
        ["Отвод 90", "шт", 3],
        ["219х6", "т", 4],
    ]
    own, found = read(tmp_path, rows)
    names = ["Труба стальная 159х8", "Труба стальная 57х3", "Отвод 90", "Труба стальная 219х6"]
    assert [row["name"] for row in found] == names
    assert {row[SECTION] for row in found} == {"Труба стальная"}
    assert own.total == 4


def test_standards_and_parameters_are_kept_as_such(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Наименование", "Описание", "ГОСТ", "ТУ", "Диаметр, мм", "Зюзюка", "Параметры", "Комплектация"],
        [
            "Труба",
            "Бесшовная",
            "ГОСТ 8732-78, СТ РК 1",
            "ТУ 14-3",
            168.3,
            "a: б; в",
            "без примесей; Сталь: 20; 35",
            "ящик",
        ],
        ["Насос", None, None, None, None, "-", None, None],
    ]
    own, found = read(tmp_path, rows, at_5="parameter", at_7="description")
    assert found[0] == {
        "name": "Труба",
        "description": "Бесшовная\nПараметры: без примесей\nКомплектация: ящик",
        "standards": "ГОСТ 8732-78; СТ РК 1; ТУ 14-3",
        "parameters": "Диаметр: 168.3 мм\nЗюзюка: a: б, в\nСталь: 20, 35",
    }
    assert found[1] == {"name": "Насос"}
    assert own.unknown == ()
    assert (own.beside.parameters, own.beside.following) == (None, frozenset())
    own, _ = read(tmp_path, [row[:6] for row in rows], at_1=None, at_5="parameter")
    assert own.beside.parameters == {"диаметр", "зюзюка"}
    assert own.beside.following == {"description"}


def test_prices_carry_their_currency_and_day(tmp_path: Path) -> None:
    names = ["Наименование", "Цена, $ на 01.11.2026"]
    own, found = read(tmp_path, [names, ["Труба", "1 250,50 тг/шт"], ["Насос", 12], ["Кран", "по запросу"]])
    prices = [(row["price"], row["price_currency"], row["price_on"]) for row in found]
    assert prices[:2] == [("1 250,50", "KZT", "01.11.2026"), ("12", "USD", "01.11.2026")]
    assert found[2]["price"] == "по запросу"
    assert {"price", "price_currency", "price_on"} <= set(own.columns)
    assert [note.code for note in own.notes] == ["upload.read.currency", "upload.read.price_hidden"]
    own, [row] = read(tmp_path, [["Наименование", "Цена", "Валюта", "Дата цены"], ["Труба", 5, "руб.", "2026-11-01"]])
    assert (row["price_currency"], row["price_on"], own.beside.following) == ("RUB", "2026-11-01", frozenset())


def test_documents_of_conformity_have_their_kind_and_day(tmp_path: Path) -> None:
    names = ["Наименование", "Сертификат соответствия", "Декларация о соответствии"]
    own, found = read(tmp_path, [names, ["Труба", "KZ 1 от 01.02.2026", "Д-2"], ["Насос", None, "Д-3"]])
    assert found[0]["conformity_number"] == "KZ 1"
    assert found[0]["conformity_issued"] == "01.02.2026"
    assert found[0]["description"] == "Декларация о соответствии: Д-2"
    assert [row["conformity_kind"] for row in found] == ["certificate", "declaration"]
    assert own.beside.following == {"conformity_kind", "conformity_issued", "conformity_expires"}


def test_the_kind_of_document_in_the_name_of_its_column(tmp_path: Path) -> None:
    for name, kind in (("Номер выписки КТП", "ktp"), ("Индустриальный сертификат", "industrial"), ("СТ-KZ", "ct-kz")):
        own, [row] = read(tmp_path, [["Наименование", name], ["Труба", "17-А"]], at_1="evidence_number")
        assert row["evidence_kind"] == kind
        assert all(say(note, lang) for note in own.notes for lang in LANGUAGES)


def test_what_is_told_beside_the_columns(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Наименование", "Производитель", "Сертификат", "Статус"],
        ["Труба", "АО «Завод»", "KZ 6 120 00001", "истёк"],
        ["Насос", "АО «Завод»", "KZ 6 120 00002", "действует"],
    ]
    own, found = read(tmp_path, rows)
    assert found[0] == {"name": "Труба", PRODUCER: "АО «Завод»", ENDED: "истёк"}
    assert found[1] == {"name": "Насос", PRODUCER: "АО «Завод»", "evidence_number": "KZ 6 120 00002"}
    assert own.unknown == ("Производитель",)


def test_text_that_was_kept_from_being_a_formula_is_read_as_it_was(tmp_path: Path) -> None:
    _, [row, other] = read(tmp_path, [["Наименование", "Ед."], ["'=1+1 труба", "т"], ["'Труба'", "т"]])
    assert (row["name"], other["name"]) == ("=1+1 труба", "'Труба'")


def test_sheets_of_goods_are_proposed_and_others_are_not(tmp_path: Path) -> None:
    goods: list[list[Any]] = [["Наименование", "Ед. изм."], ["Труба", "т"]]
    contacts: list[list[Any]] = [["Телефон", "Адрес"], ["+7 727 1", "Алматы"]]
    sheets = {"Контакты": contacts, "Трубы": goods, "Насосы": goods, "Старое": goods}
    with open_book(books.xlsx(tmp_path / "a.xlsx", sheets, hidden=["Старое"])) as book:
        found = recognise(book)
        assert [sheet.name for sheet in found.plan.sheets] == ["Трубы", "Насосы"]
        assert [sheet.goods for sheet in found.sheets] == [False, True, True, True]
        assert found.sheets[3].as_json()["hidden"] is True
        # Where none is visible the person still gets one to begin with.
    with open_book(books.xlsx(tmp_path / "b.xlsx", {"Контакты": contacts, "Старое": goods}, hidden=["Старое"])) as book:
        assert len(recognise(book).plan.sheets) == 1


def test_a_person_may_say_where_the_heading_stands(tmp_path: Path) -> None:
    rows = [["Штука", "Сколько"], ["Изделие", "Вес"], ["Труба стальная", "10"], ["Насос", "11"]]
    with open_book(books.xlsx(tmp_path / "a.xlsx", {"Лист": rows})) as book:
        grid = book.sheets[0]
        plan, _ = planned(grid, 0, heading_at(grid, 1, 1))
        assert plan.heading.names == ("Штука", "Сколько")
        plan, _ = planned(grid, 0, heading_at(grid, 0, 0))
        assert OwnRows(book, plan.with_fields({0: "name"})).total == 4


def test_a_plan_survives_being_stored(tmp_path: Path) -> None:
    rows = [["Наименование", "Ед. изм.", "Ы"], ["Труба", "т", "1"]]
    with open_book(books.xlsx(tmp_path / "a.xlsx", {"Лист": rows})) as book:
        plan = recognise(book).plan
    assert Plan.from_json(plan.as_json()) == plan
    assert unknown_columns(plan.sheets[0]) == ["Ы"]


@pytest.mark.parametrize(
    ("fields", "code", "where"),
    [
        ({0: None}, "upload.plan.no_name", "0"),
        ({1: "name"}, "upload.plan.twice", "0:1"),
        ({2: "wings"}, "upload.plan.unknown_field", "0:2"),
    ],
)
def test_a_plan_that_cannot_be_carried_out(
    tmp_path: Path, fields: dict[int, str | None], code: str, where: str
) -> None:
    rows = [["Наименование", "Ед. изм.", "Ы"], ["Труба", "т", "1"]]
    with open_book(books.xlsx(tmp_path / "a.xlsx", {"Лист": rows})) as book:
        sheet = recognise(book).plan.sheets[0]
    assert check_plan(Plan((sheet,))) == []
    [found] = check_plan(Plan((sheet.with_fields(fields),)))
    assert (found.code, found.field) == (code, where)
    assert all(say(found.message, lang) for lang in LANGUAGES)
    assert [it.code for it in check_plan(Plan(()))] == ["upload.plan.no_sheet"]
