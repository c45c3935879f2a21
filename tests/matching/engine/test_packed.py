"""Offers come out of little memory as they went in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from matching.engine.lines import Offer
from matching.engine.packed import Offers
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import EvidenceStatus
from tests.matching.engine.makers import offer

FACTS = st.builds(EvidenceFact, percent=st.none() | st.decimals(0, 100, places=4))
OFFERS = st.builds(
    Offer,
    st.builds(
        Good,
        capacity_per_year=st.none() | st.decimals(0, 10**12, places=6),
        id=st.integers(0, 2**62),
        evidence=st.lists(FACTS, max_size=3).map(tuple),
    ),
)


@given(st.lists(OFFERS, max_size=5))
def test_what_went_in_comes_out(given_in: list[Offer]) -> None:
    offers = Offers()
    for one in given_in:
        offers.append(one)
    assert list(offers) == given_in
    assert [offers[row] for row in range(len(offers))] == given_in
    for one, other in zip(given_in, offers, strict=True):
        for name in Good._fields:
            assert type(getattr(other.good, name)) is type(getattr(one.good, name))


def test_an_offer_can_be_replaced_though_it_was_read_before() -> None:
    offers, an_offer = Offers(), offer("Труба стальная")
    offers.append(an_offer)
    offers.append(replace(an_offer, evidence_known=False))
    assert offers[0] == an_offer
    fact = EvidenceFact("ct-kz", "1", date(2026, 1, 1), None, Decimal("68.23"), EvidenceStatus.CONFIRMED)
    offers[0] = replace(an_offer, good=an_offer.good._replace(evidence=(fact,)))
    assert [one.good.evidence for one in offers] == [(fact,), ()]
