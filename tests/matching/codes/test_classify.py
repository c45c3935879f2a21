"""Texts to codes: three languages, reasons that name the words, an honest doubt, what was decided before."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.codes.classify import BLOCK, Answer, classified
from matching.codes.examples import Example
from matching.codes.levels import assignable
from registry.classifiers.models import Scheme
from registry.wording import LANGUAGES, say
from tests.matching.codes.small import INDEX, classifier


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("Труба стальная бесшовная 159х8", "7304"),
        ("Болат жіксіз құбыр", "7304"),
        ("seamless steel tubes", "7304"),
        ("Печенье сахарное", "1905"),
        ("Нан", "1905"),
        ("bread", "1905"),
        ("корма для собак", "2309"),
        ("ит азығы", "2309"),
        ("dog food", "2309"),
    ],
)
def test_a_name_in_each_language_finds_its_heading(text: str, heading: str) -> None:
    codes = classifier().classify(text).codes
    assert codes[0].code.startswith(heading)
    assert codes[0].heading_score >= codes[0].score


@pytest.mark.parametrize("text", ["", "   ", "qwrtp zxcv", "12345", "!!!"])
def test_of_what_nothing_is_known_no_code_is_given_and_more_is_asked(text: str) -> None:
    answer = classifier().classify(text)
    assert (answer.codes, answer.decided) == ((), False)
    assert answer.question is not None
    assert answer.question.code == "codes.question.more"


def test_reasons_name_the_words_and_where_they_stand() -> None:
    codes = classifier().classify("трубы бесшовные для нефтепроводов").codes
    best = next(one for one in codes if one.code == "7304110000")
    assert best.name.ru == "Трубы бесшовные стальные › для нефтепроводов"
    why = {reason.code: reason.params for reason in best.why}
    assert why["codes.why.heading"] == {"words": ("трубы", "бесшовные"), "code": "7304"}
    assert why["codes.why.own"] == {"words": ("нефтепроводов",), "code": "7304110000"}


def test_a_decided_case_speaks_for_its_code_and_is_told() -> None:
    text, code = "Рукав буровой", "7304900000"
    assert not classifier().classify(text).codes
    learned = classifier(Example("рукав  БУРОВОЙ", code))
    best = learned.classify(text).codes[0]
    assert best.code == code
    assert best.why[0].code == "codes.why.same"
    near = learned.classify("Рукав буровой напорный", guesses=True).codes[0]
    assert (near.code, near.why[0].code) == (code, "codes.why.example")
    assert not learned.without(["рукав буровой"]).classify(text).codes


def test_a_note_that_excludes_the_thing_is_quoted() -> None:
    codes = classifier().classify("печенье для собак", guesses=True).codes
    told = {one.code[:4]: [reason.code for reason in one.why] for one in codes}
    assert "codes.why.note" in told["1905"]
    assert "codes.why.note" not in told["2309"]


def test_a_note_that_defines_or_includes_warns_of_nothing() -> None:
    codes = classifier().classify("трубы для литья").codes
    assert codes
    assert not [reason for one in codes for reason in one.why if reason.code == "codes.why.note"]


def test_where_headings_part_it_is_asked_which() -> None:
    answer = classifier().classify("корм печенье")
    assert not answer.decided
    assert answer.question is not None
    assert answer.question.code == "codes.question.which"
    assert "Хлеб, печенье" in say(answer.question, "ru")


WORDS = st.lists(st.sampled_from(["трубы", "корм", "хлеб", "для", "прочие", "нан", "steel"])).map(" ".join)


@given(st.text(max_size=80) | WORDS)
def test_any_text_gives_probabilities_of_whole_codes_best_first(text: str) -> None:
    answer = classifier(Example("трубы", "7304")).classify(text, top=20, guesses=True)
    scores = [one.score for one in answer.codes]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 and math.isfinite(score) for score in scores)
    assert sum(scores) <= 1.001
    assert all(assignable(Scheme.TNVED, one.code) for one in answer.codes)
    assert len({one.code for one in answer.codes}) == len(answer.codes)
    assert answer.decided == (answer.question is None) or not answer.decided
    for lang in LANGUAGES:
        assert all(say(reason, lang) for one in answer.codes for reason in one.why)


@given(st.permutations(["трубы", "бесшовные", "стальные"]))
def test_case_and_spaces_of_a_text_change_nothing(words: list[str]) -> None:
    text = " ".join(words)
    plain, loud = (classifier().classify(it).codes for it in (text, f"  {text.upper()}  "))
    assert [(one.code, one.score) for one in plain] == [(one.code, one.score) for one in loud]


def test_several_processes_answer_as_one_does() -> None:
    texts = [f"{word} {number}" for number in range(BLOCK) for word in ("труба", "хлеб", "корм")]

    def codes(processes: int) -> list[list[str]]:
        return list(classified(classifier(), texts, top=2, shown=_codes, processes=processes))

    told: list[tuple[int, int]] = []
    assert codes(2) == codes(1)
    list(classified(classifier(), texts, top=1, progress=lambda done, total: told.append((done, total))))
    assert told[-1] == (len(texts), len(texts))


def _codes(answer: Answer) -> list[str]:
    return [one.code for one in answer.codes]


def test_only_whole_codes_are_in_the_index() -> None:
    assert INDEX.codes == ("1905100000", "1905900000", "2309100000", "2309900000", "7304110000", "7304900000")
    assert list(INDEX.rest) == [0, 1, 0, 1, 0, 1]
