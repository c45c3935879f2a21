"""What speaks for each code of a text: features, a row of figures for each, over the codes worth a look. Pure.

Each is about 0..1 and speaks for the code the more the larger it is, save `rest`, which by itself says nothing either
way. What they count is learned: see profile.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.codes.examples import Examples, Near
from matching.codes.index import Index, Met, Place
from matching.codes.levels import LEVELS
from matching.codes.reading import Text
from matching.codes.vocabulary import Floats, Ints

# Codes of a text that are looked at closely: the best of all, and the best few of each of the best headings, since a
# heading of a hundred codes would leave no room for others.
CANDIDATES: Final = 250
HEADINGS: Final = 80
OF_HEADING: Final = 3

FEATURES: Final = (
    "own",  # share of the text's words, by rarity, in the code's own name
    "way",  # … on the way from the heading down to it
    "heading",  # … in the heading
    "chapter",  # … only in what stands above the heading
    "own_whole",  # share of the code's own name that the text says
    "heading_whole",  # share of the heading's name that the text says
    "branch",  # how the heading, with everything below it, fits the text, beside the best one
    "branch_fit",  # the same by itself
    "first",  # whether the text's first word is met in the heading or below
    "first_heading",  # whether it is met in the heading itself
    "rest",  # the code is the rest of its siblings: "other"
    "rest_left",  # … and none of its siblings' names is met
    "clash",  # the code's own name says something that the text does not, and a sibling's name is met
    "example",  # how near the nearest example of the code is
    "example_fine",  # … of its subheading
    "example_heading",  # … of its heading
    "example_chapter",  # … of its chapter
    "example_share",  # share of near examples that are of its heading
    "example_same",  # the very text was decided so
)

# Where in the path of a code its words count how much, before anything is looked at closely.
_FIRST_LOOK: Final = np.array([0.25, 1.0, 0.8, 1.0], np.float32)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The codes worth a look for one text, by number in order, with the features of each: a row per feature.

    known: share of the text's words, by rarity, that the classifier has anything of. met: of each word of the text,
    where.
    """

    codes: Ints
    values: Floats
    known: float
    met: tuple[Met, ...]
    near: Near


def gather(index: Index, examples: Examples, given: str, text: Text) -> Evidence:
    """What speaks for which code; no codes where nothing of the text is known."""
    met = tuple(index.met(word.stem) for word in text.words)
    weights = [word.weight * one.rarity * one.best for word, one in zip(text.words, met, strict=True)]
    whole = sum(weights)
    unknown = sum(index.rarest * 0.5 * word.weight for word, one in zip(text.words, met, strict=True) if not one.best)
    near = examples.near(given, text)
    places = _in_places(index, met, weights)
    branch = _in_headings(index, met, weights)
    per_code = branch[index.headings.of]
    look = _FIRST_LOOK @ places / max(whole, 1e-6) + 0.5 * per_code / max(float(branch.max(initial=0.0)), 1e-6)
    by_example = _by_example(index, examples, near)
    look += 2.0 * by_example[0] + by_example[1] + by_example[2]
    found = _worth_a_look(index, look)
    values = _features(index, found, text, met, places, per_code, whole, by_example[:, found], near.same)
    return Evidence(found.astype(np.int32), values, whole / max(whole + unknown, 1e-6), met, near)


def _worth_a_look(index: Index, look: Floats) -> Ints:
    found = np.flatnonzero(look > 0)
    if len(found) <= CANDIDATES:
        return found
    found = found[np.lexsort((found, -look[found]))]
    headings = index.headings.of[found]
    # Each code's place among those of its heading, the best first; and each heading's place among the headings.
    _, first, of = np.unique(headings, return_index=True, return_inverse=True)
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.arange(len(first)))
    within = np.empty(len(found), np.int64)
    within[order] = np.arange(len(found)) - starts[of[order]]
    place = np.empty(len(first), np.int64)
    place[np.argsort(first, kind="stable")] = np.arange(len(first))
    chosen = (np.arange(len(found)) < CANDIDATES) | ((within < OF_HEADING) & (place[of] < HEADINGS))
    return np.sort(found[chosen])


def _in_places(index: Index, met: tuple[Met, ...], weights: list[float]) -> Floats:
    """By place in the path and code, the weight of the words met there."""
    size = len(index)
    if not met or not size:
        return np.zeros((len(Place), size), np.float32)
    flat = np.concatenate([one.places * size + one.codes for one in met])
    counted = np.concatenate([one.alike * weight for one, weight in zip(met, weights, strict=True)])
    return np.bincount(flat, counted, len(Place) * size).astype(np.float32).reshape(len(Place), size)


def _in_headings(index: Index, met: tuple[Met, ...], weights: list[float]) -> Floats:
    size = len(index.headings.names)
    if not met or not size:
        return np.zeros(size, np.float32)
    flat = np.concatenate([one.headings for one in met])
    counted = np.concatenate([one.telling * weight for one, weight in zip(met, weights, strict=True)])
    return np.bincount(flat, counted, size).astype(np.float32)


def _by_example(index: Index, examples: Examples, near: Near) -> Floats:
    """By level from the whole code up and then the share of the heading: the nearest example of each code's branch."""
    levels = LEVELS[index.scheme]
    found = np.zeros((len(levels) + 1, len(index)), np.float32)
    for at, length in enumerate(reversed(levels)):
        branches = index.branches[len(levels) - 1 - at]
        best = np.zeros(len(branches.names), np.float32)
        share = np.zeros(len(branches.names), np.float32)
        for number, nearness in zip(near.numbers.tolist(), near.nearness.tolist(), strict=True):
            code = examples.all[number].code
            branch = branches.number.get(code[:length]) if len(code) >= length else None
            if branch is not None:
                best[branch] = max(best[branch], nearness)
                share[branch] += nearness**2
        found[at] = best[branches.of]
        if len(levels) - 1 - at == index.heading_level and share.any():
            found[-1] = (share / share.sum())[branches.of]
    return found


def _features(
    index: Index,
    codes: Ints,
    text: Text,
    met: tuple[Met, ...],
    places: Floats,
    branch: Floats,
    whole: float,
    by_example: Floats,
    same: bool,
) -> Floats:
    said = places[:, codes]
    covered = said / max(whole, 1e-6)
    lang = text.language
    own_whole = np.minimum(said[Place.OWN] / np.maximum(index.own_whole[lang][codes], 1.0), 1.0)
    heading_whole = np.minimum(said[Place.HEADING] / np.maximum(index.heading_whole[lang][codes], 1.0), 1.0)
    fit = branch[codes]
    rest = index.rest[codes]
    siblings = index.siblings[codes]
    beside = np.zeros(int(siblings.max(initial=-1)) + 1, np.float32)
    np.maximum.at(beside, siblings, said[Place.OWN])
    sibling_met = beside[siblings] > 1e-6
    first, first_heading = _first(index, codes, met)
    fine = len(by_example) - 1
    return np.vstack(
        [
            *covered[[Place.OWN, Place.WAY, Place.HEADING, Place.CHAPTER]],
            own_whole,
            heading_whole,
            fit / max(float(branch.max(initial=0.0)), 1e-6),
            np.tanh(fit / max(whole * 2.0, 1e-6)),
            first,
            first_heading,
            rest,
            rest * ~sibling_met,
            (said[Place.OWN] <= 0) * sibling_met * (1 - rest),
            by_example[0],
            by_example[1],
            by_example[index.heading_above],
            by_example[fine - 1],
            by_example[-1],
            (by_example[0] >= 1.0) * same,
        ]
    ).astype(np.float32)


def _first(index: Index, codes: Ints, met: tuple[Met, ...]) -> tuple[Floats, Floats]:
    """How alike the first known word of the text is to one of a code's heading or below, and of its heading."""
    anywhere, heading = np.zeros((2, len(index)), np.float32)
    one = next((one for one in met if one.best), None)
    if one is not None:
        below = one.places != Place.CHAPTER
        anywhere[one.codes[below]] = one.alike[below]
        there = one.places == Place.HEADING
        heading[one.codes[there]] = one.alike[there]
    return anywhere[codes], heading[codes]
