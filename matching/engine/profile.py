"""What each reason is worth: the weights of a logistic model, and why. Change PROFILE_VERSION with any of them.

They began as a fit and were then set by what is argued here, since no set at hand has everything: the names that
eighteen dealers give to the goods of one maker have no codes and no descriptions, the synthetic corpus has no marks,
the demo is small. `python -m benchmarks.fit_match` fits the same model to all three and prints both. A fit then reaches
half a point to a point less with the dealers' names and two needs of 57 more in the demo, is better calibrated on the
corpus alone, and gives nothing for what the sets lack. What descriptions weigh was set by real lots.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

PROFILE_VERSION: Final = "2026.11.8"


@dataclass(frozen=True, slots=True)
class Weight:
    """weight: log-odds between a score of 0 and of 1. neutral: the score that speaks neither for nor against, which is
    also what stands for a score that is not known."""

    weight: float
    neutral: float


WEIGHTS: Final = MappingProxyType(
    {
        # What the need asks for, and what the offer says that nobody asked for, decide together and about equally: a
        # name that is wholly contained in the other, on either side, is the commonest form of a right answer.
        "words": Weight(5.4, 0.7),
        "own_words": Weight(4.4, 0.5),
        # The thing itself: a pipe is no coupling, whatever else agrees.
        "head": Weight(0.7, 0.5),
        # A description is written around the good: what it is for, how it is packed; a right offer holds about a
        # fifth of it, and features.details lets it count where the name says too little.
        "details": Weight(6.0, 0.2),
        # Sees inflections and slips that analysis missed; saturates for subsets, so it may not decide.
        "wording": Weight(0.8, 0.7),
        # Values are not a matter of degree: another size is another good, whatever the words say. Equal names of other
        # sizes must stay below a match, hence at least 3 lost between neutral and clash.
        "dimensions": Weight(6.5, 0.7),
        "measures": Weight(7.5, 0.7),
        # Bare numbers are grades and types, but also articles of one seller and years: half as strong.
        "numbers": Weight(3.2, 0.7),
        "marks": Weight(0.8, 0.7),
        # One good is made to several standards, and buyers copy outdated ones.
        "standards": Weight(1.0, 0.5),
        # Who repairs pumps does not make them, whatever both are called.
        "nature": Weight(4.0, 0.7),
        # A code of ten digits that few candidates share nearly decides; one that all share is worth next to nothing
        # (features.COMMON_CODE). Against an offer codes count less: in registers many are wrong, even by a chapter.
        "tnved": Weight(4.0, 0.5),
        "kpved": Weight(2.0, 0.5),
        "enstru": Weight(3.0, 0.3),
        # Pipes are bought by the metre and sold by the ton.
        "units": Weight(0.4, 0.7),
    }
)

# Log-odds of a candidate of which nothing is known but that it shares a word with the need.
BIAS: Final = -4.0

# More likely than not: a candidate is taken for the needed good. Below one in eight it is not; in between a person is
# asked. Names that say the same and nothing else, without code or value on either side, reach 0.51.
MATCH_FROM: Final = 0.5
DOUBTFUL_FROM: Final = 0.125

# Below this score the feature says that a value contradicts the need.
CLASH_BELOW: Final = 0.5
# Of which one is enough to keep a candidate from being called the needed good.
DECISIVE: Final = ("dimensions", "measures", "numbers", "marks", "nature")

# A candidate that a person has to be asked about is never likelier than this, however much else agrees.
LIKELIEST_DOUBT: Final = 0.49
# What is akin stands above DOUBTFUL_FROM by this share of its own probability: enough to keep its order.
RAISED_BY: Final = 0.1
# What is the same thing by its head noun is asked about where as much of what the need's name tells, or of what the
# offer's own name tells, is met.
AKIN_FROM: Final = 0.6
# Of name and description together: a bare class word with nothing of its description is another good.
AKIN_WHOLE: Final = 0.3
# What the model takes for less likely than this is another good, unless it has the same code.
AKIN_LEAST: Final = 0.005
# A class alone ("Pipe") that as many goods belong to is no description of one of them.
GENERAL_FROM: Final = 3

# Candidates that are compared for each need.
CANDIDATES: Final = 100
