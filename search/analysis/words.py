"""Words of three languages as the index holds them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from registry.text import KAZAKH_LETTERS, fold
from search.analysis import kazakh, russian
from search.analysis.lists import word_list

STOP_WORDS: Final = word_list("stop_words")
_KAZAKH: Final = frozenset(KAZAKH_LETTERS)


@dataclass(frozen=True, slots=True)
class Word:
    """A word: its stem, and all forms under which the index keeps it, the stem first."""

    stem: str
    forms: tuple[str, ...]


def _word(stem: str, *others: str) -> Word:
    return Word(stem, tuple(dict.fromkeys((stem, *others))))


def _no_loans(_: str) -> bool:
    return False


@lru_cache(maxsize=1 << 17)
def word(folded: str, kazakh_text: bool = False) -> Word:
    """A folded word of letters. kazakh_text: whether it stands among Kazakh ones, which decides what may be either.

    A Cyrillic word without Kazakh letters may be of both languages (насостар, тары), so the index keeps both readings
    while the stem is one; with Kazakh letters it is Kazakh, though perhaps an inflected loan (кабельдердің).
    """
    if len(folded) == 1:
        return _word(folded)  # б/ш: no dictionary knows which word a letter stands for
    if folded.isascii():
        return _word(russian.snowball(folded, "english"))
    if not _KAZAKH.isdisjoint(folded):
        reading = kazakh.read(folded, russian.is_noun)
        return _word(reading.stem, *reading.others, *_alone(reading.stem))
    lemmas = russian.lemmas(folded)
    if lemmas:
        reading = kazakh.read(folded, _no_loans)
        listed = (reading.stem, *reading.others) if reading.known else ()
        if listed and not russian.is_name_of_goods(folded):
            return _word(*listed)
        return _word(*listed, *lemmas) if listed and kazakh_text else _word(*lemmas, *listed)
    reading = kazakh.read(folded, russian.is_noun)
    stemmed = russian.snowball(folded)
    if reading.known or kazakh_text:
        return _word(reading.stem, stemmed, *reading.others, *_alone(reading.stem))
    return _word(stemmed) if reading.stem == folded else _word(stemmed, reading.stem)


def _alone(stem: str) -> tuple[str, ...]:
    """How a Kazakh stem is read where it stands alone and may be Russian (мата, тары), so that it finds its forms."""
    return russian.lemmas(stem)[:1] if _KAZAKH.isdisjoint(stem) else ()


@lru_cache(maxsize=1 << 15)
def stem(text: str) -> str:
    """Stem of one word as typed, by which words are compared; the folded text itself if it is not one word."""
    folded = fold(text)
    return word(folded[:64]).stem if folded.isalpha() else folded
