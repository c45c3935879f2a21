"""Text to tokens: the one pipeline for both engines, for queries and for matching."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from registry.text import Language, aligned, language_of
from search.analysis import codes, sizes, standards
from search.analysis.measures import Dimension, Measure
from search.analysis.pieces import Piece

# Far beyond any description of a good; what is longer is hostile or a whole document, and its beginning will do.
LONGEST_TEXT: Final = 100_000
MOST_TOKENS: Final = 20_000
# Distinct stretches that stay remembered, per language; real catalogues have some 20,000 and each takes 0.5 KB.
REMEMBERED: Final = 1 << 17

_DIGIT: Final = re.compile("[0-9]")
_RUN: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Analysed:
    """What a text says, in tokens.

    tokens: everything to be indexed, in order, with repetitions. words: stems of the content words. measures:
    quantities in base units. dimensions: 159x8. standards: with year, without, and of the body that wrote it. codes:
    designations that mix letters and digits or scripts, whole and in parts. language: kk, ru or en.
    """

    tokens: tuple[str, ...]
    words: tuple[str, ...]
    measures: tuple[Measure, ...]
    dimensions: tuple[Dimension, ...]
    standards: tuple[str, ...]
    codes: tuple[str, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the original text tokens stood: text[start:end]."""

    start: int
    end: int
    tokens: tuple[str, ...]


@lru_cache(maxsize=REMEMBERED)
def _piece(raw: str, kazakh_text: bool) -> Piece:
    """What a stretch means, whatever stands around it."""
    piece = standards.read(raw)
    if piece is None:
        piece = sizes.read(raw)
    return codes.read(raw, kazakh_text) if piece is None else piece


def _pattern(form: str) -> re.Pattern[str]:
    """Standards, sizes and codes have digits; where there are none the words are found in a quarter of the time."""
    return _stretch(_DIGIT.search(form) is not None)


@cache
def _stretch(with_digits: bool) -> re.Pattern[str]:
    # Compiled when first needed, which takes 0.1 s that no page without a search should wait for.
    found = (standards.PATTERN, sizes.PATTERN, codes.APART, codes.COMPOUND) if with_digits else (codes.COMPOUND,)
    return re.compile("|".join(found))


def pieces(text: str) -> tuple[Language, list[Piece]]:
    """Language of a text and what its stretches mean, in order; those that mean nothing are among them."""
    form, _ = aligned(text[:LONGEST_TEXT])
    spoken = language_of(form)
    kazakh_text = spoken == "kk"
    return spoken, [_piece(raw, kazakh_text) for raw in _pattern(form).findall(form)]


def stretches(text: str) -> list[tuple[str, Piece]]:
    """What `pieces` gives, each stretch with how the text itself writes it."""
    form, places = aligned(text[:LONGEST_TEXT])
    kazakh_text = language_of(form) == "kk"
    if places is None:
        # No character moved, which is the rule; but one may have been replaced.
        found = _pattern(form).finditer(form)
        return [(text[match.start() : match.end()], _piece(match[0], kazakh_text)) for match in found]
    return [
        (text[slice(*_places(places, match.start(), match.end(), text))], _piece(match[0], kazakh_text))
        for match in _pattern(form).finditer(form)
    ]


def _places(places: Sequence[int] | None, start: int, end: int, text: str) -> tuple[int, int]:
    """Where in the text itself a stretch of its one form begins and ends; several may be of one character: ㎧."""
    if places is None:
        return start, end
    after = bisect_right(places, places[end - 1])
    return places[start], places[after] if after < len(places) else len(text[:LONGEST_TEXT])


def analyse(text: str) -> Analysed:
    """Everything the pipeline finds in a text; only the first LONGEST_TEXT characters are read."""
    spoken, found = pieces(text)
    tokens = [token for piece in found for token in piece.tokens]
    special = [piece for piece in found if piece.codes or piece.measures or piece.dimensions or piece.standards]
    return Analysed(
        tokens=tuple(tokens[:MOST_TOKENS]),
        words=tuple([stem for piece in found for stem in piece.words]),
        measures=tuple([measure for piece in special for measure in piece.measures]),
        dimensions=tuple([dimension for piece in special for dimension in piece.dimensions]),
        standards=tuple([standard for piece in special for standard in piece.standards]),
        codes=tuple([code for piece in special for code in piece.codes]),
        language=spoken,
    )


def index_text(text: str) -> str:
    """Tokens to be indexed joined by spaces, for an analyser that splits at white space and does nothing else.

    No token holds white space or a capital or is longer than 100 characters; there are at most MOST_TOKENS.
    """
    tokens = [token for piece in pieces(text)[1] for token in piece.tokens]
    return " ".join(tokens[:MOST_TOKENS])


def query_tokens(text: str) -> tuple[str, ...]:
    """What a query looks for, each token once; every one of them is among the tokens of the same text.

    A good may be asked to hold them all: of several spellings or readings only the one is asked for that the index
    keeps for each of them, so a compound is asked for by its parts and a standard without its year.
    """
    asked = dict.fromkeys(token for piece in pieces(text)[1] for token in piece.asked)
    return tuple(asked)[:MOST_TOKENS]


def spans(text: str) -> list[Span]:
    """Where the tokens stood, in order: mark those spans whose tokens meet the tokens of the query.

    Stretches without tokens (stop words) have no span. Joined words have one each, codes and sizes one in all, and so
    has what one character stands for.
    """
    form, places = aligned(text[:LONGEST_TEXT])
    kazakh_text = language_of(form) == "kk"
    found: list[Span] = []
    for at, until, tokens in _stretches(form, kazakh_text):
        if not tokens:
            continue
        start, end = _places(places, at, until, text)
        if found and start < found[-1].end:
            before = found.pop()
            start, tokens = before.start, before.tokens + tokens
        found.append(Span(start, end, tokens))
    return found


def _stretches(form: str, kazakh_text: bool) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    for match in _pattern(form).finditer(form):
        piece = _piece(match[0], kazakh_text)
        runs = list(_RUN.finditer(form, match.start(), match.end()))
        if len(runs) < 2 or not piece.words or piece.codes or piece.measures:
            yield match.start(), match.end(), piece.tokens
            continue
        each = [_piece(run[0], kazakh_text).tokens for run in runs]
        of_runs = frozenset(token for tokens in each for token in tokens)
        joined = tuple(token for token in piece.tokens if token not in of_runs)
        for run, tokens in zip(runs, each, strict=True):
            yield run.start(), run.end(), tokens + joined if tokens else ()
