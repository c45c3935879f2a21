"""`kill -9` in the middle of a drain or a rebuild: nothing that was committed is lost, and the index comes to agree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from registry import outbox
from registry.catalogue.models import ProductVersion
from registry.catalogue.operations import list_lines, touch
from registry.classifiers.tree import Tree
from registry.dated import end, holds_on
from registry.db import Database
from search import sync
from search.engines import SearchEngine
from search.goods import PRODUCTS
from search.kinds import fingerprint
from search.queries import Query
from search.sync import DrainReport
from tests.architecture import ROOT
from tests.factories import ACTOR, NOW, TODAY, add_supplier, product_line
from tests.search.corpus import SUBJECT
from tests.search.syncing import DRAIN, KINDS, REBUILD

pytestmark = [pytest.mark.both_databases, pytest.mark.both_engines]

GOODS = 800
CHANGES = 300
# Rows that a drain takes at a time.
STEP = 30
PATIENCE_S = 30.0


@dataclass
class Register:
    """A register that changes, its index, and how a process of its own works on both."""

    database: Database
    engine: SearchEngine
    server: subprocess.Popen[str]
    dice: Random
    supplier: tuple[str, int] = ("", 0)
    numbers: list[int] = field(default_factory=list)

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

    def told(self) -> dict[int, tuple[int, int]]:
        """Version and fingerprint of every listed line, by id, as the database has it."""
        with self.database.reading() as session:
            rows = PRODUCTS.after(session, 0, 10 * GOODS, TODAY)
        return {PRODUCTS.identify(row)[0]: (PRODUCTS.identify(row)[1], fingerprint(row)) for row in rows}

    def held(self) -> dict[int, tuple[int, int]]:
        """The same as the index has it."""
        self.engine.refresh(SUBJECT)
        return {entry.id: (entry.version, entry.fingerprint) for entry in self.engine.entries(SUBJECT, 0, 10 * GOODS)}

    def drain(self) -> DrainReport:
        """Drain as soon as what is left of a killed drainer lets go of its lock."""
        until = time.monotonic() + PATIENCE_S
        while (report := sync.drain(self.database, self.engine, KINDS, now=NOW, on=TODAY)).busy:
            assert time.monotonic() < until, "a killed process still holds the lock"
        return report

    def nothing_is_lost(self) -> None:
        """What the index does not show as it is waits in the outbox; and search answers."""
        held = self.held()  # read first: what leaves the outbox is in the index before
        told = self.told()
        differing = {id for id in told.keys() | held.keys() if told.get(id) != held.get(id)}
        with self.database.reading() as session:
            assert differing <= outbox.pending_entities(session, SUBJECT)
        self.answers()

    def answers(self) -> None:
        """Search is never empty: it finds all but what the last changes may have touched."""
        assert self.engine.search(Query("труба", size=0)).total > GOODS - 2 * CHANGES

    def agrees(self) -> None:
        """Draining alone makes the index agree, and comparing them finds nothing to mend."""
        self.drain()
        with self.database.reading() as session:
            assert outbox.state(session).pending == 0
        told = self.told()
        assert self.held() == told
        report = sync.reconcile(self.database, self.engine, KINDS, now=NOW, on=TODAY)
        assert (report.drift, report.compared) == (0, len(told))

    def begin(self, action: str, step: int) -> int:
        """Have the action begun in a process of its own; returns its id."""
        assert self.server.stdin is not None
        self.server.stdin.write(f"{action} {step}\n")
        self.server.stdin.flush()
        return self.reply()

    def reply(self) -> int:
        """The next number that the process prints."""
        assert self.server.stdout is not None
        return int(self.server.stdout.readline())

    def seconds(self, action: str, step: int) -> float:
        """How long the action takes undisturbed."""
        began = time.monotonic()
        self.begin(action, step)
        assert self.reply() == 0
        return time.monotonic() - began

    def killed(self, action: str, step: int, after_s: float, meanwhile: Callable[[], object]) -> bool:
        """The action is begun and killed so many seconds later; returns whether it was still at work.

        `meanwhile` is done at the same time, and search always answers.
        """
        process = self.begin(action, step)
        timer = threading.Timer(after_s, _kill, [process])
        timer.start()
        meanwhile()
        while timer.is_alive():
            self.answers()
            time.sleep(0.002)
        status = self.reply()
        assert status in (0, -signal.SIGKILL)
        return status != 0


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
        register.found()
        assert register.reply() == server.pid
        yield register


@pytest.fixture
def kills(thorough: bool) -> int:
    return 20 if thorough else 3


def test_a_killed_drain_loses_nothing(register: Register, kills: int) -> None:
    register.change()
    seconds = register.seconds(DRAIN, STEP)
    register.agrees()
    landed = 0
    while landed < kills:
        register.change()
        landed += register.killed(DRAIN, STEP, register.dice.uniform(0, seconds), register.change)
        register.nothing_is_lost()
        # Now and then the next process is killed, too, before anybody has cleared up.
        if register.dice.random() < 0.7:
            register.agrees()
    register.agrees()


def test_a_killed_rebuild_leaves_the_old_index_answering(register: Register, kills: int, tmp_path: Path) -> None:
    # Of so many windows the documents are made in child processes; of one, in the process itself.
    seconds = {step: register.seconds(REBUILD, step) for step in (GOODS // 8, GOODS)}

    def change_and_drain() -> None:
        register.change()
        register.drain()

    landed = 0
    while landed < kills:
        step = list(seconds)[landed % 2]
        landed += register.killed(REBUILD, step, register.dice.uniform(0, seconds[step]), change_and_drain)
        register.nothing_is_lost()
        if register.dice.random() < 0.7:
            register.agrees()
    sync.rebuild(register.database, register.engine, KINDS, now=NOW, on=TODAY)
    register.agrees()
    # What killed rebuilds left is gone: there is the index that answers, and the one before it.
    assert len(list((tmp_path / "index").glob(f"{SUBJECT}/g*"))) <= 2
