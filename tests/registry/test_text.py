"""Folding, keys and language: what is the same to a reader is the same to the program."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.text import SORT_KEY_LENGTH, aligned, cyrillic_twin, fold, fold_key, language, normalise, script, sort_key

# Letters of both alphabets, digits and the characters that make trouble, so that examples hit the rules.
awkward = st.text(
    alphabet="аеорсухнквмтАВЕКМНОРСТХУёЁйәғқңөұүһіІaeopcyxhkbmtHBilsLSz019 .,-/()\"'«»№²×–\u00ad\u200b\u0306\u0301\n\0"
)
anything = st.one_of(st.text(), awkward)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("  Щётка\tстальная ", "щетка стальная"),
        ("BBГнг", "ввгнг"),  # Latin BB
        ("ВВГнгLSLTx", "ввгнгlsltx"),  # each part keeps its script
        ("невымываемыйPROSEPT", "невымываемыйprosept"),
        ("BBГнгLS", "ввгнгls"),
        ("30c41нж", "30с41нж"),  # Latin c
        ("Kaбель", "кабель"),
        ("CТ PК", "ст рк"),
        ("DN150", "dn150"),
        ("API 5L", "api 5l"),
        ("РVС", "pvc"),  # Cyrillic Р and С
        ("жиhаз", "жиһаз"),  # the small Latin h stands for the Kazakh letter
        ("НАCОС", "насос"),
        ("iрi қиыршық", "ірі қиыршық"),
        ("ІІ категория", "ii категория"),  # a Roman number typed with the Kazakh letter
        ("ХІV", "xiv"),
        ("тру\u00adба\u200b", "труба"),
        ("и\u0306од", "йод"),  # a file name of macOS
        ("тру\u0301ба", "труба"),
        ("2,5 мм²", "2,5 мм2"),
        ("159×8", "159x8"),
        ("ГОСТ 8732–78", "гост 8732-78"),
        ("Ќазаќ", "қазақ"),  # KZ-1048 read as Windows-1251
        ("№ 5", "№ 5"),  # NFKC would write No
        ("«Ақ жол»™", '"ақ жол"'),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("Düse café", "duse cafe"),
        ("", ""),
    ],
)
def test_fold(typed: str, folded: str) -> None:
    assert fold(typed) == folded


def test_kazakh_letters_stay() -> None:
    assert fold("ӘҒҚҢӨҰҮҺІ әғқңөұүһі") == "әғқңөұүһі әғқңөұүһі"


@given(anything)
@example("ŉ")
@example("İ")
@example("\u1161\uffa1")
@example("ΐ")
def test_fold_is_idempotent_and_clean(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded == " ".join(folded.split())
    assert "ё" not in folded
    assert all(character.isprintable() for character in folded)


@given(anything)
def test_places_point_into_the_original(text: str) -> None:
    form, places = aligned(text)
    assert form == normalise(text)
    if places is None:
        assert len(form) == len(text)
    else:
        assert len(places) == len(form)
        assert all(0 <= place < len(text) for place in places)
        assert all(before <= after for before, after in pairwise(places))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('ТОО "Аксай"', "тоо «аксай»"),
        ("TOO Аксай", "ТОО  Аксай"),  # all Latin, all Cyrillic
        ("Кабель 3х2,5", "КАБЕЛЬ 3x2.5"),
        ("Труба - 159", "Труба-159"),
        ("ivanov@mail.kz", "IVANOV@mail.kz"),
    ],
)
def test_same_key(one: str, other: str) -> None:
    assert fold_key(one) == fold_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("a.b@x.kz", "ab@x.kz"), ("уп. 1, 2", "уп. 1,2"), ("қала", "кала"), ("М-16", "М16")]
)
def test_other_key(one: str, other: str) -> None:
    assert fold_key(one) != fold_key(other)


@given(anything)
def test_key_of_a_key(text: str) -> None:
    assert fold_key(fold_key(text)) == fold_key(text)


def test_kazakh_order() -> None:
    words = [
        "Ак",
        "Әк",
        "Бор",
        "Ғимарат",
        "Ель",
        "Ёлка",
        "Ине",
        "Қап",
        "Өрік",
        "Тас",
        "Ұн",
        "Үй",
        "Ыдыс",
        "Ірімшік",
        "Эмаль",
    ]
    assert sorted(set(words), key=lambda word: sort_key(word, "kk")) == words


def test_reader_of_english_has_latin_first() -> None:
    assert sorted(["Zinc", "Цинк", "Alloy"], key=lambda word: sort_key(word, "en")) == ["Alloy", "Zinc", "Цинк"]
    assert sorted(["Zinc", "Цинк", "Alloy"], key=lambda word: sort_key(word, "ru")) == ["Цинк", "Alloy", "Zinc"]


def test_numbers_sort_by_size_and_quotes_do_not_count() -> None:
    names = ["Труба 20", "Труба 159", "Труба 1020", "«Трубник»"]
    assert sorted(set(names), key=lambda name: sort_key(name, "ru")) == names


@given(anything, st.sampled_from(["kk", "ru", "en"]))
def test_sort_key_survives_every_collation(text: str, lang: str) -> None:
    key = sort_key(text, lang)
    assert len(key) <= SORT_KEY_LENGTH
    assert not key or (key.isascii() and key.isdigit())


@pytest.mark.parametrize(
    ("word", "expected"),
    [("труба", "cyrillic"), ("pipe", "latin"), ("ВВГнгLS", "mixed"), ("159", "none"), ("құбыр", "cyrillic")],
)
def test_script(word: str, expected: str) -> None:
    assert script(word) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Құбыр болат", "kk"),
        ("iрi құм", "kk"),
        ("Труба PVC DN150 Grundfos MAGNA3", "ru"),
        ("Door frame 80х32х2400 Steel", "en"),  # Cyrillic х
        ("Простыня І категории", "ru"),
        ("159", "ru"),
        ("", "ru"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert language(text) == expected


@pytest.mark.parametrize(
    ("word", "twin"), [("HACOC", "насос"), ("hacoc", "насос"), ("A4", "а4"), ("PVC", None), ("насос", None)]
)
def test_cyrillic_twin(word: str, twin: str | None) -> None:
    assert cyrillic_twin(word) == twin


HOSTILE = {
    "look-alikes": "aа" * 500_000,
    "one letter": "а" * 1_000_000,
    "marks": "е\u0301\u0327" * 300_000,
    "one letter with marks": "a" + "\u0301\u0327" * 500_000,
    "invisible": "\0\u200b" * 500_000,
    "roman": "ІХ" * 500_000,
    "digits": "1" * 999_999 + "а",
    "spaces": " " * 999_999 + "'",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_is_folded_in_a_moment(text: str) -> None:
    started = time.monotonic()
    fold_key(text)
    sort_key(text, "kk")
    language(text)
    assert time.monotonic() - started < 10  # 0.3 to 1.6 s on an idle core; quadratic time would be hours
