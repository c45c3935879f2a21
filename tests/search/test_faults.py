"""`kill -9` in the middle of a drain, a rebuild or an import: nothing committed is lost, and the index comes to agree.

A kill counts only if the process said that its work had begun and did not say that it had ended. Its moment is any in
the time that the work takes undisturbed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from registry import outbox
from registry.bulk import BulkRun
from registry.bulk_log import rejected_path
from registry.catalogue.models import ProductVersion
from registry.catalogue.operations import list_lines, touch
from registry.classifiers.tree import Tree
from registry.dated import end, holds_on
from registry.db import Database
from search import sync
from search.engines import SearchEngine
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.embedded import EmbeddedEngine
from search.engines.generations import BUILDING
from search.queries import Query
from search.sync import DrainReport
from tests.architecture import ROOT
from tests.databases import Postgresql, Sqlite
from tests.factories import ACTOR, NOW, TODAY, add_supplier, product_line
from tests.registry.importing import COLUMNS, everything, import_file, product, suppliers_file, write
from tests.search.agreement import held, told
from tests.search.corpus import SUBJECT
from tests.search.syncing import DRAIN, IMPORT, KINDS, REBUILD

pytestmark = [pytest.mark.both_databases, pytest.mark.both_engines]

GOODS = 800
CHANGES = 300
# Rows that a drain or an import takes at a time.
STEP = 30
# Rows of a file.
ROWS = 1_500
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Run:
    """What became of a process: steps it said were done, and whether it was killed at work."""

    steps: int
    killed: bool


@dataclass
class Register:
    """A register that changes, its index, and how a process of its own works on both."""

    database: Database
    engine: SearchEngine
    server: subprocess.Popen[str]
    dice: Random
    supplier: tuple[str, int] = ("", 0)
    numbers: list[int] = field(default_factory=list)
    # How many goods search finds at least, whatever happens.
    least: int = GOODS - 2 * CHANGES

    def found(self) -> None:
        """List the first goods and build the index."""
        with self.database.transaction() as session:
            line, id = add_supplier(session)
            self.supplier = line.bin, id
            self._list(session, range(GOODS))
        sync.rebuild(self.database, self.engine, KINDS, now=NOW, on=TODAY)

    def change(self) -> None:
        """Revise lines, list new ones, list some anew, and take some off the list, in one transaction."""
        with self.database.transaction() as session:
            more = range(len(self.numbers), len(self.numbers) + CHANGES // 10)
            self._list(session, [*self.dice.sample(self.numbers, CHANGES), *more])
            listed = session.execute(
                select(ProductVersion.product_id, ProductVersion.id, ProductVersion.valid_from).where(
                    holds_on(ProductVersion, TODAY)
                )
            ).all()
            gone = self.dice.sample(listed, CHANGES // 6)
            end(session, ProductVersion, [(row.id, row.valid_from) for row in gone], on=TODAY)
            touch(session, [row.product_id for row in gone], now=NOW)

    def _list(self, session: Any, numbers: Any) -> None:
        bin, supplier_id = self.supplier
        lines = {
            number: product_line(bin, external_id=f"P{number}", name_ru=f"Труба {number}х{self.dice.randint(2, 40)}")
            for number in numbers
        }
        listed = list_lines(session, lines, {bin: supplier_id}, Tree(), on=TODAY, actor=ACTOR, now=NOW)
        touch(session, listed.changed, now=NOW)
        self.numbers += [number for number in lines if number >= len(self.numbers)]

    def drain(self) -> DrainReport:
        """Drain as soon as what is left of a killed drainer lets go of its lock."""
        until = time.monotonic() + PATIENCE_S
        while (report := sync.drain(self.database, self.engine, KINDS, now=NOW, on=TODAY)).busy:
            assert time.monotonic() < until, "a killed process still holds the lock"
        return report

    def nothing_is_lost(self) -> None:
        """What the index does not show as it is waits in the outbox; and search answers."""
        indexed = held(self.engine)  # read first: what leaves the outbox is in the index before
        listed = told(self.database, TODAY)
        differing = {id for id in listed.keys() | indexed.keys() if listed.get(id) != indexed.get(id)}
        with self.database.reading() as session:
            assert differing <= outbox.pending_entities(session, SUBJECT)
        self.answers()

    def answers(self) -> None:
        """Search is never empty: it finds all but what the last changes may have touched."""
        assert self.engine.search(Query("труба", size=0)).total >= self.least

    def agrees(self) -> None:
        """Draining alone makes the index agree, and comparing them finds nothing to mend."""
        self.drain()
        with self.database.reading() as session:
            assert outbox.state(session).pending == 0
        listed = told(self.database, TODAY)
        assert held(self.engine) == listed
        report = sync.reconcile(self.database, self.engine, KINDS, now=NOW, on=TODAY)
        assert (report.drift, report.compared) == (0, len(listed))

    def half_built(self) -> bool:
        """Whether a rebuild has left an index that is not whole."""
        if isinstance(self.engine, ElasticsearchEngine):
            return bool(self.engine._client.indices.exists_alias(name=f"{self.engine.prefix}-{SUBJECT}-building"))
        assert isinstance(self.engine, EmbeddedEngine)
        return (self.engine.folder / SUBJECT / BUILDING).exists()

    def begin(self, *action: object) -> int:
        """Have the action begun in a process of its own; returns its id once it is at work."""
        assert self.server.stdin is not None
        self.server.stdin.write(f"{' '.join(map(str, action))}\n")
        self.server.stdin.flush()
        process = int(self.reply())
        assert self.reply() == "began"
        return process

    def reply(self) -> str:
        """The next line that the process prints."""
        assert self.server.stdout is not None
        return self.server.stdout.readline().strip()

    def end(self) -> Run:
        """Wait until the process has ended, by itself and well, or by a kill."""
        said = []
        while (line := self.reply()) in ("step", "ended"):
            said.append(line)
        assert int(line) in (0, -signal.SIGKILL)
        assert line != "0" or said[-1] == "ended"
        return Run(said.count("step"), "ended" not in said)

    def seconds(self, *action: object) -> float:
        """How long the action takes undisturbed."""
        self.begin(*action)
        began = time.monotonic()
        assert not self.end().killed
        return time.monotonic() - began

    def killed(self, *action: object, after_s: float, meanwhile: Callable[[], object]) -> Run:
        """The action is begun and killed so many seconds later, unless it has ended before.

        `meanwhile` is done at the same time, and search always answers.
        """
        timer = threading.Timer(after_s, _kill, [self.begin(*action)])
        timer.start()
        meanwhile()
        while timer.is_alive():
            self.answers()
            time.sleep(0.02)
        return self.end()


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


@pytest.fixture
def register(
    database: Database, database_url: str, engine: SearchEngine, engine_kind: str, index_prefix: str, tmp_path: Path
) -> Iterator[Register]:
    arguments = [database_url, engine_kind, str(tmp_path / "index"), index_prefix]
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.search.syncing", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        register = Register(database, engine, server, Random())
        assert register.reply() == str(server.pid)
        yield register


@pytest.fixture
def kills(thorough: bool) -> int:
    return 20 if thorough else 3


def enough(landed: list[Run], kills: int) -> bool:
    """Whether so many were killed, some of them after a first step: on a busy machine the first ones all come early."""
    return len(landed) >= kills and sum(run.steps > 0 for run in landed) >= kills // 5


def test_a_killed_drain_loses_nothing(register: Register, kills: int) -> None:
    register.found()
    register.change()
    seconds = register.seconds(DRAIN, STEP)
    register.agrees()
    landed: list[Run] = []
    while not enough(landed, kills):
        register.change()
        run = register.killed(DRAIN, STEP, after_s=register.dice.uniform(0, seconds), meanwhile=register.change)
        landed += [run] if run.killed else []
        register.nothing_is_lost()
        # Now and then the next process is killed, too, before anybody has cleared up.
        if register.dice.random() < 0.7:
            register.agrees()
    register.agrees()


def test_a_killed_rebuild_leaves_the_old_index_answering(register: Register, kills: int, tmp_path: Path) -> None:
    register.found()
    # Of eight windows the documents are made in child processes, which is slow to start; of one, in the process itself.
    seconds = {step: register.seconds(REBUILD, step) for step in (GOODS // 8, GOODS)}

    def change_and_drain() -> None:
        register.change()
        register.drain()

    landed: list[Run] = []
    half_built = 0
    # Others are killed before their index is begun, or a drain has cleared away what they left.
    while len(landed) < kills or half_built < kills // 5:
        step = GOODS if len(landed) % 4 else GOODS // 8
        after_s = register.dice.uniform(0, seconds[step])
        run = register.killed(REBUILD, step, after_s=after_s, meanwhile=change_and_drain)
        landed += [run] if run.killed else []
        half_built += run.killed and register.half_built()
        register.nothing_is_lost()
        if register.dice.random() < 0.7:
            register.agrees()
    sync.rebuild(register.database, register.engine, KINDS, now=NOW, on=TODAY)
    register.agrees()
    # What killed rebuilds left is gone: there is the index that answers, and the one before it.
    assert len(list((tmp_path / "index").glob(f"{SUBJECT}/g*"))) <= 2


def test_a_killed_import_goes_on_where_it_was(
    register: Register,
    kills: int,
    tmp_path: Path,
    database_servers: dict[str, Sqlite | Postgresql],
    database_kind: str,
) -> None:
    """While somebody drains, the importing process is killed and started again until the file is taken in. What it
    leaves is what an undisturbed import leaves: every row once, the same rejected file, the same counts."""
    dice, rejected = register.dice, tmp_path / "calm.csv"
    landed: list[Run] = []
    with database_servers[database_kind].new(migrated=True) as url:
        calm = Database(url)
        for each in (calm, register.database):
            import_file(each, "suppliers", suppliers_file(tmp_path), tmp_path / "none.csv")
        path = products_file(tmp_path, 0)
        import_file(calm, "products", path, rejected)
        seconds = register.seconds(IMPORT, STEP, path)
        register.agrees()
        register.least = len(told(register.database, TODAY))
        for edition in count(1):
            path = products_file(tmp_path, edition)
            import_file(calm, "products", path, rejected)
            run = Run(0, killed=True)
            while run.killed and not enough(landed, kills):
                before = committed(register.database, path)
                # A kill every so often, so that several land before the file is through.
                after_s = dice.uniform(0, seconds / 2)
                run = register.killed(IMPORT, STEP, path, after_s=after_s, meanwhile=register.drain)
                landed += [run] if run.killed else []
                assert committed(register.database, path) - before in (run.steps, run.steps + run.killed)
                register.nothing_is_lost()
                if finished(register.database, path):  # also where it was killed before it could say so
                    run = replace(run, killed=False)
            if run.killed:
                register.seconds(IMPORT, STEP, path)
            assert everything(register.database, outbox=False) == everything(calm, outbox=False)
            assert rejected_path(path).read_bytes() == rejected.read_bytes()
            register.agrees()
            if enough(landed, kills):
                break
        calm.dispose()


def products_file(folder: Path, edition: int) -> Path:
    """The same lines as in every edition, each of them changed; some rows are not to be kept."""
    bad: dict[int, dict[str, Any]] = {7: {"bin": "123"}, 9: {"name": ""}}
    rows = [
        product(number, **{"name": f"Труба {number}, издание {edition}", **bad.get(number % 50, {})})
        for number in range(ROWS)
    ]
    # Repeats of rows that were committed long before: one says something else, one the same.
    rows += [product(3, name="Другая труба"), rows[5]]
    return write(folder / f"products{edition}.csv", COLUMNS, rows)


def finished(database: Database, path: Path) -> bool:
    """Whether the whole file is in the database."""
    with database.reading() as session:
        ended = select(BulkRun.id).where(BulkRun.file_name == path.name, BulkRun.finished_at.is_not(None))
        return session.scalars(ended).first() is not None


def committed(database: Database, path: Path) -> int:
    """How many batches of the file are in the database."""
    with database.reading() as session:
        position = session.scalars(select(BulkRun.position).where(BulkRun.file_name == path.name)).one_or_none()
    return -(-max(0, (position or 1) - 1) // STEP)
