"""How a score came about, as steps that can be drawn and added up one after another. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Final

from matching.engine.outcome import Feature
from matching.engine.profile import WEIGHTS
from registry.wording import Message

# Scores of exactly 0 or 1 have no finite log-odds; beyond this they are drawn the same.
_CERTAIN: Final = 1e-6
# The step that is made after all others: no likeness of its own, only what it adds or takes away.
_RULE: Final = "rule"


@dataclass(frozen=True, slots=True)
class Product:
    """How a contribution is counted, in figures as they are printed: (score − neutral) × weight.

    score, neutral: 0..1, the latter that at which the feature speaks neither for nor against.
    """

    score: Decimal
    neutral: Decimal
    weight: Decimal

    @property
    def contribution(self) -> Decimal:
        """What the figures give, to hundredths."""
        return _hundredths((self.score - self.neutral) * self.weight)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the drawing. `left`, `width` are percent of the drawing's width.

    product: what the contribution is made of, None for the starting point and for the rule of caution.
    contribution: as printed; what is printed of all steps adds up to what is printed as total.
    """

    words: Message
    detail: Message
    product: Product | None
    contribution: Decimal
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """How a score came about, step by step, and what was not counted.

    uncompared: features for which one side says nothing. apart: what is known of the offer and does not make it another
    good. total: where the steps end. zero: where nothing lies, percent of the width. added: whether the steps are
    shares that add up to the score; else they are log-odds.
    """

    steps: tuple[Step, ...]
    uncompared: tuple[Feature, ...]
    apart: tuple[Feature, ...]
    total: Decimal
    zero: float
    added: bool


def log_odds(score: float) -> float:
    """What a probability is on the scale on which contributions add up."""
    bounded = min(max(score, _CERTAIN), 1 - _CERTAIN)
    return math.log(bounded / (1 - bounded))


def waterfall(score: float, features: Sequence[Feature]) -> Waterfall:
    """The way from the starting point (what no feature accounts for) to a probability.

    Largest contributions first; the rule of caution last, since it is applied to what the others make. What rounding
    leaves goes to the rule, which is no product of figures that anybody could check; where there is none the total is
    the sum of what is printed, off by less than a hundredth for each step.
    """
    counted = _counted(features)
    total = log_odds(score)
    start = total - sum(feature.contribution for feature in counted)
    ends = list(accumulate((feature.contribution for feature in counted), initial=start))
    low, high = min(0.0, *ends), max(0.0, *ends)
    scale = 100 / ((high - low) or 1.0)
    steps = [
        Step(
            words=Message("web.need.start"),
            detail=Message("web.need.start_words"),
            product=None,
            contribution=_hundredths(start),
            left=(min(0.0, start) - low) * scale,
            width=abs(start) * scale,
        ),
        *(_step(feature, begin - low, scale) for feature, begin in zip(counted, ends, strict=False)),
    ]
    if counted and counted[-1].name == _RULE:
        before = sum((step.contribution for step in steps[:-1]), Decimal(0))
        steps[-1] = replace(steps[-1], contribution=_hundredths(total) - before)
    return Waterfall(tuple(steps), *_uncounted(features), _sum(steps), -low * scale, added=False)


def stack(features: Sequence[Feature]) -> Waterfall:
    """The way from nothing to a score that is the plain sum of its features' shares."""
    counted = _counted(features)
    ends = accumulate((feature.contribution for feature in counted), initial=0.0)
    steps = tuple(_step(feature, begin, 100.0) for feature, begin in zip(counted, ends, strict=False))
    uncompared = tuple(feature for feature in features if not feature.weight)
    return Waterfall(steps, uncompared, (), _sum(steps), 0.0, added=True)


def _sum(steps: Sequence[Step]) -> Decimal:
    return sum((step.contribution for step in steps), Decimal(0))


def _hundredths(value: float | Decimal) -> Decimal:
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _counted(features: Sequence[Feature]) -> list[Feature]:
    """Features that count, by how far they moved the score; the rule last."""
    counted = [feature for feature in features if feature.weight or feature.contribution]
    return sorted(counted, key=lambda feature: (feature.name == _RULE, -abs(feature.contribution)))


def _uncounted(features: Sequence[Feature]) -> tuple[tuple[Feature, ...], tuple[Feature, ...]]:
    """Features that were not compared, and those that speak of the offer. A rule that did nothing is neither."""
    rest = [feature for feature in features if not (feature.weight or feature.contribution or feature.name == _RULE)]
    return (
        tuple(feature for feature in rest if feature.name in WEIGHTS),
        tuple(feature for feature in rest if feature.name not in WEIGHTS),
    )


def _step(feature: Feature, begin: float, scale: float) -> Step:
    product = None if feature.name == _RULE else _product(feature)
    return Step(
        words=Message(f"match.feature.{feature.name}"),
        detail=feature.detail,
        product=product,
        contribution=product.contribution if product else _hundredths(feature.contribution),
        left=(begin + min(0.0, feature.contribution)) * scale,
        width=abs(feature.contribution) * scale,
    )


def _product(feature: Feature) -> Product:
    """The figures of a feature. Profiles state neutral scores as whole percents; a score is kept to FIGURES places."""
    neutral = feature.score - feature.contribution / feature.weight if feature.weight else 0.0
    return Product(Decimal(repr(feature.score)), _hundredths(neutral), _hundredths(feature.weight))
