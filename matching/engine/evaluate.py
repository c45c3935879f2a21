"""How good the ranking and its probabilities are, against a list of which product meets which need. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from matching.engine.profile import DOUBTFUL_FROM, MATCH_FROM, PROFILE_VERSION

# Recall is asked for at these depths of the ranking.
DEPTHS: Final = (1, 5, 10, 50)
# Candidates of each need whose scores are held against what came true: as many as a run writes out.
CALIBRATED: Final = 10
BINS: Final = 10
THRESHOLDS: Final = tuple(step / 20 for step in range(1, 20))


@dataclass(frozen=True, slots=True)
class Answer:
    """The ranking of one need, best first, and the products that really meet it. ranked: (product_id, score)."""

    need_id: str
    ranked: Sequence[tuple[str, float]]
    right: Set[str]


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold of the score would give, over all pairs of a need and a candidate.

    precision: None where no pair reaches the threshold.
    """

    threshold: float
    precision: float | None
    recall: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs whose score lies from `low` to `high`: how many, what was predicted on average, and what came true."""

    low: float
    high: float
    pairs: int
    predicted: float
    came_true: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures over all needs that have a right answer. pairs: of those needs with candidates.

    recall: by depth, the share of needs with a right product among the first so many. calibration_error: mean distance
    of prediction and outcome over the pairs, weighted by bins (ECE). verdicts: of right and of wrong pairs among the
    first CALIBRATED, how many were called match, doubtful and no.
    """

    needs: int
    pairs: int
    recall: Mapping[int, float]
    precision_recall: tuple[Point, ...]
    calibration: tuple[Bin, ...]
    calibration_error: float
    verdicts: Mapping[str, Mapping[str, int]]

    def as_json(self) -> dict[str, Any]:
        """Plain values, figures to four places."""
        return {
            "profile": PROFILE_VERSION,
            "needs": self.needs,
            "pairs": self.pairs,
            **{f"recall@{depth}": round(share, 4) for depth, share in self.recall.items()},
            "precision_recall": [
                {
                    "threshold": point.threshold,
                    "precision": None if point.precision is None else round(point.precision, 4),
                    "recall": round(point.recall, 4),
                }
                for point in self.precision_recall
            ],
            "calibration": [
                {
                    "from": one.low,
                    "to": one.high,
                    "pairs": one.pairs,
                    "score": round(one.predicted, 4),
                    "right": round(one.came_true, 4),
                }
                for one in self.calibration
            ],
            "calibration_error": round(self.calibration_error, 4),
            "verdicts": {kind: dict(counts) for kind, counts in self.verdicts.items()},
        }


def evaluate(answers: Iterable[Answer]) -> Evaluation:
    """Judge rankings. Needs without a right answer are left out; right products that were not found count as missed."""
    asked = [answer for answer in answers if answer.right]
    ranks = [_rank(answer) for answer in asked]
    pairs = [(score, product in answer.right) for answer in asked for product, score in answer.ranked]
    total = sum(len(answer.right) for answer in asked)
    written = [(score, product in answer.right) for answer in asked for product, score in answer.ranked[:CALIBRATED]]
    bins = tuple(_bins(written))
    return Evaluation(
        needs=len(asked),
        pairs=len(pairs),
        recall={depth: sum(rank < depth for rank in ranks) / max(len(asked), 1) for depth in DEPTHS},
        precision_recall=tuple(_point(pairs, threshold, total) for threshold in THRESHOLDS),
        calibration=bins,
        calibration_error=sum(one.pairs * abs(one.predicted - one.came_true) for one in bins) / max(len(written), 1),
        verdicts={
            kind: _called([score for score, is_right in written if is_right is wanted])
            for kind, wanted in (("right", True), ("wrong", False))
        },
    )


def _rank(answer: Answer) -> int:
    """The place, from 0, of the first right product; beyond every depth if none was found."""
    return next((at for at, (product, _) in enumerate(answer.ranked) if product in answer.right), max(DEPTHS))


def _point(pairs: Sequence[tuple[float, bool]], threshold: float, total: int) -> Point:
    kept = [is_right for score, is_right in pairs if score >= threshold]
    return Point(threshold, sum(kept) / len(kept) if kept else None, sum(kept) / max(total, 1))


def _bins(pairs: Sequence[tuple[float, bool]]) -> Iterable[Bin]:
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        inside = [(score, right) for score, right in pairs if min(int(score * BINS), BINS - 1) == number]
        if inside:
            predicted = sum(score for score, _ in inside) / len(inside)
            yield Bin(low, high, len(inside), predicted, sum(right for _, right in inside) / len(inside))


def _called(scores: Sequence[float]) -> dict[str, int]:
    """How many scores fall to each verdict by the thresholds alone."""
    matches = sum(score >= MATCH_FROM for score in scores)
    doubtful = sum(DOUBTFUL_FROM <= score < MATCH_FROM for score in scores)
    return {"match": matches, "doubtful": doubtful, "no": len(scores) - matches - doubtful}
