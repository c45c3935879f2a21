"""Free capacity searched by words, in any of their forms and in any of three languages.

The register keeps the words of what is free as they are written; here they are understood: by the index's own analysis,
and by `operations.csv`, which names the same operation in Kazakh, Russian and English. So nothing has to be indexed
anew when the analysis changes. Of a country's free capacity the words are some thousands, and each is analysed once.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import Final

from sqlalchemy.orm import Session

from registry.suppliers import capacities
from registry.suppliers.capacities import Free, Wanted, Word
from registry.suppliers.words import makers_named, words, words_that_begin
from search.analysis import index_text, stem

# More words than anybody names an operation by.
MOST_WORDS: Final = 8
# Letters that all forms of a word and its stem have in common.
_COMMON: Final = 2


@dataclass(frozen=True, slots=True)
class Meant:
    """A text as it is understood. words: those that decide. passed_over: those that stand in nearly every name.

    nothing: that the text is not empty and says nothing that could be looked for.
    """

    words: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Free capacity that was found. held: how many of the deciding words each of it holds."""

    total: int
    meant: Meant
    held: int
    _read: Callable[[int | None, int], list[Free]]

    @property
    def nearest(self) -> bool:
        """Whether none holds all the words, and these are those that hold the most."""
        return bool(self.total) and self.held < len(self.meant.words)

    def rows(self, limit: int | None = None, offset: int = 0) -> list[Free]:
        """So many of it, the best first; of equally good ones the soonest first."""
        return self._read(limit, offset) if self.total else []


def meant(text: str) -> Meant:
    """What a text asks for."""
    said = [word for word in words(text) if _tokens(word)]
    deciding = tuple(word for word in said if stem(word) not in _generic())[:MOST_WORDS]
    return Meant(deciding, tuple(word for word in said if stem(word) in _generic()), bool(text.strip()) and not said)


def find(session: Session, on: date, text: str, wanted: Wanted) -> Found:
    """What is free and holds the words of the text; where nothing holds them all, the nearest.

    Without a word that decides everything of that place and day; for a text that says nothing at all nothing.
    """
    asked = meant(text)
    sought = Wanted(wanted.day, wanted.place, tuple(_sought(session, word) for word in asked.words))
    counted = {} if asked.nothing else capacities.counts(session, on, sought)
    held = max(counted, default=0)
    read = partial(capacities.free_capacity, session, on, sought, held)
    return Found(counted.get(held, 0), asked, held, read)


def _sought(session: Session, word: str) -> Word:
    """The words of free capacity that are this one or mean the same; where there are none, the suppliers so named."""
    tokens = _tokens(word)
    wanted = tokens.union(*(_senses()[token] for token in tokens if token in _senses()))
    beginnings = {token[:_COMMON] for token in (*wanted, word)}
    ids = tuple(id for id, other in words_that_begin(session, beginnings) if not wanted.isdisjoint(_tokens(other)))
    return Word(ids) if ids else Word(makers=tuple(makers_named(session, word)))


@lru_cache(maxsize=1 << 17)
def _tokens(word: str) -> frozenset[str]:
    return frozenset(index_text(word).split())


@cache
def _senses() -> Mapping[str, frozenset[str]]:
    """By the stem of each word of `operations.csv` the stems of all words of its operations."""
    senses: dict[str, frozenset[str]] = defaultdict(frozenset)
    text = (files(__package__) / "operations.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        stems = frozenset(stem(word) for word in row["words"].split())
        for one in stems:
            senses[one] |= stems
    return dict(senses)


@cache
def _generic() -> frozenset[str]:
    lines = (files(__package__) / "generic_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(stem(word) for line in lines if not line.startswith("#") for word in line.split())
