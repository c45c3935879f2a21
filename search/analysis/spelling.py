"""Slips of typing: how far two words are apart, and how far a word may be from what was meant."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from registry.text import KAZAKH_LETTERS, fold
from search.analysis import kazakh, russian

# Up to this length a word is too short to be guessed; up to the second, one slip is forgiven, beyond it two.
_CERTAIN: Final = 3
_ONE_SLIP: Final = 7


def slack(word: str) -> int:
    """How many letters of a word may be wrong: none where it has digits, which are never guessed."""
    if len(word) <= _CERTAIN or not word.isalpha():
        return 0
    return 1 if len(word) <= _ONE_SLIP else 2


@lru_cache(maxsize=1 << 15)
def in_dictionary(word: str) -> bool:
    """Whether a folded word is Russian or Kazakh as a dictionary knows it, in whatever form."""
    return bool(russian.lemmas(word)) or kazakh.read(word, russian.is_noun).known or kazakh.is_verbal_noun(word)


def distance(word: str, other: str) -> int:
    """Letters put in, left out, replaced or swapped with their neighbour."""
    return int(OSA.distance(word, other))


def near(word: str, vocabulary: Sequence[str]) -> list[str]:
    """The words of a vocabulary that are within the slack of this one."""
    allowed = slack(word)
    if not allowed:
        return []
    found = process.extract(word, vocabulary, scorer=OSA.distance, score_cutoff=allowed, limit=None)
    return [other for other, _, _ in found]


def spellings(token: str, written: str) -> tuple[str, ...]:
    """What to compare of a word that nothing holds: its token, itself, and the form a dictionary would give it.

    A dictionary brings полиэтиленовых to полиэтиленовый, but of полиэтеленовых only the ending is cut, and the two are
    far apart; by its ending the dictionary still guesses полиэтеленовый, which is near.
    """
    forms = [token]
    folded = fold(written)
    if folded.isalpha():
        forms.append(folded)
        if not folded.isascii() and frozenset(KAZAKH_LETTERS).isdisjoint(folded):
            forms.append(russian.guessed(folded))
    return tuple(dict.fromkeys(form for form in forms if slack(form)))
