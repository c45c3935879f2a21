"""Kazakh forms that must meet and pairs that must not, from lists written before the stripper was tuned."""

from __future__ import annotations

from functools import partial

import pytest

from search.analysis import analyse, query_tokens, stem
from search.analysis.kazakh import Reading, known_words, read
from search.analysis.russian import is_noun
from tests.search.analysis.lists import rows

FORMS = [(row["lemma"], row[f"form{number}"]) for row in rows("kazakh_forms") for number in range(1, 7)]
APART = [(row["a"], row["b"]) for row in rows("kazakh_apart")]


def finds(query: str, text: str) -> bool:
    asked = set(query_tokens(query))
    return bool(asked) and asked <= set(analyse(text).tokens)


def test_the_lists_are_large_enough() -> None:
    assert len(rows("kazakh_forms")) >= 200
    assert len(APART) >= 200
    assert len(set(FORMS)) == len(FORMS)


def test_precision_and_recall(capsys: pytest.CaptureFixture[str]) -> None:
    """Words alone, as somebody types them: a form must find its lemma and be found by it, a pair must not."""
    met = sum(finds(lemma, form) and finds(form, lemma) for lemma, form in FORMS)
    wrong = [pair for pair in APART if finds(*pair) or finds(*pair[::-1])]
    recall, precision, apart = met / len(FORMS), met / (met + len(wrong)), 1 - len(wrong) / len(APART)
    with capsys.disabled():
        print(f"\nKazakh, {len(FORMS)} forms and {len(APART)} pairs: recall {recall:.3f}, precision {precision:.3f},")
        print(f"  pairs kept apart {apart:.3f}; these are not: {wrong}")
    # What still meets wrongly are words that are both Kazakh and Russian (тары: millet, packing).
    assert recall >= 0.99
    assert precision >= 0.99
    assert apart >= 0.975


def test_words_that_no_list_has(capsys: pytest.CaptureFixture[str]) -> None:
    """The same forms with each lemma withheld from the list of words and the dictionary: what an unknown word gets."""

    def unknown(text: str, lemma: str) -> Reading:
        return read(text, partial(_is_other_noun, lemma), known_words() - {lemma})

    found = finding = 0
    for lemma, form in FORMS:
        one, other = unknown(lemma, lemma), unknown(form, lemma)
        found += one.stem in (other.stem, *other.others)
        finding += other.stem in (one.stem, *one.others)
    with capsys.disabled():
        print(f"\nKazakh, lemma withheld: found {found / len(FORMS):.3f}, finding {finding / len(FORMS):.3f}")
    assert found / len(FORMS) >= 0.88
    assert finding / len(FORMS) >= 0.90


def _is_other_noun(lemma: str, word: str) -> bool:
    return word != lemma and is_noun(word)


@pytest.mark.parametrize(
    ("form", "lemma"),
    [
        ("құбырлардың", "құбыр"),
        ("қақпағы", "қақпақ"),  # ғ for қ
        ("көйлегіндегі", "көйлек"),  # г for к, and what is in it
        ("аспаптарымыздан", "аспап"),
        ("кабелі", "кабель"),  # the soft sign comes back
        ("құлпы", "құлып"),  # the vowel comes back
        ("кәсіпорнының", "кәсіпорын"),
        ("сөрелерге", "сөре"),
        ("клубтың", "клуб"),  # a loan word keeps its б
        ("дәптер", "дәптер"),  # no plural
        ("тақта", "тақта"),  # no locative
        ("қондырғы", "қондырғы"),  # no possessive
        ("өндірушілер", "өндіруші"),
        ("бұрандалы", "бұрандалы"),
    ],
)
def test_stem(form: str, lemma: str) -> None:
    assert stem(form) == lemma


def test_a_word_of_both_languages_is_read_by_its_company() -> None:
    assert analyse("тары жармасы, таза сүт").words[0] == "тары"  # millet
    assert analyse("тары деревянные").words[0] == "тара"  # packing
    assert {"тары", "тара"} <= set(analyse("тары деревянные").tokens)


def test_an_adjective_leads_to_its_base_and_not_back() -> None:
    assert finds("бұранда", "бұрандалы құбыр")
    assert not finds("бұрандалы", "бұранда")


@pytest.mark.parametrize("word", ["ә", "іі", "ғғғғ", "ңның", "һ" * 64, "ық" * 32, "лар", "ының", "ь" * 60 + "і"])
def test_nonsense_is_read_as_something(word: str) -> None:
    assert read(word, is_noun).stem
