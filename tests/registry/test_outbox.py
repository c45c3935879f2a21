"""What waits for the index, what failed, what is parked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from registry import outbox
from registry.db import Database

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def due(database: Database, *kinds: str, now: datetime = NOW, limit: int | None = None) -> list[tuple[str, int]]:
    with database.reading() as session:
        return [(one.kind, one.entity_id) for one in outbox.due(session, kinds, now=now, limit=limit)]


def test_rows_are_due_in_the_order_they_were_written(database: Database) -> None:
    with database.transaction() as session:
        outbox.changed(session, "product", [7, 5], now=NOW)
        outbox.changed(session, "need", [5], now=NOW)
        outbox.changed(session, "product", [7], now=LATER)
        outbox.changed(session, "product", [], now=NOW)
    assert due(database, "product", "need") == [("product", 7), ("product", 5), ("need", 5)]
    assert due(database, "product", now=LATER) == [("product", 7), ("product", 5), ("product", 7)]
    assert due(database, "product", now=LATER, limit=2) == [("product", 7), ("product", 5)]
    assert due(database) == []
    with database.reading() as session:
        assert outbox.is_due(session, ["need"], now=NOW)
        assert not outbox.is_due(session, ["need"], now=NOW - timedelta(seconds=1))
        assert outbox.due_count(session, "product", now=LATER) == 3
        assert outbox.pending_entities(session, "product") == {5, 7}
        assert outbox.state(session) == outbox.Waiting(pending=4, oldest=NOW, parked=0)


def test_what_is_rolled_back_was_never_announced(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:
        outbox.changed(session, "product", [1], now=NOW)
        raise RuntimeError
    assert due(database, "product") == []


def test_exactly_the_rows_named_are_forgotten(database: Database) -> None:
    with database.transaction() as session:
        outbox.changed(session, "product", range(1, 2_001), now=NOW)
        known = [one.id for one in outbox.due(session, ["product"], now=NOW, limit=None)]
        outbox.changed(session, "product", [1], now=NOW)
        outbox.forget(session, known)
    assert due(database, "product") == [("product", 1)]


def test_failures_wait_longer_each_time_and_are_parked_at_last(database: Database) -> None:
    with database.transaction() as session:
        outbox.changed(session, "product", [1, 2], now=NOW)
        row_id = outbox.due(session, ["product"], now=NOW, limit=1)[0].id
    now, pauses = NOW, []
    for _ in range(outbox.MOST_ATTEMPTS - 1):
        with database.transaction() as session:
            outbox.failed(session, {row_id: "no such code"}, now=now)
        began = now
        while due(database, "product", now=now)[0] != ("product", 1):
            now += timedelta(seconds=5)
        pauses.append((now - began).total_seconds())
    assert pauses == [5, 10, 20, 40, 80]
    with database.transaction() as session:
        outbox.failed(session, {row_id: "x" * 5_000, 10**6: "gone meanwhile"}, now=now)
    assert due(database, "product", now=now + timedelta(days=30)) == [("product", 2)]
    with database.reading() as session:
        [parked] = outbox.parked(session)
        assert (parked.id, parked.attempts, parked.parked_at, len(parked.error or "")) == (row_id, 6, now, 1_000)
        assert outbox.parked_of(session, {("product", 1), ("need", 2)}) == [row_id]
        assert outbox.parked_of(session, {("need", 1), ("product", 2)}) == []
        assert outbox.state(session) == outbox.Waiting(pending=1, oldest=NOW, parked=1)
    with database.transaction() as session:
        assert outbox.retry_parked(session, now=now) == 1
        assert outbox.retry_parked(session, now=now) == 0
    assert due(database, "product", now=now) == [("product", 1), ("product", 2)]
