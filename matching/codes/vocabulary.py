"""The words of a classifier, and which of them are much like a given one: хлопок and хлопковый. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.codes.reading import grams

Ints = NDArray[np.signedinteger[Any]]
Floats = NDArray[np.float32]

# Words that are less alike than this have nothing in common but letters.
LEAST_ALIKE: Final = 0.5
MOST_ALIKE: Final = 8
# A likeness is no sameness: what only resembles a word counts so much less.
DISCOUNT: Final = 0.8
_SHORTEST: Final = 4
_PREFIX: Final = 4


class Vocabulary:
    """Words with numbers, found by their letters."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(sorted(words))
        self.number = {word: number for number, word in enumerate(self.words)}
        held: dict[str, list[int]] = {}
        sizes = []
        for number, word in enumerate(self.words):
            pieces = grams(word)
            sizes.append(len(pieces))
            for gram in pieces:
                held.setdefault(gram, []).append(number)
        self._held = {gram: np.array(numbers, np.int32) for gram, numbers in held.items()}
        self._sizes = np.array(sizes, np.float32)

    def __len__(self) -> int:
        return len(self.words)

    def alike(self, word: str) -> list[tuple[int, float]]:
        """Numbers of the words most like a word, with how alike they are, the word itself first with 1."""
        own = self.number.get(word)
        found = [] if own is None else [(own, 1.0)]
        if len(word) < _SHORTEST or any(sign.isdigit() for sign in word):
            return found
        pieces = grams(word)
        parts = [self._held[gram] for gram in sorted(pieces) if gram in self._held]
        if not parts:
            return found
        shared = np.bincount(np.concatenate(parts), minlength=len(self.words))
        dice = 2 * shared / (len(pieces) + self._sizes)
        near = np.flatnonzero(dice >= LEAST_ALIKE - 0.25)
        scored = [(self._alike(word, int(at), float(dice[at])), int(at)) for at in near if at != own]
        best = sorted((-score, at) for score, at in scored if score >= LEAST_ALIKE)[: MOST_ALIKE - len(found)]
        return found + [(at, -score * DISCOUNT) for score, at in best]

    def _alike(self, word: str, at: int, dice: float) -> float:
        other = self.words[at]
        if len(other) < _SHORTEST:
            return 0.0
        common = next(
            (place for place, (one, two) in enumerate(zip(word, other, strict=False)) if one != two),
            min(len(word), len(other)),
        )
        return max(dice, 2 * common / (len(word) + len(other))) if common >= _PREFIX else dice * 0.8
