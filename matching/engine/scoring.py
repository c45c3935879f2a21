"""From features to a probability: a logistic model over the weights of the profile. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from matching.engine.comparison import Comparison
from matching.engine.features import FEATURES
from matching.engine.outcome import FIGURES, Sameness
from matching.engine.profile import BIAS, CLASH_BELOW, DECISIVE, DOUBTFUL_FROM, MATCH_FROM, WEIGHTS
from matching.engine.shelf import Flags, Floats

# Scores are kept and compared to this many places, so that equal ones are equal in every store.
PLACES: Final = 6

_WEIGHTS: Final = np.array([[WEIGHTS[name].weight] for name in FEATURES])
_NEUTRAL: Final = np.array([[WEIGHTS[name].neutral] for name in FEATURES])
_DECISIVE: Final = [list(FEATURES).index(name) for name in DECISIVE]
_HEAD: Final = list(FEATURES).index("head")
_CALLED: Final = (Sameness.NO, Sameness.DOUBTFUL, Sameness.MATCH)


@dataclass(frozen=True)
class Scores:
    """What the features say of each candidate, and the probability that follows.

    values: a row per feature, in the order of FEATURES, and a column per candidate; NaN where nothing can be compared.
    added: the same of what each adds to the log-odds; 0 where it is not known. akin: whether the thing itself is the
    same and the code, too.
    """

    values: Floats
    added: Floats
    probability: Floats
    akin: Flags

    @property
    def features(self) -> Mapping[str, Floats]:
        """The scores of all candidates by feature."""
        return dict(zip(FEATURES, self.values, strict=True))

    @cached_property
    def rounded(self) -> tuple[Floats, Floats]:
        """`values` and `added` to FIGURES places, as they are shown."""
        return self.values.round(FIGURES), self.added.round(FIGURES)

    @cached_property
    def sameness(self) -> list[Sameness]:
        """Of each candidate whether it is the needed good: by its probability, but never against a value that
        contradicts; and what is akin is asked about, lest a good be called absent that is only named otherwise."""
        clash = (self.values[_DECISIVE] < CLASH_BELOW).any(axis=0)
        called = np.digitize(self.probability, (DOUBTFUL_FROM, MATCH_FROM))
        called = np.where(self.akin & ~clash, np.maximum(called, 1), called)
        return [_CALLED[at] for at in np.where(clash, np.minimum(called, 1), called).tolist()]


def score(pair: Comparison) -> Scores:
    """The features of all candidates and the probability of each to be the needed good."""
    values = np.array([feature(pair) for feature in FEATURES.values()])
    added = _WEIGHTS * (values - _NEUTRAL)
    added[np.isnan(added)] = 0.0
    odds = BIAS + added.sum(axis=0)
    akin = pair.one_code & (values[_HEAD] == 1.0)
    return Scores(values, added, np.round(1.0 / (1.0 + np.exp(-odds)), PLACES), akin)
