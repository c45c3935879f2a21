"""Texts become terms of the right kind, whatever they are written like."""

from __future__ import annotations

import pytest

from matching.engine.reading import Kind, apart, read, surfaces


def of(text: str, kind: Kind) -> list[str]:
    return [term.shown or term.text for term in read(text).terms if term.kind is kind]


@pytest.mark.parametrize(
    ("text", "kind", "terms"),
    [
        ("Труба стальная 159х8", Kind.WORD, ["труба", "стальной"]),
        ("Труба 159 х 8 мм", Kind.DIMENSION, ["159×8"]),
        ("Труба 159*8", Kind.DIMENSION, ["159×8"]),
        ("Мыло 500 мл", Kind.MEASURE, ["0.5 л"]),
        ("Задвижка Ду 100", Kind.MEASURE, ["DN 100"]),
        ("Набор 2 шт", Kind.PIECES, ["2 шт"]),
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


def test_a_token_is_shown_as_it_was_written() -> None:
    assert surfaces("Болтов стальныхКЛАСС")["стальной"] == "стальных"
    assert surfaces("Болтов стальныхКЛАСС")["болт"] == "Болтов"
