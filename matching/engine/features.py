"""Reasons for and against an offered good being the needed one, each from 0 to 1, for all candidates at once. Pure.

Each function takes a Comparison and gives one score per offer; NaN where nothing can be compared, since one side does
not say. What a score is worth stands in profile.py, its sentence in reasons.py. Only the good is judged here; maker,
papers and quantity are another matter (supply.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import nan
from typing import Final

import numpy as np
from rapidfuzz import fuzz, process

from matching.engine.asked import Said
from matching.engine.comparison import Comparison
from matching.engine.profile import WEIGHTS
from matching.engine.reading import Kind, Term
from matching.engine.shelf import Flags, Floats
from registry.classifiers.tree import Tree
from registry.identifiers import kpved_of
from search.analysis import convert, unit

# Two measured values are one where they differ by less: papers round.
SAME_VALUE: Final = 0.011
# A value that only stands in a description may be of what the good is used for: against it speaks half as loudly.
SAID_ASIDE: Final = 0.5

# Quantities that packing and delivery never have: of these a description speaks of the good, and may contradict.
OF_THE_GOOD: Final = frozenset({"apparent power", "power", "pressure", "voltage", "current", "force", "dn"})

# How much more the thing itself tells than another word as rare: a cable for a pump is no pump.
HEAD_TELLS: Final = 1.6

# A name is telling enough by itself that has as many of the rarest words, or more of others. Where it tells nothing the
# description is judged so much more sharply, and the name by so much less; at least so much the description counts all
# the same. (Real lots are named "Средство моющее", and their descriptions say for what.)
ENOUGH_WORDS: Final = 3
MOST_DETAILS: Final = 2.0
NAME_YIELDS: Final = 0.8
LEAST_DETAILS: Final = 0.1

# Of several values the worst decides, to this share.
WORST: Final = 0.8

# What the same code is worth that all candidates have; one that no other candidate has is worth 1.
COMMON_CODE: Final = 0.6

# How far two codes agree, by the digits they share: the first where the shorter code ends there and the longer goes on,
# so that nothing contradicts it; the second where the next digits differ.
TNVED_TO_THE_END: Final = {2: 0.55, 4: 0.65, 6: 0.8, 8: 0.9, 10: 1.0}
TNVED_PARTING: Final = {0: 0.25, 2: 0.35, 4: 0.45, 6: 0.55, 8: 0.7}
KPVED_PARTING: Final = {0: 0.25, 1: 0.25, 2: 0.35, 3: 0.4, 4: 0.45, 5: 0.6, 6: 1.0}


def words(pair: Comparison) -> Floats:
    """Share of what the words and marks of the need's name tell that the offer holds.

    Nearer to its neutral point where the name says too little and the description more, as in `details`.
    """
    neutral = WEIGHTS["words"].neutral
    moved: Floats = neutral + (share_of_name(pair) - neutral) * (1.0 - NAME_YIELDS * _left_open(pair))
    return moved


def share_of_name(pair: Comparison) -> Floats:
    """Share of what the words and marks of the need's name tell that the offer holds, whatever its description says."""
    return _share_held(pair, 0, pair.asked.in_name)


def share_of_need(pair: Comparison) -> Floats:
    """Share of what the words and marks of the need's name and description tell together that the offer holds."""
    return _share_held(pair, 0, len(pair.asked.sought))


def details(pair: Comparison) -> Floats:
    """Share of what the words and marks of the need's description tell that the offer holds.

    Beside a telling name the description hardly counts and the score stays near its neutral point; where the name is
    no more than "Мешок" it is the description that says what is needed.
    """
    neutral = WEIGHTS["details"].neutral
    share = _share_held(pair, pair.asked.in_name, len(pair.asked.sought))
    moved: Floats = neutral + (share - neutral) * max(LEAST_DETAILS, MOST_DETAILS * _left_open(pair))
    return moved.clip(0.0, 1.0)


def own_words(pair: Comparison) -> Floats:
    """Share of what the offer's own name tells that the need speaks of: the rest is what the need did not ask for."""
    whole = _told(pair, pair.own_words)
    met = _told(pair, pair.own_words & pair.spoken_of)
    share: Floats = np.divide(met, whole, out=np.full(len(pair), nan), where=whole > 0)
    return share


def wording(pair: Comparison) -> Floats:
    """Likeness letter by letter, whatever the order: it still sees what analysis took for different words."""
    if not pair.asked.letters:
        return np.full(len(pair), nan)
    found = process.cdist([pair.asked.letters], pair.batch.letters, scorer=fuzz.token_set_ratio, dtype=np.float32)
    return np.asarray(found[0], dtype=np.float64) / 100


def tnved(pair: Comparison) -> Floats:
    """How near the ТН ВЭД codes are in the tree."""
    return _telling(_by_label(pair, "tnved", pair.asked.need.tnved, partial(tnved_nearness, tree=pair.nomenclature)))


def kpved(pair: Comparison) -> Floats:
    """How near the КПВЭД codes are; a need states it with the first digits of its ЕНС ТРУ code."""
    enstru = pair.asked.need.enstru
    return _telling(_by_label(pair, "kpved", kpved_of(enstru) if enstru else None, kpved_nearness))


def enstru(pair: Comparison) -> Floats:
    """Whether the ЕНС ТРУ codes are one, or of one kind of good."""
    return _telling(_by_label(pair, "enstru", pair.asked.need.enstru, enstru_nearness))


def units(pair: Comparison) -> Floats:
    """Whether the offer is counted in the need's unit, or in one that converts into it."""
    return _by_label(pair, "unit", pair.asked.need.unit, unit_nearness)


def dimensions(pair: Comparison) -> Floats:
    """Whether the sizes written as `159x8` agree."""
    return _by_terms(pair, Kind.DIMENSION)


def measures(pair: Comparison) -> Floats:
    """Whether the values with a unit agree: 5 кг is 5000 г, DN 150 is Ду150."""
    return _by_terms(pair, Kind.MEASURE)


def numbers(pair: Comparison) -> Floats:
    """Share of the need's bare numbers (a grade, a size, a type) that the offer has, be it as a size or in a code.

    An offer without any bare number in its names does not contradict.
    """
    wanted = [term for term, _ in pair.asked.of(Kind.NUMBER)]
    if not wanted:
        return np.full(len(pair), nan)
    found = np.mean([pair.holds(term.text) for term in wanted], axis=0)
    others = pair.named(Kind.NUMBER)
    return np.where((found > 0) | others, found, nan)


def marks(pair: Comparison) -> Floats:
    """Share of the marks in the need's name (a grade of steel, a type of valve) that the offer has; as `numbers`."""
    wanted = pair.asked.marks
    if not wanted:
        return np.full(len(pair), nan)
    found = (pair.held[:, wanted] > 0).mean(axis=1)
    return np.where((found > 0) | pair.named(Kind.MARK), found, nan)


def head(pair: Comparison) -> Floats:
    """Whether the thing itself is the same: the noun that the need begins with, and the one that the offer begins with.

    Half for each that the other side has too. Known of Russian names only, where the thing is named first.
    """
    if pair.asked.head is None:
        return np.full(len(pair), nan)
    held = pair.held[:, pair.asked.head]
    return (held + pair.head_spoken_of) / 2


def nature(pair: Comparison) -> Floats:
    """Whether both are something done, works or services, or only one of them; unknown of two goods, as nearly all are.

    Works and services are not told apart: who buys and who sells name one thing by either.
    """
    agree = np.where(pair.batch.done == pair.asked.nature.done, 1.0, 0.0)
    return np.where(pair.batch.done | pair.asked.nature.done, agree, nan)


def standards(pair: Comparison) -> Floats:
    """Whether the standards named agree; the year of one is not compared."""
    return _by_terms(pair, Kind.STANDARD)


FEATURES: Final[dict[str, Callable[[Comparison], Floats]]] = {
    "words": words,
    "details": details,
    "own_words": own_words,
    "head": head,
    "wording": wording,
    "dimensions": dimensions,
    "measures": measures,
    "numbers": numbers,
    "marks": marks,
    "standards": standards,
    "nature": nature,
    "tnved": tnved,
    "kpved": kpved,
    "enstru": enstru,
    "units": units,
}
"""Every feature of sameness by name, in the order it is told."""


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


def dimension_nearness(asked: Term, offered: Sequence[tuple[Term, bool]]) -> float:
    """1 for the same sizes, also in another order or with one more of them; less the more of them differ."""
    best = nan
    for term, _ in offered:
        same = _matched(asked.sides, term.sides)
        fewer = min(len(asked.sides), len(term.sides))
        # A length beyond the section is often left out: 159x8 is met by 159x8x6000.
        near = 1.0 if same == fewer and fewer > 1 else 0.4 * same / fewer
        best = max(near, best) if best == best else near
    return best


def measure_nearness(asked: Term, offered: Sequence[tuple[Term, bool]]) -> float:
    """1 where a value of the same quantity is the same, or within the bound that is asked for; else the nearer the
    better, never above 0.4.

    What an offer says of itself only in its description can agree, but contradict only by quantities OF_THE_GOOD.
    """
    best = nan
    for term, in_name in offered:
        if term.quantity != asked.quantity:
            continue
        low, high = sorted((abs(asked.value), abs(term.value)))
        if high - low <= SAME_VALUE * high or (term.value - asked.value) * asked.bound > 0:
            return 1.0
        if in_name or term.quantity in OF_THE_GOOD:
            near = 0.4 * low / high if high else 1.0
            best = max(near, best) if best == best else near
    return best


def standard_nearness(asked: Term, offered: Sequence[tuple[Term, bool]]) -> float:
    """1 for the same standard, of whatever year; 0 where the offer names only others; NaN where it names none."""
    if not offered:
        return nan
    return 1.0 if any(term.text == asked.text for term, _ in offered) else 0.0


NEARNESS: Final[dict[Kind, Callable[[Term, Sequence[tuple[Term, bool]]], float]]] = {
    Kind.DIMENSION: dimension_nearness,
    Kind.MEASURE: measure_nearness,
    Kind.STANDARD: standard_nearness,
}
"""How near a value of the need is to those of an offer, by kind; NaN where they cannot be compared."""


def unconfirmed(pair: Comparison, least: Said = Said.NAME) -> Flags:
    """Whether the need states a value that the offer says nowhere: as that value, or by the same number.

    least: the least telling place of which values count; bare numbers are taken from the name alone.
    """
    missing = np.zeros(len(pair), dtype=np.bool_)
    for kind in (Kind.NUMBER, Kind.MEASURE, Kind.DIMENSION):
        for term, said in pair.asked.of(kind):
            if said <= least:
                missing |= ~_confirmed(pair, term)
    return missing


def _confirmed(pair: Comparison, term: Term) -> Flags:
    if term.kind is Kind.NUMBER:
        return pair.holds(term.text)
    figures = pair.asked.figures.get(term.text, ())
    found = np.all([pair.holds(figure) for figure in figures], axis=0) if figures else np.zeros(len(pair), np.bool_)
    if found.all():
        return found
    batch, nearness = pair.batch, NEARNESS[term.kind]
    at = batch.kinds == term.kind
    same = [
        number
        for number in np.unique(batch.terms[at]).tolist()
        if nearness(term, [(batch.vocabulary.term(number), True)]) == 1.0
    ]
    if same:
        found = found.copy()
        found[batch.owner[at & np.isin(batch.terms, same)]] = True
    return found


def _left_open(pair: Comparison) -> float:
    """How far the name leaves to the description what is needed: 0 where it is telling, or nothing is described."""
    asked, rarest = pair.asked, pair.batch.vocabulary.rarest
    named = float(asked.weights[: asked.in_name].sum()) / (ENOUGH_WORDS * rarest)
    described = float(asked.weights[asked.in_name :].sum()) / rarest
    return max(0.0, 1.0 - named) * min(1.0, described)


def _share_held(pair: Comparison, start: int, end: int) -> Floats:
    weights = pair.asked.weights[start:end]
    whole = weights.sum()
    if not whole:
        return np.full(len(pair), nan)
    share: Floats = pair.held[:, start:end] @ weights / whole
    return share


def _told(pair: Comparison, flags: Flags) -> Floats:
    """By offer: how much its flagged entries tell; the thing itself tells HEAD_TELLS times as much as its rarity."""
    told = pair.batch.weights[pair.batch.terms[flags]]
    told = np.where(pair.batch.terms[flags] == pair.batch.heads[pair.batch.owner[flags]], HEAD_TELLS * told, told)
    return np.bincount(pair.batch.owner[flags], weights=told, minlength=len(pair)).astype(np.float64)


def _by_label(pair: Comparison, name: str, asked: str | None, nearness: Callable[[str, str], float]) -> Floats:
    """Compare a code or the unit of the need with that of each offer; equal offers are compared once."""
    if not asked:
        return np.full(len(pair), nan)
    labels, numbers = pair.batch.labels[name]
    different, which = np.unique(numbers, return_inverse=True)
    offered = [labels[number] for number in different.tolist()]
    found: Floats = np.array([nan if label is None else nearness(asked, label) for label in offered])[which]
    return found


def _telling(nearness: Floats) -> Floats:
    """Nearness of codes, but less of it where many candidates are as near: then the code does not tell them apart."""
    near = nearness > COMMON_CODE
    if not near.any():
        return nearness
    known = np.sort(nearness[~np.isnan(nearness)])
    as_near = len(known) - np.searchsorted(known, nearness)
    telling = 1.0 - np.log(as_near.clip(1)) / np.log(max(len(nearness), 2))
    return np.where(near, COMMON_CODE + (nearness - COMMON_CODE) * telling, nearness)


def _by_terms(pair: Comparison, kind: Kind) -> Floats:
    """Compare every term of a kind that the need has with those of each offer.

    Of those in the need's name the worst decides: one value that differs makes another good, however many agree. Those
    in its description are averaged and count a fifth beside them.
    """
    wanted = pair.asked.of(kind)
    if not wanted:
        return np.full(len(pair), nan)
    known: dict[tuple[int, ...], float] = {(): nan}
    scores = []
    for marked in pair.valued(kind):
        if marked not in known:
            known[marked] = _agreement(wanted, pair.terms(marked), NEARNESS[kind])
        scores.append(known[marked])
    return np.array(scores)


def _agreement(
    wanted: Sequence[tuple[Term, Said]],
    offered: Sequence[tuple[Term, bool]],
    nearness: Callable[[Term, Sequence[tuple[Term, bool]]], float],
) -> float:
    in_name: list[float] = []
    described: list[float] = []
    for term, said in wanted:
        near = nearness(term, offered)
        if near == near and (said is not Said.ASIDE or near == 1.0):
            (in_name if said is Said.NAME else described).append(near)
    if in_name:
        return WORST * min(in_name) + (1 - WORST) * _mean(in_name + described)
    if described:
        # At worst as if little were known: the value may be of what the good is used for.
        return 1.0 - (1.0 - _mean(described)) * SAID_ASIDE
    return nan


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


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
            if abs(side - candidate) <= SAME_VALUE * max(side, candidate):
                del left[at]
                count += 1
                break
    return count
