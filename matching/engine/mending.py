"""What was meant where no offer holds a need's word: slips of typing, another alphabet, words run together. Pure.

Nothing is mended that some offer holds as it is written, so a rare but right word is never taken for a common one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from matching.engine.reading import apart
from registry.text import fold
from search.analysis import query_tokens, stem
from search.analysis.sounds import heard, latin
from search.analysis.sounds import sought as sought_by_sound
from search.analysis.spelling import distance, in_dictionary, slack

# Shorter runs are never split: they are words, if long ones.
_LONG_RUN: Final = re.compile(r"[^\W_]{14,100}")
_LETTERS_OR_DIGITS: Final = re.compile(r"[0-9]+|[^\W0-9_]+")
_LONGEST_WORD: Final = 20
_SHORTEST_WORD: Final = 3
_SINGLE: Final = frozenset("ивскоу")

# Endings of words as dictionaries have them, by which a stem is tried.
_ENDINGS: Final = ("ый", "ий", "ой", "а", "я", "о", "ие", "ия", "ка", "ь")
# Shorter Latin words are too near to each other, and no dictionary tells which of them are right.
_SHORTEST_LATIN: Final = 6
# By their sound they are told from a little shorter on: more and wine are neither море nor винный.
_SHORTEST_HEARD: Final = 5

# For each token those of the index that may have been meant; for each beginning of a key of sound the words of names
# under it; how many offers hold each token.
Similar = Callable[[Sequence[str]], Mapping[str, Collection[str]]]
Alike = Callable[[Sequence[str]], Mapping[str, Collection[str]]]
Counts = Callable[[Collection[str]], Mapping[str, int]]


class Mender:
    """Finds what offers hold instead of what they do not, by asking the index."""

    def __init__(self, similar: Similar, alike: Alike, counts: Counts) -> None:
        self._similar = similar
        self._alike = alike
        self._counts = counts
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def mend(self, token: str, written: str) -> tuple[str, ...]:
        """The word that offers hold instead of a token that none holds, if one is near enough; `written` in the need.

        A word that a dictionary has was meant as it stands, however near another is: рост is no slip of гост.
        """
        asked = (token, fold(written))
        if asked not in self._known:
            self._known[asked] = () if in_dictionary(asked[1]) else self._meant(*asked)
        return self._known[asked]

    def _meant(self, token: str, written: str) -> tuple[str, ...]:
        """The same word in another script, else the nearest, else the same but for its ending."""
        begun = sought_by_sound(written) if not written.isascii() or len(written) >= _SHORTEST_HEARD else ()
        exact, but_for_ending = heard(written, self._alike(begun)) if begun else ([], [])
        return self._frequent(exact) or self._nearest(token, written) or self._frequent(but_for_ending)

    def _frequent(self, words: Sequence[str]) -> tuple[str, ...]:
        held = self._counts(words) if words else {}
        near = [(-held[word], word) for word in words if held[word]]
        return (min(near)[1],) if near else ()

    def _nearest(self, token: str, written: str) -> tuple[str, ...]:
        # The stem of a slip lost its ending by rule, while words in a dictionary keep theirs. What is too short to be
        # guessed stays so with an ending: ДВ is no slip of два.
        endings = _ENDINGS if slack(token) and not token.isascii() else ()
        spellings = (token, written, latin(token), *(token + ending for ending in endings))
        tried = [spelling for spelling in dict.fromkeys(spellings) if slack(spelling) and _long_enough(spelling)]
        if not tried:
            return ()
        found = self._similar(tried)
        held = self._counts({word for words in found.values() for word in words if slack(word)})
        near = [
            (apart, -held[word], word)
            for spelling, words in found.items()
            for word in words
            if held.get(word) and (apart := distance(spelling, word)) <= slack(spelling)
        ]
        return (min(near)[-1],) if near else ()

    def unglue(self, text: str) -> str:
        """The text with spaces inside runs of letters that are several held words written without any."""
        return _LONG_RUN.sub(lambda run: self._split(run[0]), text)

    def _split(self, run: str) -> str:
        if self._counts([stem(run)])[stem(run)]:
            return run
        parts = []
        for part in _LETTERS_OR_DIGITS.findall(apart(run)):
            parts.append(part if part.isdigit() or len(part) <= _SHORTEST_WORD else " ".join(self._words_of(part)))
        # A number stays with the unit behind it.
        return re.sub(r"(?<=[0-9]) (?=[^\W0-9_]{1,3}(?: |$))", "", " ".join(parts))

    def _words_of(self, letters: str) -> list[str]:
        """The fewest words that make up the letters, stop words among them; the letters alone if some are left over."""
        small = fold(letters)
        if len(small) != len(letters):
            return [letters]
        pieces = {
            (start, end): stem(small[start:end])
            for start in range(len(small))
            for end in range(start + 1, min(len(small), start + _LONGEST_WORD) + 1)
            if end - start >= _SHORTEST_WORD
        }
        held = self._counts(set(pieces.values()))
        # best[end]: (letters in no word, number of words, where the last one starts)
        best: list[tuple[int, int, int]] = [(0, 0, 0)]
        for end in range(1, len(small) + 1):
            choices = [(best[end - 1][0] + 1, best[end - 1][1] + 1, end - 1)]
            for start in range(max(0, end - _LONGEST_WORD), end):
                known = held.get(pieces.get((start, end), ""), 0) or is_stop_word(small[start:end])
                if known:
                    choices.append((best[start][0], best[start][1] + 1, start))
            best.append(min(choices))
        if best[-1][0] > len(small) // 5:
            return [letters]
        cuts = [len(small)]
        while cuts[-1]:
            cuts.append(best[cuts[-1]][2])
        cuts.reverse()
        return [letters[start:end] for start, end in pairwise(cuts)]


def _long_enough(word: str) -> bool:
    return not word.isascii() or len(word) >= _SHORTEST_LATIN


@lru_cache(maxsize=1 << 12)
def is_stop_word(word: str) -> bool:
    """Whether a word says nothing of a good."""
    return word in _SINGLE or (1 < len(word) <= 4 and not query_tokens(word))
