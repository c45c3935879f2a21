"""Sentences quote each side as it writes its values and marks itself."""

from __future__ import annotations

from typing import Any

import pytest

from matching.engine.reasons import told
from matching.engine.scoring import score
from registry.wording import LANGUAGES, say
from tests.matching.engine.makers import compared, need, offer


@pytest.mark.parametrize(
    ("asked", "offered", "feature", "said"),
    [
        (
            {"name": "Насос 25 м³/сут"},
            {"name": "Насос 40 м3/сутки"},
            "measures",
            "Параметры другие: нужно 25 м³/сут, предложено 40 м3/сутки.",
        ),
        (
            {"name": "Трансформатор масляный 400 кВА"},
            {"name": "Трансформатор масляный 250 кВА"},
            "measures",
            "Параметры другие: нужно 400 кВА, предложено 250 кВА.",
        ),
        (
            {"name": "Труба обсадная K55"},
            {"name": "Труба обсадная P110"},
            "marks",
            "Марка другая: нужно K55, предложено P110.",
        ),
        (
            {"name": "Кран шаровой 11с67п К1"},
            {"name": "Кран шаровой", "description": "исполнение К1"},
            "marks",
            "Марка в предложении не указана: 11с67п. Уточните.",
        ),
        (
            {"name": "Труба по API 5CT"},
            {"name": "Труба по API 5L"},
            "standards",
            "Стандарт другой: нужен API 5CT, указан API 5L.",
        ),
        (
            {"name": "Ингибитор", "description": "H2S up to 300 mg/l"},
            {"name": "Ингибитор 0,5 г/л"},
            "measures",
            "Параметры другие: нужно не более 300 mg/l, предложено 0,5 г/л.",
        ),
        (
            {"name": "Труба 159 х 8"},
            {"name": "Труба 159*10"},
            "dimensions",
            "Размеры другие: нужно 159 х 8, предложено 159*10.",
        ),
    ],
)
def test_values_are_quoted(asked: dict[str, Any], offered: dict[str, Any], feature: str, said: str) -> None:
    pair = compared(need(**asked), offer(**offered))
    detail = next(one.detail for one in told(pair, score(pair), 0) if one.name == feature)
    assert say(detail, "ru") == said


def test_each_offer_is_quoted_in_its_own_spelling() -> None:
    pair = compared(need("Мыло 500 мл"), offer("Мыло 1 л"), offer("Мыло 1000 мл"))
    scores = score(pair)
    said = [next(say(one.detail, "ru") for one in told(pair, scores, at) if one.name == "measures") for at in (0, 1)]
    assert [sentence.partition("предложено ")[2] for sentence in said] == ["1 л.", "1000 мл."]


@pytest.mark.parametrize(
    ("asked", "offered", "codes"),
    [
        ({"tnved": "7304191009"}, ["7304191009", "7306304900"], ["same", "near"]),
        ({"tnved": "7304191009"}, ["7304191009", "7304191009", "7306304900"], ["common", "common", "near"]),
        ({"tnved": "7304"}, ["7304", "7304191009"], ["short", "near"]),
        ({"tnved": None}, ["7304"], ["no_need"]),
    ],
)
def test_a_code_that_others_have_too_is_told_to_tell_less(
    asked: dict[str, Any], offered: list[str], codes: list[str]
) -> None:
    pair = compared(need("Труба", **asked), *(offer(f"Труба {at}", tnved=code) for at, code in enumerate(offered)))
    scores = score(pair)
    each = [next(one for one in told(pair, scores, at) if one.name == "tnved") for at in range(len(offered))]
    assert [one.detail.code for one in each] == [f"match.tnved.{code}" for code in codes]
    assert all((one.score == 1.0) is (code == "same") for one, code in zip(each, codes, strict=True))
    assert all(say(one.detail, lang) for one in each for lang in LANGUAGES)


def test_a_name_that_says_little_is_told_to_yield_to_the_description() -> None:
    glass = offer("Средство для мытья стёкол")
    for asked, yields in (
        (need("Средство", description="для мытья стёкол и зеркал"), True),
        (need("Средство для мытья стёкол и зеркал"), False),
    ):
        pair = compared(asked, glass)
        words = next(one for one in told(pair, score(pair), 0) if one.name == "words")
        assert (words.detail.code == "match.words.yielding") is yields
