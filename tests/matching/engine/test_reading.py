"""Texts become terms of the right kind, whatever they are written like."""

from __future__ import annotations

import pytest

from matching.engine.reading import Kind, apart, read, spellings, surface, unbound


def of(text: str, kind: Kind) -> list[str]:
    return [term.text for term in read(text).terms if term.kind is kind]


@pytest.mark.parametrize(
    ("text", "kind", "terms"),
    [
        ("Труба стальная 159х8", Kind.WORD, ["труба", "стальной"]),
        ("Труба 159 х 8 мм", Kind.DIMENSION, ["=159×8"]),
        ("Труба 159*8", Kind.DIMENSION, ["=159×8"]),
        ("Мыло 500 мл", Kind.MEASURE, ["volume=0.5"]),
        ("Задвижка Ду 100", Kind.MEASURE, ["dn=100"]),
        ("Набор 2 шт", Kind.PIECES, ["count=2"]),
        ("Набор 2 шт", Kind.MEASURE, []),
        ("сталь 45", Kind.NUMBER, ["45"]),
        ("Огнетушитель ОП-4(з)", Kind.NUMBER, ["4"]),
        ("Задвижка 30с41нж", Kind.MARK, ["30с41нж"]),
        ("Труба ГОСТ 8732-78", Kind.STANDARD, ["гост_8732"]),
    ],
)
def test_kinds_of_terms(text: str, kind: Kind, terms: list[str]) -> None:
    assert of(text, kind) == terms


@pytest.mark.parametrize(
    ("run_together", "separate"),
    [
        ("невымываемыйPROSEPT ULTRAконцентрат", "невымываемый PROSEPT ULTRA концентрат"),
        ("плит OSBProplast", "плит OSB Proplast"),
        ("ProseptBathUni", "Prosept Bath Uni"),
        ("ВВГнг(А)-LS", "ВВГнг(А)-LS"),
        ("30с41нж", "30с41нж"),
        ("12Х18Н10Т", "12Х18Н10Т"),
        ("ТОО", "ТОО"),
    ],
)
def test_words_run_together_are_told_by_capitals(run_together: str, separate: str) -> None:
    assert apart(run_together) == separate


@pytest.mark.parametrize(
    ("name", "thing"),
    [
        ("Труба стальная бесшовная", "труба"),
        ("Взрывозащищённый двигатель", "двигатель"),
        ("болат құбыр", None),
        ("steel pipe", None),
        ("", None),
    ],
)
def test_the_thing_itself_is_told_of_russian_names(name: str, thing: str | None) -> None:
    assert read(name).head == thing


@pytest.mark.parametrize(
    ("token", "written"),
    [
        ("стальной", "стальных"),
        ("болт", "Болтов"),
        ("биглиз", "Биг-Лиз"),
        ("класс", "КЛАСС"),
        ("viii", "Ⅷ"),
        ("гайка", None),
    ],
)
def test_a_token_is_shown_as_it_was_written_first(token: str, written: str | None) -> None:
    assert surface("Болтов стальныхКЛАСС Ⅷ, болты Биг-Лиз", token) == written


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("щётка для работ 5 мм", "щётка для работ 5 мм"),
        ("компот 3 л", "компот 3 л"),
        ("сверло от 5 до 10 мм", "сверло  5  10 мм"),
        ("насос 5 кВт и более, цех", "насос 5 кВт , цех"),
        ("мыло не менее 500 мл", "мыло  500 мл"),
    ],
)
def test_only_whole_words_make_a_bound(text: str, left: str) -> None:
    assert unbound(text) == left


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Трансформатор 400 кВА 10/0,4 кВ", ["400 кВА"]),
        ("подача 25 м³/сут, напор 120 м", ["25 м³/сут", "120 м"]),
        ("H2S up to 300 mg/l", ["300 mg/l"]),
        ("Труба обсадная 168,3х8,9 K55 по API 5CT", ["168,3х8,9", "K55", "API 5CT"]),
        ("Труба PE100 SDR11", ["PE100", "SDR11"]),
        ("Шина 27.00R49", ["27.00R49"]),
        ("Щебень фр. 5-20 мм", ["5 мм", "20 мм"]),
        ("Труба ГОСТ 8732-78", ["ГОСТ 8732-78"]),
        ("Задвижка Ду 100", ["Ду 100"]),
        ("Бетон марки М3", ["М3"]),
        ("Кран ½ дюйма", ["½ дюйма"]),
        ("Лист ５ мм", ["５ мм"]),
    ],
)
def test_values_and_marks_are_shown_as_they_were_written(text: str, written: list[str]) -> None:
    shown = spellings(text)
    kinds = (Kind.MARK, Kind.MEASURE, Kind.DIMENSION, Kind.STANDARD)
    told = [shown[term.text] for term in read(text).terms if term.kind in kinds]
    assert [each for each in written if each not in told] == []


@pytest.mark.parametrize(
    ("text", "value"),
    [("300 mg/l", 0.3), ("300 мг/дм3", 0.3), ("0,3 г/л", 0.3), ("300 мг/м³", 0.0003), ("300 мг/куб.м", 0.0003)],
)
def test_a_concentration_is_no_mass(text: str, value: float) -> None:
    terms = [term for term in read(text).terms if term.kind is Kind.MEASURE]
    assert [(term.quantity, term.value) for term in terms] == [("concentration", pytest.approx(value))]
