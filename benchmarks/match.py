"""How fast needs are matched with a large file of offers, and how well, beside RapidFuzz alone in the same run.

    python -m benchmarks.match [--products 200000] [--needs 5000] [--processes 2] [--corpus DIR] [--out FILE]

takes the corpus of `benchmarks.corpus` (or the one in DIR) and does what `ondiris match --needs … --products … --out …
--top 10` does: reads both files, makes the offers ready, judges every need and writes its line with every feature told
in a sentence. Then RapidFuzz does what it can by itself: the ten names most like each of the first needs, by
`token_set_ratio` of all names in as many processes; nothing is explained. Each of both runs in processes of its own;
memory is the proportional share of all of them together, taken every two seconds. Standard error has a table,
standard output (or FILE) a line of JSON for each.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process, utils
from rich.console import Console
from rich.table import Table

from benchmarks import corpus
from matching.engine.candidates import FileSource
from matching.engine.files import NO_CLASSIFIERS, OFFER_COLUMNS, OFFER_REQUIRED, take_needs, take_offers
from matching.engine.judging import Judge
from matching.engine.outcome import Outcome, json_line
from matching.engine.runs import judged
from matching.needs.rules import COLUMNS, REQUIRED, read_need
from registry.garbage import seldom_collected
from registry.spreadsheets import open_table

TOP = 10
DEPTHS = (1, 10)


class Memory:
    """The most memory that this process and its children have held together."""

    def __init__(self) -> None:
        self.peak_mb = 0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Memory:
        self._watch.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._watch.join()

    def _run(self) -> None:
        while not self._over.wait(2):
            self.peak_mb = max(self.peak_mb, sum(_share_kb(pid) for pid in _family(os.getpid())) >> 10)


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield from _family(int(child))
    except OSError:  # it has just ended
        return


def _share_kb(pid: int) -> int:
    try:
        shares = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in shares.splitlines() if line.startswith("Pss:"))


@contextmanager
def clock(figures: dict[str, Any], name: str) -> Iterator[None]:
    """Note the seconds that something takes."""
    began = time.perf_counter()
    yield
    figures[name] = round(time.perf_counter() - began, 2)


def ours(files: Path, limit: int, processes: int) -> dict[str, Any]:
    """The whole way of `ondiris match` with two files; figures of it, and under `found` the ids by need."""
    figures: dict[str, Any] = {"what": "ondiris"}
    with Memory() as memory, seldom_collected():
        with clock(figures, "ready_s"):
            with open_table(files / "products.csv", OFFER_COLUMNS, required=OFFER_REQUIRED) as table:
                take_offers(table, source := FileSource(), processes)
            source.ready()
            with open_table(files / "needs.csv", COLUMNS, required=REQUIRED) as table:
                read = partial(read_need, codes=NO_CLASSIFIERS)
                needs = take_needs(table.rows(), read).lines[:limit]
        found = {}
        out = files / "matches.jsonl"
        with clock(figures, "match_s"), out.open("wb") as file:
            judge = Judge(source, corpus.TODAY, top=TOP)
            for need, (line, ids) in zip(
                needs, judged(judge, needs, _line, processes=processes, progress=lambda *_: None), strict=True
            ):
                file.write(line)
                found[need.external_id] = ids
        figures["written_mb"] = out.stat().st_size >> 20
        out.unlink()
        source.close()
    return {
        **figures,
        "products": len(source),
        "needs": len(needs),
        "needs_per_s": round(len(needs) / figures["match_s"], 1),
        "peak_mb": memory.peak_mb,
        "found": found,
    }


def _line(outcome: Outcome) -> tuple[bytes, list[str]]:
    return json_line(outcome, "ru"), [match.listed.product_id for match in outcome.matches]


def rapidfuzz_alone(files: Path, limit: int, processes: int) -> dict[str, Any]:
    """The names most like each need's, all against all; the same figures."""
    figures: dict[str, Any] = {"what": "rapidfuzz"}
    with Memory() as memory:
        with clock(figures, "ready_s"):
            offers = _names(files / "products.csv", "external_id")
            needs = dict(list(_names(files / "needs.csv", "id").items())[:limit])
            ids, names = list(offers), [utils.default_process(name) for name in offers.values()]
        with (
            clock(figures, "match_s"),
            ProcessPoolExecutor(processes, get_context("fork"), _hand_over, (ids, names)) as pool,
        ):
            found = dict(zip(needs, pool.map(_alike, needs.values()), strict=True))
    return {
        **figures,
        "products": len(offers),
        "needs": len(needs),
        "needs_per_s": round(len(needs) / figures["match_s"], 1),
        "peak_mb": memory.peak_mb,
        "found": found,
    }


_held: list[tuple[list[str], list[str]]] = []


def _hand_over(ids: list[str], names: list[str]) -> None:
    _held.append((ids, names))


def _alike(name: str) -> list[str]:
    ids, names = _held[-1]
    best = process.extract(utils.default_process(name), names, scorer=fuzz.token_set_ratio, processor=None, limit=TOP)
    return [ids[at] for _, _, at in best]


def _names(file: Path, key: str) -> dict[str, str]:
    with file.open(encoding="utf-8", newline="") as rows:
        return {row[key]: row["name"] for row in csv.DictReader(rows)}


def recall(found: Mapping[str, Sequence[str]], files: Path) -> dict[str, float]:
    """The share of needs with a right product among the first found."""
    truth: dict[str, set[str]] = defaultdict(set)
    with (files / "truth.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            truth[row["need_id"]].add(row["product_id"])
    return {
        f"recall@{depth}": round(
            sum(not truth[need].isdisjoint(ids[:depth]) for need, ids in found.items()) / len(found), 3
        )
        for depth in DEPTHS
    }


def _apart(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        return alone.submit(work, *arguments).result()


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=200_000)
    parser.add_argument("--needs", type=int, default=5_000)
    parser.add_argument("--baseline-needs", type=int, default=200, help="RapidFuzz is asked only about so many")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--corpus", type=Path, help="a folder that benchmarks.corpus has written")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="ondiris-match-") as name:
        files = options.corpus or Path(name)
        if options.corpus is None:
            corpus.write(files, options.products, options.needs)
        measured = [
            _apart(ours, files, options.needs, options.processes),
            _apart(rapidfuzz_alone, files, options.baseline_needs, options.processes),
        ]
        figures = [one | recall(one.pop("found"), files) for one in measured]
    shown = Table("", *(one["what"] for one in figures))
    for row in dict.fromkeys(row for one in figures for row in one if row != "what"):
        shown.add_row(row, *(f"{one[row]:,}" if row in one else "—" for one in figures))
    console = Console(stderr=True)
    console.print(shown)
    console.print(f"{figures[0]['needs_per_s'] / figures[1]['needs_per_s']:,.1f} times the needs of RapidFuzz alone")
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in figures)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
