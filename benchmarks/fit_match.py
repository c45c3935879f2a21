"""What the weights of matching would be if they were fitted, beside those of the profile, with what either reaches.

    python -m benchmarks.fit_match [--reference ../shared/data] [--corpus DIR] [--needs 1000]

Takes what a real run compares, all candidates of each need with every feature, on three sets: names that dealers give
to the goods of one maker, the synthetic corpus, the demo's judgements. Fits the weights of a logistic model to the
decisions of all three by Newton's method, and measures each set also with weights fitted on the other half of the
needs, so that what was learned by heart shows. Neutral points stay the profile's.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpus
from benchmarks.converters import convert
from benchmarks.corpus import TODAY
from matching.engine.candidates import FileSource
from matching.engine.evaluate import Answer, evaluate
from matching.engine.files import NO_CLASSIFIERS, OFFER_COLUMNS, OFFER_REQUIRED, take_needs, take_offers
from matching.engine.judging import Judge
from matching.engine.profile import BIAS, PROFILE_VERSION, WEIGHTS
from matching.needs.rules import COLUMNS, REQUIRED, read_need
from registry.spreadsheets import open_table

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NAMES = tuple(WEIGHTS)
NEUTRAL = np.array([WEIGHTS[name].neutral for name in NAMES])
PROFILE = np.array([*(WEIGHTS[name].weight for name in NAMES), BIAS])

CORPUS_PRODUCTS = 20_000
# What a set counts in the fit, whatever its size. The demo's needs are few, but have values, codes and languages.
COUNTS = {"prosept": 1.0, "corpus": 0.7, "demo": 2.0}
# Most needs of a register have no right offer, those of the sets nearly all: wrong pairs count more by this.
NOBODY_MAKES_IT = 0.3
# How strongly a weight is drawn to nothing, so that a feature that two sets lack is not let run away by the third.
RIDGE = 0.02


@dataclass(frozen=True, slots=True)
class Asked:
    """One need: of each candidate how far its features are from neutral (unknown: 0), and whether it is right.

    right: all that are, found or not.
    """

    need_id: str
    ids: Sequence[str]
    moved: Floats
    is_right: Flags
    right: frozenset[str]


def compare(products: Path, needs: Path, truth: Mapping[str, frozenset[str]], most: int) -> list[Asked]:
    """What a run compares for the first `most` needs that have been judged."""
    with open_table(products, OFFER_COLUMNS, required=OFFER_REQUIRED) as table:
        take_offers(table, source := FileSource())
    with open_table(needs, COLUMNS, required=REQUIRED) as table:
        read = partial(read_need, codes=NO_CLASSIFIERS)
        lines = take_needs(table.rows(), read).lines
    source.ready()
    judged = [line for line in lines if line.external_id in truth][:most]
    found = []
    for asked, ranked in Judge(source, TODAY, top=10).ranked(judged):
        right = truth[asked.need.external_id]
        rows = [[one.scores.features[name][one.position] for name in NAMES] for one in ranked]
        moved = np.nan_to_num(np.array(rows, dtype=np.float64).reshape(-1, len(NAMES)) - NEUTRAL)
        ids = [source.shelf.offers[one.row].id for one in ranked]
        found.append(Asked(asked.need.external_id, ids, moved, np.array([id in right for id in ids], bool), right))
    source.close()
    return found


def fit(sets: Mapping[str, Sequence[Asked]]) -> Floats:
    """The weights and, last, the bias that make the decisions likeliest. A weight below zero would call what agrees a
    reason against: it is held at zero."""
    kept = [(COUNTS[name] / len(asked), one) for name, asked in sets.items() for one in asked if len(one.ids)]
    rows = np.vstack([np.hstack([one.moved, np.ones((len(one.ids), 1))]) for _, one in kept])
    right = np.concatenate([one.is_right for _, one in kept])
    counts = np.concatenate([np.where(one.is_right, share, share * (1 + NOBODY_MAKES_IT)) for share, one in kept])
    free = np.ones(len(NAMES) + 1, bool)
    while True:
        fitted = _newton(rows[:, free], right, counts)
        found = np.zeros(len(free))
        found[free] = fitted
        below = (found < 0) & (np.arange(len(free)) < len(NAMES))
        if not below.any():
            return found
        free &= ~below


def _newton(rows: Floats, right: Flags, counts: Floats) -> Floats:
    drawn = np.full(rows.shape[1], RIDGE)
    drawn[-1] = 0.0
    found = np.zeros(rows.shape[1])
    for _ in range(50):
        likely = 1.0 / (1.0 + np.exp(-(rows @ found)))
        slope = rows.T @ (counts * (likely - right)) + drawn * found
        bend = (rows * (counts * likely * (1.0 - likely))[:, None]).T @ rows + np.diag(drawn)
        step = np.linalg.solve(bend + 1e-9 * np.eye(len(bend)), slope)
        found -= step
        if np.abs(step).max() < 1e-6:
            break
    return found


def figures(asked: Sequence[Asked], weights: Callable[[int], Floats]) -> dict[str, float]:
    """Recall and calibration of one set. weights: those that the need at a position is scored with."""
    answers = []
    for at, one in enumerate(asked):
        found = weights(at)
        scores = 1.0 / (1.0 + np.exp(-(one.moved @ found[:-1] + found[-1])))
        ranked = sorted(zip(one.ids, scores.tolist(), strict=True), key=lambda it: (-it[1], it[0]))
        answers.append(Answer(one.need_id, ranked, one.right))
    said = evaluate(answers)
    return {"recall@1": said.recall[1], "recall@5": said.recall[5], "ECE": said.calibration_error}


@contextmanager
def sets(reference: Path, folder: Path | None, most: int) -> Iterator[dict[str, list[Asked]]]:
    """The three sets by name."""
    with tempfile.TemporaryDirectory(prefix="ondiris-fit-") as name:
        made = Path(name)
        convert(reference, made)
        if folder is None:
            folder = made / "corpus"
            corpus.write(folder, CORPUS_PRODUCTS, most)
        with as_file(files("config") / "starter") as demo:
            judged = read_truth(demo / "needs_expected.csv", "external_id", judgement="good")
            dealers = read_truth(made / "prosept_truth.csv")
            synthetic = read_truth(folder / "truth.csv")
            yield {
                "prosept": compare(made / "prosept_products.csv", made / "prosept_needs.csv", dealers, most),
                "corpus": compare(folder / "products.csv", folder / "needs.csv", synthetic, most),
                "demo": compare(demo / "products.csv", demo / "needs.csv", judged, most),
            }


def read_truth(path: Path, product: str = "product_id", judgement: str | None = None) -> dict[str, frozenset[str]]:
    """By need the products that are right, none for one that nobody meets. judgement: the one that counts as right."""
    found: dict[str, set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            right = found[row["need_id"]]
            if judgement is None or row["judgement"] == judgement:
                right.add(row[product])
    return {need_id: frozenset(right) for need_id, right in found.items()}


def main() -> None:
    """Fit, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, default=Path("../shared/data"))
    parser.add_argument("--corpus", type=Path, help="a folder that benchmarks.corpus has written")
    parser.add_argument("--needs", type=int, default=1_000, help="of each set at most")
    options = parser.parse_args()
    with sets(options.reference, options.corpus, options.needs) as found:
        fitted = fit(found)
        halves = [fit({name: asked[half::2] for name, asked in found.items()}) for half in (1, 0)]
        print(f"{'':12}{'fitted':>9}{'profile':>9}   profile {PROFILE_VERSION}")
        for name, one, other in zip((*NAMES, "bias"), fitted, PROFILE, strict=True):
            print(f"{name:12}{one:9.2f}{other:9.2f}")
        rows = {"profile": lambda at: PROFILE, "fitted": lambda at: fitted, "other half": lambda at: halves[at % 2]}
        print(f"\n{'set':10}{'weights':12}" + "".join(f"{name:>10}" for name in ("recall@1", "recall@5", "ECE")))
        for name, asked in found.items():
            for label, weights in rows.items():
                said = figures(asked, weights)
                print(f"{name:10}{label:12}" + "".join(f"{value:10.3f}" for value in said.values()))


if __name__ == "__main__":
    main()
