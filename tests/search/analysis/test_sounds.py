"""A word typed in another script has the key of the word meant, and words that are only alike have another."""

from __future__ import annotations

import pytest

from search.analysis.sounds import heard, keys, sought, sound, terms, words_of

WORDS = (
    *("труба", "стальной", "задвижка", "құбыр", "жіксіз", "сорғы", "насос", "щебень", "кирпич", "цемент", "қиыршық"),
    *(
        "тұз",
        "ертіс",
        "оборудование",
        "кабель",
        "тас",
        "тара",
        "кран",
        "лед",
        "лес",
        "қиын",
        "pipe",
        "knauf",
        "30с41нж",
    ),
)


def meant(typed: str) -> list[str]:
    ordered = sorted(terms(WORDS))
    exact, but_for_ending = heard(typed, {begun: words_of(ordered, begun) for begun in sought(typed)})
    return exact or but_for_ending


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("truba", "труба"),
        ("trubami", "труба"),
        ("stalnaya", "стальной"),
        ("stalnaja", "стальной"),
        ("stalnoy", "стальной"),
        ("zadvizhki", "задвижка"),
        ("zadvijka", "задвижка"),
        ("qubyr", "құбыр"),
        ("Kubyr", "құбыр"),
        ("кубырлардын", "құбыр"),
        ("qubyrlardyn", "құбыр"),
        ("jiksiz", "жіксіз"),
        ("жиксиз", "жіксіз"),
        ("соргылар", "сорғы"),
        ("nasosy", "насос"),
        ("shcheben", "щебень"),
        ("şeben", "щебень"),
        ("kirpich", "кирпич"),
        ("tsement", "цемент"),
        ("киыршык", "қиыршық"),
        ("туз", "тұз"),
        ("Ertis", "ертіс"),
        ("oborudovanie", "оборудование"),
        ("кнауф", "knauf"),
    ],
)
def test_words_typed_in_another_script_are_heard(typed: str, word: str) -> None:
    assert meant(typed) == [word]


@pytest.mark.parametrize(
    "typed",
    [
        "труба",
        "трубы",
        "pump",
        "table",
        "less",
        "king",
        "led",
        "tas",
        "крана",
        "159",
        "30s41nzh",
        "x",
        "",
        "γράμμα",
        "a" * 5000,
    ],
)
def test_others_are_not(typed: str) -> None:
    assert meant(typed) == []


def test_keys_are_small_latin_letters() -> None:
    assert (sound("жіксіз"), sound("zhiksiz"), sound("щебень")) == ("xiksiz", "xiksiz", "weben")
    assert (sound("30с41нж"), sound("ня"), sound("γράμμα"), sound("")) == ("", "", "", "")
    assert keys("zadvijka") == ("zadvika", "zadvixka")
