"""From features to a probability: a logistic model over the weights of the profile. Pure.

The model's probability is then held to what may be said of the candidate, so that score and verdict never disagree:
whatever has to be asked about (a value that clashes, or is stated nowhere; a need that names a class alone) is squeezed
between DOUBTFUL_FROM and LIKELIEST_DOUBT, in its own order; what is akin is raised just above DOUBTFUL_FROM, in its own
order too. What that adds to the log-odds, or takes from them, is told as a contribution of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from matching.engine.asked import Said
from matching.engine.comparison import Comparison
from matching.engine.features import FEATURES, unconfirmed
from matching.engine.outcome import FIGURES, Sameness
from matching.engine.profile import (
    AKIN_FROM,
    AKIN_LEAST,
    AKIN_WHOLE,
    BIAS,
    CLASH_BELOW,
    DECISIVE,
    DOUBTFUL_FROM,
    LIKELIEST_DOUBT,
    MATCH_FROM,
    RAISED_BY,
    WEIGHTS,
)
from matching.engine.shelf import Flags, Floats

# Scores are kept and compared to this many places, so that equal ones are equal in every store.
PLACES: Final = 6

_WEIGHTS: Final = np.array([[WEIGHTS[name].weight] for name in FEATURES])
_NEUTRAL: Final = np.array([[WEIGHTS[name].neutral] for name in FEATURES])
_DECISIVE: Final = [list(FEATURES).index(name) for name in DECISIVE]
_AT: Final = {name: at for at, name in enumerate(FEATURES)}
_CALLED: Final = (Sameness.NO, Sameness.DOUBTFUL, Sameness.MATCH)


@dataclass(frozen=True)
class Scores:
    """What the features say of each candidate, and the probability that follows.

    values: a row per feature, in the order of FEATURES, and a column per pair; NaN where nothing can be compared.
    added: the same of what each adds to the log-odds; 0 where it is not known. ruled: what it adds to them that the
    probability is held down or raised. pair: what was compared.
    """

    values: Floats
    added: Floats
    ruled: Floats
    probability: Floats
    pair: Comparison

    @property
    def features(self) -> Mapping[str, Floats]:
        """The scores of all candidates by feature."""
        return dict(zip(FEATURES, self.values, strict=True))

    @cached_property
    def rounded(self) -> tuple[Floats, Floats]:
        """`values` and `added` to FIGURES places, as they are shown."""
        return self.values.round(FIGURES), self.added.round(FIGURES)

    def clashing(self, position: int) -> list[str]:
        """Names of the features by which a value of one candidate contradicts the need."""
        return [name for name, at in zip(DECISIVE, _DECISIVE, strict=True) if self.values[at, position] < CLASH_BELOW]

    @cached_property
    def unmet(self) -> Flags:
        """Of each candidate whether a value that the need states of the good, in whatever place, is not confirmed."""
        return unconfirmed(self.pair, Said.DESCRIPTION)

    @cached_property
    def sameness(self) -> list[Sameness]:
        """Of each candidate whether it is the needed good."""
        return [_CALLED[at] for at in np.digitize(self.probability, (DOUBTFUL_FROM, MATCH_FROM)).tolist()]


def score(pair: Comparison) -> Scores:
    """The features of all candidates and the probability of each to be the needed good."""
    values = np.array([feature(pair) for feature in FEATURES.values()])
    added = _WEIGHTS * (values - _NEUTRAL)
    added[np.isnan(added)] = 0.0
    odds = BIAS + added.sum(axis=0)
    modelled: Floats = 1.0 / (1.0 + np.exp(-odds))
    clash = (values[_DECISIVE] < CLASH_BELOW).any(axis=0)
    asked_about = clash | unconfirmed(pair) | pair.general[pair.whose]
    likely: Floats = np.where(asked_about, _squeezed(modelled), modelled)
    raised = np.maximum(likely, DOUBTFUL_FROM + RAISED_BY * likely)
    likely = np.where(_akin(pair, values, modelled) & ~clash, raised, likely)
    moved = likely != modelled
    ruled = np.zeros(len(pair))
    ruled[moved] = np.log(likely[moved] / (1.0 - likely[moved])) - odds[moved]
    rounded: Floats = np.round(likely, PLACES)
    return Scores(values, added, ruled, rounded, pair)


def _squeezed(likely: Floats) -> Floats:
    """Probabilities above DOUBTFUL_FROM brought below LIKELIEST_DOUBT in their own order."""
    share = (LIKELIEST_DOUBT - DOUBTFUL_FROM) / (1.0 - DOUBTFUL_FROM)
    squeezed: Floats = np.minimum(likely, DOUBTFUL_FROM + (likely - DOUBTFUL_FROM) * share)
    return np.where(likely > DOUBTFUL_FROM, squeezed, likely)


def _akin(pair: Comparison, values: Floats, modelled: Floats) -> Flags:
    """What may not be called absent only since it is named otherwise.

    The same code with the same unit or the same head noun; the same КПВЭД with most of what the need's name tells: rags
    are sold as textile waste (rags). Or, where the model leaves some likelihood, the same head noun and most of what
    the need's name tells, with some of what its description does: oil for saunas is not akin to butter. Where the head
    nouns cannot be told, most of what the offer's name tells stands beside the need's, or both.
    """
    head, own = values[_AT["head"]] == 1.0, values[_AT["own_words"]]
    coded = pair.one_code & (head | (values[_AT["units"]] == 1.0))
    most = (pair.share_of_name >= AKIN_FROM) & (pair.share_held(pair.weights) >= AKIN_WHOLE)
    thing = most | (pair.held_at([asked.thing for asked in pair.asks]) == 1.0)
    untold = np.isnan(values[_AT["head"]]) & thing & (own >= AKIN_FROM)
    found: Flags = coded | (pair.one_class & most) | ((modelled >= AKIN_LEAST) & ((head & most) | untold))
    return found
