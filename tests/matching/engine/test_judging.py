"""A need goes in and everything that is to be said of it comes out: candidates, order, verdicts, sentences."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from matching.engine.outcome import ALL_LANGUAGES, Sameness, Supply, json_line, written
from matching.engine.profile import PROFILE_VERSION
from registry.evidence.models import EvidenceStatus
from registry.suppliers.models import Role
from registry.wording import LANGUAGES
from tests.matching.engine.makers import ON, document, judge, need, offer, outcome, scores

MADE = offer("Труба стальная бесшовная 273х10", external_id="P-made", evidence=(document(),))


def test_the_line_that_is_written_has_the_keys_that_scripts_rely_on() -> None:
    line = written(outcome(need("Труба стальная бесшовная 273 x 10"), MADE), "ru")
    assert list(line) == ["need_id", "on", "profile", "need", "verdict", "reasons", "matches", "organisers"]
    assert (line["need_id"], line["verdict"]) == ("N-1", "producer_exists")
    best = line["matches"][0]
    assert list(best) == ["product_id", "bin", "supplier", "name", "score", "verdict", "evidence", "gaps", "features"]
    assert (best["product_id"], best["bin"], best["verdict"]) == ("P-made", "110440012951", "match")
    assert all(isinstance(gap, str) for gap in best["gaps"])
    for feature in best["features"]:
        assert list(feature) == ["name", "score", "weight", "contribution", "detail"]
        assert isinstance(feature["detail"], str)
        assert 0.0 <= feature["score"] <= 1.0


def test_the_line_says_of_what_and_by_what_it_speaks() -> None:
    asked = need(
        "Труба стальная бесшовная 273 x 10",
        name_kk="Болат құбыр",
        unit="т",
        volume=Decimal("12.5"),
        kato="471010000",
        customer_bin="110440012951",
        contract_type="offtake",
        min_icv=Decimal(40),
    )
    unproven = offer("Труба стальная бесшовная 273х10", external_id="P-other")
    line = written(outcome(asked, MADE, unproven), "ru")
    assert (line["on"], line["profile"]) == (ON.isoformat(), PROFILE_VERSION)
    assert line["need"] == {
        "name": "Труба стальная бесшовная 273 x 10",
        "name_kk": "Болат құбыр",
        "name_en": None,
        "unit": "т",
        "volume": 12.5,
        "kato": "471010000",
        "customer_bin": "110440012951",
        "contract_type": "offtake",
        "min_icv": 40.0,
    }
    proofs = {one["product_id"]: one["evidence"] for one in line["matches"]}
    assert proofs["P-made"] == {"state": "confirmed", "icv_percent": 68.23}
    assert proofs["P-other"] == {"state": "none", "icv_percent": 0.0}
    unknown = written(outcome(asked, offer("Труба стальная бесшовная 273х10", known=False)), "ru")
    assert unknown["matches"][0]["evidence"] is None
    json_line(outcome(asked, MADE), ALL_LANGUAGES)


def test_sentences_in_all_languages_at_once() -> None:
    line = written(outcome(need("Труба стальная бесшовная 273 x 10"), MADE), ALL_LANGUAGES)
    for sentence in (*line["reasons"], *(feature["detail"] for feature in line["matches"][0]["features"])):
        assert set(sentence) == set(LANGUAGES)


@pytest.mark.parametrize(
    "name",
    [
        "Труба стальная бесшовная 273х10",
        "273 x 10 бесшовная стальная труба",
        "Поставка труб стальных бесшовных 273*10 мм",
        "Tруба cтальная беcшовная 273х10",  # Latin T and c
        "Трубы стальные бешсовные 273х10",
        "Трубастальнаябесшовная 273х10",
    ],
)
def test_word_order_inflection_script_and_slips_still_find_the_good(name: str) -> None:
    said = outcome(need(name), MADE)
    assert said.matches[0].listed.product_id == "P-made"
    assert said.matches[0].verdict is Sameness.MATCH
    assert said.verdict is Supply.PRODUCER_EXISTS


def test_names_in_several_languages_meet_offers_in_each() -> None:
    asked = need("Труба стальная бесшовная", name_kk="Болат жіксіз құбыр", name_en="Seamless steel pipe")
    said = outcome(
        asked,
        offer("Труба стальная бесшовная", external_id="ru"),
        offer("", name_kk="Болат жіксіз құбыр", external_id="kk"),
        offer("", name_en="Seamless steel pipe", external_id="en"),
        background=False,
    )
    assert {match.listed.product_id: match.verdict for match in said.matches} == dict.fromkeys(
        ("ru", "kk", "en"), Sameness.MATCH
    )


def test_evidence_capacity_region_and_icv_never_move_the_score() -> None:
    asked = need("Труба стальная бесшовная 273х10", volume=Decimal(10), unit="т", kato="751110000", min_icv=Decimal(50))
    name = "Труба стальная бесшовная 273х10"
    said = outcome(
        asked,
        offer(name, external_id="bare", unit="т"),
        offer(name, external_id="proven", unit="т", evidence=(document(),), capacity_per_year=Decimal(99)),
        offer(name, external_id="dealer", unit="т", role=Role.DEALER, kato="191110000"),
        offer(name, external_id="claimed", unit="т", evidence=(document(status=EvidenceStatus.CLAIMED),)),
        background=False,
    )
    assert len(set(scores(said).values())) == 1
    assert [match.listed.product_id for match in said.matches] == ["proven", "claimed", "bare", "dealer"]
    assert all(match.gaps for match in said.matches[1:])
    assert not said.matches[0].gaps


def test_equal_offers_stand_in_the_order_of_their_ids() -> None:
    offers = [offer("Кран шаровой DN80", external_id=f"P-{number}", id=number) for number in (3, 1, 2)]
    said = outcome(need("Кран шаровой DN80"), *offers, background=False)
    assert [match.listed.product_id for match in said.matches] == ["P-1", "P-2", "P-3"]


def test_the_verdict_looks_beyond_what_is_written_out() -> None:
    name = "Кран шаровой DN80"
    offers = [offer(name, external_id=f"P-{number}") for number in range(5)]
    proven = offer(f"{name} латунный", external_id="P-last", evidence=(document(),))
    said = outcome(need(name), *offers, proven, top=2)
    assert len(said.matches) == 2
    assert said.verdict is Supply.PRODUCER_EXISTS


def test_values_that_differ_or_are_not_stated_are_gaps() -> None:
    said = outcome(
        need("Труба 273х10 ГОСТ 8732-78"),
        offer("Труба 273х8", external_id="other"),
        offer("Труба", external_id="silent"),
        background=False,
    )
    gaps = {match.listed.product_id: [gap.code for gap in match.gaps] for match in said.matches}
    assert "match.dimensions.differ" in gaps["other"]
    assert gaps["silent"][:2] == ["match.dimensions.unstated", "match.standards.unstated"]


@pytest.mark.parametrize("more", [{}, {"name_en": "Steel pipe"}, {"name_kk": "Болат құбыр"}])
def test_an_offer_named_in_another_language_than_its_column_says_meets_the_name_in_it(more: dict[str, Any]) -> None:
    said = outcome(
        need("Труба стальная", name_en="Steel pipe"), offer("Труба медная"), offer("Steel pipe", id=2, **more)
    )
    assert [match.listed.name for match in said.matches if match.verdict is Sameness.MATCH] == ["Steel pipe"]


def test_a_need_with_names_in_several_languages_that_nothing_is_near_to() -> None:
    said = outcome(need("Ыъыъ", name_kk="ққғғ", name_en="zzxqq"), offer("Труба стальная"))
    assert (said.verdict, said.matches) == (Supply.NONE_FOUND, ())


def test_no_offers_at_all() -> None:
    said = outcome(need("Труба"), background=False)
    assert (said.verdict, said.matches, said.organisers) == (Supply.NONE_FOUND, (), ())


@pytest.mark.parametrize(
    "name", ["", " ", "???", "1", "а", "х" * 2_000, "\x00", "🙂", "SELECT * FROM need; --", "труба " * 400]
)
def test_hostile_names_are_answered(name: str) -> None:
    said = outcome(need(name, description=name), MADE)
    assert said.verdict in Supply
    assert len(said.matches) <= 10


def test_nothing_is_said_twice_differently() -> None:
    asked = [need("Труба стальная 273х10", external_id="N-1"), need("Кран шаровой", external_id="N-2")]
    with judge([MADE]) as judging:
        first = [written(one, "ru") for one in judging.outcomes(asked)]
        again = [written(one, "ru") for one in judging.outcomes(asked)]
        alone = [written(next(judging.outcomes([one])), "ru") for one in asked]
    assert first == again == alone


def test_who_could_start_is_no_match_and_no_dealer_and_says_why() -> None:
    said = outcome(
        need("Опора освещения стальная гранёная", tnved="7308909809", contract_type="offtake"),
        offer("Резервуар стальной сварной", external_id="tank", tnved="7309003000", bin="020940000580"),
        offer("Мачта стальная сварная", external_id="mast", tnved="7308909808", bin="990140000806"),
        offer("Мачта стальная", external_id="resold", tnved="7308909808", bin="180640010120", role=Role.DEALER),
        offer("Булка сдобная", external_id="bun", tnved="1905903000", bin="140140990559"),
    )
    assert said.verdict is Supply.NONE_FOUND
    starters = [one.listed.product_id for one in said.organisers]
    assert set(starters[:2]) == {"tank", "mast"}
    assert not {"resold", "bun"} & set(starters)
    for one in said.organisers:
        assert one.reasons[0].code == "match.organiser.makes"
        assert len(one.reasons) > 1
        assert sum(feature.contribution for feature in one.features) == pytest.approx(one.score, abs=1e-3)


def test_nobody_is_asked_to_start_what_somebody_makes() -> None:
    assert outcome(need("Труба стальная бесшовная 273 x 10"), MADE).organisers == ()
