"""What the law makes of the candidates: does a domestic producer of the needed good exist, and what follows. Pure.

Source: Law № 86-VII, articles 46(1)(1), 48 and 49; domain.md §9 rule 30 and §10.3: a producer is a maker, not a dealer,
of that good with confirmed evidence on that day; claimed, expired or unknown evidence leaves it doubtful. Even with a
small capacity the good is produced; the share of the volume it covers is shown.

Article 46(1) makes both kinds of contract for goods of the manufacturing industry, also those bought within works and
services; so a need for a work or a service, or for what is mined or grown, is told so, and on what ground it was read
as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from matching.engine.lines import Needed
from matching.engine.nature import Nature
from matching.engine.outcome import Supply
from matching.engine.supply import Supplied, percent
from registry.evidence.rules import State
from registry.law import Law, article
from registry.wording import Message, Param, bare

# Names in one sentence.
_MOST: Final = 3
# What makes a supplier of works or services a domestic one.
_CRITERION: Final = "verification.staff_share"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a domestic producer exists, and the sentences that say why and what follows."""

    supply: Supply
    reasons: tuple[Message, ...]


def need_verdict(
    need: Needed,
    nature: Nature,
    matches: Sequence[Supplied],
    doubtful: Iterable[Supplied],
    law: Law,
    *,
    general: bool = False,
) -> Verdict:
    """The verdict on a need. matches: every offer that is the needed good; doubtful: that may be; both best first.

    Its sentences say first what was found, then as what the need was read, last what follows. doubtful is gone through
    only where the matches decide nothing. general: the need names a class of many goods, which is said before all.
    """
    proven = [offer for offer in matches if offer.made and offer.confirmed and _proves(offer, law)]
    if nature.done:
        supply, found = _done(nature, proven, matches, doubtful, law)
    else:
        supply, found = _made(proven, matches, doubtful)
    if general and supply is Supply.DOUBTFUL:
        found = [Message("match.need.too_general"), *found]
    ground = () if nature.ground is None else (nature.ground,)
    return Verdict(supply, (*found, *ground, _follows(need, nature, supply, law)))


def nobody_near(reasons: Iterable[Message]) -> tuple[Message, ...]:
    """The reasons of a need that nobody on the register is near enough to start making."""
    said = list(reasons)
    if said and said[-1].code == "match.follows.who_could_start":
        return (*said[:-1], Message("match.follows.nobody_near", said[-1].params))
    return (*said, bare("match.follows.nobody_else"))


def _made(
    proven: Sequence[Supplied], matches: Sequence[Supplied], doubtful: Iterable[Supplied]
) -> tuple[Supply, list[Message]]:
    """Whether somebody makes the good."""
    if proven:
        return Supply.PRODUCER_EXISTS, _exists(proven)
    if doubts := _doubts(matches):
        return Supply.DOUBTFUL, doubts
    alike = list(doubtful)
    if likely := [offer for offer in alike if offer.made or offer.confirmed]:
        return Supply.DOUBTFUL, [_alike("match.doubt.sameness", likely)]
    for word, resold in (("only", matches), ("alike", alike)):
        if dealers := _names(resold):
            return Supply.NONE_FOUND, [Message(f"match.need.dealers_{word}", {"dealers": dealers})]
    return Supply.NONE_FOUND, [bare("match.need.none_found")]


def _done(
    nature: Nature, proven: Sequence[Supplied], matches: Sequence[Supplied], doubtful: Iterable[Supplied], law: Law
) -> tuple[Supply, list[Message]]:
    """Whether somebody does the work or renders the service. Documents of origin are for goods, and what makes its
    supplier a domestic one is a setting (domain.md §10.4), which is shown where it decides."""
    family = f"match.{nature.kind}"
    if proven:
        return Supply.PRODUCER_EXISTS, [_proven(f"{family}.supplier_exists", proven[0])]
    if matches:
        offered = Message(f"{family}.offered", {"suppliers": _names(matches)})
        if not law.has(_CRITERION):
            return Supply.DOUBTFUL, [offered]
        return Supply.DOUBTFUL, [offered, Message("match.open", {"assumption": law.share(_CRITERION).assumption})]
    if alike := list(doubtful):
        return Supply.DOUBTFUL, [_alike(f"{family}.alike", alike)]
    return Supply.NONE_FOUND, [Message(f"{family}.none_found")]


def _proves(offer: Supplied, law: Law) -> bool:
    """Whether the kind of evidence makes its holder a domestic producer on that day."""
    fact = offer.standing.fact if offer.standing else None
    return fact is not None and law.evidence(fact.kind).proves_producer.value


def _exists(proven: Sequence[Supplied]) -> list[Message]:
    said = [_proven("match.need.producer_exists", proven[0])]
    others = len({offer.offer.good.bin or offer.offer.id for offer in proven}) - 1
    if others:
        said.append(Message("match.need.other_producers", {"n": others}))
    shares = _shares(proven)
    if shares is not None:
        word = "match.need.volume_covered" if shares >= 1 else "match.need.volume_share"
        said.append(Message(word, {"share": percent(shares)}))
    if all(offer.icv_enough is False for offer in proven):
        least = proven[0].need.min_icv
        assert least is not None
        top = max(offer.standing.percent for offer in proven if offer.standing)
        said.append(Message("match.need.icv_short", {"percent": top, "least": least}))
    return said


def _proven(code: str, best: Supplied) -> Message:
    good = best.named
    return Message(code, {"supplier": _name(best), "good": good, "evidence": best.evidence()})


def _shares(proven: Sequence[Supplied]) -> Decimal | None:
    """What share of the volume the producers cover together in a year; None where not one states it."""
    stated = [offer.quantity.share for offer in proven if offer.quantity.share is not None]
    return sum(stated, Decimal(0)) if stated else None


def _doubts(matches: Sequence[Supplied]) -> list[Message]:
    """What has to be asked of those who offer the good before it is known whether it is produced in the country."""
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
    return said


def _alike(code: str, offers: Sequence[Supplied]) -> Message:
    goods = tuple(dict.fromkeys(offer.named for offer in offers))[:_MOST]
    return Message(code, {"suppliers": _names(offers), "goods": goods})


def _doubt(code: str, offers: Sequence[Supplied]) -> Message:
    return Message(code, {"suppliers": _names(offers), "evidence": offers[0].evidence()})


def _follows(need: Needed, nature: Nature, supply: Supply, law: Law) -> Message:
    """What follows for the kind of contract that the need is to be met by."""
    kind = str(need.contract_type or "")
    if nature.ground is not None:
        return _not_for_it(kind, nature)
    if kind == "procurement" and law.has("contract_procurement.gate"):
        # Open whether or not the good is made at home (domain.md §10.8).
        word, number = ("creates", "49(2)(3)") if supply is Supply.NONE_FOUND else ("open", "49(1)")
        gate = law.count("contract_procurement.gate").value
        return Message(f"match.follows.procurement_{word}", {"gate": gate, "citation": _citation(number)})
    if supply is Supply.PRODUCER_EXISTS:
        word = "match.follows.not_offtake" if kind == "offtake" else "match.follows.buy_directly"
        return Message(word, {"citation": _citation("46(1)(1)")})
    if supply is Supply.DOUBTFUL:
        return Message("match.follows.ask_first", {"citation": _citation("46(1)(1)")})
    word = "match.follows.offtake_possible" if kind in ("offtake", "") else "match.follows.who_could_start"
    return Message(word, {"citation": _citation("48(1)")})


def _not_for_it(kind: str, nature: Nature) -> Message:
    """That the contracts of article 46(1) are not for what is needed."""
    if not nature.done:
        return Message("match.follows.not_manufactured", {"citation": _citation("46(1)")})
    if kind == "procurement":
        return Message("match.follows.goods_within", {"citation": _citation("46(1)(2)")})
    return Message("match.follows.goods_only", {"citation": _citation("46(1)(1)")})


def _citation(number: str) -> Message:
    return Message("law.citation", {"act": Message("law.act.86-VII"), "place": article(number)})


def _names(offers: Sequence[Supplied]) -> tuple[Param, ...]:
    return tuple(dict.fromkeys(_name(offer) for offer in offers))[:_MOST]


def _name(offer: Supplied) -> str:
    """The supplier as the source names it; a file may hold no more than the id of the product."""
    good = offer.offer.good
    return good.supplier_name or good.bin or offer.offer.id
