"""Each reason by itself: what agrees, what clashes, and what cannot be compared and therefore says nothing."""

from __future__ import annotations

import math

import pytest

from matching.engine import features
from matching.engine.outcome import Sameness
from matching.engine.profile import WEIGHTS
from matching.engine.reasons import told
from matching.engine.scoring import score
from registry.wording import LANGUAGES, say
from tests.matching.engine.makers import compared, need, offer, outcome

UNKNOWN = math.nan


def one(feature: str, asked: object, offered: object) -> float:
    return float(features.FEATURES[feature](compared(asked, offered))[0])  # type: ignore[arg-type]


def same(value: float, expected: float) -> bool:
    return (math.isnan(value) and math.isnan(expected)) or value == pytest.approx(expected)


def test_a_code_that_every_candidate_has_tells_nothing_of_one_of_them() -> None:
    asked = need("Труба", tnved="7304191009")
    alone = compared(asked, offer("Труба", tnved="7304191009"), offer("Кран", tnved="8481808508"))
    common = compared(asked, *(offer(f"Труба {number}", tnved="7304191009") for number in range(5)))
    assert features.tnved(alone)[0] == 1.0
    assert features.tnved(common).tolist() == pytest.approx([features.COMMON_CODE] * 5)


@pytest.mark.parametrize(
    ("feature", "asked", "offered", "expected"),
    [
        ("dimensions", "Труба 159х8", "Труба 159 x 8", 1.0),
        ("dimensions", "Труба 159х8", "Труба 8х159", 1.0),
        ("dimensions", "Труба 159х8", "Труба 159х8х6000", 1.0),
        ("dimensions", "Труба 159х8", "Труба 159х6", 0.2),
        ("dimensions", "Труба 159х8", "Труба 57х3,5", 0.0),
        ("dimensions", "Труба 159х8", "Труба стальная", UNKNOWN),
        ("dimensions", "Труба", "Труба 159х6", UNKNOWN),
        ("measures", "Цемент 5 кг", "Цемент 5000 г", 1.0),
        ("measures", "Кран DN 150", "Кран Ду150", 1.0),
        ("measures", "Вода 19 л", "Вода 18,9 л", 1.0),
        ("measures", "Цемент 50 кг", "Цемент", UNKNOWN),
        ("measures", "Цемент", "Цемент 50 кг", UNKNOWN),
        ("numbers", "Сталь 45", "Круг сталь 45", 1.0),
        ("numbers", "Сталь 45", "Круг сталь 20", 0.0),
        ("numbers", "Сталь 45", "Круг", UNKNOWN),
        ("numbers", "Огнетушитель ОП-4", "Огнетушитель ОП-8(з)", 0.0),
        ("marks", "Задвижка 30с41нж", "Задвижка стальная 30с41нж", 1.0),
        ("marks", "Задвижка 30с41нж", "Задвижка 30ч6бр", 0.0),
        ("marks", "Задвижка 30с41нж", "Задвижка", UNKNOWN),
        ("standards", "Труба ГОСТ 8732-78", "Труба ГОСТ 8732", 1.0),
        ("standards", "Труба ГОСТ 8732-78", "Труба ГОСТ 10704-91", 0.0),
        ("standards", "Труба ГОСТ 8732-78", "Труба", UNKNOWN),
        ("head", "Муфта полиэтиленовая", "Труба полиэтиленовая", 0.0),
        ("head", "Труба полиэтиленовая", "Полиэтиленовая труба", 1.0),
        ("head", "Полиэтилен құбыр", "Труба полиэтиленовая", UNKNOWN),
        ("words", "Кран латунный", "Кран шаровой латунный", 1.0),
        ("words", "12", "Кран", UNKNOWN),
        ("own_words", "Кран шаровой латунный", "Кран латунный", 1.0),
        ("details", "Кран", "Кран", UNKNOWN),
        ("tnved", "Кран", "Кран", UNKNOWN),
        ("kpved", "Кран", "Кран", UNKNOWN),
        ("enstru", "Кран", "Кран", UNKNOWN),
        ("units", "Кран", "Кран", UNKNOWN),
    ],
)
def test_one_need_and_one_offer(feature: str, asked: str, offered: str, expected: float) -> None:
    assert same(one(feature, need(asked), offer(offered)), expected)


def test_one_value_that_differs_outweighs_those_that_agree() -> None:
    asked = need("Задвижка DN100 PN16")
    assert (
        one("measures", asked, offer("Задвижка DN250 PN16"))
        < features.measures(compared(asked, offer("Задвижка DN100 PN16")))[0] * 0.6
    )


def test_a_value_in_a_description_agrees_but_hardly_contradicts() -> None:
    stated = need("Цемент", description="масса 50 кг")
    assert one("measures", stated, offer("Цемент 50 кг")) == 1.0
    assert one("measures", stated, offer("Цемент 25 кг")) > 0.5
    assert math.isnan(one("measures", need("Цемент 50 кг"), offer("Цемент", description="паллета 1200 кг")))


def test_a_rare_word_tells_more_than_a_common_one() -> None:
    asked = need("Труба бесшовная хромистая")
    rare, common = features.words(compared(asked, offer("Труба хромистая"), offer("Труба бесшовная")))
    assert rare > common


def test_words_of_one_root_count_by_half_and_more() -> None:
    asked = need("Лента для конвейера")
    assert 0.6 < one("words", asked, offer("Лента конвейерная")) < 1.0
    assert one("own_words", asked, offer("Лента конвейерная")) == 1.0


def test_the_description_counts_where_the_name_says_too_little() -> None:
    described = "гранитная для чаши бассейна шлифованная"
    offered = (offer("Плитка гранитная шлифованная для чаши бассейна"), offer("Плитка потолочная"))

    def gain(name: str) -> float:
        found = features.details(compared(need(name, description=described), *offered))
        return float(found[0] - found[1])

    assert gain("Плитка") > gain("Плитка напольная морозостойкая противоскользящая терракотовая рифлёная") > 0


def test_every_feature_has_a_weight_and_a_sentence_in_three_languages() -> None:
    assert set(features.FEATURES) == set(WEIGHTS)
    pairs = [
        (need("Труба 159х8 ГОСТ 8732-78 30с41нж DN100 45", description="стальная", tnved="73"), offer("Кран")),
        (
            need("Труба 159х8 ГОСТ 8732-78 DN100 45", tnved="7304191009", enstru="242013.300.000012", unit="т"),
            offer(
                "Труба 159х6 ГОСТ 10704-91 DN80 20 30с41нж", tnved="7304191009", kpved="24.20.13", unit="кг",
                enstru="242013.300.000012",
            ),
        ),
        (need("сорт"), offer("", name_kk="Болат құбыр")),
    ]  # fmt: skip
    for asked, offered in pairs:
        pair = compared(asked, offered)
        for feature in told(pair, score(pair), 0):
            assert 0.0 <= feature.score <= 1.0
            for lang in LANGUAGES:
                assert say(feature.detail, lang)


ASIDE = (
    "поставка партиями по 300 т",
    "в мешках по 50 кг",
    "бумажные мешки массой 50 кг",
    "биг-бэг 1 т",
    "срок изготовления 30 дней",
    "доставка на 100 км",
    "бухты по 250 м",
    "упаковка 600х400х300",
    "упаковка по ГОСТ 2226-2013",
    "50 кг қапта",
    "жеткізу қашықтығы 100 км",
    "in 50 kg bags",
    "bags of 50 kg",
    "lead time 30 days",
)


@pytest.mark.parametrize("described", ASIDE)
def test_packing_batch_and_delivery_in_a_description_never_contradict(described: str) -> None:
    asked = need("Цемент портландский", description=described)
    offered = offer("Цемент портландский 25 кг, 3 т, 8 ч, 40 мм, 10х20, ГОСТ 31108")
    pair = compared(asked, offered)
    for feature in told(pair, score(pair), 0):
        if feature.name in ("measures", "dimensions", "standards"):
            assert not feature.weight
            assert feature.detail.code in {"match.aside", f"match.{feature.name}.unasked"}


@pytest.mark.parametrize(
    ("name", "described", "offered", "expected"),
    [
        ("Цемент в мешках 50 кг", None, "Цемент 25 кг", 0.2),  # in the name packing is asked for
        ("Цемент в мешках 50 кг", None, "Цемент 50 кг", 1.0),
        ("Цемент в мешках 50 кг", "в мешках 50 кг", "Цемент 25 кг", 0.2),
        ("Цемент", "в мешках по 50 кг", "Цемент 50 кг", 1.0),  # it may agree
        ("Мешок", "мешок на 50 кг", "Мешок 25 кг", 0.6),  # a bag is no packing of itself
        ("Лента", "рулон шириной 7 м", "Лента 4 м", 0.5 + 0.4 * 4 / 7 / 2),
        ("Tape", "rolls 7 m wide", "Tape 4 m", 0.5 + 0.4 * 4 / 7 / 2),
        ("Насос", "мощность 15 кВт", "Насос 30 кВт", 0.6),
        ("Насос", "мощность 15 кВт, упаковка 40 кг", "Насос 15 кВт 30 кг", 1.0),
    ],
)
def test_packing_counts_where_it_is_the_good(name: str, described: str | None, offered: str, expected: float) -> None:
    assert one("measures", need(name, description=described), offer(offered)) == pytest.approx(expected, abs=1e-6)


def test_packing_that_the_offer_lacks_is_no_gap() -> None:
    said = outcome(need("Цемент портландский М500", description="партиями по 300 т"), offer("Цемент М500 50 кг"))
    best = next(match for match in said.matches if match.listed.name == "Цемент М500 50 кг")
    assert not [gap for gap in best.gaps if gap.code.startswith("match.measures")]


@pytest.mark.parametrize(
    ("described", "offered", "agrees"),
    [
        ("объём не менее 500 мл", "Мыло 5 л", True),
        ("объём не менее 500 мл", "Мыло 0,5 л", True),
        ("объём не менее 500 мл", "Мыло 250 мл", False),
        ("объём: не менее чем 500 мл", "Мыло 5 л", True),
        ("объём не менее: 500 мл", "Мыло 5 л", True),
        ("объём_не менее 500 мл", "Мыло 5 л", True),
        ("объём ≥500 мл", "Мыло 5 л", True),
        ("объём >= 500 мл", "Мыло 5 л", True),
        ("объём ≤ 500 мл", "Мыло 5 л", False),
        ("no less than 500 ml", "Мыло 5 л", True),
        ("minimum 500 ml", "Мыло 5 л", True),
        ("объём 500 мл и более", "Мыло 5 л", True),
        ("объём 500 мл и более", "Мыло 250 мл", False),
        ("500 ml or more", "Мыло 5 л", True),
        ("көлемі 500 мл-ден кем емес", "Мыло 5 л", True),
        ("көлемі 500 мл-ге дейін", "Мыло 250 мл", True),
        ("көлемі 500 мл-ге дейін", "Мыло 5 л", False),
        ("объём не более 500 мл", "Мыло 250 мл", True),
        ("объём до 500 мл", "Мыло 5 л", False),
        ("көлемі кемінде 500 мл", "Мыло 5 л", True),
        ("at least 500 ml", "Мыло 5 л", True),
        ("объём 500 мл", "Мыло 5 л", False),
    ],
)
def test_what_is_asked_for_as_a_bound_is_met_by_what_lies_within(described: str, offered: str, agrees: bool) -> None:
    for asked in (need("Мыло", description=described), need(f"Мыло {described}")):
        pair = compared(asked, offer(offered))
        measures = next(feature for feature in told(pair, score(pair), 0) if feature.name == "measures")
        assert (measures.score == 1.0) is agrees
        assert measures.detail.code == ("match.measures.same" if agrees else "match.measures.differ")


def test_a_bound_and_a_value_are_said_as_they_were_written() -> None:
    pair = compared(need("Мыло", description="не менее 1500 мл"), offer("Мыло 1 л"))
    detail = next(feature.detail for feature in told(pair, score(pair), 0) if feature.name == "measures")
    assert say(detail, "ru") == "Параметры другие: нужно не менее 1500 мл, предложено 1 л."
    assert "at least 1500 мл" in say(detail, "en")


def test_one_word_of_a_description_speaks_for_nothing_of_another_name() -> None:
    notebook = need("Тетрадь", description="общая, 48 листов")
    sheet, other = offer("Лист хризотилцементный волнистый"), offer("Плита хризотилцементная волнистая")
    by_one_word, by_none = compared(notebook, sheet), compared(notebook, other)
    assert features.details(by_one_word)[0] <= WEIGHTS["details"].neutral
    assert features.details(by_one_word)[0] >= features.details(by_none)[0]
    assert score(by_one_word).sameness == [Sameness.NO]


def test_a_name_that_says_too_little_leaves_the_choice_to_the_description() -> None:
    asked = need("Средство", description="для мытья стёкол и зеркал")
    glass, floor = offer("Спрей для стёкол и зеркал"), offer("Средство для мытья полов")
    right, wrong = score(compared(asked, glass, floor)).probability
    assert right > wrong
    bare = need("Средство")
    right, wrong = score(compared(bare, glass, floor)).probability
    assert right < wrong
