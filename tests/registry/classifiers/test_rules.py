"""Files of classifiers: what hangs from what, which zeros were lost, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.classifiers.models import Scheme
from registry.classifiers.rules import ALIASES, COLUMNS, Foreign, Reading, read
from registry.spreadsheets import open_table


def reading(scheme: Scheme, columns: str, *rows: str) -> Reading:
    names = columns.split(",")
    cells = [dict(zip(names, row.split(","), strict=True)) for row in rows]
    return read(scheme, enumerate(cells, start=2), names)


def parents(of: Reading) -> dict[str, str | None]:
    return {key: stated.node.parent_key for key, stated in of.nodes.items()}


def test_codes_hang_from_the_longest_shorter_code_there_is() -> None:
    made = reading(Scheme.TNVED, "code,name_ru", "73,Изделия", "7304,Трубы", "730419,прочие", "7304191009,прочие")
    assert parents(made) == {"73": None, "7304": "73", "730419": "7304", "7304191009": "730419"}
    assert [stated.node.kind for stated in made.nodes.values()] == ["chapter", "heading", "node", "line"]


def test_a_named_parent_goes_before_the_prefix() -> None:
    made = reading(Scheme.TNVED, "code,name_ru,parent_code", "73,Изделия,", "7304,Трубы,73", "7304191009,прочие,73")
    assert parents(made)["7304191009"] == "73"


def test_dashes_say_what_hangs_from_what_and_keep_rows_without_a_code() -> None:
    made = reading(
        Scheme.TNVED,
        "code,name_ru,dashes",
        "01,ЖИВЫЕ ЖИВОТНЫЕ,",
        "0101,Лошади,0",
        ",лошади:,1",
        "0101210000,чистопородные,2",
        ",прочие:,2",
        "0101291000,убойные,3",
        "0101300000,ослы,1",
    )
    up = parents(made)
    names = {stated.node.name_ru: key for key, stated in made.nodes.items()}
    assert up["0101"] == "01"
    assert up[names["лошади:"]] == "0101"
    assert up["0101210000"] == names["лошади:"]
    assert up[names["прочие:"]] == names["лошади:"]
    assert up["0101291000"] == names["прочие:"]
    assert up["0101300000"] == "0101"


def test_the_key_of_an_unnumbered_node_is_the_same_in_the_next_edition() -> None:
    columns = "row_id,parent_row_id,code,name_ru"
    first = reading(Scheme.TNVED, columns, "1,,0101,Лошади", "2,1,,лошади", "3,2,0101210000,чистопородные")
    moved = reading(Scheme.TNVED, columns, "7,,0101,Лошади живые", "8,7,0101100000,новые", "9,7,,лошади")
    assert next(key for key in first.nodes if "/" in key) == next(key for key in moved.nodes if "/" in key)


def test_unnumbered_nodes_of_one_name_under_one_parent_stay_two() -> None:
    made = reading(Scheme.TNVED, "row_id,parent_row_id,code,name_ru", "1,,0101,Лошади", "2,1,,прочие", "3,1,,прочие")
    assert len(made.nodes) == 3


def test_lost_zeros_are_restored_in_a_whole_file() -> None:
    made = reading(
        Scheme.TNVED,
        "code,name_ru",
        *("1,ЖИВЫЕ ЖИВОТНЫЕ", "101,Лошади", "10121,чистопородные", "101210000,чистопородные", "101291000,убойные"),
        *("10,ЗЛАКИ", "1012,не бывает", "85,МАШИНЫ", "8501,Двигатели", "850152,750 Вт", "850152200,0.75 кВт"),
        "8501522001,асинхронные",
    )
    # 1012 stands in the file as a heading, so what begins with it lost nothing: 10121 is no code, 101210000 is its own.
    assert made.refused.keys() == {4}
    assert [key for key in made.nodes if key.startswith("0")] == ["01", "0101"]
    assert "850152200" in made.nodes, "nine digits of a heading that is there lost nothing"
    without = reading(Scheme.TNVED, "code,name_ru", "1,ЖИВЫЕ", "101,Лошади", "101210000,чистопородные", "10,ЗЛАКИ")
    assert list(without.nodes) == ["01", "0101", "0101210000", "10"]


def test_nine_digits_are_a_code_where_no_zero_was_lost() -> None:
    made = reading(Scheme.TNVED, "code,name_ru", "85,МАШИНЫ", "8501,Двигатели", "850152200,мощностью")
    assert parents(made)["850152200"] == "8501"


@pytest.mark.parametrize(
    ("scheme", "rows", "expected"),
    [
        (Scheme.TNVED, ["8501 52 200 1,двигатели"], ["8501522001"]),
        (Scheme.TNVED, ["85.0,МАШИНЫ"], ["85"]),
        (
            Scheme.KPVED,
            ["A,СЕЛЬСКОЕ", "1,Растениеводство", "1.11,Зерновые", "13.92.12,Бельё"],
            ["A", "01", "01.11", "13.92.12"],
        ),
        (
            Scheme.ENSTRU,
            ["11111.200.000001,Пшеница", "139221.300.000001,Мешок"],
            ["011111.200.000001", "139221.300.000001"],
        ),
        (Scheme.UNITS, ["6,Метр", "796,Штука"], ["006", "796"]),
        (Scheme.UNITS_FISCAL, ["5114,Услуга"], ["5114"]),
        (
            Scheme.OKED,
            ["A,СЕЛЬСКОЕ", "01,Растениеводство", "011,Группа", "01111,Подкласс"],
            ["A", "01", "011", "01111"],
        ),
    ],
)
def test_codes_of_each_classifier(scheme: Scheme, rows: list[str], expected: list[str]) -> None:
    assert list(reading(scheme, "code,name_ru", *rows).nodes) == expected


@pytest.mark.parametrize(
    ("scheme", "good", "bad"),
    [
        (
            Scheme.TNVED,
            ["85", "85.01", "8501", "8501.52", "850152", "85015220", "8501 52 200", "8501.52.200 1", "8501522001"],
            ["850", "85015", "8501522", "85015220011", "85.0.1", "13.9", "13.92.1", "13.92.12", "13.92.12.110", "85а1"],
        ),
        (Scheme.KPVED, ["C", "13", "13.9", "13.92", "13.92.1", "13.92.12"], ["139", "1392", "13.9.2", "13.92.123"]),
        (
            Scheme.ENSTRU,
            ["139221.300.000001", "139221300000001", "39221.300.000001"],
            ["139221", "13.92.21", "0101", "221.300.000001"],
        ),
        (Scheme.OKED, ["C", "24", "242", "2420", "24200"], ["242000", "24.20", "CC"]),
        (Scheme.KATO, ["551010000", "100000000"], ["55101", "5510100000", "001010000"]),
    ],
)
def test_a_code_is_of_its_classifier_or_refused(scheme: Scheme, good: list[str], bad: list[str]) -> None:
    made = reading(scheme, "code,name_ru", *(f"{code},Название" for code in good))
    assert not made.refused
    made = reading(scheme, "code,name_ru", *(f"{code},Название" for code in bad))
    assert {it.code for row in made.refused.values() for it in row} == {"import.classifier.code"}
    assert not made.nodes


def test_a_file_is_of_another_classifier_where_most_of_its_codes_are() -> None:
    kpved = ["C,ОБРАБОТКА", "13,Текстиль", "13.9,Прочее", "13.92,Изделия", "13.92.12,Бельё"]
    made = reading(Scheme.TNVED, "code,name_ru", *kpved)
    assert made.foreign == Foreign(bad=3, coded=5, row=2, given="C", like=Scheme.KPVED)
    # Half of the rows may be slips of their own.
    half = reading(Scheme.TNVED, "code,name_ru", "13,Текстиль", "1301,Шеллак", "13.9,Прочее", "13.92.1,Изделия")
    assert half.foreign is None
    assert half.refused.keys() == {4, 5}
    assert reading(Scheme.KPVED, "code,name_ru", *kpved).foreign is None


def test_a_file_may_fit_no_classifier() -> None:
    made = reading(Scheme.OKED, "code,name_ru", "а-1,Первое", "а-2,Второе")
    assert made.foreign == Foreign(bad=2, coded=2, row=2, given="а-1", like=None)


def test_rows_without_a_code_do_not_count() -> None:
    rows = [f"{number},,,Без кода {number}" for number in range(9)]
    columns = "row_id,parent_row_id,code,name_ru"
    assert reading(Scheme.TNVED, columns, *rows, "10,,85,МАШИНЫ").foreign is None
    made = reading(Scheme.TNVED, columns, *rows, "10,,C,ОБРАБОТКА")
    assert made.foreign == Foreign(bad=1, coded=1, row=11, given="C", like=Scheme.KPVED)


REAL = {
    "tnved_eaeu_tree.csv": Scheme.TNVED,
    "hs2022_en.csv": Scheme.TNVED,
    "kpved.csv": Scheme.KPVED,
    "enstru_observed.csv": Scheme.ENSTRU,
    "oked_nk_rk_03-2019.csv": Scheme.OKED,
    "kato_regions.csv": Scheme.KATO,
}


@pytest.mark.parametrize("name", [*REAL, "okpd2_ru.csv"])
def test_a_real_file_is_of_its_own_classifier_alone(reference_data: Path, name: str) -> None:
    with open_table(reference_data / name, COLUMNS, required=("code",), aliases=ALIASES) as table:
        rows = [(row.number, row.cells) for row in table.rows()]
        made = {scheme: read(scheme, rows, table.columns) for scheme in sorted(set(REAL.values()))}
    own = REAL.get(name)
    assert {scheme for scheme, one in made.items() if one.foreign is None} == ({own} if own else set())
    assert {one.foreign.like for one in made.values() if one.foreign} == {own}
    if own:
        assert not made[own].refused


def test_lost_zeros_of_oked_show_in_the_order_of_the_file() -> None:
    rows = ["A,СЕЛЬСКОЕ", "1,Растениеводство", "11,Однолетние", "111,Зерновые", "1111,Пшеница", "2,Лесоводство"]
    rows += ["C,ОБРАБОТКА", "10,Продукты", "11,Напитки", "110,Напитки всякие"]
    assert list(reading(Scheme.OKED, "code,name_ru", *rows).nodes) == (
        ["A", "01", "011", "0111", "01111", "02", "C", "10", "11", "110"]
    )


def test_kato_hangs_from_district_and_region() -> None:
    made = reading(
        Scheme.KATO,
        "code,name_ru",
        *("100000000,область Абай", "101000000,Семей Г.А.", "101010000,г.Семей", "103620100,г.Аягоз"),
    )
    assert parents(made) == {
        "100000000": None,
        "101000000": "100000000",
        "101010000": "101000000",
        "103620100": "100000000",
    }


def test_a_file_of_names_only() -> None:
    made = reading(Scheme.TNVED, "code,description", "0101,Horses")
    assert made.only_names
    assert made.nodes["0101"].node.name_en == "Horses"


def test_the_characteristic_of_enstru_belongs_to_the_name() -> None:
    made = reading(Scheme.ENSTRU, "code,name_ru,description", "011111.200.000001,Пшеница,твердая")
    assert made.nodes["011111.200.000001"].node.name_ru == "Пшеница, твердая"


def test_short_names_and_aliases_of_units_are_kept_once() -> None:
    made = reading(Scheme.UNITS, "code,name_ru,short_ru,short_en,aliases", "006,Метр,м,m,м.|м|метры")
    assert made.nodes["006"].node.aliases == "м|m|м.|метры"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("73А4,Трубы", "code", "import.classifier.code"),
        ("73041910091,Трубы", "code", "import.classifier.code"),
        (",Трубы", "code", "import.classifier.no_code"),
        ("7304,", "name_ru", "import.cell.required"),
        ("73,Другое", "code", "import.classifier.twice"),
    ],
)
def test_rows_that_are_refused(row: str, column: str, code: str) -> None:
    made = reading(Scheme.TNVED, "code,name_ru", "73,Изделия", row)
    assert [(it.field, it.code) for it in made.refused[3]] == [(column, code)]
    assert list(made.nodes) == ["73"]
