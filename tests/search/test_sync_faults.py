"""Faults while the index is kept like the database, each at its worst moment: a drain finds again what was lost."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from registry import outbox
from registry.catalogue.operations import touch
from registry.db import Database
from search import sync
from search.engines import EngineUnavailable, SearchEngine
from search.engines.elasticsearch import ElasticsearchEngine
from search.goods import PRODUCTS, Listed
from search.kinds import Document
from tests.architecture import ROOT
from tests.factories import NOW, TODAY, add_product, add_supplier, product_line
from tests.search.agreement import held, told
from tests.search.corpus import SUBJECT, ids
from tests.search.gate import Gate
from tests.search.test_sync import BAD, KINDS, drain, listed, reconcile, revise, save, waiting
from tests.servers.found import address

__all__ = ["listed"]


def rebuild(database: Database, engine: SearchEngine, **given: Any) -> sync.RebuildReport:
    return sync.rebuild(database, engine, given.pop("kinds", KINDS), now=NOW, on=TODAY)


def agrees(database: Database, engine: SearchEngine) -> bool:
    return waiting(database) == 0 and held(engine) == told(database, TODAY)


@pytest.mark.parametrize(
    ("database_kind", "engine_kind"), [("postgresql", "embedded"), ("postgresql", "elasticsearch")]
)
def test_a_change_that_commits_late_is_not_passed_over(
    database: Database, engine: SearchEngine, listed: list[int]
) -> None:
    """PostgreSQL gives numbers out before it commits: a smaller one may show up after a larger one was drained."""
    with database.transaction() as late:
        maker, _ = add_supplier(late)
        first = add_product(late, product_line(maker.bin, name_ru="Кабель контрольный"))
        second = save(database)
        assert drain(database, engine) == sync.DrainReport(written=1)
        assert ids(engine, "кабель") == [second]
    assert drain(database, engine) == sync.DrainReport(written=1)
    assert sorted(ids(engine, "кабель")) == [first, second]
    assert agrees(database, engine)


@pytest.mark.both_databases
@pytest.mark.both_engines
def test_a_rebuild_that_fails_again_and_again_does_not_stop_the_drain(
    database: Database, engine: SearchEngine, listed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sync.drain.__globals__, "REBUILD_FROM", 2)
    # A count that never agrees with what is listed.
    kinds = {SUBJECT: replace(PRODUCTS, count=lambda session, on: 9)}
    for name in ("Фланец", "Муфта"):
        revise(database, listed[0], name)
        with database.transaction() as session:
            touch(session, listed * 2, now=NOW)
        with pytest.raises(sync.RebuildFailed):
            rebuild(database, engine, kinds=kinds)
        assert drain(database, engine, kinds=kinds).written == 3
        assert ids(engine, name) == [listed[0]]
    assert agrees(database, engine)


@pytest.mark.both_databases
@pytest.mark.both_engines
def test_what_was_given_up_is_settled_by_a_rebuild_that_manages_it(
    database: Database, engine: SearchEngine, listed: list[int]
) -> None:
    bad = save(database, BAD)
    kinds = {SUBJECT: replace(PRODUCTS, document=breaks)}
    for step in range(outbox.MOST_ATTEMPTS):
        drain(database, engine, kinds=kinds, now=NOW + timedelta(hours=step))
    assert rebuild(database, engine, kinds=kinds).failed == 1
    assert parked(database) == [bad]
    assert rebuild(database, engine).failed == 0
    assert parked(database) == []
    assert ids(engine, BAD) == [bad]
    assert agrees(database, engine)


def breaks(row: Listed) -> Document:
    if row.good.name_ru == BAD:
        raise ValueError("no such word")
    return PRODUCTS.document(row)


def parked(database: Database) -> list[int]:
    with database.reading() as session:
        return [row.entity_id for row in outbox.parked(session)]


@pytest.fixture
def fill_disk() -> Iterator[Callable[[], None]]:
    """From its call on no file can be made longer than a line, as if there were no room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def empty_disk() -> None:
    """There is room again."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def test_a_full_disk_leaves_the_index_as_it_was(
    database: Database, engine: SearchEngine, listed: list[int], fill_disk: Callable[[], None]
) -> None:
    id = save(database)
    fill_disk()
    for work in (drain, rebuild):
        with pytest.raises(EngineUnavailable):
            work(database, engine)
        assert sorted(ids(engine)) == listed
    empty_disk()
    assert waiting(database) == 1
    assert drain(database, engine).written == 1
    assert ids(engine, "кабель") == [id]
    assert agrees(database, engine)


def test_a_disk_that_fills_while_an_index_is_built_leaves_the_old_one(
    database: Database, engine: SearchEngine, listed: list[int], fill_disk: Callable[[], None]
) -> None:
    def load(session: Session, wanted: Collection[int], on: date) -> Sequence[Listed]:
        rows = PRODUCTS.load(session, wanted, on)
        fill_disk()
        return rows

    with pytest.raises(EngineUnavailable):
        rebuild(database, engine, kinds={SUBJECT: replace(PRODUCTS, load=load)})
    empty_disk()
    assert sorted(ids(engine)) == listed
    assert rebuild(database, engine).written == {SUBJECT: 3}
    assert agrees(database, engine)


@pytest.mark.parametrize(("database_kind", "engine_kind"), [("sqlite", "elasticsearch")])
def test_an_engine_that_goes_away_while_an_index_is_built(
    database: Database, engine: SearchEngine, listed: list[int], index_prefix: str
) -> None:
    with Gate(address("elasticsearch")) as gate:
        lost = ElasticsearchEngine(gate.url, prefix=index_prefix)

        def load(session: Session, wanted: Collection[int], on: date) -> Sequence[Listed]:
            gate.shut()
            return PRODUCTS.load(session, wanted, on)

        with pytest.raises(EngineUnavailable):
            rebuild(database, lost, kinds={SUBJECT: replace(PRODUCTS, load=load)})
        revise(database, listed[0], "Фланец стальной")
        with pytest.raises(EngineUnavailable):
            drain(database, lost)
        assert sorted(ids(engine)) == listed  # the old one answers whoever reaches it
        gate.open()
        assert drain(database, lost).written == 1
        assert ids(engine, "фланец") == [listed[0]]
        with pytest.raises(EngineUnavailable):
            engine.count(SUBJECT, building=True)
        lost.close()
    assert agrees(database, engine)
    assert reconcile(database, engine).drift == 0


# Rebuilds, and is killed when it begins to clear away what the swap has put aside.
KILLED_AFTER_THE_SWAP = """
import os, signal, sys
from pathlib import Path
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.embedded import EmbeddedEngine
from search.engines.generations import Generations
from tests.search import syncing

def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def published(publish):
    def publish_and_die(self, subject):
        Generations._sweep = ElasticsearchEngine._sweep = killed
        publish(self, subject)
    return publish_and_die

for engine in (EmbeddedEngine, ElasticsearchEngine):
    engine.publish = published(engine.publish)
url, kind, folder, prefix = sys.argv[1:]
syncing.work(url, kind, Path(folder), prefix, syncing.REBUILD, 100, "")
"""


@pytest.mark.both_databases
@pytest.mark.both_engines
def test_a_kill_between_the_swap_and_the_clearing_away(
    database: Database,
    database_url: str,
    engine: SearchEngine,
    engine_kind: str,
    index_prefix: str,
    listed: list[int],
    tmp_path: Path,
) -> None:
    revise(database, listed[0], "Фланец стальной")
    arguments = [database_url, engine_kind, str(tmp_path / "index"), index_prefix]
    died = subprocess.run(
        [sys.executable, "-c", KILLED_AFTER_THE_SWAP, *arguments], cwd=ROOT, capture_output=True, check=False
    )
    assert died.returncode == -signal.SIGKILL
    assert ids(engine, "фланец") == [listed[0]]  # the new index answers
    assert waiting(database) == 1
    drain(database, engine)
    assert agrees(database, engine)
    for _ in range(2):
        rebuild(database, engine)
    assert len(list((tmp_path / "index").glob(f"{SUBJECT}/g*"))) <= 2
    assert agrees(database, engine)
