"""What an offer is worth besides being the good: shown, never scored; unknown is not missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from matching.engine.lines import NeedLine
from matching.engine.supply import Supplied, counted_in, percent, quantity, supplied
from registry import law
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import State
from registry.suppliers.models import Role
from registry.wording import LANGUAGES, Message, Named, codes, say
from search.analysis.measures import UNITS
from tests.matching.engine.demo import needs, offers
from tests.matching.engine.makers import ON, document, need, offer


def stands(asked: NeedLine, *, known: bool = True, **given: Any) -> Supplied:
    return supplied(asked, offer("Труба", known=known, **given), ON, law.on(ON))


@pytest.mark.parametrize(
    ("volume", "unit", "capacity", "made_in", "share", "code"),
    [
        (100, "т", 250, "т", Decimal("2.5"), "match.capacity.enough"),
        (100, "т", 100, "т", Decimal(1), "match.capacity.enough"),
        (100, "т", 25, "т", Decimal("0.25"), "match.capacity.share"),
        (100, "т", 25_000, "кг", Decimal("0.25"), "match.capacity.share"),
        (100, "т", 25, "шт", None, "match.capacity.other_unit"),
        (100, "т", 25, "флюорит", None, "match.capacity.unknown_unit"),
        (None, "т", 25, "т", None, "match.capacity.no_volume"),
        (0, "т", 25, "т", None, "match.capacity.no_volume"),
        (100, "т", None, "т", None, "match.capacity.unknown"),
        (100, None, 25, "т", None, "match.capacity.no_unit"),
        (100, "флюорит", 25, "флюорит", Decimal("0.25"), "match.capacity.share"),
    ],
)
def test_capacity_against_volume(
    volume: int | None, unit: str | None, capacity: int | None, made_in: str, share: Decimal | None, code: str
) -> None:
    asked = need("Труба", volume=None if volume is None else Decimal(volume), unit=unit)
    found = quantity(
        asked, offer("Труба", unit=made_in, capacity_per_year=None if capacity is None else Decimal(capacity))
    )
    assert (found.share, found.message.code) == (share, code)


def test_columns_that_a_file_lacks_are_unknown_not_missing() -> None:
    unknown = stands(need("Труба", min_icv=Decimal(50)), known=False)
    assert unknown.standing is None
    assert unknown.icv_enough is None
    assert unknown.gaps() == ()
    assert unknown.evidence().code == "match.evidence.unknown"
    missing = stands(need("Труба", min_icv=Decimal(50)))
    assert missing.standing is not None
    assert missing.standing.state is State.NONE
    assert len(missing.gaps()) == 2


@pytest.mark.parametrize(
    ("least", "percent", "enough"), [("68.23", "68.23", True), ("68.24", "68.23", False), ("0", None, True)]
)
def test_icv_against_the_minimum(least: str, percent: str | None, enough: bool) -> None:
    paper = document(percent=None if percent is None else Decimal(percent))
    found = stands(need("Труба", min_icv=Decimal(least)), evidence=(paper,))
    assert found.icv_enough is enough
    assert (len(found.gaps()) == 0) is enough


def test_what_is_assumed_of_the_evidence_is_told_where_it_decides() -> None:
    """An industrial certificate gives no ICV by an open reading (config/law/evidence.toml): domain.md §9 rule 45."""
    on = date(2025, 12, 31)
    paper = document("industrial", number="102 0 00089", issued_on=date(2025, 3, 1))
    for least, gaps in ((None, ()), (Decimal(40), ("match.icv.short",))):
        one = supplied(need("Труба", min_icv=least), offer("Труба", evidence=(paper,)), on, law.on(on))
        assert one.standing is not None
        (assumption,) = one.standing.assumptions
        for lang in LANGUAGES:
            (evidence,) = [feature.detail for feature in one.features() if feature.name == "evidence"]
            assert say(assumption, lang) in say(evidence, lang)
            assert all(say(assumption, lang) in say(gap, lang) for gap in one.gaps())
        assert tuple(gap.params["said"].code for gap in one.gaps()) == gaps  # type: ignore[union-attr]
    claimed = paper._replace(status=EvidenceStatus.CLAIMED)
    one = supplied(need("Труба", min_icv=Decimal(40)), offer("Труба", evidence=(claimed,)), on, law.on(on))
    assert [gap.code for gap in one.gaps()] == ["standing.claimed", "match.icv.short"]


def test_regions() -> None:
    assert stands(need("Труба", kato="751110000"), kato="751310000").region()[0] == 1.0
    assert stands(need("Труба", kato="751110000"), kato="191110000").region()[0] == 0.0
    assert stands(need("Труба"), kato="191110000").region()[0] is None


def test_nothing_of_it_has_weight_and_all_of_it_is_said() -> None:
    asked = need("Труба", volume=Decimal(10), unit="т", kato="751110000", min_icv=Decimal(90))
    for offered in (
        stands(asked, known=False, role=Role.UNSTATED),
        stands(
            asked, role=Role.DEALER, evidence=(document(),), kato="191110000", capacity_per_year=Decimal(4), unit="т"
        ),
    ):
        features = offered.features()
        assert [feature.name for feature in features] == ["maker", "evidence", "icv", "capacity", "region"]
        assert {(feature.weight, feature.contribution) for feature in features} == {(0.0, 0.0)}
        for message in (*(feature.detail for feature in features), *offered.gaps()):
            assert all(say(message, lang) for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        ("0.05", "5 %"),
        ("0.003", "0,3 %"),
        ("0.0001", "0,01 %"),
        ("0.00001", "< 0,01 %"),
        ("0", "0 %"),
        ("0.997", "99,7 %"),
        ("0.994", "99 %"),
        ("1", "100 %"),
        ("12.5", "1 250 %"),
    ],
)
def test_a_share_is_never_shown_as_nothing_nor_as_the_whole_that_it_is_not(share: str, shown: str) -> None:
    assert say(percent(Decimal(share)), "ru").replace("\xa0", " ") == shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_unit_of_the_classifier_has_a_name_in_each_language(lang: str) -> None:
    uncoded = {"ampoule", "can", "bag", "barrel", "service", "work"}
    wanted = {f"match.unit.{unit.mkei}" for unit in UNITS.values() if unit.mkei}
    wanted |= {f"match.unit.{unit.kind}" for unit in UNITS.values() if not unit.mkei and unit.kind in uncoded}
    assert all(sum(unit.kind == kind for unit in UNITS.values()) == 1 for kind in uncoded)
    assert wanted == {code for code in codes(lang) if code.startswith("match.unit.")}


def test_units_are_said_in_the_language_of_the_reader() -> None:
    said = quantity(need("Труба", volume=Decimal(700), unit="дана"), offer("Труба", unit="шт", capacity_per_year=60))
    assert {lang: "60 " + word in say(said.message, lang) for lang, word in (("kk", "дана"), ("ru", "шт"))} == {
        "kk": True,
        "ru": True,
    }
    assert "60 pcs a year is 9% of the volume of 700 pcs" in say(said.message, "en")
    assert counted_in("флюорит") == "флюорит"
    assert [
        say(Message("match.units.same", {"asked": counted_in("усл")}), lang).rstrip(".").split()[-1]
        for lang in LANGUAGES
    ] == [
        "қызмет",
        "усл",
        "services",
    ]


def test_the_demo_counts_in_units_that_have_a_word() -> None:
    """A conventional can is the classifier's alone: matching knows no such unit, and pages say it by the classifier."""
    counted = {one.good.unit for one in offers()} | {need.unit for need in needs()}
    assert {written for written in counted if written and counted_in(written) == written} == {"усл. банк"}


def test_a_good_is_named_in_the_language_of_the_reader() -> None:
    both = stands(need("Труба"), name_kk="Құбыр", name_en="Pipe").named
    assert [both.said(lang) for lang in ("kk", "ru", "en")] == ["Құбыр", "Труба", "Pipe"]
    told = Message("match.organiser.makes", {"good": Named("Құбыр", "", "")})
    assert "Құбыр" in say(Message.from_json(told.as_json()), "en")
