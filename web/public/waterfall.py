"""How a score came about, as steps that can be drawn one after another. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matching.engine.outcome import Feature
from registry.wording import Message

# Scores of exactly 0 or 1 have no finite log-odds; beyond this they are drawn the same.
_CERTAIN: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Step:
    """One feature in the drawing. `left` and `width` are percent of the drawing's width."""

    words: Message
    detail: Message
    score: float | None
    weight: float | None
    contribution: float
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Every feature from the starting point to the whole; `zero` is where even odds lie, percent of the width."""

    steps: tuple[Step, ...]
    total: float
    zero: float


def log_odds(score: float) -> float:
    """What a probability is on the scale on which contributions add up."""
    bounded = min(max(score, _CERTAIN), 1 - _CERTAIN)
    return math.log(bounded / (1 - bounded))


def waterfall(score: float, features: Sequence[Feature]) -> Waterfall:
    """The way from the starting point (what no feature accounts for) to the score, largest contributions first."""
    total = log_odds(score)
    start = total - sum(feature.contribution for feature in features)
    ordered = sorted(features, key=lambda feature: -abs(feature.contribution))
    ends = [start]
    for feature in ordered:
        ends.append(ends[-1] + feature.contribution)
    low, high = min(0.0, *ends), max(0.0, *ends)
    scale = 100 / ((high - low) or 1.0)

    def step(words: Message, detail: Message, feature: Feature | None, begin: float, end: float) -> Step:
        return Step(
            words=words,
            detail=detail,
            score=feature.score if feature else None,
            weight=feature.weight if feature else None,
            contribution=end - begin,
            left=(min(begin, end) - low) * scale,
            width=abs(end - begin) * scale,
        )

    first = step(Message("web.need.start"), Message("web.need.start_words"), None, 0.0, start)
    rest = [
        step(Message(f"match.feature.{feature.name}"), feature.detail, feature, begin, end)
        for feature, begin, end in zip(ordered, ends[:-1], ends[1:], strict=True)
    ]
    return Waterfall((first, *rest), total, -low * scale)
