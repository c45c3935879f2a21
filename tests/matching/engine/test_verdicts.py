"""When a domestic producer exists, and what follows. Law № 86-VII, articles 46(1)(1), 48, 49; domain.md §10.3."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from matching.engine.nature import nature_of_need
from matching.engine.outcome import Sameness, Supply
from matching.engine.supply import Supplied, supplied
from matching.engine.verdicts import Verdict, need_verdict
from registry import law
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import standing
from registry.suppliers.models import Role
from registry.wording import LANGUAGES, say
from tests.matching.engine.makers import ON, document, need, offer


def verdict(*candidates: dict[str, Any], on: date = ON, name: str = "Труба стальная", **asked: Any) -> Verdict:
    """The verdict on a need by candidates: fields of the good, `same` (match by default), `known`."""
    line = need(name, **asked)
    rules = law.on(on)
    judged: dict[Sameness, list[Supplied]] = {sameness: [] for sameness in Sameness}
    for number, given in enumerate(candidates):
        same = given.pop("same", Sameness.MATCH)
        one = offer("Труба", known=given.pop("known", True), **{"id": number, "external_id": f"P-{number}", **given})
        judged[same].append(supplied(line, one, on, rules))
    matches, doubtful = judged[Sameness.MATCH], judged[Sameness.DOUBTFUL]
    return need_verdict(line, nature_of_need(line), matches, iter(doubtful), rules)


def codes(found: Verdict) -> list[str]:
    for reason in found.reasons:
        for lang in LANGUAGES:
            assert say(reason, lang)
    return [reason.code for reason in found.reasons]


def certificate(**given: Any) -> Any:
    return document("ct-kz", number="KZ 5 120 00012", **given)


@pytest.mark.parametrize(
    ("kind", "on", "supply"),
    [
        ("ct-kz", date(2025, 12, 31), Supply.PRODUCER_EXISTS),
        ("ct-kz", date(2026, 1, 1), Supply.DOUBTFUL),
        ("industrial", date(2025, 12, 31), Supply.PRODUCER_EXISTS),
        ("industrial", date(2026, 1, 1), Supply.DOUBTFUL),
        ("ktp", date(2025, 12, 31), Supply.PRODUCER_EXISTS),
        ("ktp", date(2026, 1, 1), Supply.PRODUCER_EXISTS),
    ],
)
def test_the_register_extract_is_the_sole_proof_from_2026(kind: str, on: date, supply: Supply) -> None:
    paper = document(kind, issued_on=date(2025, 9, 1), expires_on=date(2026, 6, 30))
    assert verdict({"evidence": (paper,)}, on=on).supply is supply


@pytest.mark.parametrize(
    ("on", "supply"),
    [
        (date(2026, 3, 9), Supply.DOUBTFUL),
        (date(2026, 3, 10), Supply.PRODUCER_EXISTS),
        (date(2026, 9, 30), Supply.PRODUCER_EXISTS),
        (date(2026, 10, 1), Supply.DOUBTFUL),
    ],
)
def test_evidence_counts_from_its_first_to_its_last_day(on: date, supply: Supply) -> None:
    paper = document(issued_on=date(2026, 3, 10), expires_on=date(2026, 9, 30))
    assert verdict({"evidence": (paper,)}, on=on).supply is supply


def test_a_maker_with_confirmed_evidence_means_no_offtake() -> None:
    found = verdict({"evidence": (document(),), "role": Role.MAKER}, contract_type="offtake")
    assert found.supply is Supply.PRODUCER_EXISTS
    assert codes(found) == ["match.need.producer_exists", "match.follows.not_offtake"]
    sentence = say(found.reasons[-1], "ru")
    assert "подпункт 1) пункта 1 статьи 46" in sentence
    assert "86-VII" in sentence
    assert "прямую закупку" in sentence


@pytest.mark.parametrize(
    ("contract_type", "follows"),
    [
        ("procurement", "match.follows.procurement_open"),
        ("purchase", "match.follows.buy_directly"),
        (None, "match.follows.buy_directly"),
    ],
)
def test_what_follows_for_other_contracts(contract_type: str | None, follows: str) -> None:
    assert codes(verdict({"evidence": (document(),)}, contract_type=contract_type))[-1] == follows


def test_a_role_that_nobody_stated_is_taken_for_the_evidence_holders() -> None:
    assert verdict({"evidence": (document(),), "role": Role.UNSTATED}).supply is Supply.PRODUCER_EXISTS


@pytest.mark.parametrize(
    ("given", "supply", "said"),
    [
        ({"evidence": (document(status=EvidenceStatus.CLAIMED),)}, Supply.DOUBTFUL, "match.doubt.claimed"),
        ({"evidence": (document(expires_on=date(2026, 11, 22)),)}, Supply.DOUBTFUL, "match.doubt.expired"),
        ({"evidence": (document(status=EvidenceStatus.REVOKED),)}, Supply.DOUBTFUL, "match.doubt.revoked"),
        ({"evidence": ()}, Supply.DOUBTFUL, "match.doubt.unproven"),
        ({"evidence": (), "known": False}, Supply.DOUBTFUL, "match.doubt.unknown"),
        ({"evidence": (document(),), "role": Role.DEALER}, Supply.DOUBTFUL, "match.doubt.dealer"),
        ({"evidence": (), "role": Role.DEALER}, Supply.NONE_FOUND, "match.need.dealers_only"),
        ({"evidence": (document(),), "same": Sameness.DOUBTFUL}, Supply.DOUBTFUL, "match.doubt.sameness"),
        (
            {"evidence": (), "role": Role.DEALER, "same": Sameness.DOUBTFUL},
            Supply.NONE_FOUND,
            "match.need.dealers_alike",
        ),
    ],
)
def test_what_is_not_proven_is_asked_about(given: dict[str, Any], supply: Supply, said: str) -> None:
    found = verdict(given)
    assert found.supply is supply
    assert said in codes(found)


def test_nobody_makes_it() -> None:
    found = verdict(contract_type="offtake")
    assert found.supply is Supply.NONE_FOUND
    assert codes(found) == ["match.need.none_found", "match.follows.offtake_possible"]
    assert "пункт 1 статьи 48" in say(found.reasons[-1], "ru")
    assert codes(verdict(contract_type="purchase"))[-1] == "match.follows.who_could_start"


def test_contract_procurement_is_open_either_way_above_its_gate_and_may_create_what_is_missing() -> None:
    """Article 49(1): more than 500,000 MCI a year; 49(2)(3): creating production is one of its conditions."""
    open_to_it = verdict({"evidence": (document(),)}, contract_type="procurement").reasons[-1]
    creates = verdict(contract_type="procurement").reasons[-1]
    assert open_to_it.code == "match.follows.procurement_open"
    assert creates.code == "match.follows.procurement_creates"
    assert "500 000 МРП" in say(open_to_it, "ru").replace("\xa0", " ")
    assert "пункт 1 статьи 49" in say(open_to_it, "ru")
    assert "подпункт 3) пункта 2 статьи 49" in say(creates, "ru")
    doubted = verdict({"evidence": ()}, contract_type="procurement")
    assert codes(doubted) == ["match.doubt.unproven", "match.follows.procurement_open"]


@pytest.mark.parametrize(
    ("given", "ground"),
    [
        ({"name": "Услуги по ремонту насосов", "unit": "Одна услуга"}, "match.services.by_unit"),
        ({"name": "Промывка системы отопления", "unit": "Работа"}, "match.works.by_unit"),
        ({"name": "Промывка системы отопления", "enstru": "432211.335.000000"}, "match.works.by_code"),
        ({"name": "Ремонт насосов"}, "match.services.by_name"),
    ],
)
def test_no_offtake_for_works_and_services_that_nobody_offers(given: dict[str, Any], ground: str) -> None:
    """Article 46(1)(1): an offtake is the purchase of goods of the manufacturing industry, "в том числе приобретаемых в
    рамках осуществляемых работ и оказываемых услуг"; the work or the service itself is none."""
    kind = ground.split(".")[1]
    for contract_type in ("offtake", "purchase", None):
        found = verdict(contract_type=contract_type, **given)
        assert found.supply is Supply.NONE_FOUND
        assert codes(found) == [f"match.{kind}.none_found", ground, "match.follows.goods_only"]
        assert "подпункт 1) пункта 1 статьи 46" in say(found.reasons[-1], "ru")


def test_contract_procurement_of_a_service_asks_for_the_goods_within() -> None:
    """Article 46(1)(2): contract procurement, too, is the purchase of manufactured goods, also within services."""
    found = verdict(name="Ремонт насосов", contract_type="procurement")
    assert codes(found)[-1] == "match.follows.goods_within"
    assert "подпункт 2) пункта 1 статьи 46" in say(found.reasons[-1], "ru")


def test_what_is_not_manufactured_is_not_for_these_contracts() -> None:
    """Article 1(22): manufacturing works up materials for a new product; what is grown or mined is none."""
    for contract_type in ("offtake", "procurement", None):
        found = verdict(name="Капуста белокочанная", enstru="011312.900.000000", contract_type=contract_type)
        assert codes(found) == ["match.need.none_found", "match.goods.raw", "match.follows.not_manufactured"]
        assert "01.13.12" in say(found.reasons[1], "en")
    assert "match.goods.raw" not in codes(verdict(name="Мука пшеничная", enstru="106121.300.000001"))


def test_a_good_with_a_code_of_the_nomenclature_is_a_good_whatever_its_words() -> None:
    found = verdict(name="Ремонт-набор", tnved="8484900000", contract_type="offtake")
    assert codes(found) == ["match.need.none_found", "match.follows.offtake_possible"]


@pytest.mark.parametrize(
    ("given", "supply", "said"),
    [
        ({}, Supply.DOUBTFUL, ["match.services.offered", "match.open"]),
        ({"same": Sameness.DOUBTFUL}, Supply.DOUBTFUL, ["match.services.alike"]),
        ({"evidence": (document(),)}, Supply.PRODUCER_EXISTS, ["match.services.supplier_exists"]),
    ],
)
def test_who_renders_a_service_and_what_is_open_about_it(
    given: dict[str, Any], supply: Supply, said: list[str]
) -> None:
    """domain.md §10.4: for works and services the criterion of a domestic supplier is a setting, shown as open."""
    found = verdict(given, name="Ремонт насосов")
    assert found.supply is supply
    assert codes(found) == [*said, "match.services.by_name", "match.follows.goods_only"]


@pytest.mark.parametrize(
    "papers", [(), (document(issued_on=date(2027, 1, 1)),), (document(status=EvidenceStatus.REVOKED),)]
)
def test_what_is_missing_is_said_once(papers: tuple[EvidenceFact, ...]) -> None:
    """How the evidence stands is told by its own sentence; what leads to it does not tell it before."""
    (doubt, _) = verdict({"evidence": papers}).reasons
    for lang in LANGUAGES:
        told = say(standing(papers, ON, law.on(ON)).message, lang)
        assert say(doubt, lang).endswith(f" {told}")
        words = {"ru": ("происхожд", "отозвано"), "kk": ("шығу тег", "қайтарып"), "en": ("origin", "revoked")}[lang]
        assert all(say(doubt, lang).casefold().count(word) <= 1 for word in words)


def test_one_proven_maker_outweighs_any_doubt() -> None:
    found = verdict(
        {"evidence": (document(status=EvidenceStatus.CLAIMED),)},
        {"evidence": (document(),), "role": Role.DEALER},
        {"evidence": (document(),), "supplier_name": "ТОО «Доказавший»", "bin": "020940000580"},
    )
    assert found.supply is Supply.PRODUCER_EXISTS
    assert "ТОО «Доказавший»" in say(found.reasons[0], "kk")


def test_small_capacity_still_means_exists_and_the_share_is_shown() -> None:
    small = {"evidence": (document(),), "capacity_per_year": Decimal(5), "unit": "т"}
    found = verdict(small, volume=Decimal(100), unit="т")
    assert found.supply is Supply.PRODUCER_EXISTS
    assert "match.need.volume_share" in codes(found)
    assert "5 %" in say(found.reasons[1], "ru").replace("\xa0", " ")


def test_several_producers_are_counted_by_their_number_and_add_up() -> None:
    def one(bin_: str) -> dict[str, Any]:
        return {"evidence": (document(),), "capacity_per_year": Decimal(60), "unit": "т", "bin": bin_}

    found = verdict(one("110440012951"), one("110440012951"), one("020940000580"), volume=Decimal(100), unit="т")
    assert codes(found)[1:3] == ["match.need.other_producers", "match.need.volume_covered"]
    assert found.reasons[1].params["n"] == 1


def test_icv_below_the_minimum_is_said_though_the_producer_exists() -> None:
    found = verdict({"evidence": (document(percent=Decimal("41.5")),)}, min_icv=Decimal(60))
    assert found.supply is Supply.PRODUCER_EXISTS
    assert "match.need.icv_short" in codes(found)


def test_a_certificate_that_ran_out_beside_an_extract_does_no_harm() -> None:
    papers = (certificate(issued_on=date(2024, 5, 1), expires_on=date(2025, 4, 30)), document())
    assert verdict({"evidence": papers}).supply is Supply.PRODUCER_EXISTS
