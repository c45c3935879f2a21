"""A match has every value that the need's name states; what may not be called absent is asked about."""

from __future__ import annotations

from typing import Any

import pytest

from matching.engine.features import unconfirmed
from matching.engine.outcome import Outcome, Sameness, Supply
from matching.engine.profile import DOUBTFUL_FROM, MATCH_FROM
from matching.engine.scoring import score
from registry.wording import Named
from tests.matching.engine.makers import compared, document, need, offer, outcome


def codes(said: Outcome) -> list[str]:
    return [reason.code for reason in said.reasons]


@pytest.mark.parametrize(
    ("asked", "offered", "described", "confirmed"),
    [
        # confirmed by the description, by the same number in a mark, by another spelling of the size
        ("Трансформатор масляный 400 кВА", "Трансформатор масляный", "400 кВА, У1", True),
        ("Трансформатор масляный 400 кВА", "Трансформатор масляный ТМГ-400", None, True),
        ("Щебень гранитный фракции 5-20", "Щебень гранитный фр. 5–20 мм", None, True),
        ("Труба ПЭ 110 SDR17", "Труба ПЭ100 SDR17 110х6,6", None, True),
        # stated nowhere
        ("Трансформатор масляный 400 кВА", "Трансформатор масляный", None, False),
        ("Щебень гранитный фракции 5-20", "Щебень гранитный фр. 20–40 мм", None, False),
        ("Труба ПЭ 110 SDR17", "Труба ПЭ100 SDR17 225х13,4", None, False),
        ("Щебень гранитный 20 т", "Щебень гранитный", "в мешках по 50 кг", False),
    ],
)
def test_a_value_of_the_name_has_to_be_confirmed(
    asked: str, offered: str, described: str | None, confirmed: bool
) -> None:
    pair = compared(need(asked), offer(offered, description=described))
    assert unconfirmed(pair).tolist() == [not confirmed]
    if not confirmed:
        assert score(pair).sameness == [Sameness.DOUBTFUL]


def test_power_in_a_description_contradicts_but_packing_does_not() -> None:
    power = compared(need("Трансформатор масляный 400 кВА"), offer("Трансформатор масляный", description="250 кВА"))
    assert score(power).features["measures"][0] < 0.5
    packed = compared(need("Щебень гранитный 20 т"), offer("Щебень гранитный", description="в мешках по 50 кг"))
    assert score(packed).features["measures"][0] != score(packed).features["measures"][0]


def test_another_size_in_the_description_of_the_need_leaves_no_gap() -> None:
    asked = need("Геомембрана гладкая 1,5 мм", description="Рулоны шириной 7 м")
    best = outcome(asked, offer("Геомембрана гладкая 1,5 мм", evidence=(document(),))).matches[0]
    assert best.verdict is Sameness.MATCH
    assert best.gaps == ()


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ("Кабель силовой ВВГнг 3х2,5", "Кабель силовой ВВГнг 3х4"),
        ("Труба стальная бесшовная 159х8", "Труба стальная бесшовная 159х6"),
        ("Трансформатор масляный 400 кВА", "Трансформатор масляный"),
    ],
)
def test_score_and_verdict_never_disagree(asked: str, offered: str) -> None:
    found = score(compared(need(asked), offer(offered)))
    assert found.probability[0] < MATCH_FROM
    assert (found.sameness[0] is Sameness.DOUBTFUL) == (found.probability[0] >= DOUBTFUL_FROM)


def test_what_has_the_code_and_the_unit_or_is_the_same_thing_is_asked_about() -> None:
    given: dict[str, Any] = {"tnved": "8705908005", "unit": "шт"}
    asked = need("Автомобиль вакуумный для нефтешлама", **given)
    other = offer("Автоцистерна АКН на шасси", external_id="akin", evidence=(document(),), **given)
    said = outcome(asked, other)
    assert {match.listed.product_id: match.verdict for match in said.matches}["akin"] is Sameness.DOUBTFUL
    assert said.verdict is Supply.DOUBTFUL
    assert said.organisers == ()
    english = need("Corrosion inhibitor for oil gathering lines, amine based")
    named = offer("", name_en="Oilfield corrosion inhibitor", external_id="akin", evidence=(document(),))
    assert outcome(english, named).verdict is Supply.DOUBTFUL


def test_another_language_tells_who_makes_the_good_already() -> None:
    asked = need("Краска белая для горизонтальной разметки автодорог", name_en="White road-marking paint")
    enamel = offer(
        "Эмаль АК-511 для дорожной разметки белая",
        name_en="Road-marking enamel AK-511, white",
        external_id="enamel",
        evidence=(document(),),
    )
    said = outcome(asked, enamel)
    assert said.verdict is Supply.DOUBTFUL
    assert said.matches[0].listed.product_id == "enamel"


def test_a_class_of_many_goods_is_too_general_to_be_met() -> None:
    made = offer("Труба", external_id="bare", evidence=(document(),))
    said = outcome(need("Труба"), made)
    assert said.verdict is Supply.DOUBTFUL
    assert codes(said)[0] == "match.need.too_general"
    assert all(match.verdict is not Sameness.MATCH for match in said.matches)
    alone = outcome(need("Труба"), made, background=False)
    assert alone.verdict is Supply.PRODUCER_EXISTS


def test_the_verdict_names_first_what_leaves_no_value_open() -> None:
    asked = need("Арматура фонтанная 65 мм", description="рабочее давление 35 МПа", tnved="8481809907")
    less = offer("Арматура фонтанная 65 мм", tnved="8481809907", external_id="a", evidence=(document(),))
    more = offer("Фонтанная арматура 65 мм", description="35 МПа", external_id="b", evidence=(document(),))
    said = outcome(asked, less, more)
    assert [(match.listed.product_id, match.verdict) for match in said.matches[:2]] == [
        ("a", Sameness.MATCH),
        ("b", Sameness.MATCH),
    ]
    named = said.reasons[0].params["good"]
    assert isinstance(named, Named)
    assert named.ru == "Фонтанная арматура 65 мм"


def test_nobody_is_promised_where_nobody_is_named() -> None:
    said = outcome(need("Бумага офисная А4", contract_type="purchase"), background=False)
    assert said.organisers == ()
    assert "match.follows.who_could_start" not in codes(said)
    assert "match.follows.nobody_near" in codes(said)
    said = outcome(need("Бумага офисная А4", contract_type="offtake"), background=False)
    assert codes(said)[-2:] == ["match.follows.offtake_possible", "match.follows.nobody_else"]
