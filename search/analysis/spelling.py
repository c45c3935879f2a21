"""Slips of typing: how far two tokens are apart, and how far a token may be from what was meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

# Up to this length a token is too short to be guessed; up to the second, one slip is forgiven, beyond it two.
_CERTAIN: Final = 3
_ONE_SLIP: Final = 7


def slack(token: str) -> int:
    """How many letters of a token may be wrong: none where it has digits, which are never guessed."""
    if len(token) <= _CERTAIN or not token.isalpha():
        return 0
    return 1 if len(token) <= _ONE_SLIP else 2


def distance(token: str, other: str) -> int:
    """Letters put in, left out, replaced or swapped with their neighbour."""
    return int(OSA.distance(token, other))


def near(token: str, vocabulary: Sequence[str]) -> list[str]:
    """The tokens of a vocabulary that are within the slack of this one."""
    allowed = slack(token)
    if not allowed:
        return []
    found = process.extract(token, vocabulary, scorer=OSA.distance, score_cutoff=allowed, limit=None)
    return [other for other, _, _ in found]
