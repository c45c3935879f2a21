"""Units, quantities and dimensions in one form."""

from __future__ import annotations

import pytest

from search.analysis import UNITS, Dimension, Measure, analyse, convert, unit


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("шт", ["шт", "ШТ.", "Штука", "штук", "дана", "pcs", "each"]),
        ("кг", ["кг", "Килограмм", "kg"]),
        ("т", ["т", "тонна", "Тонна (метрическая)", "tonne"]),
        ("л", ["л", "литр", "Литр (куб. дм.)", "litres"]),
        ("м", ["м", "метр", "Метр погонный", "пог.м", "Өткел қума метр", "m"]),
        ("м2", ["м²", "м2", "кв.м", "Метр квадратный", "шаршы метр", "sqm"]),
        ("м3", ["м³", "м3", "куб. м", "Кубический метр", "текше метр", "cbm"]),
        ("компл", ["компл.", "Комплект", "жиынтық", "set"]),
        ("пар", ["пара", "пар", "жұп", "pairs"]),
        ("упак", ["упак", "Упаковка", "орама", "pack"]),
        ("рул", ["рулон", "орам", "roll"]),
        ("тыс шт", ["1000 шт", "тыс. шт", "мың дана"]),
        ("услуга", ["Одна услуга", "қызмет"]),
        ("пач", ["Одна пачка", "бума"]),
    ],
)
def test_unit(code: str, spellings: list[str]) -> None:
    assert {unit(spelling) for spelling in (*spellings, code)} == {code}


@pytest.mark.parametrize("text", ["", "-", "кг N", "л 100% спирта", "попугай", "м" * 1_000_000])
def test_no_unit(text: str) -> None:
    assert unit(text) is None


def test_codes_of_the_classifier_of_units() -> None:
    expected = {"шт": "796", "кг": "166", "т": "168", "м": "006", "м2": "055", "м3": "113", "л": "112", "компл": "839"}
    assert {code: UNITS[code].mkei for code in expected} == expected


def test_every_kind_has_one_base_unit() -> None:
    for kind in {found.kind for found in UNITS.values()}:
        bases = [found.code for found in UNITS.values() if found.kind == kind and found.factor == 1]
        assert len(bases) == 1, kind


@pytest.mark.parametrize(
    ("value", "one", "other", "expected"),
    [
        (2, "т", "кг", 2000),
        (500, "кг", "тонна", 0.5),
        (3, "км", "м", 3000),
        (250, "мл", "л", 0.25),
        (2, "м3", "л", 2000),
        (4, "тыс. шт", "штука", 4000),
        (7, "дана", "шт", 7),
        (0.1, "м", "см", 10),  # exactly
        (1, "кг", "м", None),
        (1, "пара", "шт", None),
        (1, "попугай", "шт", None),
    ],
)
def test_convert(value: float, one: str, other: str, expected: float | None) -> None:
    assert convert(value, one, other) == expected


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("мешок 50 кг", [Measure("mass", 50.0, "кг")]),
        ("мешок 1,5 т", [Measure("mass", 1500.0, "кг")]),
        ("краска 500мл", [Measure("volume", 0.5, "л")]),
        ("10 000 л", [Measure("volume", 10000.0, "л")]),
        ("29,760 m3", [Measure("volume", 29760.0, "л")]),
        ("провод 2,5 мм²", [Measure("section", 2.5, "мм2")]),
        ("кабель 3х2,5 мм2 0,66 кВ", [Measure("section", 2.5, "мм2"), Measure("voltage", 660.0, "В")]),
        ("толщина 5-30мм", [Measure("length", 5.0, "мм"), Measure("length", 30.0, "мм")]),
        ("пленка 43 мкм", [Measure("length", 0.043, "мм")]),
        ("Ду150 PN16", [Measure("dn", 150.0, "dn"), Measure("pressure", 1.6, "МПа")]),
        ("Ру 2,5 МПа", [Measure("pressure", 2.5, "МПа")]),
        ("Ø160", [Measure("diameter", 160.0, "мм")]),
        ("-40°C", [Measure("temperature", -40.0, "°C")]),
        ("16 А 220В", [Measure("current", 16.0, "А"), Measure("voltage", 220.0, "В")]),
        ('1 1/4"', [Measure("inch", 1.25, "дюйм")]),
        ("2 в 1", []),
        ("от 3 а до 5 в", []),
        ("2024 г. выпуска", []),
        ("артикул 0001A", []),
        ("12Х18Н10Т", []),
        ("2 листа, 3 упаковки", []),  # words
    ],
)
def test_measures(text: str, measures: list[Measure]) -> None:
    assert list(analyse(text).measures) == measures


@pytest.mark.parametrize(
    ("text", "dimensions"),
    [
        ("труба 159х8", [Dimension("159x8", (159.0, 8.0))]),
        ("159 x 8 мм", [Dimension("159x8", (159.0, 8.0))]),
        ("159*8,0", [Dimension("159x8", (159.0, 8.0))]),
        ("Ø159×8", [Dimension("159x8", (159.0, 8.0))]),
        ("3х2,5", [Dimension("3x2.5", (3.0, 2.5))]),
        ("3х2,5+1х1,5", [Dimension("3x2.5", (3.0, 2.5)), Dimension("1x1.5", (1.0, 1.5))]),
        ("20x20x2", [Dimension("20x20x2", (20.0, 20.0, 2.0))]),
        ("2500x1250х12mm", [Dimension("2500x1250x12", (2500.0, 1250.0, 12.0))]),
        ("300мм х 200 мм", [Dimension("300x200", (300.0, 200.0))]),
        ("М16х80", [Dimension("16x80", (16.0, 80.0))]),
        ("Ду150х100", [Dimension("150x100", (150.0, 100.0))]),
        ("4х(3х2,5)", [Dimension("3x2.5", (3.0, 2.5))]),
        ("сталь 12Х18Н10Т", []),
        ("сталь 15Х5М", []),
        ("2х-камерный", []),
    ],
)
def test_dimensions(text: str, dimensions: list[Dimension]) -> None:
    assert list(analyse(text).dimensions) == dimensions
