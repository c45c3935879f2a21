"""What the law makes of the candidates: does a domestic producer of the needed good exist, and what follows. Pure.

Source: Law № 86-VII, articles 46(1)(1), 48 and 49; domain.md §9 rule 30 and §10.3: a producer is a maker, not a dealer,
of that good with confirmed evidence on that day; claimed, expired or unknown evidence leaves it doubtful. Even with a
small capacity the good is produced; the share of the volume it covers is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from matching.engine.lines import Needed
from matching.engine.outcome import Sameness, Supply
from matching.engine.supply import Supplied
from registry.evidence.rules import State
from registry.law import Law
from registry.wording import Message, Param

# Names in one sentence.
_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer that is the needed good, or may be, with how it stands."""

    sameness: Sameness
    supplied: Supplied


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a domestic producer exists, and the sentences that say why and what follows."""

    supply: Supply
    reasons: tuple[Message, ...]


def need_verdict(need: Needed, candidates: Sequence[Candidate], law: Law) -> Verdict:
    """The verdict on a need. candidates: every offer that is or may be the needed good, best first."""
    matches = [one.supplied for one in candidates if one.sameness is Sameness.MATCH]
    proven = [offer for offer in matches if offer.made and offer.confirmed and _proves(offer, law)]
    if proven:
        return Verdict(Supply.PRODUCER_EXISTS, (*_exists(proven), *_follows(need, Supply.PRODUCER_EXISTS)))
    doubts = tuple(_doubts(matches, [one.supplied for one in candidates if one.sameness is Sameness.DOUBTFUL]))
    if doubts:
        return Verdict(Supply.DOUBTFUL, (*doubts, *_follows(need, Supply.DOUBTFUL)))
    dealers = _names(matches)
    found = Message("match.need.dealers_only", {"dealers": dealers}) if dealers else Message("match.need.none_found")
    return Verdict(Supply.NONE_FOUND, (found, *_follows(need, Supply.NONE_FOUND)))


def _proves(offer: Supplied, law: Law) -> bool:
    """Whether the kind of evidence makes its holder a domestic producer on that day."""
    fact = offer.standing.fact if offer.standing else None
    return fact is not None and law.evidence(fact.kind).proves_producer.value


def _exists(proven: Sequence[Supplied]) -> list[Message]:
    best = proven[0]
    said = [
        Message(
            "match.need.producer_exists",
            {"supplier": _name(best), "good": best.offer.good.name("ru"), "evidence": best.evidence()},
        )
    ]
    others = len({offer.offer.good.bin or offer.offer.id for offer in proven}) - 1
    if others:
        said.append(Message("match.need.other_producers", {"n": others}))
    shares = _shares(proven)
    if shares is not None:
        word = "match.need.volume_covered" if shares >= 1 else "match.need.volume_share"
        said.append(Message(word, {"share": shares}))
    if all(offer.icv_enough is False for offer in proven):
        least = best.need.min_icv
        assert least is not None
        top = max(offer.standing.percent for offer in proven if offer.standing)
        said.append(Message("match.need.icv_short", {"percent": top, "least": least}))
    return said


def _shares(proven: Sequence[Supplied]) -> Decimal | None:
    """What share of the volume the producers cover together in a year; None where not one states it."""
    stated = [offer.quantity.share for offer in proven if offer.quantity.share is not None]
    return sum(stated, Decimal(0)) if stated else None


def _doubts(matches: Sequence[Supplied], doubtful: Sequence[Supplied]) -> list[Message]:
    """What has to be asked before anybody may say that the good is, or is not, produced in the country."""
    made = [offer for offer in matches if offer.made]
    said = []
    for word, states in (
        ("claimed", {State.CLAIMED}),
        ("expired", {State.EXPIRED}),
        ("revoked", {State.REVOKED}),
        ("confirmed", {State.CONFIRMED}),
        ("unproven", {State.NONE}),
        ("unknown", {None}),
    ):
        those = [offer for offer in made if (offer.standing.state if offer.standing else None) in states]
        if those:
            said.append(_doubt(f"match.doubt.{word}", those))
    resold = [offer for offer in matches if not offer.made and offer.confirmed]
    if resold:
        said.append(_doubt("match.doubt.dealer", resold))
    likely = [offer for offer in doubtful if offer.made or offer.confirmed]
    if likely and not said:
        goods = tuple(dict.fromkeys(offer.offer.good.name("ru") for offer in likely))[:_MOST]
        said.append(Message("match.doubt.sameness", {"suppliers": _names(likely), "goods": goods}))
    return said


def _doubt(code: str, offers: Sequence[Supplied]) -> Message:
    return Message(code, {"suppliers": _names(offers), "evidence": offers[0].evidence()})


def _follows(need: Needed, supply: Supply) -> list[Message]:
    """What follows for the kind of contract that the need is to be met by."""
    kind = str(need.contract_type or "")
    if supply is Supply.PRODUCER_EXISTS:
        if kind == "procurement":
            return [Message("match.follows.procurement_open", {"citation": _article("49")})]
        word = "match.follows.not_offtake" if kind == "offtake" else "match.follows.buy_directly"
        return [Message(word, {"citation": _article("46(1)(1)")})]
    if supply is Supply.DOUBTFUL:
        return [Message("match.follows.ask_first", {"citation": _article("46(1)(1)")})]
    word = "match.follows.offtake_possible" if kind in ("offtake", "") else "match.follows.who_could_start"
    return [Message(word, {"citation": _article("48")})]


def _article(number: str) -> Message:
    place = Message("law.place.article", {"number": number})
    return Message("law.citation", {"act": Message("law.act.86-VII"), "place": place})


def _names(offers: Sequence[Supplied]) -> tuple[Param, ...]:
    return tuple(dict.fromkeys(_name(offer) for offer in offers))[:_MOST]


def _name(offer: Supplied) -> str:
    """The supplier as the source names it; a file may hold no more than the id of the product."""
    good = offer.offer.good
    return good.supplier_name or good.bin or offer.offer.id
