"""How long the search of free capacity takes in a large country, beside reading and analysing all of it, as was done.

    python -m benchmarks.capacities [--rows 100000] [--database-url URL]

fills an empty database (a temporary SQLite file without a URL) and asks for pages: without words, and with words that
few and that many hold. Each is asked first in a process that has analysed nothing yet, then ten times. Exit status 1
where the median of a page with words is above 0.3 s, or that of one without above a tenth of what all of it takes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.names import fictitious_bins, supplier_name
from registry import migrations
from registry.accounts.rules import Actor
from registry.dated import chunks
from registry.db import Database
from registry.identifiers import CheckDigit
from registry.suppliers.capacities import Free, Wanted, free_capacity
from registry.suppliers.models import FreeCapacity, Operation, Role
from registry.suppliers.operations import ids_of, take_in
from registry.suppliers.rules import SupplierLine
from registry.suppliers.words import write_words
from search.analysis import index_text
from search.capacities import find

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
PAGE = 50
# Seconds that a page with words may take, and the share of reading everything that one without may take.
MOST = 0.3
SHARE = 0.1
TEXTS = ("", "токарные работы", "turning of shafts", "гидроабразивная резка", "вязание чулок", "обработка деталей")
WORK = (
    *("Токарная обработка", "Фрезерная обработка", "Шлифовка", "Сварка", "Литьё", "Ковка", "Штамповка", "Гибка"),
    *("Лазерная резка", "Пошив", "Окраска порошковая", "Цинкование", "Термическая обработка", "Сборка", "Экструзия"),
    *("Құбыр дәнекерлеу", "Арнайы киім тігу", "Бөлшек жону", "Ағаш аралау", "Плазменная резка", "Ремонт", "Упаковка"),
)
OF = (
    *(
        "валов",
        "втулок",
        "корпусов",
        "шестерён",
        "фланцев",
        "листа",
        "труб",
        "отливок",
        "рам",
        "кронштейнов",
        "крепежа",
    ),
    *("муфт", "опор", "ферм", "баков", "спецодежды", "мебели", "поддонов", "пресс-форм", "роторов", "насосов"),
)
FREE_EACH = 2


def fill(session: Session, rows: int, random: Random) -> None:
    """So many offers of a twentieth as many suppliers; one in a thousand is of waterjet cutting."""
    works = rows // FREE_EACH
    bins = list(fictitious_bins(max(1, rows // 20)))
    for piece in chunks(enumerate(bins), 1_000):
        lines = {
            number: SupplierLine(bin, CheckDigit.VALID, supplier_name(number, random), Role.MAKER, kato=_kato(random))
            for number, bin in piece
        }
        take_in(session, lines, on=TODAY, actor=Actor("benchmark"), now=NOW)
    ids = list(ids_of(session, bins).values())
    span = {"valid_from": TODAY, "valid_to": None, "created_at": NOW, "version": 1}
    for numbers in chunks(range(1, works + 1), 5_000):
        operations, offers = [], []
        for id in numbers:
            maker = ids[id % len(ids)]
            verb = "Гидроабразивная резка" if not id % 1_000 else random.choice(WORK)
            name = f"{verb} {random.choice(OF)}"
            note = f"до {random.randrange(20, 900)} мм, точность {random.choice('ABCDEF')}{random.randrange(1, 99)}"
            said = {"thing_id": id, "supplier_id": maker, "name": name}
            operations.append({"id": id, "name_ru": name, "note": note, **said, **span})
            for one in range(FREE_EACH):
                free = (id - 1) * FREE_EACH + one + 1
                begins = TODAY + timedelta(days=random.randrange(120))
                offer = {"operation_id": id, "from_on": begins, "to_on": begins + timedelta(days=30), "note": "от 5 ч"}
                offers.append({"id": free, **said, "thing_id": free, **offer, **span})
        session.execute(insert(Operation), operations)
        session.execute(insert(FreeCapacity), offers)
        own = {one["id"]: Operation(**one) for one in operations}
        write_words(session, [(FreeCapacity(**one), own[one["operation_id"]]) for one in offers])


def _kato(random: Random) -> str:
    return f"{random.choice(('10', '35', '39', '55', '71', '75', '79'))}1010000"


def all_of_it(session: Session, text: str) -> list[Free]:
    """As it was done: everything is read and analysed, whatever is asked for."""
    wanted = frozenset(index_text(text).split())
    rows = free_capacity(session, TODAY, Wanted())
    held = ((row, frozenset(index_text(f"{row.operation}\n{row.operation_note}").split())) for row in rows)
    return [row for row, tokens in held if wanted <= tokens][:PAGE]


def page(session: Session, text: str) -> Sequence[Any]:
    """The first page and how much there is."""
    return find(session, TODAY, text, Wanted()).rows(PAGE)


def seconds(session: Session, ask: Callable[[Session, str], Sequence[Any]], text: str) -> float:
    """How long it takes once."""
    started = time.perf_counter()
    ask(session, text)
    return time.perf_counter() - started


def measured(database: Database) -> Iterator[str]:
    """What is above what it may take."""
    with database.reading() as session:
        print(f"{'asked for':28} {'first, ms':>10} {'median, ms':>10} {'found':>8}")
        medians = {}
        for text in TEXTS:
            first = seconds(session, page, text)
            medians[text] = statistics.median(seconds(session, page, text) for _ in range(10))
            total = find(session, TODAY, text, Wanted()).total
            print(f"{text or '(no words)':28} {first * 1000:10.0f} {medians[text] * 1000:10.0f} {total:8}")
            if text and medians[text] > MOST:
                yield f"{text}: {medians[text]:.2f} s"
        everything = seconds(session, all_of_it, "")
        print(f"{'all of it read and analysed':28} {everything * 1000:10.0f}")
        for text, median in medians.items():
            print(f"{text or '(no words)':28} {everything / median:10.0f} times as fast")
        if medians[""] > SHARE * everything:
            yield f"without words: {medians['']:.2f} s beside {everything:.2f} s"


def main(arguments: list[str] | None = None) -> int:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database-url")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(given.database_url or f"sqlite:///{Path(folder) / 'register.db'}")
        try:
            migrations.upgrade(database)
            started = time.perf_counter()
            with database.transaction() as session:
                fill(session, given.rows, Random(7))
            took = time.perf_counter() - started
            print(f"{given.rows} offers on {database.engine.dialect.name}, filled in {took:.0f} s")
            above = list(measured(database))
        finally:
            database.dispose()
    for one in above:
        print(f"too slow: {one}")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
