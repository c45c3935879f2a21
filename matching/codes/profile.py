"""What each feature counts: learned from decided cases, never set by hand.

`python -m benchmarks.classify --fit` writes weights.csv: a row for each feature, and for "none of these" by itself and
where nothing of a text is known; a column for each set of texts that is read alike.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

import numpy as np

from matching.codes.vocabulary import Floats
from registry.classifiers.models import Scheme

WEIGHTS_FILE: Final = "weights.csv"
NONE: Final = "none"
NONE_UNKNOWN: Final = "none_unknown"
# From here on a code is called decided; benchmarks/RESULTS.md tells how many of those were right.
DECIDED_FROM: Final = 0.6


@dataclass(frozen=True, slots=True)
class Weights:
    """By feature what it adds to the strength of a code when it is 1; and the strength of "none of these"."""

    features: Mapping[str, float]
    none: float
    none_unknown: float

    def as_array(self, names: Sequence[str]) -> Floats:
        """The weights in the order of the names."""
        return np.array([self.features[name] for name in names], np.float32)


def kinds(scheme: Scheme) -> tuple[str, ...]:
    """The columns that a scheme has: English texts meet English names, of which the ТН ВЭД has coarse ones alone."""
    return (scheme.value, f"{scheme.value}_en") if scheme is Scheme.TNVED else (scheme.value,)


@cache
def weights(scheme: Scheme, language: str) -> Weights:
    """What counts for texts of a language, kk, ru or en."""
    kind = kinds(scheme)[-1 if language == "en" else 0]
    found = {row["feature"]: float(row[kind]) for row in csv.DictReader(_text().splitlines())}
    none, none_unknown = found.pop(NONE), found.pop(NONE_UNKNOWN)
    return Weights(found, none, none_unknown)


@cache
def profile_version() -> str:
    """Which weights these are: the beginning of the digest of their file."""
    return sha256(_text().encode()).hexdigest()[:10]


def _text() -> str:
    return files("matching.codes").joinpath(WEIGHTS_FILE).read_text(encoding="utf-8")
