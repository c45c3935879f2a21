"""Decided examples, found by their words: what others of that name were classified as. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.codes.reading import Text, read
from matching.codes.vocabulary import Floats, Ints
from registry.text import fold_key

# Examples nearer than the rest that are looked at for one text, and how near they must be.
NEIGHBOURS: Final = 40
LEAST_NEAR: Final = 0.12


@dataclass(frozen=True, slots=True)
class Example:
    """A text and the code it was given; fewer characters than a whole code name the branch alone.

    source: who decided, or whose good it is.
    """

    text: str
    code: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """Examples near a text, the nearest first: their numbers, and how near each is, 0..1; 1 is the very same text."""

    numbers: Ints
    nearness: Floats
    same: bool


NONE_NEAR: Final = Near(np.zeros(0, np.int32), np.zeros(0, np.float32), False)


class Examples:
    """Examples of one scheme, in memory. Immutable."""

    def __init__(self, examples: Iterable[Example]) -> None:
        self.all: Sequence[Example] = tuple(examples)
        self._same: dict[str, list[int]] = defaultdict(list)
        texts = []
        for number, example in enumerate(self.all):
            self._same[fold_key(example.text)].append(number)
            texts.append(tuple(dict.fromkeys(word.stem for word in read(example.text).words)))
        held = Counter(word for words in texts for word in words)
        total = len(texts)
        self._rarity = {
            word: float(np.log1p((total - times + 0.5) / (times + 0.5)) + 0.2) for word, times in held.items()
        }
        postings: dict[str, list[int]] = defaultdict(list)
        for number, words in enumerate(texts):
            for word in words:
                postings[word].append(number)
        self._postings = {word: np.array(numbers, np.int32) for word, numbers in postings.items()}
        length = [sum(self._rarity[word] ** 2 for word in words) ** 0.5 for words in texts]
        self._length = np.array(length, np.float32).clip(1e-6)

    def __len__(self) -> int:
        return len(self.all)

    def near(self, given: str, text: Text) -> Near:
        """Examples whose words are much the same as those of a text."""
        same = self._same.get(fold_key(given), [])
        parts, weights = [], []
        unknown = float(np.log1p(len(self.all) + 1.0))
        length = 0.0
        for word in text.words:
            rarity = self._rarity.get(word.stem)
            length += ((unknown if rarity is None else rarity) * word.weight) ** 2
            if rarity is not None:
                parts.append(self._postings[word.stem])
                weights.append(np.full(len(parts[-1]), rarity * rarity * word.weight))
        if not parts:
            return NONE_NEAR
        scores = np.bincount(np.concatenate(parts), np.concatenate(weights), len(self.all))
        scores = (scores / (self._length * max(length**0.5, 1e-6))).astype(np.float32).clip(0.0, 0.99)
        if same:
            scores[same] = 1.0
        best = np.flatnonzero(scores >= LEAST_NEAR)
        if len(best) > NEIGHBOURS:
            best = best[np.argpartition(-scores[best], NEIGHBOURS)[:NEIGHBOURS]]
        best = best[np.lexsort((best, -scores[best]))]
        return Near(best.astype(np.int32), scores[best], bool(same))
