"""Who could start making what nobody makes: producers of the same material, trade or heading. An offtake asks them.

Source: Law № 86-VII, article 48: the supplier undertakes to organise a production that was absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from matching.engine.asked import Asked, names
from matching.engine.comparison import compare
from matching.engine.lines import Needed
from matching.engine.outcome import FIGURES, Feature, Organiser
from matching.engine.profile import CANDIDATES
from matching.engine.reading import thing_in
from matching.engine.shelf import Shelf
from matching.engine.supply import Supplied
from matching.engine.trades import Craft, craft, words_of
from registry.evidence.goods import Good
from registry.identifiers import kpved_of
from registry.suppliers.models import Role
from registry.wording import Message, Param
from search.queries import CandidateQuery

# How many are named, and what share of the whole they need at least.
MOST: Final = 5
LEAST: Final = 0.4

# Shares of the whole. The same operations on the same machines decide; then the material, whose supply and skills are
# there; then the heading, which says both but only roughly. A proven, near producer is the easier partner.
_SHARES: Final = MappingProxyType(
    {"trade": 0.35, "material": 0.2, "heading": 0.2, "alike": 0.1, "proven": 0.1, "near": 0.05}
)
# Words of a craft that the index is asked for, beside those of the need.
_MOST_WORDS: Final = 24


@dataclass(frozen=True, slots=True)
class Starter:
    """An offer whose maker could start, with what speaks for it."""

    supplied: Supplied
    score: float
    features: tuple[Feature, ...]


def question(asked: Asked, need_craft: Craft) -> CandidateQuery:
    """What the index is asked: the need's own words and heading, and the words of its craft."""
    own = [one.text for one in asked.sought[: asked.in_name]]
    code = (asked.need.tnved or "")[:4]
    tokens = tuple(dict.fromkeys((*own, *words_of(need_craft)[:_MOST_WORDS])))
    return CandidateQuery(tokens=tokens, tnved=code if len(code) == 4 else None, limit=CANDIDATES)


def craft_of(asked: Asked) -> Craft:
    """The craft that the need asks for; its description is asked only where its names betray none."""
    need = asked.need
    kpved = kpved_of(need.enstru) if need.enstru else None
    named = craft(need.tnved, kpved, map(thing_in, names(need).values()))
    if named.trades or named.materials or not need.description:
        return named
    return craft(None, None, [thing_in(need.description)])


def starters(
    shelf: Shelf, asked: Asked, need_craft: Craft, offers: Sequence[tuple[int, Supplied]]
) -> tuple[Organiser, ...]:
    """The best of the offers' makers, one line each. offers: (row on the shelf, how it stands), none a match."""
    made = [(row, offer) for row, offer in offers if offer.offer.good.role is not Role.DEALER]
    if not made:
        return ()
    pair = compare(shelf, [(asked, [row for row, _ in made])])
    alike = np.nan_to_num(pair.share_of_name, nan=0.0)
    found = []
    for position, (row, offer) in enumerate(made):
        starter = _starter(need_craft, offer, float(alike[position]), shelf.craft(row))
        if starter is not None:
            found.append(starter)
    found.sort(key=lambda one: (-one.score, one.supplied.offer.id))
    best: dict[str, Starter] = {}
    for one in found:
        best.setdefault(one.supplied.offer.good.bin or one.supplied.offer.id, one)
    return tuple(_organiser(one) for one in list(best.values())[:MOST])


def _starter(need_craft: Craft, offer: Supplied, alike: float, own: Craft) -> Starter | None:
    """The offer's maker as somebody who could start; None if too little speaks for it."""
    good = offer.offer.good
    trades, materials = need_craft.trades & own.trades, need_craft.materials & own.materials
    heading, headed = _heading(offer.need, good)
    place, where = offer.region()
    values: dict[str, tuple[float | None, Message]] = {
        "trade": (
            float(bool(trades)) if need_craft.trades and own.trades else None,
            _named("match.organiser.trade", "trades", "match.trade", trades),
        ),
        "material": (
            float(bool(materials)) if need_craft.materials and own.materials else None,
            _named("match.organiser.material", "materials", "match.material", materials),
        ),
        "heading": (heading, headed),
        "alike": (alike, Message("match.organiser.alike", {"share": alike})),
        "proven": (float(offer.confirmed), offer.evidence()),
        "near": (place, where),
    }
    known = {name: value for name, (value, _) in values.items() if value is not None}
    score = sum(_SHARES[name] * value for name, value in known.items())
    if score < LEAST or not (trades or materials or heading == 1.0):
        return None
    features = tuple(
        Feature(
            name,
            round(value or 0.0, FIGURES),
            _SHARES[name] if name in known else 0.0,
            round(_SHARES[name] * (value or 0.0), FIGURES),
            detail,
        )
        for name, (value, detail) in values.items()
    )
    return Starter(offer, score, features)


def _named(code: str, param: str, family: str, names: frozenset[str]) -> Message:
    if not names:
        return Message(f"{code}.other")
    listed: tuple[Param, ...] = tuple(Message(f"{family}.{name}") for name in sorted(names))
    return Message(f"{code}.same", {param: listed})


def _heading(need: Needed, good: Good) -> tuple[float | None, Message]:
    """How near the codes are: those of ТН ВЭД, or where one side has none those of КПВЭД."""
    family = "match.organiser.heading"
    if need.tnved and good.tnved:
        shared = _shared(need.tnved, good.tnved)
        for digits, value, word in ((4, 1.0, "same"), (2, 0.5, "chapter")):
            if shared >= digits:
                return value, Message(f"{family}.{word}", {"code": need.tnved[:digits]})
        return 0.0, Message(f"{family}.other")
    if need.enstru and good.kpved:
        asked = kpved_of(need.enstru)
        shared = _shared(asked, good.kpved)
        for digits, value, word in ((5, 1.0, "class"), (4, 0.5, "group")):
            if shared >= digits:
                return value, Message(f"{family}.{word}", {"code": asked[:digits]})
        return 0.0, Message(f"{family}.activity")
    return None, Message(f"{family}.unknown")


def _organiser(one: Starter) -> Organiser:
    makes = Message("match.organiser.makes", {"good": one.supplied.named})
    reasons = (
        makes,
        *(feature.detail for feature in one.features if feature.contribution > 0 and feature.name != "alike"),
    )
    return Organiser(
        listed=one.supplied.listed,
        score=round(one.score, 6),
        reasons=reasons,
        features=one.features,
    )


def _shared(one: str, other: str) -> int:
    """How many leading digits two codes share."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
