"""How fast both search engines are built and asked, on one register, in one run.

    python -m benchmarks.search [--products 200000] [--questions 500] [--elasticsearch URL] [--corpus DIR] [--out FILE]

loads the corpus of `benchmarks.corpus` (or the one in DIR) and the starter nomenclature into a SQLite file. Then, for
the embedded engine and for Elasticsearch (its address also from ONDIRIS_TEST_ELASTICSEARCH_URL), it builds the index as
`ondiris reindex` does and asks it questions one after another, each of both in a process of its own. Every answer has
its total, twenty hits and all six facets, as a page shows them. Standard error has a table, standard output (or FILE) a
line of JSON per engine. At the end the answers of the engines are held against each other.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from uuid import uuid4

from rich.console import Console
from rich.table import Table

import web.tables  # noqa: F401
from benchmarks import corpus
from benchmarks.families import Family, families
from config.settings import Settings
from registry import migrations
from registry.catalogue.models import Product
from registry.classifiers.models import Scheme
from registry.db import Database
from registry.identifiers import REGIONS
from search import sync
from search.analysis import query_tokens
from search.engines import SearchEngine
from search.goods import PRODUCTS
from search.queries import CandidateQuery, Query
from web.imports import import_classifier, import_table
from web.runtime import Runtime

TODAY = corpus.TODAY
NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 6, tzinfo=UTC)
STARTER = Path(__file__).parent.parent / "config" / "starter"
CANDIDATES = 100
WRITTEN = 20_000  # documents with which writing alone is measured
SAVED = 30  # changes that are measured one by one
TOGETHER = 50  # needs asked for at once
WARM = 20  # questions of each sort asked before the clock runs

Question = TypeVar("Question")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an engine and the register are; `server` is the address of Elasticsearch."""

    engine: str
    folder: Path
    database_url: str
    server: str = ""
    prefix: str = ""

    def open(self) -> SearchEngine:
        """The engine, connected."""
        if self.engine == "embedded":
            from search.engines.embedded import EmbeddedEngine

            return EmbeddedEngine(self.folder)
        from search.engines.elasticsearch import ElasticsearchEngine

        return ElasticsearchEngine(self.server, prefix=self.prefix)

    def asked(self, path: str, method: str = "GET") -> Any:
        """What the server says of itself."""
        with urllib.request.urlopen(urllib.request.Request(f"{self.server}/{path}", method=method)) as reply:
            return json.load(reply)


def load(home: Path, files: Path) -> str:
    """Load the corpus into a register; returns the URL of its database."""
    runtime = Runtime(Settings.from_env({"ONDIRIS_HOME": str(home)}), clock=lambda: NOW)
    migrations.upgrade(runtime.database)
    for scheme in (Scheme.TNVED, Scheme.KPVED):
        import_classifier(
            runtime,
            scheme,
            STARTER / f"{scheme}.csv",
            in_force_from=TODAY,
            on=TODAY,
            keep=False,
            actor="benchmark",
            rejected=home / "rejected.csv",
        )
    for kind in ("suppliers", "products"):
        path = files / f"{kind}.csv"
        import_table(runtime, kind, path, on=TODAY, actor="benchmark", progress=lambda done, total: None)
    runtime.database.dispose()
    return runtime.settings.database_url


def build(place: Place) -> dict[str, Any]:
    """Build the index and change it; figures of that."""
    database, engine = Database(place.database_url), place.open()
    began = time.perf_counter()
    report = sync.rebuild(database, engine, {PRODUCTS.name: PRODUCTS}, now=NOW, on=TODAY)
    seconds = time.perf_counter() - began
    with database.reading() as session:
        rows = PRODUCTS.after(session, 0, WRITTEN, TODAY)
    documents = [PRODUCTS.document(row) for row in rows]
    engine.begin(PRODUCTS.name)
    began = time.perf_counter()
    for start in range(0, len(documents), 2_000):
        engine.fill(PRODUCTS.name, documents[start : start + 2_000])
    engine.settle(PRODUCTS.name)
    writing = time.perf_counter() - began
    engine.abandon(PRODUCTS.name)

    def save(number: int) -> None:
        engine.write(PRODUCTS.name, [replace(documents[number], version=documents[number].version + 1)])
        engine.refresh(PRODUCTS.name)

    saves, _ = timed(save, range(min(SAVED, len(documents))))
    figures = {
        "documents": report.written[PRODUCTS.name],
        "reindex_s": round(seconds, 1),
        "reindex_per_s": round(report.written[PRODUCTS.name] / seconds),
        "write_per_s": round(len(documents) / writing),
        "save_ms": saves,
        "index_mb": _index_mb(place),
        "build_peak_mb": _peak_mb(),
    }
    engine.close()
    database.dispose()
    return figures


def _index_mb(place: Place) -> int:
    if place.server:
        size: int = place.asked(f"{place.prefix}*/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"]
        return size >> 20
    live = place.folder / PRODUCTS.name / (place.folder / PRODUCTS.name / "live").read_text(encoding="ascii")
    return sum(file.stat().st_size for file in live.iterdir()) >> 20


def _peak_mb() -> int:
    """The most memory that this process has held."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) >> 10


def timed(ask: Callable[[Question], Answer], questions: Iterable[Question]) -> tuple[dict[str, float], list[Answer]]:
    """Median and 95th percentile of the milliseconds per question, and the answers."""
    took, answers = [], []
    for question in questions:
        began = time.perf_counter()
        answers.append(ask(question))
        took.append((time.perf_counter() - began) * 1000)
    return {
        "p50": round(statistics.median(took), 2),
        "p95": round(statistics.quantiles(took, n=20, method="inclusive")[-1], 2),
    }, answers


def phrase(family: Family, random: Random) -> str:
    """What somebody asks: head and a modifier in some case, half of the time with a dimension."""
    first, second = random.choice(family.first), random.choice(family.second)
    head, one, _ = corpus.russian(family, first, second, random.choice(["nomn", "gent", "ablt"]), random.random() < 0.5)
    size = [corpus.written(random.choice(family.dimensions), random)] if random.random() < 0.5 else []
    return " ".join([head, one, *size])


def questions(count: int) -> dict[str, list[Query]]:
    """Questions by sort, the same for the same count.

    text: two to four words, declined, half of them with a dimension. slip: a name mistyped. filtered: a name with a ТН
    ВЭД heading, five regions and two states of evidence. broad_word: one noun. catalogue: a page of everything.
    """
    random, kinds = Random(corpus.SEED + 7), families()

    def several(make: Callable[[Family], Query]) -> list[Query]:
        return [make(random.choice(kinds)) for _ in range(count + WARM)]

    return {
        "text": several(lambda family: Query(phrase(family, random))),
        "slip": several(lambda family: Query(corpus.mistyped(family.head_ru, random))),
        "filtered": several(
            lambda family: Query(
                family.head_ru,
                code=family.tnved[:4],
                regions=tuple(random.sample(REGIONS, 5)),
                evidence=("confirmed", "claimed"),
            )
        ),
        "broad_word": several(lambda family: Query(family.head_ru.split()[0])),
        "catalogue": several(lambda family: Query(page=random.randint(1, 9))),
    }


def ask(place: Place, files: Path, count: int) -> dict[str, Any]:
    """Ask the index; figures of that, and under `answers` what can be held against another engine's answers."""
    engine = place.open()
    figures: dict[str, Any] = {}
    answers: dict[str, list[Any]] = {}
    for sort, asked in questions(count).items():
        for question in asked[:WARM]:
            engine.search(question)
        figures[f"{sort}_ms"], found = timed(engine.search, asked[WARM:])
        figures[f"{sort}_found"] = round(statistics.mean(bool(hits.total) for hits in found), 3)
        answers[sort] = [(hits.total, hits.facets) for hits in found]
    random = Random(corpus.SEED + 8)
    words = [random.choice(families()).head_ru for _ in range(count)]
    typed = [word[: random.randint(3, len(word))] for word in words]
    figures["suggestions_ms"], suggested = timed(engine.suggest, typed)
    figures["suggestions_found"] = round(statistics.mean(map(bool, suggested)), 3)
    answers["suggestions"] = suggested
    figures |= _candidates(engine, place, files, count)
    figures["ask_peak_mb"] = _peak_mb()
    if place.server:
        nodes = place.asked("_nodes/stats/jvm")["nodes"].values()
        figures["server_heap_mb"] = sum(node["jvm"]["mem"]["heap_used_in_bytes"] for node in nodes) >> 20
    engine.close()
    return {**figures, "answers": answers}


def _candidates(engine: SearchEngine, place: Place, files: Path, count: int) -> dict[str, Any]:
    with (files / "needs.csv").open(encoding="utf-8", newline="") as file:
        needs = list(csv.DictReader(file))[:count]
    with (files / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth: dict[str, set[str]] = {need["id"]: set() for need in needs}
        for row in csv.DictReader(file):
            if row["need_id"] in truth:
                truth[row["need_id"]].add(row["product_id"])
    asked = [
        CandidateQuery(query_tokens(need["name"]), tnved=need["tnved"] or None, limit=CANDIDATES) for need in needs
    ]
    took, found = timed(lambda query: engine.candidates([query])[0], asked)
    began = time.perf_counter()
    for start in range(0, len(asked), TOGETHER):
        engine.candidates(asked[start : start + TOGETHER])
    together = time.perf_counter() - began
    database = Database(place.database_url)
    with database.reading() as session:
        names = dict(session.query(Product.id, Product.external_id).all())
    database.dispose()
    recalls = [
        len({names[one.id] for one in best} & truth[need["id"]]) / len(truth[need["id"]])
        for need, best in zip(needs, found, strict=True)
        if 0 < len(truth[need["id"]]) <= CANDIDATES
    ]
    return {
        "candidates_ms": took,
        "candidates_per_s": round(len(asked) / together),
        "candidates_recall_100": round(statistics.mean(recalls), 3),
    }


def table(figures: Sequence[dict[str, Any]]) -> Table:
    """Figures side by side, an engine a column."""
    shown = Table("", *(one["engine"] for one in figures))
    for name in dict.fromkeys(name for one in figures for name in one):
        if name != "engine":
            shown.add_row(name, *(_cell(one.get(name)) for one in figures))
    return shown


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['p50']:.2f} / {value['p95']:.2f}"
    return "—" if value is None else f"{value:,}"


def alike(answers: Sequence[dict[str, list[Any]]]) -> dict[str, float]:
    """By sort of question the share of answers that are the same from every engine: totals and facets, or names."""
    return {
        sort: round(statistics.mean(len(set(map(repr, several))) == 1 for several in zip(*each, strict=True)), 3)
        for sort, each in ((sort, [one[sort] for one in answers]) for sort in answers[0])
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=200_000)
    parser.add_argument("--questions", type=int, default=500, help="of each sort")
    parser.add_argument("--elasticsearch", metavar="URL", default=os.environ.get("ONDIRIS_TEST_ELASTICSEARCH_URL"))
    parser.add_argument("--corpus", type=Path, help="a folder that benchmarks.corpus has written")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(argv)
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="ondiris-search-") as name:
        folder = Path(name)
        files = options.corpus or folder / "corpus"
        if options.corpus is None:
            corpus.write(files, options.products, options.questions)
        places = [Place("embedded", folder / "index", load(folder, files))]
        if options.elasticsearch:
            prefix = f"ondiris-bench-{uuid4().hex[:8]}"
            server = options.elasticsearch.rstrip("/")
            places.append(replace(places[0], engine="elasticsearch", server=server, prefix=prefix))
        else:
            console.print("Elasticsearch is not measured: no address is given (--elasticsearch URL).")
        figures, answers = [], []
        for place in places:
            try:
                measured = {"engine": place.engine, **_apart(build, place)}
                measured |= _apart(ask, place, files, options.questions)
            finally:
                if place.server:
                    names = ",".join(place.asked(f"{place.prefix}*?expand_wildcards=all"))
                    place.asked(names, "DELETE") if names else None
            answers.append(measured.pop("answers"))
            figures.append(measured)
    console.print(table(figures))
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in figures)
    if len(places) > 1:
        same = alike(answers)
        console.print("The engines' answers are the same: " + ", ".join(f"{sort} {n:.1%}" for sort, n in same.items()))
        text += json.dumps({"same_answers": same}, ensure_ascii=False) + "\n"
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def _apart(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """Work done in a fresh process, so that nothing warms it and its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(work, *arguments).result()


if __name__ == "__main__":
    main()
