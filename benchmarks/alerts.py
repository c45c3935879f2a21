"""How long a look at everything that people watch takes, beside asking the engine the same questions alone.

    python -m benchmarks.alerts [--products 20000] [--people 500] [--each 10]

loads a corpus into a SQLite file and the embedded index; so many people watch so many searches each, a third of which
somebody else watches too. Two looks are timed: one where nothing is new, and one after 100 goods were listed that many
of them wait for, which writes what is new and the letters. Standard output has a line of JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from benchmarks import corpus
from benchmarks.families import families
from benchmarks.search import NOW, TODAY, load, phrase
from config.settings import Settings
from matching.alerts.models import Frequency, Notice
from matching.alerts.operations import watch_search
from registry.accounts.models import Account, AccountRole
from registry.accounts.rules import Actor
from registry.errors import RuleBroken
from registry.messages import Letter
from search import sync
from search.goods import PRODUCTS
from web.alerts.questions import asked_of, found, normal
from web.alerts.rounds import look
from web.imports import import_table
from web.runtime import Runtime

FRESH = 100


def watch(runtime: Runtime, people: int, each: int, random: Random) -> list[str]:
    """Let so many people watch so many searches; returns the questions."""
    kinds = families()
    shared = [phrase(random.choice(kinds), random) for _ in range(each * 3)]
    asked: list[str] = []
    for number in range(people):
        with runtime.database.transaction() as session:
            email = f"person{number}@buyer.example"
            person = Account(email=email, name=f"Person {number}", password_hash="-", lang="ru", created_at=NOW)
            session.add(person)
            session.flush()
            actor = Actor(email, AccountRole.CUSTOMER, account_id=person.id)
            frequency = (Frequency.INSTANT, Frequency.DAILY)[number % 2]
            for place in range(each):
                text = phrase(random.choice(kinds), random) if place % 3 else random.choice(shared)
                question = normal(asked_of(f"q={text}"))
                ids, total = found(runtime.engine, question)
                try:
                    watch_search(
                        session, question, name=text, frequency=frequency, found=ids, total=total, actor=actor, now=NOW
                    )
                except RuleBroken:
                    continue
                asked.append(question)
    return asked


def list_more(runtime: Runtime, files: Path) -> None:
    """List goods that are like others that are listed, and bring the index up to date."""
    with (files / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(FRESH), strict=False)]
    path = files / "fresh.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**row, "external_id": f"fresh-{number}"} for number, row in enumerate(rows))
    import_table(runtime, "products", path, on=TODAY, actor="benchmark", progress=lambda done, total: None)
    sync.drain(runtime.database, runtime.engine, runtime.kinds, now=NOW, on=TODAY)


def timed_look(runtime: Runtime) -> dict[str, float]:
    """One look: seconds, what is new, and letters to be sent."""
    began = time.perf_counter()
    report = look(runtime, lambda done, total: None)
    return {"seconds": round(time.perf_counter() - began, 2), "news": report["notices"], "letters": report["letters"]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--each", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home, files = Path(folder, "home"), Path(folder, "files")
        home.mkdir()
        corpus.write(files, given.products, 1)
        url = load(home, files)
        settings = Settings.from_env({"ONDIRIS_HOME": str(home), "ONDIRIS_DATABASE_URL": url})
        runtime = Runtime(settings, clock=lambda: NOW)
        sync.rebuild(runtime.database, runtime.engine, {PRODUCTS.name: PRODUCTS}, now=NOW, on=TODAY)
        asked = watch(runtime, given.people, given.each, Random(corpus.SEED))
        began = time.perf_counter()
        for question in asked:
            found(runtime.engine, question)
        alone = time.perf_counter() - began
        still = timed_look(runtime)
        list_more(runtime, files)
        after = timed_look(runtime)
        with runtime.database.reading() as session:
            told = session.scalars(select(func.count()).select_from(Notice)).one()
            letters = session.scalars(select(func.count()).select_from(Letter)).one()
        if (told, letters) != (after["news"], after["letters"]) or still["news"] or not told:
            raise SystemExit(f"told {told} and wrote {letters} letters, but reported {after}")
        figures = {"watched": len(asked), "different": len(set(asked)), "engine_alone_s": round(alone, 2)}
        print(json.dumps({**figures, "nothing_new": still, f"{FRESH}_new_goods": after}))


if __name__ == "__main__":
    main()
