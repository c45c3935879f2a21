"""Reasons for and against an offered good being the needed one, each from 0 to 1, for all candidates at once. Pure.

Each function takes a Comparison and gives one score per offer; NaN where nothing can be compared, since one side does
not say. What a score is worth stands in profile.py, its sentence in reasons.py. Only the good is judged here; maker,
papers and quantity are another matter (supply.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import nan
from typing import Final

import numpy as np
from rapidfuzz import fuzz, process

from matching.engine.asked import Said
from matching.engine.comparison import Comparison
from matching.engine.nearness import VALUES, enstru_nearness, kpved_nearness, tnved_nearness, unit_nearness
from matching.engine.profile import WEIGHTS
from matching.engine.reading import Kind, Term
from matching.engine.shelf import Flags, Floats
from registry.identifiers import kpved_of

# A value that only stands in a description may be of what the good is used for: against it speaks half as loudly.
SAID_ASIDE: Final = 0.5

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
    return _by_values(pair, Kind.DIMENSION)


def measures(pair: Comparison) -> Floats:
    """Whether the values with a unit agree: 5 кг is 5000 г, DN 150 is Ду150."""
    return _by_values(pair, Kind.MEASURE)


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
    return _by_values(pair, Kind.STANDARD)


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


def nearest(pair: Comparison, kind: Kind) -> Floats:
    """How near the values of a kind that the need states are to the offers': a row per value, a column per offer.

    NaN where the offer states none that can be compared; of several the nearest counts.
    """
    found = pair.nearest.get(kind)
    if found is None:
        wanted = pair.asked.of(kind)
        owner, marked = pair.valued(kind)
        different, which = np.unique(marked, return_inverse=True)
        offered = [(pair.batch.vocabulary.term(mark >> 1), bool(mark & 1)) for mark in different.tolist()]
        nearness = VALUES[kind]
        found = pair.nearest[kind] = np.full((len(wanted), len(pair)), nan)
        for row, (asked, _) in zip(found, wanted, strict=True):
            each = np.array([nearness(asked, term, in_name) for term, in_name in offered], dtype=np.float64)
            np.fmax.at(row, owner, each[which])
    return found


def unconfirmed(pair: Comparison, least: Said = Said.NAME) -> Flags:
    """Whether the need states a value that the offer says nowhere: as that value, or by the same number.

    least: the least telling place of which values count; bare numbers are taken from the name alone.
    """
    missing = np.zeros(len(pair), dtype=np.bool_)
    for term, said in pair.asked.of(Kind.NUMBER):
        if said <= least:
            missing |= ~pair.holds(term.text)
    for kind in (Kind.MEASURE, Kind.DIMENSION):
        for at, (term, said) in enumerate(pair.asked.of(kind)):
            if said <= least:
                missing |= ~(_written(pair, term) | (nearest(pair, kind)[at] == 1.0))
    return missing


def _written(pair: Comparison, term: Term) -> Flags:
    """Whether the offer has all numbers with which the need writes a value."""
    found = [pair.holds(figure) for figure in pair.asked.figures.get(term.text, ())]
    every: Flags = np.all(found, axis=0) if found else np.zeros(len(pair), dtype=np.bool_)
    return every


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
    each = numbers.tolist()
    near = {number: nan if (label := labels[number]) is None else nearness(asked, label) for number in set(each)}
    return np.array([near[number] for number in each], dtype=np.float64)


def _telling(nearness: Floats) -> Floats:
    """Nearness of codes, but less of it where many candidates are as near: then the code does not tell them apart."""
    near = nearness > COMMON_CODE
    if not near.any():
        return nearness
    known = np.sort(nearness[~np.isnan(nearness)])
    as_near = len(known) - np.searchsorted(known, nearness)
    telling = 1.0 - np.log(as_near.clip(1)) / np.log(max(len(nearness), 2))
    return np.where(near, COMMON_CODE + (nearness - COMMON_CODE) * telling, nearness)


def _by_values(pair: Comparison, kind: Kind) -> Floats:
    """Compare every value of a kind that the need states with those of each offer.

    Of those in the need's name the worst decides: one value that differs makes another good, however many agree. Those
    in its description are averaged and count a fifth beside them.
    """
    wanted = pair.asked.of(kind)
    if not wanted:
        return np.full(len(pair), nan)
    near = nearest(pair, kind)
    said = np.array([place for _, place in wanted])
    if (said == Said.ASIDE).any():
        near = np.where((said == Said.ASIDE)[:, None] & (near < 1.0), nan, near)
    named = near[said == Said.NAME]
    worst = np.fmin.reduce(named, axis=0) if len(named) else np.full(len(pair), nan)
    known = ~np.isnan(near)
    mean = np.divide(
        np.where(known, near, 0.0).sum(axis=0), known.sum(axis=0), out=worst.copy(), where=known.any(axis=0)
    )
    # At worst as if little were known: a value of a description may be of what the good is used for.
    found: Floats = np.where(np.isnan(worst), 1.0 - (1.0 - mean) * SAID_ASIDE, WORST * worst + (1.0 - WORST) * mean)
    return found
