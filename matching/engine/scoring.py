"""From features to a probability: a logistic model over the weights of the profile. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.engine.comparison import Comparison
from matching.engine.features import FEATURES
from matching.engine.outcome import Sameness
from matching.engine.profile import BIAS, CLASH_BELOW, DECISIVE, DOUBTFUL_FROM, MATCH_FROM, WEIGHTS
from matching.engine.shelf import Floats

# Scores are kept and compared to this many places, so that equal ones are equal in every store.
PLACES: Final = 6


@dataclass(frozen=True)
class Scores:
    """What the features say of each candidate, NaN where nothing can be compared; and the probability that follows."""

    features: Mapping[str, Floats]
    probability: Floats

    def contribution(self, name: str, position: int) -> float:
        """What a feature adds to the log-odds of a candidate; 0 where it is not known."""
        value = float(self.features[name][position])
        return 0.0 if value != value else WEIGHTS[name].weight * (value - WEIGHTS[name].neutral)

    def sameness(self, position: int) -> Sameness:
        """Whether a candidate is the needed good: by its probability, but never against a value that contradicts."""
        probability = float(self.probability[position])
        if probability < DOUBTFUL_FROM:
            return Sameness.NO
        if probability < MATCH_FROM or any(self.features[name][position] < CLASH_BELOW for name in DECISIVE):
            return Sameness.DOUBTFUL
        return Sameness.MATCH


def score(pair: Comparison) -> Scores:
    """The features of all candidates and the probability of each to be the needed good."""
    features = {name: feature(pair) for name, feature in FEATURES.items()}
    odds = np.full(len(pair), BIAS)
    for name, values in features.items():
        known = np.where(np.isnan(values), WEIGHTS[name].neutral, values)
        odds += WEIGHTS[name].weight * (known - WEIGHTS[name].neutral)
    return Scores(features, np.round(1.0 / (1.0 + np.exp(-odds)), PLACES))
