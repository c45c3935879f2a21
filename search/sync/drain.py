"""The drainer: brings the index up to date with the outbox."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from registry import outbox
from registry.db import Database
from registry.errors import Conflict
from registry.locks import only_one
from search.engines import SearchEngine
from search.kinds import Kind
from search.sync.analysts import Made, load
from search.sync.rebuild import DRAINING, REBUILDING, RebuildFailed, Settled, nothing_follows, rebuild

logger = logging.getLogger(__name__)

# Rows taken at a time: enough to share one commit of the index, few enough that a save is not kept waiting for long.
BATCH: Final = 2_000
# From so many rows on, and if they are half of the register, building the index anew is quicker than changing it.
REBUILD_FROM: Final = 20_000
# How long to wait for another who holds the lock for a moment: a rebuild that ends, a reconciliation's window.
_WAIT_S: Final = 1.0

Progress = Callable[[int, int], object]


def silent(done: int, total: int) -> None:
    """A progress that tells nobody."""


@dataclass(frozen=True, slots=True)
class DrainReport:
    """What a drain did: entities written, removed, put off because they failed. busy: another drainer was at work."""

    written: int = 0
    removed: int = 0
    failed: int = 0
    busy: bool = False

    @property
    def done(self) -> int:
        """Entities that the index now shows as they are."""
        return self.written + self.removed

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def drain(
    database: Database,
    engine: SearchEngine,
    kinds: Mapping[str, Kind[Any]],
    *,
    now: datetime,
    on: date,
    progress: Progress = silent,
    settled: Settled = nothing_follows,
) -> DrainReport:
    """Bring the index up to date with the outbox; raises EngineUnavailable, and then nothing was lost.

    One drainer at a time; a second returns at once. Repeats are harmless: rows of the outbox carry no content, the
    current rows are loaded, an older version never replaces a newer one, and exactly the outbox rows that were read are
    deleted after the engine has confirmed them. A kill between the two repeats the batch.
    An index that is missing, or was built by another version of the code, is built anew first.
    """
    try:
        _heal(database, engine, kinds, now=now, on=on, progress=progress, settled=settled)
    except Conflict:
        # Somebody else is rebuilding. What can be drained meanwhile is drained.
        if not all(map(engine.ready, kinds)):
            return DrainReport(busy=True)
    except RebuildFailed:
        # The long way is open while there is an index that answers.
        if not all(map(engine.ready, kinds)):
            raise
        logger.exception("the index could not be built anew; changes are written into the old one")
    with database.reading() as session:
        if not outbox.is_due(session, kinds, now=now):
            return DrainReport()
    with only_one(database, DRAINING, wait_s=_WAIT_S) as mine:
        if not mine:
            return DrainReport(busy=True)
        _clear_away(database, engine, kinds)
        written = removed = failed = 0
        while True:
            with database.reading() as session:
                batch = outbox.due(session, list(kinds), now=now, limit=BATCH)
                work = _prepared(session, kinds, batch, on)
            if not batch:
                return DrainReport(written, removed, failed)
            changed, errors = _applied(engine, work)
            _settle(database, batch, errors, now=now, settled=settled)
            failed += len(errors)
            written += changed["written"]
            removed += changed["removed"]
            progress(written + removed, written + removed + (0 if len(batch) < BATCH else BATCH))


@dataclass(frozen=True, slots=True)
class _Part:
    """Work of one kind: documents to write, versions of those to take out, ids of which nothing is known any more."""

    made: Made
    gone: dict[int, int]
    unknown: list[int]


def _prepared(
    session: Session, kinds: Mapping[str, Kind[Any]], batch: list[outbox.Change], on: date
) -> dict[str, _Part]:
    """The batch folded to one piece of work per entity."""
    ids: dict[str, list[int]] = defaultdict(list)
    for change in batch:
        ids[change.kind].append(change.entity_id)
    work = {}
    for name, changed in ids.items():
        wanted = sorted(set(changed))
        made = load(kinds[name], session, wanted, on)
        found = {document.id for document in made.documents} | made.failed.keys()
        unlisted = [id for id in wanted if id not in found]
        # Read after the rows: whoever is listed again meanwhile has a newer outbox row, which brings it back.
        versions = kinds[name].versions(session, unlisted) if unlisted else {}
        work[name] = _Part(made, dict(versions), [id for id in unlisted if id not in versions])
    return work


def _applied(engine: SearchEngine, work: Mapping[str, _Part]) -> tuple[Counter[str], dict[tuple[str, int], str]]:
    """Give the work to the engine; returns how many were written and removed, and what failed."""
    changed: Counter[str] = Counter()
    errors: dict[tuple[str, int], str] = {}
    for name, part in work.items():
        # An entity whose very row is gone counts as taken out at whatever version the index has.
        held = {entry.id: entry.version for id in part.unknown for entry in engine.entries(name, id - 1, 1)}
        gone = part.gone | {id: held[id] for id in part.unknown if id in held}
        refused = engine.write(name, part.made.documents), engine.delete(name, gone)
        engine.refresh(name)
        changed["written"] += len(part.made.documents) - len(refused[0])
        changed["removed"] += len(gone) - len(refused[1])
        failed = part.made.failed | refused[0] | refused[1]
        errors |= {(name, id): error for id, error in failed.items()}
    return changed, errors


def _settle(
    database: Database,
    batch: list[outbox.Change],
    errors: Mapping[tuple[str, int], str],
    *,
    now: datetime,
    settled: Settled,
) -> None:
    """Delete the outbox rows whose entities the index has, put the others off."""
    good = [change for change in batch if (change.kind, change.entity_id) not in errors]
    with database.transaction() as session:
        # What was parked for an entity that is in the index now is settled with it.
        parked = outbox.parked_of(session, {(change.kind, change.entity_id) for change in good})
        outbox.forget(session, [*(change.id for change in good), *parked])
        if good:
            settled(session)
        if errors:
            bad = {change.id: error for change in batch if (error := errors.get((change.kind, change.entity_id)))}
            outbox.failed(session, bad, now=now)


def _heal(
    database: Database,
    engine: SearchEngine,
    kinds: Mapping[str, Kind[Any]],
    *,
    now: datetime,
    on: date,
    progress: Progress,
    settled: Settled,
) -> None:
    """Build what must be built whole: an index that is not there, or one that is mostly out of date.

    Raises Conflict when somebody else is at it.
    """
    for name, kind in kinds.items():
        whole = not engine.ready(name)
        if not whole:
            with database.reading() as session:
                waiting = outbox.due_count(session, name, now=now)
                whole = waiting >= REBUILD_FROM and 2 * waiting >= kind.count(session, on)
        if whole:
            rebuild(database, engine, {name: kind}, now=now, on=on, progress=progress, settled=settled)


def _clear_away(database: Database, engine: SearchEngine, kinds: Mapping[str, Kind[Any]]) -> None:
    """Throw away what a killed rebuild left, so that nobody goes on writing into it."""
    with only_one(database, REBUILDING) as nobody_builds:
        if nobody_builds:
            for name in kinds:
                engine.abandon(name)
