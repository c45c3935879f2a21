"""How often the codes that `ondiris classify` gives are right, how fast they come, and what the weights should be.

    python -m benchmarks.classify [--reference ../shared/data] [--fit] [--out FILE]

takes texts whose code people decided: official decisions, lines of certificates of origin, goods of the register and
English terms for the ТН ВЭД, and Kazakh names of the demonstration's goods; goods of the register and lots of public
procurement for the КПВЭД; the lots for the ЕНС ТРУ. Each set is cut in five by who wrote it, since the goods of one
producer are near-copies: what is asked about one part is learned from the others, weights and examples alike. Of one
code at most five lines of certificates are asked about, and repeated texts once. Every set is asked three times: with
the others' cases as decided examples, without any, and of BM25 over the paths of the codes, the baseline. `--fit`
writes the weights learned from all parts to matching/codes/weights.csv.

Standard error has a table, standard output (or FILE) a line of JSON for each set.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.bm25 import Bm25
from matching.codes import profile
from matching.codes.classify import Classifier
from matching.codes.evaluate import Judged, evaluate
from matching.codes.examples import Example, Examples
from matching.codes.features import FEATURES, Evidence, gather
from matching.codes.index import Index
from matching.codes.profile import NONE, NONE_UNKNOWN, Weights
from matching.codes.reading import read
from matching.codes.scoring import probabilities
from registry.classifiers import rules
from registry.classifiers.models import Scheme
from registry.classifiers.operations import attached
from registry.classifiers.tree import Node, Tree
from registry.identifiers import kpved_of
from registry.spreadsheets import open_table
from registry.text import fold_key

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PARTS = 5
OF_ONE_CODE = 5
DEPTH = 50
ROUNDS = 150
STEP = 0.1
# How strongly a weight is drawn to nothing.
RIDGE = 0.004
SPEED_TEXTS = 2_000
STARTER = Path(__file__).parents[1] / "config" / "starter"
# Goods invented for the demonstration say how Kazakh fares, and teach nothing of how much a feature counts.
ASKED_ONLY = ("starter_kk",)


class Case(NamedTuple):
    """A text, its code or the branch of it, and whoever wrote it."""

    text: str
    code: str
    source: str


@dataclass(frozen=True)
class Asked:
    """What is known of one case: what speaks for which codes, and which of them are right."""

    case: Case
    evidence: Evidence
    right: Flags


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _nodes(folder: Path, scheme: Scheme, name: str) -> dict[str, Node]:
    with open_table(folder / name, rules.COLUMNS, required=("code",), aliases=rules.ALIASES) as table:
        reading = rules.read(scheme, ((row.number, row.cells) for row in table.rows()), table.columns)
    nodes = {key: stated.node for key, stated in reading.nodes.items()}
    if scheme is Scheme.TNVED:
        return nodes
    return {key: replace(node, parent_key=rules.parent_code(scheme, key, nodes)) for key, node in nodes.items()}


def trees(folder: Path) -> dict[Scheme, Tree]:
    """The classifiers of the reference data, the ТН ВЭД with the English names of the HS and the starter's Kazakh."""
    tnved = _nodes(folder, Scheme.TNVED, "tnved_eaeu_tree.csv")
    for names_of in (STARTER / "tnved.csv", folder / "hs2022_en.csv"):
        with open_table(names_of, rules.COLUMNS, required=("code",), aliases=rules.ALIASES) as table:
            reading = rules.read(Scheme.TNVED, ((row.number, row.cells) for row in table.rows()), table.columns)
        for key, names in attached(reading, tnved)[0].items():
            tnved[key] = replace(tnved[key], **names)
    enstru = [
        Node(row["code"], None, row["code"], "node", f"{row['name']}, {row['description']}", None, None, None, None)
        for row in _rows(folder, "enstru_observed.csv")
    ]
    return {
        Scheme.TNVED: Tree(tnved.values()),
        Scheme.KPVED: Tree(_nodes(folder, Scheme.KPVED, "kpved.csv").values()),
        Scheme.ENSTRU: Tree(enstru),
    }


def cases(folder: Path) -> dict[tuple[str, str], list[Case]]:
    """The sets by kind of weights and name."""
    certificates = _rows(folder, "label_kz_origin_certificates.csv")
    register = _rows(folder, "kz_industrial_register_sample.csv")
    lots = [row for row in _rows(folder, "procurement_lots_kz.csv") if row["extra_text"].strip() and row["enstru_code"]]
    found = {
        ("tnved", "decisions"): [
            Case(f"{row['product']}. {row['description']}", row["code"], row["id"])
            for row in _rows(folder, "label_eec_decisions_ru.csv")
        ],
        ("tnved", "certificates"): _capped(Case(row["text"], row["code"], row["producer"]) for row in certificates),
        ("tnved", "register"): [Case(row["item"], row["tnved"], row["bin"]) for row in register],
        ("tnved", "starter_kk"): [
            Case(row["name_kk"], row["tnved"], row["bin"]) for row in _rows(STARTER, "products.csv") if row["name_kk"]
        ],
        # Terms of one head word are near-copies: they stay together.
        ("tnved_en", "english"): [
            Case(row["text"], row["hs6"], row["text"].split(",")[0].split()[-1])
            for row in _rows(folder, "label_uk_hs6_en.csv")
        ],
        ("kpved", "register"): [Case(row["item"], row["kpved"], row["bin"]) for row in register if row["kpved"]],
        ("kpved", "lots"): [Case(row["extra_text"], kpved_of(row["enstru_code"]), row["customer_bin"]) for row in lots],
        ("enstru", "lots"): [Case(row["extra_text"], row["enstru_code"], row["customer_bin"]) for row in lots],
    }
    return {name: _once(every) for name, every in found.items()}


def _capped(every: Iterable[Case]) -> Iterator[Case]:
    held: Counter[str] = Counter()
    for case in every:
        held[case.code] += 1
        if held[case.code] <= OF_ONE_CODE:
            yield case


def _once(every: Iterable[Case]) -> list[Case]:
    return list({(fold_key(case.text), case.code): case for case in every}.values())


def part(case: Case) -> int:
    """Which of the parts a case is in: that of everything its source wrote."""
    return int.from_bytes(sha256(case.source.encode()).digest()[:4], "big") % PARTS


def gathered(index: Index, sets: Mapping[str, Sequence[Case]], *, examples: bool) -> dict[str, list[Asked]]:
    """What speaks for which codes of each case, the cases of other parts as examples, or none."""
    every = [case for cases in sets.values() for case in cases]
    known = [
        Examples(Example(case.text, case.code, case.source) for case in every if examples and part(case) != one)
        for one in range(PARTS)
    ]
    codes = np.array(index.codes)
    found = {}
    for name, cases in sets.items():
        found[name] = [
            Asked(case, evidence, np.char.startswith(codes[evidence.codes], case.code))
            for case in cases
            for evidence in (gather(index, known[part(case)], case.text, read(case.text)),)
        ]
    return found


def fit(groups: Iterable[Sequence[Asked]]) -> Weights:
    """The weights under which the right codes are likeliest; every group counts alike, whatever its size."""
    asked, counts = [], []
    for group in groups:
        asked += [
            (
                one.evidence.values.astype(float),
                one.right,
                1 - one.evidence.known,
            )
            for one in group
        ]
        counts += [1 / max(len(group), 1)] * len(group)
    total = sum(counts)
    size = len(FEATURES)
    weights, first, second = np.zeros((3, size + 2))
    for round_ in range(1, ROUNDS + 1):
        slope = RIDGE * weights
        for (values, right, unknown), count in zip(asked, counts, strict=True):
            slope += count / total * _slope(weights, values, right, unknown)
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope**2
        weights = weights - STEP * (first / (1 - 0.9**round_)) / (np.sqrt(second / (1 - 0.99**round_)) + 1e-8)
    rounded = [round(float(weight), 3) for weight in weights]
    return Weights(dict(zip(FEATURES, rounded, strict=False)), rounded[size], rounded[size + 1])


def _slope(weights: Floats, values: Floats, right: Flags, unknown: float) -> Floats:
    """Of one case the slope of minus the logarithm of the probability of what is right, "none" where nothing is."""
    size = len(FEATURES)
    strengths = np.append(weights[:size] @ values, weights[size] + weights[size + 1] * unknown)
    shares = np.exp(strengths - strengths.max())
    shares /= shares.sum()
    wanted = np.append(right, not right.any())
    among = shares * wanted
    pull = shares - among / max(float(among.sum()), 1e-300)
    return np.concatenate([values @ pull[:-1], [pull[-1], pull[-1] * unknown]])


def judged(index: Index, one: Asked, weights: Weights) -> Judged:
    """The ranking of a case under weights."""
    chances = probabilities(one.evidence, weights)
    order = np.lexsort((one.evidence.codes, -chances))[:DEPTH]
    ranked = [(index.codes[int(one.evidence.codes[at])], float(chances[at])) for at in order]
    return Judged(ranked, one.case.code)


def measure(folder: Path) -> Iterator[tuple[dict[str, Any], dict[str, Weights]]]:
    """Figures of each set, and the weights of its kind learned from all parts."""
    every = trees(folder)
    sets: dict[str, dict[str, list[Case]]] = defaultdict(dict)
    for (kind, name), found in cases(folder).items():
        sets[kind][name] = found
    for kind, named in sets.items():
        scheme = Scheme(kind.removesuffix("_en"))
        index = _index(scheme, every[scheme], every[Scheme.KPVED])
        asked = {with_: gathered(index, named, examples=with_) for with_ in (True, False)}
        groups = [(with_, name) for with_ in asked for name in named]
        taught = [group for group in groups if group[1] not in ASKED_ONLY]
        learned = [
            fit([one for one in asked[with_][name] if part(one.case) != left_out] for with_, name in taught)
            for left_out in range(PARTS)
        ]
        whole = fit(asked[with_][name] for with_, name in taught)
        for with_, name in groups:
            answers = [judged(index, one, learned[part(one.case)]) for one in asked[with_][name]]
            figures = evaluate(scheme, answers)
            yield {"set": f"{name} → {kind}", "by": "examples" if with_ else "classifier", **figures}, {kind: whole}
        baseline = Bm25(index)
        for name, found in named.items():
            figures = evaluate(scheme, [Judged(baseline.ranked(case.text, DEPTH), case.code) for case in found])
            yield {"set": f"{name} → {kind}", "by": "BM25", **{it: figures[it] for it in ("texts", "levels")}}, {}


@cache
def _index(scheme: Scheme, tree: Tree, above: Tree) -> Index:
    return Index(scheme, tree, above)


def speed(folder: Path) -> dict[str, Any]:
    """Texts a second on one core, the way of `ondiris classify`; what the index takes to be built, and memory."""
    every = trees(folder)
    found = cases(folder)
    texts = [case.text for (kind, _), cases in found.items() if kind == "tnved" for case in cases]
    texts += [row["item_name"] for row in _rows(folder, "kz_serial_certificates_food.csv") if row.get("item_name")]
    began = time.perf_counter()
    index = Index(Scheme.TNVED, every[Scheme.TNVED])
    built = time.perf_counter() - began
    examples = Examples(
        Example(case.text, case.code) for (kind, _), it in found.items() if kind == "tnved" for case in it
    )
    classifier = Classifier(index, examples)
    asked = (texts * (SPEED_TEXTS // len(texts) + 1))[:SPEED_TEXTS]
    began, used = time.perf_counter(), time.process_time()
    for text in asked:
        classifier.classify(text)
    took, used = time.perf_counter() - began, time.process_time() - used
    return {
        "set": "speed",
        "codes": len(index),
        "index_s": round(built, 2),
        "texts": len(asked),
        "different": len(set(asked)),
        "texts_per_s": round(len(asked) / took, 1),
        "processor_ms": round(1000 * used / len(asked), 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def write_weights(learned: Mapping[str, Weights]) -> Path:
    """Write the profile that `ondiris classify` takes."""
    path = Path(profile.__file__).with_name(profile.WEIGHTS_FILE)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["feature", *learned])
        for feature in FEATURES:
            writer.writerow([feature, *(weights.features[feature] for weights in learned.values())])
        writer.writerow([NONE, *(weights.none for weights in learned.values())])
        writer.writerow([NONE_UNKNOWN, *(weights.none_unknown for weights in learned.values())])
    return path


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, default=Path("../shared/data"))
    parser.add_argument("--fit", action="store_true", help="write the weights learned to matching/codes/weights.csv")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(argv)
    console = Console(stderr=True, width=120)
    figures: list[dict[str, Any]] = []
    learned: dict[str, Weights] = {}
    shown = Table("set", "by", "digits", "texts", "@1", "@5", "@10", "@50", "decided", "right", "calibration")
    for one, weights in measure(options.reference):
        figures.append(one)
        learned |= weights
        for level in one["levels"]:
            if not level["texts"]:
                continue
            last = level is one["levels"][-1] and "decided" in one
            shown.add_row(
                one["set"],
                one["by"],
                str(level["digits"]),
                str(level["texts"]),
                *(f"{100 * level[f'recall@{depth}']:.0f}" for depth in (1, 5, 10, 50)),
                f"{100 * one['decided']:.0f}" if last else "",
                f"{100 * one['decided_right']:.0f}" if last and one["decided_right"] is not None else "",
                f"{one['calibration_error']:.3f}" if last else "",
            )
    if options.fit:
        console.print(f"weights written to {write_weights(learned)}")
        profile.weights.cache_clear()
        profile.profile_version.cache_clear()
    figures.append(speed(options.reference))
    console.print(shown)
    console.print(figures[-1])
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in figures)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
