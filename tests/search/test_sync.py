"""The index follows the database: drained, rebuilt, reconciled; both databases, both engines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from registry import outbox
from registry.catalogue.models import Product, ProductVersion
from registry.catalogue.operations import touch
from registry.db import Database
from registry.errors import Conflict
from registry.evidence.models import Evidence
from registry.locks import only_one
from search import sync
from search.engines import EngineUnavailable, SearchEngine
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.embedded import EmbeddedEngine
from search.goods import PRODUCTS, Listed
from search.kinds import Document, Kind
from search.queries import Query
from search.sync import rebuild as rebuild_all
from tests.factories import NOW, TODAY, add_product, add_supplier, fact, product_line
from tests.search.corpus import SUBJECT, ids

pytestmark = [pytest.mark.both_databases, pytest.mark.both_engines]

KINDS = {PRODUCTS.name: PRODUCTS}


def drain(database: Database, engine: SearchEngine, **given: Any) -> sync.DrainReport:
    return sync.drain(database, engine, given.pop("kinds", KINDS), **{"now": NOW, "on": TODAY, **given})


def reconcile(database: Database, engine: SearchEngine, **given: Any) -> sync.ReconcileReport:
    return sync.reconcile(database, engine, given.pop("kinds", KINDS), **{"now": NOW, "on": TODAY, **given})


@pytest.fixture
def listed(database: Database, engine: SearchEngine) -> list[int]:
    """Three goods of one maker that the index has."""
    with database.transaction() as session:
        maker, _ = add_supplier(session)
        made = [
            add_product(session, product_line(maker.bin, name_ru=name, name_kk=None, name_en=None, external_id=name))
            for name in ("Труба стальная", "Насос центробежный", "Лист горячекатаный")
        ]
    assert drain(database, engine) == sync.DrainReport()  # there was no index: it was built, with all in it
    assert waiting(database) == 0
    return made


def waiting(database: Database) -> int:
    with database.reading() as session:
        return outbox.state(session).pending


def save(database: Database, name: str = "Кабель силовой") -> int:
    with database.transaction() as session:
        maker, _ = add_supplier(session)
        return add_product(session, product_line(maker.bin, name_ru=name, name_kk=None, name_en=None))


def revise(database: Database, id: int, name: str) -> None:
    """Another name for a listed line."""
    with database.transaction() as session:
        session.execute(update(ProductVersion).where(ProductVersion.product_id == id).values(name_ru=name))
        touch(session, [id], now=NOW)


def withdraw(database: Database, id: int) -> None:
    """The line is not listed from TODAY on, nor was it on any day before."""
    with database.transaction() as session:
        session.execute(delete(ProductVersion).where(ProductVersion.product_id == id))
        touch(session, [id], now=NOW)


def test_what_is_saved_is_found_in_no_time(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    id = save(database)
    assert ids(engine, "кабель") == []
    started = time.monotonic()
    assert drain(database, engine) == sync.DrainReport(written=1)
    assert ids(engine, "кабели") == [id]
    assert time.monotonic() - started < 2
    assert drain(database, engine) == sync.DrainReport()


def test_changes_and_withdrawals_follow(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    revise(database, listed[0], "Фланец стальной")
    withdraw(database, listed[1])
    assert drain(database, engine) == sync.DrainReport(written=1, removed=1)
    assert (ids(engine), ids(engine, "фланец"), ids(engine, "труба")) == ([listed[2], listed[0]], [listed[0]], [])
    assert reconcile(database, engine).drift == 0


def test_many_changes_of_one_thing_are_one_write(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    for number in range(5):
        revise(database, listed[0], f"Труба {number}")
    assert waiting(database) == 5
    assert drain(database, engine) == sync.DrainReport(written=1)
    assert waiting(database) == 0
    assert ids(engine, "труба 4") == [listed[0]]


def test_a_repeat_of_what_was_drained_is_harmless(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    before = engine.entries(SUBJECT, 0, 10)
    with database.transaction() as session:
        outbox.changed(session, SUBJECT, [*listed, *reversed(listed), 10**6], now=NOW)
    assert drain(database, engine).written == 3
    assert engine.entries(SUBJECT, 0, 10) == before
    assert waiting(database) == 0


def test_exactly_the_rows_that_were_read_are_deleted(
    database: Database, engine: SearchEngine, listed: list[int]
) -> None:
    """A change that commits while its entity is being drained stays, also under an id smaller than others read."""
    late: list[int] = []

    def load(session: Session, wanted: Collection[int], on: date) -> Sequence[Listed]:
        rows = PRODUCTS.load(session, wanted, on)
        if not late:
            late.append(1)
            in_another_thread(lambda: revise(database, listed[0], "Задвижка клиновая"))
        return rows

    revise(database, listed[0], "Фланец стальной")
    report = drain(database, engine, kinds={SUBJECT: replace(PRODUCTS, load=load)})
    assert report.written == 2  # drained twice: as it was read first, then as it had become
    assert ids(engine, "задвижка") == [listed[0]]
    assert waiting(database) == 0


def in_another_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_one_drainer_at_a_time(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    save(database)
    reports: list[sync.DrainReport] = []
    with only_one(database, "drain") as mine:
        assert mine
        in_another_thread(lambda: reports.append(drain(database, engine)))
    assert reports == [sync.DrainReport(busy=True)]
    assert waiting(database) == 1
    assert drain(database, engine).written == 1


# What an analyser might stumble over.
BAD = "Ломающий строку"


def _document(row: Listed) -> Document:
    if row.good.name_ru == BAD:
        raise ValueError("no such word")
    return PRODUCTS.document(row)


def _load(session: Session, wanted: Collection[int], on: date) -> Sequence[Listed]:
    rows = PRODUCTS.load(session, wanted, on)
    if any(row.good.name_ru == BAD for row in rows):
        raise KeyError("a code of no classifier")
    return rows


@pytest.mark.parametrize("breaks", [{"document": _document}, {"load": _load}], ids=["document", "load"])
def test_what_fails_is_put_off_then_parked_and_the_rest_go_on(
    database: Database, engine: SearchEngine, listed: list[int], breaks: dict[str, Any]
) -> None:
    kinds = {SUBJECT: replace(PRODUCTS, **breaks)}
    bad, good = save(database, BAD), save(database)
    now = NOW
    for attempt in range(1, outbox.MOST_ATTEMPTS + 1):
        report = drain(database, engine, kinds=kinds, now=now)
        assert (report.written, report.failed) == (1 if attempt == 1 else 0, 1)
        assert drain(database, engine, kinds=kinds, now=now + timedelta(seconds=1)) == sync.DrainReport()
        now += timedelta(minutes=5)
    assert good in ids(engine, "кабель")
    with database.reading() as session:
        [parked] = outbox.parked(session)
        assert (parked.kind, parked.entity_id, parked.attempts) == (SUBJECT, bad, outbox.MOST_ATTEMPTS)
        assert "no such word" in (parked.error or "") or "no classifier" in (parked.error or "")
        assert outbox.state(session) == outbox.Waiting(pending=0, oldest=None, parked=1)
    assert drain(database, engine, kinds=kinds, now=now) == sync.DrainReport()
    # Once the cause is mended, a person has it tried again.
    with database.transaction() as session:
        assert outbox.retry_parked(session, now=now) == 1
    assert drain(database, engine, now=now).written == 1
    assert ids(engine, BAD) == [bad]


def test_a_later_success_settles_what_was_parked(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    bad = save(database, BAD)
    for step in range(outbox.MOST_ATTEMPTS):
        drain(database, engine, kinds={SUBJECT: replace(PRODUCTS, document=_document)}, now=NOW + timedelta(hours=step))
    revise(database, bad, "Обычное название")
    assert drain(database, engine).written == 1
    with database.reading() as session:
        assert outbox.parked(session) == []


@contextmanager
def away(engine: SearchEngine, tmp_path: Path) -> Iterator[SearchEngine]:
    """The same engine while it does not answer."""
    if isinstance(engine, ElasticsearchEngine):
        lost = ElasticsearchEngine("http://127.0.0.1:9", prefix=engine.prefix)
        yield lost
        lost.close()
    else:
        # A generation that no version of tantivy reads.
        [pointer] = (tmp_path / "index").glob("*/live")
        kept = pointer.read_text()
        broken = pointer.parent / "g999999"
        broken.mkdir()
        (broken / "recipe").write_text((pointer.parent / kept / "recipe").read_text())
        (broken / "meta.json").write_text("{")
        pointer.write_text("g999999")
        yield EmbeddedEngine(tmp_path / "index")
        pointer.write_text(kept)


def test_while_the_engine_is_away_nothing_is_lost(
    database: Database, engine: SearchEngine, listed: list[int], tmp_path: Path
) -> None:
    id = save(database)
    with away(engine, tmp_path) as lost:
        with pytest.raises(EngineUnavailable):
            lost.search(Query("кабель"))
        if isinstance(lost, ElasticsearchEngine):
            with pytest.raises(EngineUnavailable):
                drain(database, lost)
        assert not lost.health().ok
    assert waiting(database) == 1
    assert drain(database, engine).written == 1
    assert ids(engine, "кабель") == [id]


def test_a_missing_index_is_built_by_the_next_drain(database: Database, engine: SearchEngine) -> None:
    with database.transaction() as session:
        maker, _ = add_supplier(session)
        made = [add_product(session, product_line(maker.bin)) for _ in range(3)]
    assert not engine.ready(SUBJECT)
    drain(database, engine)
    assert sorted(ids(engine)) == made
    assert waiting(database) == 0


def test_a_register_that_changed_mostly_is_built_anew(
    database: Database, engine: SearchEngine, listed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sync.drain.__globals__, "REBUILD_FROM", 2)
    with database.transaction() as session:
        touch(session, listed[:2], now=NOW)
    built: list[str] = []
    publish = engine.publish

    def published(name: str) -> None:
        built.append(name)
        publish(name)

    monkeypatch.setattr(engine, "publish", published)
    drain(database, engine)
    assert built == [SUBJECT]
    assert waiting(database) == 0
    assert reconcile(database, engine).drift == 0


def test_rebuilding_reports_and_counts(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    seen: list[tuple[int, int]] = []
    report = rebuild_all(
        database, engine, KINDS, now=NOW, on=TODAY, progress=lambda done, total: seen.append((done, total))
    )
    assert report.as_json() == {"written": {SUBJECT: 3}, "failed": 0}
    assert seen == [(3, 3)]
    assert sorted(ids(engine)) == listed


def test_changes_during_a_rebuild_reach_the_new_index(
    database: Database, engine: SearchEngine, listed: list[int]
) -> None:
    def changes() -> None:
        revise(database, listed[0], "Фланец стальной")
        withdraw(database, listed[1])
        save(database, "Щебень гранитный")
        assert drain(database, engine).done >= 2
        assert ids(engine, "щебень")  # the old index has it at once
        revise(database, listed[2], "Уголок стальной")  # and this is drained only afterwards

    def meanwhile(session: Session, wanted: Collection[int], on: date) -> Sequence[Listed]:
        rows = PRODUCTS.load(session, wanted, on)
        assert ids(engine, "труба") == [listed[0]]
        in_another_thread(changes)
        return rows

    kinds = {SUBJECT: replace(PRODUCTS, load=meanwhile)}
    rebuild_all(database, engine, kinds, now=NOW, on=TODAY)
    assert (ids(engine, "фланец"), ids(engine, "труба"), ids(engine, "насос")) == ([listed[0]], [], [])
    assert len(ids(engine, "щебень")) == 1
    drain(database, engine)
    assert ids(engine, "уголок") == [listed[2]]
    assert reconcile(database, engine).drift == 0


def test_a_rebuild_that_misses_something_is_not_swapped_in(
    database: Database, engine: SearchEngine, listed: list[int]
) -> None:
    def forgetful(session: Session, wanted: Collection[int], on: date) -> Sequence[Listed]:
        return [row for row in PRODUCTS.load(session, wanted, on) if row.good.id != listed[1]]

    with pytest.raises(sync.RebuildFailed, match="database lists 3, the new index holds 2"):
        rebuild_all(database, engine, {SUBJECT: replace(PRODUCTS, load=forgetful)}, now=NOW, on=TODAY)
    assert sorted(ids(engine)) == listed
    with pytest.raises(EngineUnavailable):
        engine.count(SUBJECT, building=True)


def test_what_cannot_be_put_into_a_new_index_is_tried_again(
    database: Database, engine: SearchEngine, listed: list[int]
) -> None:
    bad = save(database, BAD)
    drain(database, engine)
    report = rebuild_all(database, engine, {SUBJECT: replace(PRODUCTS, document=_document)}, now=NOW, on=TODAY)
    assert report.as_json() == {"written": {SUBJECT: 3}, "failed": 1}
    assert sorted(ids(engine)) == listed
    assert waiting(database) == 1
    assert drain(database, engine).written == 1
    assert ids(engine, BAD) == [bad]


def test_a_rebuild_in_child_processes_is_the_same(
    database: Database, engine: SearchEngine, listed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = engine.entries(SUBJECT, 0, 10)
    monkeypatch.setitem(rebuild_all.__globals__, "WINDOW", 1)
    rebuild_all(database, engine, KINDS, now=NOW, on=TODAY)
    assert engine.entries(SUBJECT, 0, 10) == before
    kinds = {SUBJECT: replace(PRODUCTS, document=_document)}
    save(database, BAD)
    assert rebuild_all(database, engine, kinds, now=NOW, on=TODAY).failed == 1


def test_one_rebuild_at_a_time(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    with only_one(database, "rebuild"), pytest.raises(Conflict):
        rebuild_all(database, engine, KINDS, now=NOW, on=TODAY)


def test_reconciling_finds_and_mends_every_kind_of_drift(
    database: Database, engine: SearchEngine, listed: list[int]
) -> None:
    assert reconcile(database, engine) == sync.ReconcileReport(compared=3)
    with database.reading() as session:
        [row] = PRODUCTS.load(session, [listed[1]], TODAY)
    document = PRODUCTS.document(row)
    engine.delete(SUBJECT, {listed[0]: 1})  # listed, but not in the index
    engine.write(SUBJECT, [replace(document, fingerprint=document.fingerprint ^ 1)])  # not as the database has it
    engine.write(SUBJECT, [replace(document, id=10**6)])  # of no entity
    engine.refresh(SUBJECT)
    found = reconcile(database, engine)
    assert found == sync.ReconcileReport(compared=4, missing=1, strays=1, stale=1)
    assert (found.drift, waiting(database)) == (3, 3)
    assert reconcile(database, engine).drift == 0  # it is being mended
    assert drain(database, engine).done == 3
    assert reconcile(database, engine) == sync.ReconcileReport(compared=3)
    assert sorted(ids(engine)) == listed


def test_reconciling_goes_window_by_window(
    database: Database, engine: SearchEngine, listed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sync.reconcile.__globals__, "WINDOW", 2)
    more = [save(database) for _ in range(4)]
    with database.transaction() as session:
        session.execute(delete(outbox.OutboxRow))  # somebody has lost them
    with database.reading() as session:
        [row] = PRODUCTS.load(session, [listed[0]], TODAY)
    strays = [more[-1] + 5, more[-1] + 9, more[-1] + 11]
    engine.write(SUBJECT, [replace(PRODUCTS.document(row), id=stray) for stray in strays])
    engine.refresh(SUBJECT)
    assert reconcile(database, engine) == sync.ReconcileReport(compared=10, missing=4, strays=3)
    drain(database, engine)
    assert sorted(ids(engine)) == sorted([*listed, *more])


def test_what_waits_in_the_outbox_is_no_drift(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    save(database)
    revise(database, listed[0], "Фланец стальной")
    withdraw(database, listed[1])
    assert reconcile(database, engine).drift == 0
    assert waiting(database) == 3


def test_lines_that_time_alone_has_changed_are_stale(database: Database, engine: SearchEngine) -> None:
    with database.transaction() as session:
        maker, _ = add_supplier(session)
        id = add_product(session, product_line(maker.bin), fact(expires_on=TODAY))
    drain(database, engine)
    tomorrow = TODAY + timedelta(days=1)
    assert ids(engine, evidence=("confirmed",)) == [id]
    assert reconcile(database, engine).drift == 0
    assert reconcile(database, engine, on=tomorrow).stale == 1
    drain(database, engine, on=tomorrow)
    assert (ids(engine, evidence=("confirmed",)), ids(engine, evidence=("expired",))) == ([], [id])


def test_after_a_backup_was_restored_the_index_is_built_anew(
    database: Database, engine: SearchEngine, listed: list[int]
) -> None:
    revise(database, listed[0], "Фланец стальной")
    drain(database, engine)
    with database.transaction() as session:
        session.execute(update(Product).values(version=1))
    assert reconcile(database, engine).ahead == 1
    assert reconcile(database, engine) == sync.ReconcileReport(compared=3)


def test_a_deleted_identity_leaves_the_index(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    withdraw(database, listed[1])
    with database.transaction() as session:
        session.execute(delete(Evidence).where(Evidence.product_id == listed[1]))
        session.execute(delete(Product).where(Product.id == listed[1]))
    assert drain(database, engine) == sync.DrainReport(removed=1)
    assert sorted(ids(engine)) == [listed[0], listed[2]]


def test_kinds_are_kept_apart(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    """Rows of a kind that nobody registered stay for whoever will; they stop nobody."""
    with database.transaction() as session:
        outbox.changed(session, "need", [1], now=NOW)
    save(database)
    assert drain(database, engine).written == 1
    assert waiting(database) == 1


def test_another_kind_is_indexed_beside(database: Database, engine: SearchEngine, listed: list[int]) -> None:
    second: Kind[Listed] = replace(PRODUCTS, name="second", document=_as_second)
    kinds = {**KINDS, "second": second}
    drain(database, engine, kinds=kinds)
    assert engine.count("second") == engine.count(SUBJECT) == 3
    with database.transaction() as session:
        outbox.changed(session, "second", listed[:1], now=NOW)
        outbox.changed(session, SUBJECT, listed[1:], now=NOW)
    assert drain(database, engine, kinds=kinds).written == 3
    assert reconcile(database, engine, kinds=kinds) == sync.ReconcileReport(compared=6)


def _as_second(row: Listed) -> Document:
    return replace(PRODUCTS.document(row), subject="second")
