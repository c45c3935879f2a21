"""Which of two offers fits a need better, which is the needed good and which is not; and what must always hold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.features import FEATURES
from matching.engine.lines import Offer
from matching.engine.outcome import Sameness
from matching.engine.profile import BIAS, DOUBTFUL_FROM, MATCH_FROM
from matching.engine.reasons import told
from matching.engine.scoring import score
from tests.matching.engine.makers import BACKGROUND, compared, need, offer, probabilities

# (need, the offer that fits better, one that fits worse)
TRIPLES = [
    # another size, value, grade or mark
    ("Труба стальная бесшовная 159х8", "Труба бесшовная 159х8 ст. 20", "Труба стальная бесшовная 159х6"),
    ("Труба стальная 159 x 8 мм", "Труба стальная 159*8", "Труба стальная 219х8"),
    ("Цемент портландский 50 кг", "Портландцемент, цемент портландский 50000 г", "Цемент портландский 25 кг"),
    ("Средство для мытья посуды 500 мл", "Гель, средство для мытья посуды 0,5 л", "Средство для мытья посуды 5 л"),
    ("Задвижка стальная DN100 PN16", "Задвижка Ду100 Ру16 стальная", "Задвижка стальная DN100 PN40"),
    ("Арматура А500С 12 мм", "Арматура рифлёная А500С 12 мм", "Арматура А500С 16 мм"),
    ("Круг сталь 45 диаметр 30 мм", "Круг 30 мм сталь 45", "Круг 30 мм сталь 20"),
    ("Огнетушитель порошковый ОП-4", "Огнетушитель порошковый ОП-4(з)", "Огнетушитель порошковый ОП-8(з)"),
    ("Щебень гранитный фракции 5-20", "Щебень гранитный фр. 5-20", "Щебень гранитный фр. 20-40"),
    ("Кабель ВВГнг 3х2,5", "Кабель силовой ВВГнг(А) 3х2,5 0,66 кВ", "Кабель силовой ВВГнг(А) 3х4 0,66 кВ"),
    ("Труба ПЭ100 SDR17 110", "Труба полиэтиленовая ПЭ100 SDR17 110х6,6", "Труба полиэтиленовая ПЭ100 SDR11 63х5,8"),
    # another thing with the same words
    ("Клапан обратный DN50", "Клапан обратный чугунный DN50", "Прокладка для клапана обратного DN50"),
    ("Насос скважинный", "Насос погружной скважинный ЭЦВ", "Кабель для скважинного насоса"),
    ("Муфта полиэтиленовая 90 мм", "Муфта электросварная полиэтиленовая 90 мм", "Труба полиэтиленовая 90 мм"),
    ("Костюм рабочий зимний", "Костюм зимний рабочий утеплённый", "Костюм рабочий летний"),
    ("Мука пшеничная высший сорт", "Мука пшеничная хлебопекарная в/с высший сорт", "Макароны из муки высшего сорта"),
    # a set is not a piece
    ("Герметик акриловый белый", "Герметик акриловый белый", "Набор герметик акриловый белый 12 шт"),
    # order, inflection, slips, look-alikes, words run together
    ("бесшовные трубы из стали", "Труба стальная бесшовная 159х8", "Труба полиэтиленовая ПЭ100"),
    ("Задвишка стальная клинавая", "Задвижка стальная клиновая", "Кран стальной шаровой"),
    ("Hacoc центробежный", "Насос центробежный", "Вентилятор центробежный"),
    ("Средстводлямытьяпосуды", "Средство для мытья посуды", "Средство для мытья полов"),
]


@pytest.mark.parametrize(("asked", "better", "worse"), TRIPLES, ids=[it[0] for it in TRIPLES])
def test_better_and_worse(asked: str, better: str, worse: str) -> None:
    first, second = probabilities(need(asked), offer(better), offer(worse))
    assert first > second


KAZAKH = ("Болат жіксіз құбыр 159х8", "Полиэтилен құбыр 110", "Болат ысырма DN100")
ENGLISH = ("Seamless steel pipe 159x8", "Polyethylene pipe 110", "Steel gate valve DN100")


@pytest.mark.parametrize(
    ("asked", "language", "best"),
    [
        ("Болат құбырлар, жіксіз, 159х8", "kk", 0),
        ("Болат құбырдың жіксізі 159 x 8", "kk", 0),
        ("болат ысырмалар DN 100", "kk", 2),
        ("steel pipes, seamless, 159 x 8 mm", "en", 0),
        ("gate valves of steel, DN100", "en", 2),
    ],
)
def test_kazakh_and_english_find_their_own(asked: str, language: str, best: int) -> None:
    offers = [offer("", **{f"name_{language}": name}) for name in (KAZAKH if language == "kk" else ENGLISH)]  # type: ignore[arg-type]
    found = probabilities(need(asked), *offers)
    assert found.index(max(found)) == best
    assert max(found) > DOUBTFUL_FROM


@pytest.mark.parametrize(
    ("asked", "meant", "offers"),
    [
        (
            "truba stalnaya besshovnaya 159x8",
            "труба стальная бесшовная 159х8",
            [offer("Труба стальная бесшовная 159х8", name_en="Seamless steel pipe 159x8"), offer("Муфта стальная")],
        ),
        ("bolat qubyr 159x8", "болат құбыр 159х8", [offer("Труба 159х8", name_kk="Болат құбыр 159х8"), offer("Болт")]),
    ],
)
def test_what_is_typed_in_another_script_is_compared_as_what_is_meant(
    asked: str, meant: str, offers: list[Offer]
) -> None:
    assert probabilities(need(asked), *offers) == pytest.approx(probabilities(need(meant), *offers), abs=1e-3)
    assert probabilities(need(asked), *offers)[0] > MATCH_FROM


@pytest.mark.parametrize(
    ("asked", "offered", "verdict"),
    [
        ("Труба стальная бесшовная 159х8", "Труба стальная бесшовная 159х8", Sameness.MATCH),
        ("Цемент портландский М500 50 кг", "Цемент портландский М500 в мешках 50 кг", Sameness.MATCH),
        ("Кабель ВВГнг 3х2,5", "Кабель силовой ВВГнг(А) 3х2,5 0,66 кВ", Sameness.MATCH),
        ("Труба стальная бесшовная 159х8", "Труба стальная бесшовная 219х8", Sameness.NO),
        ("Труба стальная бесшовная 159х8", "Кирпич керамический М150", Sameness.NO),
        ("Кран шаровой DN15", "Кран шаровой DN50", Sameness.NO),
    ],
)
def test_yes_and_no(asked: str, offered: str, verdict: Sameness) -> None:
    assert score(compared(need(asked), offer(offered))).sameness[0] is verdict


def test_equal_names_with_a_contradicting_value_are_never_a_match() -> None:
    asked = need("Труба стальная бесшовная 159х8", tnved="7304191009", enstru="242013.300.000012", unit="т")
    other = offer(
        "Труба стальная бесшовная 159х6", tnved="7304191009", enstru="242013.300.000012", kpved="24.20.13", unit="т"
    )
    assert score(compared(asked, other)).sameness[0] is not Sameness.MATCH


def test_what_is_not_known_adds_nothing() -> None:
    with_code = need("Кран шаровой", tnved="8481808508")
    pair = compared(with_code, offer("Кран шаровой"))
    found = score(pair)
    assert math.isnan(found.features["tnved"][0])
    assert found.added[list(FEATURES).index("tnved"), 0] == 0.0
    assert probabilities(with_code, offer("Кран шаровой")) == probabilities(need("Кран шаровой"), offer("Кран шаровой"))


def test_contributions_add_up_to_the_score() -> None:
    found = score(compared(need("Труба 159х8", tnved="7304"), offer("Труба стальная 159х8", tnved="7304191009")))
    odds = BIAS + float(found.added[:, 0].sum())
    assert float(found.probability[0]) == pytest.approx(1 / (1 + math.exp(-odds)), abs=1e-6)


@pytest.mark.parametrize(
    ("asked", "offered", "tnved", "code"),
    [
        ("Труба стальная бесшовная 159х8", ["Труба стальная бесшовная 159х8"], None, "match.rule.none"),
        ("Кран шаровой латунный DN15 PN40", ["Кран шаровой латунный DN15 PN16"], "8481808190", "match.rule.clash"),
        ("Труба стальная бесшовная 159х8", ["Труба стальная бесшовная"], None, "match.rule.unconfirmed"),
        ("Кирпич", ["Кирпич М100", "Кирпич М125", "Кирпич М150"], None, "match.rule.general"),
        ("Мыло жидкое", ["Гель очищающий для рук"], "3401300000", "match.rule.akin"),
    ],
)
def test_what_holds_a_probability_down_or_raises_it_is_told_and_adds_up(
    asked: str, offered: list[str], tnved: str | None, code: str
) -> None:
    pair = compared(need(asked, tnved=tnved, unit="шт"), *(offer(name, tnved=tnved, unit="шт") for name in offered))
    found = score(pair)
    features = told(pair, found, 0)
    assert features[-1].detail.code == code
    odds = BIAS + sum(feature.contribution for feature in features)
    assert float(found.probability[0]) == pytest.approx(1 / (1 + math.exp(-odds)), abs=1e-3)


def test_a_synonym_within_a_long_name_of_the_same_class_is_asked_about() -> None:
    rags = need("Ветошь", enstru="139229.990.000010")
    waste = "Отходы потребления текстильные хлопчатобумажные (Ветошь), тряпка для мытья полов"
    assert score(compared(rags, offer(waste, kpved="13.92.29"))).sameness == [Sameness.DOUBTFUL]
    assert score(compared(rags, offer(waste, kpved="38.11.51"))).sameness == [Sameness.NO]


def test_thresholds_are_in_order() -> None:
    assert 0 < DOUBTFUL_FROM < MATCH_FROM < 1


NAMES = st.one_of(st.sampled_from(BACKGROUND), st.text(max_size=60))


@settings(max_examples=60)
@given(asked=NAMES, offered=NAMES, description=st.one_of(st.none(), NAMES))
def test_any_texts_give_a_probability_and_the_same_one_again(asked: str, offered: str, description: str | None) -> None:
    line = need(asked, description=description)
    first = probabilities(line, offer(offered or "х"))
    assert all(0.0 <= one <= 1.0 for one in first)
    assert first == probabilities(line, offer(offered or "х"))


@settings(max_examples=30)
@given(st.permutations(["Труба 159х8", "Труба 159х6", "Кран шаровой DN15", "Насос К 80-50-200"]))
def test_the_order_of_offers_does_not_matter(names: list[str]) -> None:
    found = dict(zip(names, probabilities(need("Труба стальная 159х8"), *map(offer, names)), strict=True))
    straight = sorted(names)
    assert found == dict(zip(straight, probabilities(need("Труба стальная 159х8"), *map(offer, straight)), strict=True))
