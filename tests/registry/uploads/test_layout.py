"""Tables as people lay them out: the heading is found, and what is no good is told from the goods."""

from __future__ import annotations

from typing import Any

import pytest

from registry.uploads.layout import RowKind
from tests.registry.uploads.sheets import heading_of, kinds, meant

G, S, T, H = RowKind.GOODS, RowKind.SECTION, RowKind.TOTAL, RowKind.HEADING
GOODS = [["Труба 159х8", "т", 1200], ["Насос К-20", "шт", 35], ["Кран шаровой", "шт", 900]]
PLAIN = ["Наименование", "Ед. изм.", "Мощность в год"]


@pytest.mark.parametrize(
    "above",
    [
        [],
        [["ТОО «Завод»"], [], ["Прайс-лист на 01.11.2026"]],
        [["Утверждаю", None, "Директор"], ["Перечень продукции"], [None, None, "г. Алматы"]],
        [["Наименование организации: ТОО «Завод»"], ["БИН: 110440012951"], []],
        [["Товар дня!"], ["Товары и цены"]],
    ],
)
def test_titles_above_are_passed_over(above: list[list[Any]]) -> None:
    heading = heading_of([*above, PLAIN, *GOODS])
    assert (heading.first, heading.last) == (len(above) + 1,) * 2
    assert heading.names == tuple(PLAIN)


def test_a_heading_of_two_storeys() -> None:
    rows: list[list[Any]] = [
        ["№", "Продукция", None, "Сертификат СТ-KZ", None, None],
        [None, "Наименование", "Ед. изм.", "номер", "дата выдачи", "срок действия"],
        [1, "Труба", "т", "KZ 5 120 00012", "2025-03-12", "2026-03-11"],
        [2, "Насос", "шт", "KZ 5 120 00013", "2025-03-13", "2026-03-12"],
    ]
    heading = heading_of(rows)
    assert (heading.first, heading.last) == (1, 2)
    expected = ["ordinal", "name", "unit", "evidence_number", "evidence_issued", "evidence_expires"]
    assert meant(rows) == expected
    merged = [(1, 1, 1, 2), (1, 3, 1, 5), (1, 0, 2, 0)]
    assert meant(rows, merged) == expected
    assert heading_of(rows, merged).names[4] == "Сертификат СТ-KZ дата выдачи"


def test_columns_numbered_below_the_heading_and_headings_repeated() -> None:
    rows: list[list[Any]] = [PLAIN, ["1", "2", "3"], GOODS[0], PLAIN, GOODS[1], [None], GOODS[2]]
    assert kinds(rows) == [
        (1, H, ""),
        (2, RowKind.NUMBERS, ""),
        (3, G, ""),
        (4, H, ""),
        (5, G, ""),
        (7, G, ""),
    ]


def test_sections_hold_for_the_rows_below() -> None:
    rows: list[list[Any]] = [
        PLAIN,
        ["Трубы стальные:"],
        GOODS[0],
        ["Насосы"],
        GOODS[1],
        GOODS[2],
        GOODS[2],
        GOODS[1],
        GOODS[0],
    ]
    assert [(kind, section) for _, kind, section in kinds(rows)][:6] == [
        (H, ""),
        (S, ""),
        (G, "Трубы стальные"),
        (S, ""),
        (G, "Насосы"),
        (G, "Насосы"),
    ]
    assert [kind for _, kind, _ in kinds(rows, sections=False)] == [H, *[G] * 8]


def test_a_merged_row_is_a_section_however_few_goods_follow() -> None:
    rows: list[list[Any]] = [PLAIN, ["Трубы"], ["Труба 1"], ["Труба 2"], ["Труба 3"]]
    assert [kind for _, kind, _ in kinds(rows, [(2, 0, 2, 2)])] == [H, S, G, G, G]


def test_names_alone_are_goods_where_goods_have_nothing_else() -> None:
    rows: list[list[Any]] = [["Наименование продукции"], ["Труба"], ["Насос"], ["Кран"]]
    assert [kind for _, kind, _ in kinds(rows)] == [H, G, G, G]


def test_a_good_with_a_running_number_and_a_name_alone_is_a_good() -> None:
    rows: list[list[Any]] = [
        ["№ п/п", *PLAIN],
        *[[number, *good] for number, good in enumerate(GOODS * 3, 1)],
        [10, "Задвижка"],
    ]
    assert kinds(rows)[-1][1] is G


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (["Итого", None, 2135], T),
        (["ИТОГО:", None, None], T),
        (["Всего по разделу «Трубы»:", None, 7], T),
        (["Барлығы", None, 2135], T),
        (["Бөлім бойынша жиыны", None, 12], T),
        (["Total", None, 2135], T),
        (["Total Quartz 9000", "л", 10], G),
        (["Итоговый протокол", "шт", 10], G),
        (["Барлығын тазалағыш", "шт", 10], G),
        (["Всесезонное масло", None, 10], G),
    ],
)
def test_totals_are_told_from_goods(row: list[Any], kind: RowKind) -> None:
    assert kinds([PLAIN, *GOODS, row])[-1][1] is kind


def test_a_total_below_the_running_numbers() -> None:
    numbered = [[number, *good] for number, good in enumerate(GOODS, 1)]
    rows: list[list[Any]] = [["№", *PLAIN], *numbered, ["Итого", None, None, 2135], [4, "Итого", None, 7]]
    assert [kind for _, kind, _ in kinds(rows)][-2:] == [T, T]


def test_a_heading_whose_words_nobody_knows() -> None:
    rows: list[list[Any]] = [
        ["Прайс"],
        ["Штуковина", "Обозн", "Хар-ка"],
        ["Труба 159х8", "10", "5"],
        ["Насос", "11", "6"],
    ]
    assert heading_of(rows).first == 2


def test_a_table_without_a_heading_begins_at_once() -> None:
    heading = heading_of([["Труба 159х8", "т", 1200], ["Насос К-20", "шт", 35]])
    assert (heading.first, heading.last) == (0, 0)
    assert meant([["Труба стальная 159х8", "т", 7304191009], ["Насос К-20", "шт", 8413701001]])[0] == "name"
