"""A text as classifying reads it: its words, each with how the text writes it and how much it counts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from registry.text import Language, language
from search.analysis import stem
from search.analysis.pipeline import stretches

# Names are short; of a longer text the beginning says what the thing is.
MOST_WORDS: Final = 40
_LONGEST: Final = 1_000

_EMPTY: Final = """
прочий прочая прочие прочее другой другие иной остальной включая аналогичный поименованный включенный место
товар изделие вид тип марка модель артикул размер штука комплект набор
өзге басқа басқалары
other others elsewhere specified included nesoi nes
"""
# Words by which a classifier says "the rest", and by which texts introduce what is not the thing.
EMPTY: Final = frozenset(map(stem, _EMPTY.split()))
_TURNED: Final = frozenset(map(stem, ("не", "без", "кроме", "емес", "not", "without")))
# Behind these a name of a classifier tells what is not meant; up to the end of the part of the sentence.
_EXCEPT: Final = re.compile(
    r"(?:,\s*)?\b(?:кроме|за исключением|исключая|except|excluding|other than|excl\.?"
    r"|басқа(?=\s*$)|қоспағанда)\b[^;:()]*",
    re.IGNORECASE,
)
# Behind these a text tells what the thing is for, not what it is.
_PURPOSE: Final = re.compile(r"\b(?:для|к|от|for)\b[^,;:()]*", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\([^()]*\)")
PURPOSE_WEIGHT: Final = 0.6
# A name begins with the thing; what stands the farther behind tells the less of it.
_FADING: Final = 0.1
_LEAST_WEIGHT: Final = 0.25


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: its stem, how the text writes it, and how much it counts beside the others, 0..1."""

    stem: str
    written: str
    weight: float


@dataclass(frozen=True, slots=True)
class Text:
    """What a text says, in words in its order, each once; and its language."""

    words: tuple[Word, ...]
    language: Language


def read(text: str) -> Text:
    """The words of what is to be classified."""
    text = text[:_LONGEST]
    aside = [match.span() for match in (*_PURPOSE.finditer(text), *_BRACKETS.finditer(text))]
    found: dict[str, Word] = {}
    at = 0
    for written, stems in _stems(text):
        at = max(text.find(written, at), at)
        counts = max(_LEAST_WEIGHT, 1 / (1 + _FADING * len(found)))
        if any(start <= at < end for start, end in aside):
            counts *= PURPOSE_WEIGHT
        for one in stems:
            if one not in EMPTY and one not in _TURNED and one not in found:
                found[one] = Word(one, written, counts)
        if len(found) >= MOST_WORDS:
            break
    return Text(tuple(found.values()), language(text))


def read_name(name: str | None) -> tuple[str, ...]:
    """The stems of a name of a classifier, without what it says is not meant."""
    if not name:
        return ()
    meant = _EXCEPT.sub(" ", name)
    found = (one for _, stems in _stems(meant) for one in stems)
    return tuple(dict.fromkeys(one for one in found if one not in EMPTY and one not in _TURNED))


def _stems(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for written, piece in stretches(text):
        if piece.words:
            yield written, piece.words


@lru_cache(maxsize=1 << 15)
def grams(word: str) -> frozenset[str]:
    """The threes of letters of a word, its beginning and end marked."""
    marked = f"^{word}$"
    return frozenset(marked[at : at + 3] for at in range(len(marked) - 2))
