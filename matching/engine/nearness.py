"""How near two codes, two units or two values are, from 0 to 1; NaN where they cannot be compared. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from typing import Final

from matching.engine.reading import Kind, Term
from registry.classifiers.tree import Tree
from search.analysis import convert, unit

# Two measured values are one where they differ by less: papers round.
SAME_VALUE: Final = 0.011

# Quantities that packing and delivery never have: of these a description speaks of the good, and may contradict.
OF_THE_GOOD: Final = frozenset({"apparent power", "power", "pressure", "voltage", "current", "force", "dn"})

# How far two codes agree, by the digits they share: the first where the shorter code ends there and the longer goes on,
# so that nothing contradicts it; the second where the next digits differ.
TNVED_TO_THE_END: Final = {2: 0.55, 4: 0.65, 6: 0.8, 8: 0.9, 10: 1.0}
TNVED_PARTING: Final = {0: 0.25, 2: 0.35, 4: 0.45, 6: 0.55, 8: 0.7}
KPVED_PARTING: Final = {0: 0.25, 1: 0.25, 2: 0.35, 3: 0.4, 4: 0.45, 5: 0.6, 6: 1.0}


def tnved_nearness(asked: str, offered: str, tree: Tree | None = None) -> float:
    """1 for one code of ten digits, least for codes of different chapters; a short code agrees as far as it goes.

    Codes that part below one unnumbered subheading are nearer than the digits tell, by half of what the next two would.
    """
    shared = _shared(asked, offered)
    even = shared - shared % 2
    if even == min(len(asked), len(offered)):
        return TNVED_TO_THE_END[even]
    near = TNVED_PARTING[even]
    if tree is not None and even >= 4:
        above = [node.key for node in tree.ancestors(asked)]
        common = [node for node, key in zip(tree.ancestors(offered), above, strict=False) if node.key == key]
        if common and common[-1].code is None:
            near += (TNVED_PARTING.get(even + 2, 1.0) - near) / 2
    return near


def kpved_nearness(asked: str, offered: str) -> float:
    """1 for one code, least for codes of different divisions."""
    return KPVED_PARTING[_shared(asked.replace(".", ""), offered.replace(".", ""))]


def enstru_nearness(asked: str, offered: str) -> float:
    """1 for one code; 0.7 where only the last, least telling group differs; 0.3 for anything else of one КПВЭД code."""
    if asked == offered:
        return 1.0
    if asked[:10] == offered[:10]:
        return 0.7
    return 0.3 if asked[:6] == offered[:6] else 0.0


def unit_nearness(asked: str, offered: str) -> float:
    """1 for one unit, 0.9 for one that converts, 0.25 for another kind; NaN where a unit is not known."""
    one, other = unit(asked), unit(offered)
    if one is None or other is None:
        return nan
    if one == other:
        return 1.0
    # Pipes are bought in metres and sold by the ton: another kind of unit says little of the good.
    return 0.9 if convert(1.0, one, other) is not None else 0.25


def dimension_nearness(asked: Term, offered: Term, in_name: bool) -> float:
    """1 for the same sizes, also in another order or with one more of them; less the more of them differ."""
    same = _matched(asked.sides, offered.sides)
    fewer = min(len(asked.sides), len(offered.sides))
    # A length beyond the section is often left out: 159x8 is met by 159x8x6000.
    return 1.0 if same == fewer and fewer > 1 else 0.4 * same / fewer


def measure_nearness(asked: Term, offered: Term, in_name: bool) -> float:
    """1 where a value of the same quantity is the same, or within the bound that is asked for; else the nearer the
    better, never above 0.4.

    What an offer says of itself only in its description can agree, but contradict only by quantities OF_THE_GOOD. A
    length agrees with a side of a dimension, too, in millimetres: a wall of 6 mm with 159x6; another side is of
    something else.
    """
    if offered.kind is Kind.DIMENSION:
        return 1.0 if any(_same(asked.value, side) for side in offered.sides) else nan
    if offered.quantity != asked.quantity:
        return nan
    low, high = sorted((abs(asked.value), abs(offered.value)))
    if _same(low, high) or (offered.value - asked.value) * asked.bound > 0:
        return 1.0
    if in_name or offered.quantity in OF_THE_GOOD:
        return 0.4 * low / high if high else 1.0
    return nan


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= SAME_VALUE * max(one, other)


def standard_nearness(asked: Term, offered: Term, in_name: bool) -> float:
    """1 for the same standard, of whatever year; else 0."""
    return 1.0 if offered.text == asked.text else 0.0


VALUES: Final[dict[Kind, Callable[[Term, Term, bool], float]]] = {
    Kind.DIMENSION: dimension_nearness,
    Kind.MEASURE: measure_nearness,
    Kind.STANDARD: standard_nearness,
}
"""How near a value of the need is to one of an offer, by kind; the last argument: whether the offer's name says it."""


def _shared(one: str, other: str) -> int:
    for position, (first, second) in enumerate(zip(one, other, strict=False)):
        if first != second:
            return position
    return min(len(one), len(other))


def _matched(one: Sequence[float], other: Sequence[float]) -> int:
    left = list(other)
    count = 0
    for side in one:
        for at, candidate in enumerate(left):
            if _same(side, candidate):
                del left[at]
                count += 1
                break
    return count
