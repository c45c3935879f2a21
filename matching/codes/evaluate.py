"""How often codes are right, at every level, and whether their scores are true probabilities. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from matching.codes.levels import LEVELS
from matching.codes.profile import DECIDED_FROM, profile_version
from registry.classifiers.models import Scheme

DEPTHS: Final = (1, 5, 10, 50)
# Codes of each text whose scores are held against what came true: as many as a person is shown.
CALIBRATED: Final = 5
BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """The codes given to one text, best first, each with its score, and the right one or the branch it is of."""

    ranked: Sequence[tuple[str, float]]
    right: str


def evaluate(scheme: Scheme, answers: Iterable[Judged], *, skipped: int = 0) -> dict[str, Any]:
    """The figures as plain values.

    At each level a text is asked whose right code reaches it, and the codes count by the branches they are of, each at
    the place of its first code. calibration: whole codes alone. decided: the share of texts whose first code is called
    decided, and of those the share that is right. skipped: rows left out since the classifier lacks their code.
    """
    asked = list(answers)
    levels = []
    for length in LEVELS[scheme]:
        known = [one for one in asked if len(one.right) >= length]
        ranks = [_rank(one, length) for one in known]
        recall = {f"recall@{depth}": _share(rank < depth for rank in ranks) for depth in DEPTHS}
        levels.append({"digits": _digits(scheme, length), "texts": len(known), **recall})
    whole = [one for one in asked if len(one.right) == LEVELS[scheme][-1]]
    pairs = [(score, code == one.right) for one in whole for code, score in one.ranked[:CALIBRATED]]
    bins = list(_bins(pairs))
    decided = [one for one in whole if one.ranked and one.ranked[0][1] >= DECIDED_FROM]
    error = sum(it["pairs"] * abs(it["score"] - it["right"]) for it in bins) / max(len(pairs), 1)
    return {
        "scheme": scheme.value,
        "profile": profile_version(),
        "texts": len(asked),
        "skipped": skipped,
        "levels": levels,
        "decided": _share(one in decided for one in whole),
        "decided_right": _share(one.ranked[0][0] == one.right for one in decided) if decided else None,
        "calibration": bins,
        "calibration_error": round(error, 4),
    }


def _digits(scheme: Scheme, length: int) -> int:
    """How many digits a branch of that length has, its dots aside."""
    return length if scheme is Scheme.TNVED else length - (length - 1) // (3 if scheme is Scheme.KPVED else 7)


def _rank(one: Judged, length: int) -> int:
    """The place, from 0, of the right branch among those of the codes; beyond every depth if it is not there."""
    branches = list(dict.fromkeys(code[:length] for code, _ in one.ranked))
    right = one.right[:length]
    return branches.index(right) if right in branches else max(DEPTHS)


def _share(flags: Iterable[bool]) -> float:
    every = list(flags)
    return round(sum(every) / max(len(every), 1), 4)


def _bins(pairs: Sequence[tuple[float, bool]]) -> Iterable[dict[str, Any]]:
    for number in range(BINS):
        inside = [(score, right) for score, right in pairs if min(int(score * BINS), BINS - 1) == number]
        if inside:
            yield {
                "from": number / BINS,
                "to": (number + 1) / BINS,
                "pairs": len(inside),
                "score": round(sum(score for score, _ in inside) / len(inside), 4),
                "right": round(sum(right for _, right in inside) / len(inside), 4),
            }
