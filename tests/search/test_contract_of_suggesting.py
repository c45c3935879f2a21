"""What every engine promises of suggesting: names that continue what is typed, on both the same."""

from __future__ import annotations

import pytest

from search.engines import SearchEngine
from tests.search.corpus import build, document

pytestmark = pytest.mark.both_engines


def test_suggestions_continue_what_is_typed(engine: SearchEngine) -> None:
    names = ("Труба стальная", "Труба стальная", "Труба медная", "Трубогиб ручной", "Насос для труб", "Лист")
    build(engine, [document(id, name) for id, name in enumerate(names, start=1)])
    assert engine.suggest("тру") == ["Труба стальная", "Насос для труб", "Труба медная", "Трубогиб ручной"]
    assert engine.suggest("трубы м") == ["Труба медная"]
    assert engine.suggest("Тру", limit=1) == ["Труба стальная"]
    assert engine.suggest("") == engine.suggest("т") == engine.suggest("щщ") == []
    assert engine.suggest('тру.*"\\') == engine.suggest("тру")


@pytest.mark.parametrize("typed", ["куб", "qub", "kuby", "кубыр", "болат куб", "bolat qub"])
def test_suggestions_continue_what_is_typed_in_another_script(engine: SearchEngine, typed: str) -> None:
    build(engine, [document(1, "Болат құбыр"), document(2, "Насос"), document(3, "Труба стальная")])
    assert engine.suggest(typed) == ["Болат құбыр"]
    assert engine.suggest("trub") == engine.suggest("truba stal") == ["Труба стальная"]


def test_suggestions_are_names_in_the_language_typed(engine: SearchEngine) -> None:
    build(engine, [document(1, "Насос центробежный", alt="Ортадан тепкіш сорғы")])
    assert engine.suggest("сорғ") == ["Ортадан тепкіш сорғы"]
    assert engine.suggest("центр") == ["Насос центробежный"]


def test_names_of_the_readers_language_are_suggested_first(engine: SearchEngine) -> None:
    titles = [
        {"ru": "Труба стальная 159х8", "kk": "Болат құбыр 159х8", "en": "Steel pipe 159x8"},
        {"ru": "Труба медная 15х1", "kk": "Мыс құбыр 15х1"},
        {"kk": "Құбыр 15 мм"},
        {"kk": "Құбыр 15 мм"},
    ]
    named = enumerate(titles, start=1)
    build(engine, [document(id, " ".join(names.values()), titles=names, body="труба") for id, names in named])
    assert engine.suggest("труба 15", lang="ru") == ["Труба медная 15х1", "Труба стальная 159х8", "Құбыр 15 мм"]
    assert engine.suggest("труба 15", lang="kk") == ["Құбыр 15 мм", "Болат құбыр 159х8", "Мыс құбыр 15х1"]
    assert engine.suggest("труба 15", lang="en") == ["Steel pipe 159x8", "Құбыр 15 мм", "Мыс құбыр 15х1"]
    assert engine.suggest("труба 15", lang="ru", limit=1) == ["Труба медная 15х1"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("насс", ["Насос погружной", "Насос ручной"]),
        ("нсаос", ["Насос погружной", "Насос ручной"]),
        ("центробежные насс", ["Насос погружной"]),
        ("цнетробежные насс", ["Насос погружной"]),
        ("стольная", ["Балка стальная"]),
        ("ручнойй нас", ["Насос ручной"]),
        ("159", []),
        ("зад", []),
    ],
)
def test_slips_are_mended_in_suggestions_too(engine: SearchEngine, typed: str, meant: list[str]) -> None:
    build(
        engine,
        [
            document(1, "Насос погружной", body="центробежный"),
            document(2, "Насос ручной"),
            document(3, "Балка стальная"),
            document(4, "Пояс 158"),
        ],
    )
    assert engine.suggest(typed) == meant
