"""Reasons for and against an offered good being the needed one, each from 0 to 1, for all candidates at once. Pure.

Each function takes a Comparison and gives one score per pair; NaN where nothing can be compared, since one side does
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
from matching.engine.nearness import VALUES, enstru_nearness, kpved_nearness, tnved_nearness, unit_nearness
from matching.engine.profile import WEIGHTS
from matching.engine.reading import Kind
from matching.engine.shelf import Flags, Floats, Ints
from registry.identifiers import kpved_of

# A value that only stands in a description may be of what the good is used for: against it speaks half as loudly.
SAID_ASIDE: Final = 0.5

# How much more the thing itself tells than another word as rare: a cable for a pump is no pump.
HEAD_TELLS: Final = 1.6

# Where the name tells nothing the description is judged so much more sharply, and the name by so much less; at least
# so much the description counts all the same. (Real lots are named "Средство моющее", their descriptions say for what.)
MOST_DETAILS: Final = 2.0
NAME_YIELDS: Final = 0.8
LEAST_DETAILS: Final = 0.1
# Where nothing of the name is held, fewer words of the description than these are chance.
TELLING_DETAILS: Final = 2

# Of several values the worst decides, to this share.
WORST: Final = 0.8
# What a value counts beside others that the offer does not state.
UNSTATED: Final = 0.7

# What the same code is worth that all candidates have; one that no other candidate has is worth 1.
COMMON_CODE: Final = 0.6


def words(pair: Comparison) -> Floats:
    """Share of what the words and marks of the need's name tell that the offer holds.

    Nearer to its neutral point where the name says too little and the description more, as in `details`.
    """
    neutral = WEIGHTS["words"].neutral
    moved: Floats = neutral + (pair.share_of_name - neutral) * (1.0 - NAME_YIELDS * pair.left_open[pair.whose])
    return moved


def details(pair: Comparison) -> Floats:
    """Share of what the words and marks of the need's description tell that the offer holds.

    Beside a telling name the description hardly counts and the score stays near its neutral point; where the name is
    no more than "Мешок" it is the description that says what is needed. One word of it alone does not speak for an
    offer that holds nothing of the name: notebooks have sheets, and so have roofs.
    """
    neutral = WEIGHTS["details"].neutral
    share = pair.share_held(pair.weights * ~pair.in_name)
    described = ((pair.held > 0) & ~pair.in_name[pair.whose]).sum(axis=1)
    chance = (pair.share_of_name == 0.0) & (described < TELLING_DETAILS)
    share = np.where(chance, np.minimum(share, neutral), share)
    moved: Floats = neutral + (share - neutral) * (MOST_DETAILS * pair.left_open).clip(LEAST_DETAILS)[pair.whose]
    return moved.clip(0.0, 1.0)


def own_words(pair: Comparison) -> Floats:
    """Share of what the offer's own name tells that the need speaks of: the rest is what the need did not ask for."""
    at = np.flatnonzero(pair.own_words)
    owner, terms = pair.batch.owner[at], pair.batch.terms[at]
    telling = pair.batch.weights[terms]
    telling[terms == pair.batch.heads[owner]] *= HEAD_TELLS
    whole = np.bincount(owner, weights=telling, minlength=len(pair))
    met = np.bincount(owner, weights=telling * pair.met.spoken_of[at], minlength=len(pair))
    share: Floats = np.divide(met, whole, out=np.full(len(pair), nan), where=whole > 0)
    return share


def wording(pair: Comparison) -> Floats:
    """Likeness letter by letter, whatever the order: it still sees what analysis took for different words."""
    found = np.full(len(pair), nan)
    for asked, span in zip(pair.asks, pair.spans, strict=True):
        if asked.letters:
            letters = pair.batch.letters[span]
            found[span] = process.cdist([asked.letters], letters, scorer=fuzz.token_set_ratio, dtype=np.float32)[0]
    return found / 100


def tnved(pair: Comparison) -> Floats:
    """How near the ТН ВЭД codes are in the tree."""
    wanted = [asked.need.tnved for asked in pair.asks]
    return _telling(pair, _by_label(pair, "tnved", wanted, partial(tnved_nearness, tree=pair.nomenclature)))


def kpved(pair: Comparison) -> Floats:
    """How near the КПВЭД codes are; a need states it with the first digits of its ЕНС ТРУ code."""
    wanted = [kpved_of(code) if (code := asked.need.enstru) else None for asked in pair.asks]
    return _telling(pair, _by_label(pair, "kpved", wanted, kpved_nearness))


def enstru(pair: Comparison) -> Floats:
    """Whether the ЕНС ТРУ codes are one, or of one kind of good."""
    return _telling(pair, _by_label(pair, "enstru", [asked.need.enstru for asked in pair.asks], enstru_nearness))


def units(pair: Comparison) -> Floats:
    """Whether the offer is counted in the need's unit, or in one that converts into it."""
    return _by_label(pair, "unit", [asked.need.unit for asked in pair.asks], unit_nearness)


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
    found = np.full(len(pair), nan)
    for need, (asked, span) in enumerate(zip(pair.asks, pair.spans, strict=True)):
        if wanted := asked.of(Kind.NUMBER):
            found[span] = np.mean([pair.holds(need, term.text) for term, _ in wanted], axis=0)
    return np.where((found > 0) | pair.named(Kind.NUMBER), found, nan)


def marks(pair: Comparison) -> Floats:
    """Share of the marks in the need's name (a grade of steel, a type of valve) that the offer has; as `numbers`."""
    found = np.full(len(pair), nan)
    for asked, span in zip(pair.asks, pair.spans, strict=True):
        if asked.marks:
            found[span] = (pair.held[span][:, asked.marks] > 0).mean(axis=1)
    return np.where((found > 0) | pair.named(Kind.MARK), found, nan)


def head(pair: Comparison) -> Floats:
    """Whether the thing itself is the same: the noun that the need begins with, and the one that the offer begins with.

    Half for each that the other side has too. Known of Russian names only, where the thing is named first.
    """
    return (pair.held_at([asked.head for asked in pair.asks]) + pair.met.heads) / 2


def nature(pair: Comparison) -> Floats:
    """Whether both are something done, works or services, or only one of them; unknown of two goods, as nearly all are.

    Works and services are not told apart: who buys and who sells name one thing by either.
    """
    done = np.array([asked.nature.done for asked in pair.asks])[pair.whose]
    agree = np.where(pair.batch.done == done, 1.0, 0.0)
    return np.where(pair.batch.done | done, agree, nan)


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
    """How near the values of a kind that the needs state are to the offers': by place among the need's, and by pair.

    NaN where the offer states none that can be compared, and beyond the need's last; of several the nearest counts.
    """
    found = pair.nearest.get(kind)
    if found is None:
        wanted = [asked.of(kind) for asked in pair.asks]
        found = pair.nearest[kind] = np.full((max(map(len, wanted), default=0), len(pair)), nan)
        owner, marked = pair.valued(kind)
        asked_for = np.array([bool(own) for own in wanted], dtype=np.bool_)[pair.whose[owner]]
        owner, marked = owner[asked_for], marked[asked_for]
        # What several offers say alike is compared with their need once.
        terms = 2 * len(pair.batch.vocabulary)
        different, which = np.unique(pair.whose[owner] * terms + marked, return_inverse=True)
        beyond = [[nan] * (len(found) - len(own)) for own in wanted]
        nearness, term = VALUES[kind], pair.batch.vocabulary.term
        rows = [
            [nearness(asked, term(mark >> 1), bool(mark & 1)) for asked, _ in wanted[need]] + beyond[need]
            for need, mark in (divmod(one, terms) for one in different.tolist())
        ]
        near = np.array(rows).reshape(len(different), len(found))
        for best, each in zip(found, near.T, strict=True):
            np.fmax.at(best, owner, each[which])
    return found


def unconfirmed(pair: Comparison, least: Said = Said.NAME) -> Flags:
    """Whether the need states a value that the offer says nowhere: as that value, or by the same number.

    least: the least telling place of which values count; bare numbers are taken from the name alone.
    """
    missing = np.zeros(len(pair), dtype=np.bool_)
    for need, (asked, span) in enumerate(zip(pair.asks, pair.spans, strict=True)):
        for term, said in asked.of(Kind.NUMBER):
            if said <= least:
                missing[span] |= ~pair.holds(need, term.text)
        for kind in (Kind.MEASURE, Kind.DIMENSION):
            for at, (term, said) in enumerate(asked.of(kind)):
                if said <= least:
                    same = nearest(pair, kind)[at, span] == 1.0
                    missing[span] |= ~(same | _written(pair, need, asked.figures.get(term.text, ())))
    return missing


def _written(pair: Comparison, need: int, figures: Sequence[str]) -> Flags | bool:
    """By pair of one need: whether the offer has all the numbers with which a value is written."""
    every: Flags | bool = np.all([pair.holds(need, figure) for figure in figures], axis=0) if figures else False
    return every


def _by_label(
    pair: Comparison, name: str, wanted: Sequence[str | None], nearness: Callable[[str, str], float]
) -> Floats:
    """Compare a code or the unit of each need with that of its offers; equal offers are compared once.

    wanted: by need.
    """
    if not any(wanted):
        return np.full(len(pair), nan)
    labels, numbers = pair.batch.labels[name]
    different, which = np.unique(pair.whose * len(labels) + numbers, return_inverse=True)
    each = [(wanted[need], labels[number]) for need, number in (divmod(one, len(labels)) for one in different.tolist())]
    near = [nearness(asked, label) if asked and label is not None else nan for asked, label in each]
    found: Floats = np.array(near)[which]
    return found


def _telling(pair: Comparison, nearness: Floats) -> Floats:
    """Nearness of codes, but less of it where many candidates are as near: then the code does not tell them apart."""
    near = nearness > COMMON_CODE
    if not near.any():
        return nearness
    telling = 1.0 - np.log(_as_near(pair, nearness)) / np.log(np.maximum(pair.counts, 2))[pair.whose]
    return np.where(near, COMMON_CODE + (nearness - COMMON_CODE) * telling, nearness)


def _as_near(pair: Comparison, nearness: Floats) -> Ints:
    """By pair: how many candidates of the need are as near or nearer; at least 1, also where it is not known."""
    order = np.lexsort((-nearness, pair.whose))
    near, whose = nearness[order], pair.whose[order]
    # In that order all of one nearness are alike, and as many are as near as stand up to the last of them.
    last = np.ones(len(near), dtype=np.bool_)
    last[:-1] = (near[1:] != near[:-1]) | (whose[1:] != whose[:-1])
    at = np.flatnonzero(last)
    place = at[np.searchsorted(at, np.arange(len(near)))]
    first = np.cumsum(pair.counts) - pair.counts
    found = np.empty(len(near), dtype=np.int32)
    found[order] = place - first[whose] + 1
    return found


def _by_values(pair: Comparison, kind: Kind) -> Floats:
    """Compare every value of a kind that the need states with those of each offer.

    Of those in the need's name the worst decides: one value that differs makes another good, however many agree. Those
    in its description are averaged and count a fifth beside them. Of a name's values that the offer does not state some
    speak neither for nor against where it states others: who states them all is nearer.
    """
    near = nearest(pair, kind)
    if not len(near):
        return np.full(len(pair), nan)
    places = [[said for _, said in asked.of(kind)] for asked in pair.asks]
    said = np.array([row + [Said.ASIDE] * (len(near) - len(row)) for row in places])[pair.whose].T
    near = np.where((said == Said.ASIDE) & (near < 1.0), nan, near)
    worst = np.fmin.reduce(np.where(said == Said.NAME, near, nan), axis=0)
    near = np.where(np.isnan(near) & (said == Said.NAME) & ~np.isnan(worst), UNSTATED, near)
    known = ~np.isnan(near)
    whole = np.where(known, near, 0.0).sum(axis=0)
    mean = np.divide(whole, known.sum(axis=0), out=np.full(len(pair), nan), where=known.any(axis=0))
    # At worst as if little were known: a value of a description may be of what the good is used for.
    found: Floats = np.where(np.isnan(worst), 1.0 - (1.0 - mean) * SAID_ASIDE, WORST * worst + (1.0 - WORST) * mean)
    return found
