"""How a score came about, as steps that can be drawn one after another. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from matching.engine.outcome import Feature
from registry.wording import Message

# Scores of exactly 0 or 1 have no finite log-odds; beyond this they are drawn the same.
_CERTAIN: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Step:
    """One feature in the drawing, None for the starting point. `left`, `width` are percent of the drawing's width."""

    words: Message
    detail: Message
    feature: Feature | None
    contribution: float
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """How a score came about, step by step, and what was not counted.

    total: where the steps end. zero: where nothing lies, percent of the width. added: whether the steps are shares that
    add up to the score; else they are log-odds.
    """

    steps: tuple[Step, ...]
    uncounted: tuple[Feature, ...]
    total: float
    zero: float
    added: bool


def log_odds(score: float) -> float:
    """What a probability is on the scale on which contributions add up."""
    bounded = min(max(score, _CERTAIN), 1 - _CERTAIN)
    return math.log(bounded / (1 - bounded))


def waterfall(score: float, features: Sequence[Feature]) -> Waterfall:
    """The way from the starting point (what no feature accounts for) to a probability, largest contributions first."""
    counted, uncounted = _parted(features)
    total = log_odds(score)
    start = total - sum(feature.contribution for feature in counted)
    ends = list(accumulate((feature.contribution for feature in counted), initial=start))
    low, high = min(0.0, *ends), max(0.0, *ends)
    scale = 100 / ((high - low) or 1.0)
    first = Step(
        words=Message("web.need.start"),
        detail=Message("web.need.start_words"),
        feature=None,
        contribution=start,
        left=(min(0.0, start) - low) * scale,
        width=abs(start) * scale,
    )
    steps = (_step(feature, begin - low, scale) for feature, begin in zip(counted, ends, strict=False))
    return Waterfall((first, *steps), uncounted, total, -low * scale, added=False)


def stack(features: Sequence[Feature]) -> Waterfall:
    """The way from nothing to a score that is the plain sum of its features' shares."""
    counted, uncounted = _parted(features)
    ends = list(accumulate((feature.contribution for feature in counted), initial=0.0))
    steps = tuple(_step(feature, begin, 100.0) for feature, begin in zip(counted, ends, strict=False))
    return Waterfall(steps, uncounted, ends[-1], 0.0, added=True)


def _parted(features: Sequence[Feature]) -> tuple[list[Feature], tuple[Feature, ...]]:
    """Features that count, by how far they moved the score; and those that do not."""
    counted = [feature for feature in features if feature.weight or feature.contribution]
    return (
        sorted(counted, key=lambda feature: -abs(feature.contribution)),
        tuple(feature for feature in features if not (feature.weight or feature.contribution)),
    )


def _step(feature: Feature, begin: float, scale: float) -> Step:
    return Step(
        words=Message(f"match.feature.{feature.name}"),
        detail=feature.detail,
        feature=feature,
        contribution=feature.contribution,
        left=(begin + min(0.0, feature.contribution)) * scale,
        width=abs(feature.contribution) * scale,
    )
