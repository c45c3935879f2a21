"""The baseline of classifying: BM25 (k1 1.2, b 0.75) over the whole path of each code, the words read as here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

import numpy as np

from matching.codes.index import Index
from matching.codes.reading import read, read_name

K1: Final = 1.2
B: Final = 0.75


class Bm25:
    """Paths of one scheme's codes, ranked by the words of a text."""

    def __init__(self, index: Index) -> None:
        self._codes = index.codes
        paths = [list(self._words(index, code)) for code in index.codes]
        sizes = np.array([len(path) for path in paths], float)
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, path in enumerate(paths):
            for word, times in Counter(path).items():
                norm = K1 * (1 - B + B * sizes[number] / sizes.mean())
                postings[word].append((number, times * (K1 + 1) / (times + norm)))
        self._postings = {
            word: (
                np.array([number for number, _ in held]),
                np.array([score for _, score in held]) * np.log1p((len(paths) - len(held) + 0.5) / (len(held) + 0.5)),
            )
            for word, held in postings.items()
        }

    @staticmethod
    def _words(index: Index, code: str) -> Iterator[str]:
        for step in index.tree.ancestors(code):
            for name in (step.name_kk, step.name_ru, step.name_en):
                yield from read_name(name)

    def ranked(self, text: str, depth: int) -> list[tuple[str, float]]:
        """Codes that any word of the text is in, the best first, each with its score."""
        scores = np.zeros(len(self._codes))
        for word in read(text).words:
            if word.stem in self._postings:
                numbers, added = self._postings[word.stem]
                scores[numbers] += added
        found = np.flatnonzero(scores)
        order = found[np.lexsort((found, -scores[found]))][:depth]
        return [(self._codes[at], float(scores[at])) for at in order]
