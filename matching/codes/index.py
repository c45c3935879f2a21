"""A classifier as classifying needs it: which codes a word speaks for, and where in their paths it stands.

An inverted index over the codes that may be assigned. Every word of a code's path is kept once for it, at its most
telling place: in the heading that says what the thing is, on the way down from it, in the code's own name, or only in
the chapter. A heading besides collects the words of everything below it: it is often right where none of its codes is
sure. Words that the classifier does not have are read as those of it that they are most like.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from threading import Lock
from typing import Final

import numpy as np

from matching.codes.levels import HEADING, LEVELS, leaves
from matching.codes.reading import read_name
from matching.codes.vocabulary import Floats, Ints, Vocabulary
from registry.classifiers.models import Scheme
from registry.classifiers.tree import Node, Tree
from registry.identifiers import kpved_of

# Words whose places stay remembered: 20,000 rows of a price list have some 10,000, and each takes some 3 KB.
_REMEMBERED: Final = 1 << 13
LANGUAGES: Final = ("kk", "ru", "en")


class Place(IntEnum):
    """Where in the path of a code a word stands; of several places the later counts."""

    CHAPTER = 0
    OWN = 1
    WAY = 2
    HEADING = 3


@dataclass(frozen=True, slots=True)
class Met:
    """Where a word of a text was met: codes, the place in the path of each, how alike the words are, and the rarity.

    headings: those that hold it, and how much it says of each.
    """

    codes: Ints
    places: Ints
    alike: Floats
    headings: Ints
    telling: Floats
    rarity: float
    best: float


_NONE: Final = np.zeros(0, np.int32)
_NO_SHARE: Final = np.zeros(0, np.float32)
_NOWHERE: Final = Met(_NONE, _NONE, _NO_SHARE, _NONE, _NO_SHARE, 0.0, 0.0)


class Index:
    """The index of one scheme on one day. Immutable but for what it remembers of words."""

    def __init__(self, scheme: Scheme, tree: Tree, above: Tree | None = None) -> None:
        """above: of ЕНС ТРУ the КПВЭД, whose names stand above its codes."""
        self.scheme = scheme
        self.tree = tree
        self.nodes = tuple(leaves(scheme, tree))
        self.codes = tuple(node.code or "" for node in self.nodes)
        self.number = {code: number for number, code in enumerate(self.codes)}
        self.branches = [Branches(self.codes, length) for length in LEVELS[scheme]]
        self.heading_level = LEVELS[scheme].index(HEADING[scheme])
        self.headings = self.branches[self.heading_level]
        # How many levels the heading stands above the whole code.
        self.heading_above = len(self.branches) - 1 - self.heading_level
        self.above = above
        self._met: OrderedDict[str, Met] = OrderedDict()
        self._lock = Lock()
        self._build()

    def __len__(self) -> int:
        return len(self.codes)

    def _build(self) -> None:
        paths = self._paths()
        numbers: dict[str, int] = {}
        read = {
            step.key: {
                lang: [numbers.setdefault(word, len(numbers)) for word in words] for lang, words in _names(step).items()
            }
            for step in {step.key: step for path in paths for step, _ in path}.values()
        }
        everything = {key: list({word for words in names.values() for word in words}) for key, names in read.items()}
        words: list[int] = []
        places: list[int] = []
        ends: list[int] = []
        in_heading: dict[tuple[int, str], float] = {}
        for number, path in enumerate(paths):
            heading = int(self.headings.of[number])
            for step, place in path:
                said = everything[step.key]
                words += said
                places += [place] * len(said)
                if place is not Place.CHAPTER:
                    in_heading[heading, step.key] = 3.0 if place is Place.HEADING else 1.0
            ends.append(len(words))
        order = sorted(numbers)
        self.vocabulary = Vocabulary(order)
        renumbered = np.zeros(max(len(numbers), 1), np.int64)
        renumbered[[numbers[word] for word in order]] = np.arange(len(order))
        self._hold(renumbered[words], np.array(places, np.int32), np.diff(ends, prepend=0))
        self._rate(in_heading, {key: renumbered[said] for key, said in everything.items()})
        own = [[step.key for step, place in path if step is path[-1][0]] for path in paths]
        heads = [[step.key for step, place in path if place is Place.HEADING] for path in paths]
        rare = {
            key: {lang: float(self.rarity[renumbered[said]].sum()) for lang, said in names.items()}
            for key, names in read.items()
        }
        self.own_whole = _whole(own, rare)
        self.heading_whole = _whole(heads, rare)
        self.rest = np.array([not everything[key] for (key,) in own], np.float32)

    def _hold(self, words: Ints, places: Ints, sizes: Ints) -> None:
        """Keep of each word its codes, each once, with the latest place."""
        total = max(len(self.codes), 1)
        of = np.repeat(np.arange(len(self.codes)), sizes)
        keys = np.sort((words * total + of) * len(Place) + places)
        pairs, place = np.divmod(keys, len(Place))
        last = np.append(pairs[1:] != pairs[:-1], True) if len(pairs) else np.zeros(0, bool)
        word, code = np.divmod(pairs[last], total)
        starts = np.searchsorted(word, np.arange(len(self.vocabulary) + 1))
        self._starts = starts
        self._codes, self._places = code.astype(np.int32), place[last].astype(np.int32)

    def _rate(self, in_heading: Mapping[tuple[int, str], float], said: Mapping[str, Ints]) -> None:
        """Keep of each word its headings with how much it says of each, and how rare it is among them."""
        total = max(len(self.headings.names), 1)
        keys = [said[key] * total + heading for (heading, key) in in_heading]
        times = np.repeat(np.fromiter(in_heading.values(), np.float32, len(in_heading)), [len(one) for one in keys])
        flat = np.concatenate(keys) if keys else np.zeros(0, np.int64)
        order = np.argsort(flat, kind="stable")
        flat, times = flat[order], times[order]
        first = np.flatnonzero(np.append(True, flat[1:] != flat[:-1])) if len(flat) else np.zeros(0, np.int64)
        pairs = flat[first]
        summed = np.add.reduceat(times, first).astype(np.float32) if len(flat) else times
        word, heading = np.divmod(pairs, total)
        sizes = np.bincount(heading, summed, total)
        room = 1.2 * (0.4 + 0.6 * sizes[heading] / max(float(sizes.mean()), 1.0))
        self._heading_starts = np.searchsorted(word, np.arange(len(self.vocabulary) + 1))
        self._headings = heading.astype(np.int32)
        self._telling = (summed * 2.2 / (summed + room)).astype(np.float32)
        # A word of chapters alone is in none of the headings themselves, and tells about as little as one of many.
        held = np.diff(self._heading_starts).astype(np.float32)
        held[held == 0] = total / 4
        self.rarest = float(np.log1p(total + 1.0))
        self.rarity = np.log1p((total - held + 0.5) / (held + 0.5)).astype(np.float32).clip(0.05)

    def _paths(self) -> list[list[tuple[Node, Place]]]:
        """Of each code the nodes from the top down to it, each with its place."""
        length = HEADING[self.scheme]
        known: dict[str, list[tuple[Node, Place]]] = {}
        found = []
        for node in self.tree.nodes:
            above = known.get(node.parent_key or "", [])
            code = node.code or ""
            if code and len(code) <= length:
                place = Place.HEADING if len(code) == length else Place.CHAPTER
            elif any(place is Place.HEADING for _, place in above):
                place = Place.WAY
            else:
                place = Place.CHAPTER
            path = known[node.key] = [*above, (node, place)]
            if node.code in self.number:
                headed = self.scheme is not Scheme.ENSTRU and any(it is Place.HEADING for _, it in above)
                # What has no heading above it is one itself.
                path = [*self._of_kpved(code), *above, (node, Place.OWN if headed else Place.HEADING)]
                found.append(path)
        return found

    def _of_kpved(self, code: str) -> list[tuple[Node, Place]]:
        """Names of the КПВЭД that stand above a code of the ЕНС ТРУ."""
        if self.scheme is not Scheme.ENSTRU or self.above is None:
            return []
        steps = self.above.ancestors(kpved_of(code))
        return [(step, Place.WAY if step is steps[-1] else Place.CHAPTER) for step in steps]

    def met(self, word: str) -> Met:
        """Where a word is met, itself or one much like it."""
        with self._lock:
            known = self._met.get(word)
            if known is not None:
                self._met.move_to_end(word)
                return known
        found = self._meet(word)
        with self._lock:
            self._met[word] = found
            while len(self._met) > _REMEMBERED:
                self._met.popitem(last=False)
        return found

    def _meet(self, word: str) -> Met:
        alike = self.vocabulary.alike(word)
        if not alike:
            return _NOWHERE
        codes: dict[int, tuple[float, int]] = {}
        headings: dict[int, float] = {}
        for number, score in alike:
            held = slice(self._starts[number], self._starts[number + 1])
            for code, place in zip(self._codes[held].tolist(), self._places[held].tolist(), strict=True):
                if code not in codes or codes[code] < (score, place):
                    codes[code] = (score, place)
            held = slice(self._heading_starts[number], self._heading_starts[number + 1])
            for heading, said in zip(self._headings[held].tolist(), self._telling[held].tolist(), strict=True):
                headings[heading] = max(headings.get(heading, 0.0), said * score)
        best = alike[0][1]
        near = [number for number, score in alike if score >= best - 0.1]
        order = sorted(codes)
        return Met(
            np.array(order, np.int32),
            np.array([codes[code][1] for code in order], np.int32),
            np.array([codes[code][0] for code in order], np.float32),
            np.array(list(headings), np.int32),
            np.array(list(headings.values()), np.float32),
            float(min(self.rarity[number] for number in near)),
            best,
        )

    @cached_property
    def siblings(self) -> Ints:
        """Of each code the number of the node it hangs from, for what stands side by side."""
        parents: dict[str, int] = {}
        return np.array([parents.setdefault(node.parent_key or "", len(parents)) for node in self.nodes], np.int32)


class Branches:
    """The branches of one level: their names in order, and of each code the number of its branch."""

    def __init__(self, codes: Iterable[str], length: int) -> None:
        numbers: dict[str, int] = {}
        self.of = np.array([numbers.setdefault(code[:length], len(numbers)) for code in codes], np.int32)
        self.names = tuple(numbers)
        self.number = numbers
        self.length = length


def _whole(keys: Iterable[Iterable[str]], rare: Mapping[str, Mapping[str, float]]) -> dict[str, Floats]:
    """By language how much all words of the named nodes weigh; of what has no name in it those of another."""
    every = [list(it) for it in keys]
    found = {
        lang: np.array([sum(rare[key].get(lang, 0.0) for key in each) for each in every], np.float32)
        for lang in LANGUAGES
    }
    for lang, order in (("kk", ("ru", "en")), ("en", ("ru", "kk")), ("ru", ("kk", "en"))):
        for other in order:
            found[lang] = np.where(found[lang] > 0, found[lang], found[other])
    return found


def _names(node: Node) -> dict[str, tuple[str, ...]]:
    names = {"kk": node.name_kk, "ru": node.name_ru, "en": node.name_en}
    read = {lang: read_name(name) for lang, name in names.items()}
    if node.aliases:
        read["ru"] = tuple(dict.fromkeys((*read["ru"], *read_name(node.aliases))))
    return read
