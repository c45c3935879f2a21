"""Columns are recognised by their names in three languages and by their cells, and each guess says why."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.uploads.columns import SURE, guesses, kind_of_document, split_document
from registry.uploads.names import fields, name_key, named
from registry.uploads.plans import field_name
from registry.wording import LANGUAGES, say
from tests.registry.uploads.sheets import columns, grid, meant

# One good's worth of cells for each field, told apart by nothing else.
CELLS: Mapping[str, list[Any]] = {
    "name": ["Труба стальная бесшовная 159х8", "Насос центробежный К-20", "Кран шаровой латунный"],
    "description": [
        "Бесшовная, горячедеформированная, по ГОСТ 8732-78",
        "Подача 20 м3/ч, напор 30 м, чугунный корпус",
        "Полнопроходной, с ручкой",
    ],
    "tnved": ["7304191009", "8413701001", "8481806100"],
    "kpved": ["24.20.13", "28.13.14", "28.14.13"],
    "enstru": ["242013.300.000012", "281314.900.000001", "281413.700.000003"],
    "unit": ["т", "шт", "шт"],
    "capacity_per_year": [1200, 35, "по заявкам"],
    "role": ["производитель", "дилер", "өндіруші"],
    "icv_percent": ["68,23", "45", "90,1"],
    "evidence_kind": ["СТ-KZ", "индустриальный сертификат", "ктп"],
    "evidence_number": ["KZ 5 120 00012", "102 0 00089", "KZ 5 120 00013"],
    "evidence_issued": ["2025-03-12", "2025-04-01", "2025-05-20"],
    "evidence_expires": ["2026-03-11", "2026-04-01", "2026-05-19"],
    "external_id": ["A-001", "B-17", "C-9"],
    "bin": ["110440012951", "110440012951", "110440012951"],
}


def spellings() -> dict[str, dict[str, list[str]]]:
    with files("registry.uploads").joinpath("fields.csv").open(encoding="utf-8") as file:
        return {
            row["field"]: {lang: [it for it in row[lang].split("|") if it[0] != "~"] for lang in LANGUAGES}
            for row in csv.DictReader(file)
        }


SPELT = spellings()


def test_every_field_has_names_and_a_name_for_people_in_three_languages() -> None:
    for field in fields():
        assert all(SPELT[field][lang] for lang in LANGUAGES)
        assert len({say(field_name(field), lang) for lang in LANGUAGES}) > 1


def test_a_name_means_one_field_only() -> None:
    """But for hints, no spelling names two kept fields: it would be left to chance which is meant."""
    known = fields()
    double = {
        spelling: sorted(meant)
        for by_lang in SPELT.values()
        for listed in by_lang.values()
        for spelling in listed
        if len(meant := [field for field, sure in named(spelling).items() if sure >= 1 and known[field]]) > 1
    }
    assert double == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_name_is_recognised_by_itself(lang: str) -> None:
    unknown = [
        (field, spelling)
        for field, by_lang in SPELT.items()
        for spelling in by_lang[lang]
        if named(spelling).get(field, 0.0) < 1
    ]
    assert unknown == []


@given(st.data())
def test_any_order_of_columns_in_any_language_means_the_same(data: st.DataObject) -> None:
    """Whatever the language of each name and the order of the columns, the lines read are the same."""
    chosen = data.draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, unique=True))
    order = data.draw(st.permutations(sorted({"name", *chosen})))
    names = [data.draw(st.sampled_from(SPELT[field][data.draw(st.sampled_from(LANGUAGES))])) for field in order]
    shown = [data.draw(st.sampled_from((str, str.upper, str.title, lambda text: f" {text}: ")))(name) for name in names]
    rows: list[list[Any]] = [list(cells) for cells in zip(*(CELLS[field] for field in order), strict=True)]
    found = guesses(shown, shown, grid(rows))
    assert [guess.field for guess in found] == order, list(zip(shown, (guess.field for guess in found), strict=True))


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Наименование\nпродукции", "name"),
        ("Наименование товара (работы, услуги)", "name"),
        ("НАИМЕНОВАНИЕ  ТОВАРА", "name"),
        ("Наименованее товара", "name"),
        ("Haименование товара", "name"),  # the first two letters are Latin
        ("Тауардың атауы", "name"),
        ("Product name", "name"),
        ("Код ТН ВЭД ЕАЭС (10 знаков)", "tnved"),
        ("ТНВЭД", "tnved"),
        ("СЭҚ ТН коды", "tnved"),
        ("Код ТНВЕД", "tnved"),
        ("Ед.изм.", "unit"),
        ("Единица измерения (по МКЕИ)", "unit"),
        ("Өлшем бірлігі", "unit"),
        ("Производственная мощность, т/год", "capacity_per_year"),
        ("Мощность (в год)", "capacity_per_year"),
        ("Жылдық қуаты", "capacity_per_year"),
        ("Цена, тенге с НДС", "price"),
        ("Доля ВЦ, %", "icv_percent"),
        ("ДВЦ (%)", "icv_percent"),
        ("Номер сертификата СТ-KZ", "evidence_number"),
        ("№ сертификата", "evidence_number"),
        ("Срок действия сертификата", "evidence_expires"),
        ("БИН/ИИН", "bin"),
        ("Наименование производителя", "producer"),
        ("Наименование предприятия", "producer"),
        ("Юридический адрес", "address"),
        ("№ п/п", "ordinal"),
        ("Сертификат соответствия", "conformity_certificate"),
        ("Документ о соответствии", "conformity_number"),
        ("Выпуск в год", "output_per_year"),
        ("Валюта", "price_currency"),
        ("Код АГСК-3", "agsk3"),
        ("Примечание", "note"),
        ("ГОСТ/ТУ", "standards"),
        ("Артикул", "external_id"),
    ],
)
def test_names_as_people_write_them(name: str, field: str) -> None:
    scores = named(name)
    assert max(scores, key=lambda it: scores[it]) == field, scores


def test_codes_are_known_by_their_cells_whatever_the_column_is_called() -> None:
    rows: list[list[Any]] = [
        ["Наименование", "Код", "Код 2", "Код 3", "Столбец 5"],
        ["Труба", "7304191009", "24.20.13", "242013.300.000012", "т"],
        ["Насос", "8413701001", "28.13.14", "281314.900.000001", "шт"],
    ]
    assert meant(rows) == ["name", "tnved", "kpved", "enstru", "unit"]


def test_a_column_of_own_numbers_is_no_code_of_the_nomenclature() -> None:
    rows: list[list[Any]] = [["Код", "Товар"], ["A-17", "Труба"], ["A-18", "Насос"], ["B-1", "Кран"]]
    assert meant(rows) == ["external_id", "name"]


def test_names_in_two_languages_beside_each_other() -> None:
    rows: list[list[Any]] = [
        ["Атауы", "Наименование", "Name"],
        ["Болат құбыр", "Труба стальная", "Steel pipe"],
        ["Ортадан тепкіш сорғы", "Насос центробежный", "Centrifugal pump"],
    ]
    assert sorted(map(str, meant(rows))) == ["name", "name_en", "name_kk"]
    assert meant(rows)[0] == "name_kk"


def test_days_without_names_are_ordered() -> None:
    rows: list[list[Any]] = [
        ["Труба стальная", "2026-03-11", "2025-03-12"],
        ["Насос центробежный", "2026-04-11", "2025-04-12"],
        ["Кран шаровой латунный", "2026-05-11", "2025-05-12"],
    ]
    found = guesses(["", "", ""], ["", "", ""], grid(rows))
    assert found[0].field == "name"


def test_each_guess_says_why_and_shows_cells() -> None:
    rows: list[list[Any]] = [
        ["Товар", "ТН ВЭД", "Ед. изм.", "Мощность", "Зюзюка", "Адрес", "Пусто"],
        *[
            ["Труба стальная", "7304191009", "т", 5, "ы", "Алматы", None],
            ["Насос", "8413701001", "шт", 6, "э", "х", None],
        ],
    ]
    found = {guess.name: guess for guess in columns(rows)}
    assert [said.code for said in found["ТН ВЭД"].why] == ["upload.why.name", "upload.why.cells.tnved"]
    assert found["ТН ВЭД"].sure >= SURE
    assert found["ТН ВЭД"].shown == ("7304191009", "8413701001")
    assert found["Зюзюка"].field is None
    assert [said.code for said in found["Зюзюка"].why] == ["upload.why.unknown"]
    assert [said.code for said in found["Адрес"].why] == ["upload.why.name", "upload.why.passed_over"]
    assert all(say(said, lang) for guess in found.values() for said in guess.why for lang in LANGUAGES)
    assert found["ТН ВЭД"].as_json()["field"] == "tnved"


def test_a_name_that_its_cells_belie_is_doubted() -> None:
    rows: list[list[Any]] = [["Товар", "ТН ВЭД"], ["Труба", "да"], ["Насос", "нет"], ["Кран", "да"]]
    guess = columns(rows)[1]
    assert guess.field != "tnved" or "upload.why.unlike" in [said.code for said in guess.why]


def test_what_was_said_last_time_counts() -> None:
    rows: list[list[Any]] = [["Зюзюка", "Цена"], ["Труба", "5"], ["Насос", "6"]]
    found = columns(rows, remembered={name_key("Зюзюка"): "name", name_key("Цена"): None})
    assert [(guess.field, guess.why[0].code) for guess in found] == [
        ("name", "upload.why.remembered"),
        (None, "upload.why.remembered"),
    ]


@pytest.mark.parametrize(
    ("cell", "number", "day"),
    [
        ("KZ 5 120 00012 от 12.03.2025", "KZ 5 120 00012", "12.03.2025"),
        ("№ KZ 5 120 00012, 12.03.2025 г.", "KZ 5 120 00012", "12.03.2025"),
        ("KZ 5 120 00012", "KZ 5 120 00012", ""),
        ("от 12.03.2025", "от 12.03.2025", ""),
    ],
)
def test_a_number_with_its_day(cell: str, number: str, day: str) -> None:
    assert split_document(cell) == (number, day)


def test_kinds_of_documents_by_their_numbers() -> None:
    assert [kind_of_document(it) for it in ("KZ 5 120 00012", "102 0 00089", "17")] == ["ct-kz", "industrial", None]
