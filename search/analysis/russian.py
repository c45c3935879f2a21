"""Russian words as a dictionary has them; words that no dictionary has lose their endings by Snowball.

The dictionary knows what a stemmer cannot: уголков is уголок, ремня is ремень. Goods are named by nouns and adjectives,
so of several readings those win: стали is сталь, not стать. Participles stay adjectives: оцинкованная is оцинкованный.
"""

from __future__ import annotations

from functools import cache, lru_cache
from threading import local
from typing import Final, Protocol, cast

import pymorphy3
import Stemmer

from registry.text import KAZAKH_LETTERS

# One word has no more dictionary forms worth an entry in the index; the fourth is a curiosity.
MOST_LEMMAS: Final = 3

_KAZAKH: Final = frozenset(KAZAKH_LETTERS)
_NAMES: Final = frozenset({"Name", "Surn", "Patr", "Geox"})
_NOMINAL: Final = frozenset({"NOUN", "ADJF", "PRTF", "NUMR"})
_SHORT: Final = frozenset({"ADJS", "PRTS", "COMP"})
_MASCULINE: Final = frozenset({"nomn", "masc", "sing"})


class _Parse(Protocol):
    """What is used of a reading by pymorphy3, which carries no types."""

    normal_form: str
    score: float
    word: str

    @property
    def tag(self) -> _Tag: ...

    def inflect(self, grammemes: frozenset[str]) -> _Parse | None: ...


class _Tag(Protocol):
    POS: str | None
    grammemes: frozenset[str]


class _Dictionary(Protocol):
    def word_is_known(self, word: str) -> bool: ...

    def parse(self, word: str) -> list[_Parse]: ...


@cache
def _dictionary() -> _Dictionary:
    """The dictionary, loaded at the first word: 0.1 s and 15 MB."""
    return cast(_Dictionary, pymorphy3.MorphAnalyzer(lang="ru"))


_stemmers = local()


def snowball(word: str, algorithm: str = "russian") -> str:
    """Stem of a word in small letters by rules alone. A stemmer serves one thread, so each thread has its own."""
    stemmer = getattr(_stemmers, algorithm, None)
    if stemmer is None:
        stemmer = Stemmer.Stemmer(algorithm, 0)
        setattr(_stemmers, algorithm, stemmer)
    return str(stemmer.stemWord(word))


def _lemma(parse: _Parse) -> str:
    if parse.tag.POS in {"PRTF", "PRTS"}:
        grammemes = _MASCULINE | {"PRTF"} if parse.tag.POS == "PRTS" else _MASCULINE
        participle = parse.inflect(frozenset(grammemes))
        if participle is not None:
            return participle.word
    return parse.normal_form


def _rank(parse: _Parse) -> int:
    """0 for what goods are named by, 1 for short adjectives, 2 for verbs and the rest, 3 for people and places."""
    if parse.tag.grammemes & _NAMES:
        return 3
    return 0 if parse.tag.POS in _NOMINAL else 1 if parse.tag.POS in _SHORT else 2


@lru_cache(maxsize=1 << 15)
def lemmas(word: str) -> tuple[str, ...]:
    """Dictionary forms of a word in small letters, the likeliest first, without ё; empty if it is in no dictionary."""
    return _lemmas(word)[0]


@lru_cache(maxsize=1 << 15)
def is_name_of_goods(word: str) -> bool:
    """Whether a word is known as a noun or a full adjective, not only as a verb or as somebody's name."""
    return _lemmas(word)[1] == 0


def _lemmas(word: str) -> tuple[tuple[str, ...], int]:
    """Dictionary forms and the rank of the readings that they come from."""
    if not _dictionary().word_is_known(word):
        # A frequent slip: обьем for объем.
        repaired = word.replace("ь", "ъ")
        return _lemmas(repaired) if repaired != word and _dictionary().word_is_known(repaired) else ((), 0)
    parses = _dictionary().parse(word)
    best = min(map(_rank, parses))
    weights: dict[str, float] = {}
    for parse in parses:
        if _rank(parse) == best:
            lemma = _lemma(parse).replace("ё", "е")
            weights[lemma] = weights.get(lemma, 0.0) + parse.score
    # Goods are listed by the form that a dictionary has, so a word that is one is hardly a case of another: керамика.
    # Equal weights are told apart by spelling, lest the order depend on chance.
    order = sorted(weights, key=lambda lemma: (lemma != word, -weights[lemma], lemma))
    return tuple(order[:MOST_LEMMAS]), best


@lru_cache(maxsize=1 << 15)
def is_noun(word: str) -> bool:
    """Whether a word is a common noun as it stands in a dictionary; words with Kazakh letters are not."""
    # The dictionary forgives і for и.
    if not _KAZAKH.isdisjoint(word) or not _dictionary().word_is_known(word):
        return False
    return any(
        parse.tag.POS == "NOUN"
        and parse.normal_form.replace("ё", "е") == word
        and not parse.tag.grammemes & (_NAMES | {"Pltm"})
        for parse in _dictionary().parse(word)
    )


def guessed(word: str) -> str:
    """The form that the dictionary would give a word it does not know, guessed by its ending; without ё."""
    return _dictionary().parse(word)[0].normal_form.replace("ё", "е")
