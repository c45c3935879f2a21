"""What one stretch of text means: the unit in which text is read, remembered and marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from search.analysis.measures import Dimension, Measure

LONGEST_TOKEN = 100


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One stretch of text, read once and remembered; so it is itself the key to what others make of it.

    tokens: what the index holds of it. asked: what a query that contains it looks for, a part of the tokens of every
    spelling that should be found. words: stems of its content words. The rest as in `Analysed`.
    """

    tokens: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    standards: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


NOTHING = Piece()


def distinct(tokens: Iterable[str]) -> tuple[str, ...]:
    """Tokens cut to the longest that an index should hold, each once, without the empty."""
    return tuple(dict.fromkeys(token[:LONGEST_TOKEN] for token in tokens if token))


def together(pieces: Iterable[Piece]) -> Piece:
    """One piece of several that stood side by side."""
    several = list(pieces)
    if len(several) == 1:
        return several[0]
    return Piece(
        *(tuple(value for piece in several for value in getattr(piece, name)) for name in Piece.__dataclass_fields__)
    )
