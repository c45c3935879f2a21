"""What an offer is worth besides being the needed good: maker, evidence of origin, ICV, capacity, place. Pure.

None of it makes a good another good, so none of it moves the score: it shows as features of weight 0, as gaps between
need and offer, and in the verdict on the need. What the source does not say at all is unknown, not missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from typing import Final

from matching.engine.lines import Needed, Offer
from matching.engine.outcome import FIGURES, Feature, Listed
from registry.evidence.rules import Standing, State, assuming, standing
from registry.identifiers import region_of
from registry.law import Law
from registry.suppliers.models import Role
from registry.wording import Message, Named, Param, bare
from search.analysis import convert, unit
from search.analysis.measures import UNITS

# How good each standing is, for a bar beside its sentence.
_WORTH: Final = {State.CONFIRMED: 1.0, State.CLAIMED: 0.5, State.EXPIRED: 0.25, State.REVOKED: 0.0, State.NONE: 0.0}
_MADE: Final = {Role.MAKER: 1.0, Role.UNSTATED: 0.5, Role.DEALER: 0.0}
# Kinds whose one unit has no code in МКЕИ: its word goes by the kind.
_UNCODED: Final = frozenset({"ampoule", "can", "bag", "barrel", "service", "work"})
_CENT: Final = Decimal("0.01")
# What is not known has the middle of the scale and no weight.
UNKNOWN: Final = 0.5


@dataclass(frozen=True)
class Quantity:
    """Yearly capacity, in the unit that is needed, against the volume needed: `share` of it.

    Both are None where they cannot be compared; `untold` says why.
    """

    need: Needed
    untold: Message | None
    capacity: Decimal | None = None
    share: Decimal | None = None

    @cached_property
    def message(self) -> Message:
        """How much of what is needed can be made, or why that cannot be told."""
        if self.untold:
            return self.untold
        assert self.share is not None
        assert self.capacity is not None
        assert self.need.volume is not None
        values: dict[str, Param] = {
            "capacity": _plain(self.capacity),
            "volume": _plain(self.need.volume),
            "unit": counted_in(self.need.unit or ""),
            "share": percent(self.share),
        }
        return Message("match.capacity.enough" if self.share >= 1 else "match.capacity.share", values)


@dataclass(frozen=True, slots=True)
class Supplied:
    """An offer as it stands to a need on a day. standing: None where the source says nothing of evidence at all."""

    need: Needed
    offer: Offer
    standing: Standing | None
    quantity: Quantity

    @property
    def made(self) -> bool:
        """Whether it is not a dealer's: a maker, or nobody has said."""
        return self.offer.good.role is not Role.DEALER

    @property
    def confirmed(self) -> bool:
        """Whether evidence of origin is confirmed on the day."""
        return self.standing is not None and self.standing.state is State.CONFIRMED

    @property
    def icv_enough(self) -> bool | None:
        """Whether the counted ICV reaches the need's minimum; None where no minimum is asked, or evidence unknown."""
        if self.need.min_icv is None or self.standing is None:
            return None
        return self.standing.percent >= self.need.min_icv

    @property
    def listed(self) -> Listed:
        """Which good it is."""
        good = self.offer.good
        return Listed(self.offer.id, good.bin, good.supplier_name, good.name("ru"), good.id, good.version)

    @property
    def named(self) -> Named:
        """The good's names, for a sentence in any language."""
        good = self.offer.good
        return Named(good.name_kk or "", good.name_ru or "", good.name_en or "")

    def evidence(self) -> Message:
        """How the evidence stands."""
        return self.standing.told if self.standing else bare("match.evidence.unknown")

    def icv(self) -> Message:
        """How the ICV stands to the minimum."""
        if self.need.min_icv is None:
            return bare("match.icv.unasked")
        if self.standing is None:
            return Message("match.icv.unknown", {"least": self.need.min_icv})
        word = "enough" if self.icv_enough else "short"
        return Message(f"match.icv.{word}", {"percent": self.standing.percent, "least": self.need.min_icv})

    def maker(self) -> Message:
        """Who offers it."""
        return bare(f"match.maker.{self.offer.good.role.value}")

    def region(self) -> tuple[float | None, Message]:
        """Whether it is made in the region where it is needed: 1, 0, or None where one of them is not known."""
        there, here = self.need.kato, self.offer.good.region
        return _region(region_of(there), here) if there and here else (None, bare("match.region.unknown"))

    def features(self) -> tuple[Feature, ...]:
        """Each with a score for its bar and no weight."""
        share, enough = self.quantity.share, self.icv_enough
        near, place = self.region()
        return (
            _unweighted("maker", _MADE[self.offer.good.role], self.maker()),
            _unweighted("evidence", _WORTH[self.standing.state] if self.standing else None, self.evidence()),
            _unweighted("icv", None if enough is None else _reached(self), self.icv()),
            _unweighted("capacity", None if share is None else min(1.0, float(share)), self.quantity.message),
            _unweighted("region", near, place),
        )

    def gaps(self) -> tuple[Message, ...]:
        """What stands between the need and this offer though it were the needed good."""
        found = []
        if not self.made:
            found.append(self.maker())
        if self.standing is not None and not self.confirmed:
            found.append(self.evidence())
        if self.icv_enough is False and self.standing is not None:
            # Where evidence is a gap itself, that one has told already what is assumed.
            found.append(assuming(self.icv(), self.standing.assumptions if self.confirmed else ()))
        if self.quantity.share is not None and self.quantity.share < 1:
            found.append(self.quantity.message)
        return tuple(found)


def supplied(need: Needed, offer: Offer, on: date, law: Law) -> Supplied:
    """The offer as it stands to the need on the day `on`, of which `law` is."""
    stands = _standing(offer.good.evidence, on, law) if offer.evidence_known else None
    return Supplied(need, offer, stands, quantity(need, offer))


# A good is a candidate of many needs, and its documents say the same each time.
_standing = lru_cache(maxsize=1 << 14)(standing)


def quantity(need: Needed, offer: Offer) -> Quantity:
    """Capacity of a year against the volume needed, in the need's unit."""
    good = offer.good
    if not need.volume:
        return Quantity(need, bare("match.capacity.no_volume"))
    if good.capacity_per_year is None:
        return Quantity(need, bare("match.capacity.unknown"))
    if not good.unit or not need.unit:
        return Quantity(need, bare("match.capacity.no_unit"))
    capacity = good.capacity_per_year
    if good.unit != need.unit:
        one = convert(1.0, good.unit, need.unit)
        if one is None:
            same = unit(good.unit) is not None and unit(need.unit) is not None
            word = "match.capacity.other_unit" if same else "match.capacity.unknown_unit"
            values = {"made_in": counted_in(good.unit), "needed_in": counted_in(need.unit)}
            return Quantity(need, Message(word, values))
        capacity *= Decimal(str(one))
    return Quantity(need, None, capacity, capacity / need.volume)


@cache
def _region(there: str, here: str) -> tuple[float, Message]:
    if there == here:
        return 1.0, Message("match.region.same", {"region": Message(f"region.{here}")})
    return 0.0, Message("match.region.other", {"made": Message(f"region.{here}"), "needed": Message(f"region.{there}")})


@lru_cache(maxsize=1 << 10)
def counted_in(written: str) -> Param:
    """A unit in the reader's language, or as it was written where nobody has a word for it."""
    found = UNITS[code] if (code := unit(written)) else None
    known = (found.mkei or (found.kind if found.kind in _UNCODED else "")) if found else ""
    return Message(f"match.unit.{known}") if known else written


def percent(share: Decimal) -> Message:
    """A share for people: whole percents, but as exact as it takes to be neither nothing nor the whole."""
    shown = share * 100
    exact = shown.quantize(Decimal(1))
    if shown and exact in (0, 100):
        if 0 < shown < _CENT:
            return Message("wording.percent_below", {"number": _CENT})
        exact = shown.quantize(_CENT)
        if shown < 100:
            exact = min(exact, 100 - _CENT)
    return Message("wording.percent", {"number": _plain(exact)})


def _plain(value: Decimal) -> Decimal:
    """The number without the zeros that say nothing."""
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()


def _reached(offer: Supplied) -> float:
    least = offer.need.min_icv
    assert least is not None
    assert offer.standing is not None
    return 1.0 if not least else min(1.0, float(offer.standing.percent / least))


def _unweighted(name: str, score: float | None, detail: Message) -> Feature:
    return Feature(name, UNKNOWN if score is None else round(score, FIGURES), 0.0, 0.0, detail)
