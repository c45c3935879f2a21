"""The rebuild: a new index beside the one that answers, filled, counted, and swapped in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy.orm import Session

from registry import outbox
from registry.dated import chunks
from registry.db import Database
from registry.errors import Conflict
from registry.locks import only_one
from registry.wording import Message, Param, say
from search.engines import EngineUnavailable, SearchEngine
from search.kinds import Kind
from search.sync.analysts import Analysts, Made, load

# Names of the locks: one rebuilds, one drains.
REBUILDING: Final = "rebuild"
DRAINING: Final = "drain"
# Rows read, analysed and written together.
WINDOW: Final = 2_000
# How long to wait for a drainer that just now clears away what a killed rebuild left; another rebuild takes longer.
_MOMENT_S: Final = 5.0
# How long to wait for a drainer to end its batch before counting, seconds.
_WAIT_S: Final = 60.0

# Called in every transaction that takes changes off the outbox because the index has them now. What must follow from
# that is queued there, so that no kill comes in between.
Settled = Callable[[Session], object]


def nothing_follows(session: Session) -> None:
    """A `Settled` for where nobody waits for the index."""


class RebuildFailed(Exception):
    """The new index does not hold what the database lists, so the old one goes on answering.

    `message` says by how much, or that a drainer did not stop.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        # For the log, which is written in English.
        return say(self.message, "en")


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild put into the new index, by kind, and how many entities could not be put in."""

    written: Mapping[str, int]
    failed: int

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"written": dict(self.written), "failed": self.failed}


def rebuild(
    database: Database,
    engine: SearchEngine,
    kinds: Mapping[str, Kind[Any]],
    *,
    now: datetime,
    on: date,
    progress: Callable[[int, int], object] = lambda done, total: None,
    settled: Settled = nothing_follows,
) -> RebuildReport:
    """Build the index of each kind anew and swap it in; raises RebuildFailed, EngineUnavailable, or Conflict.

    The old index answers until the new one is whole. Changes made meanwhile reach both, because the engine writes to
    both. A repeat starts over. A killed rebuild leaves a half-built index that nobody reads: the next rebuild or drain
    throws it away.
    """
    with only_one(database, REBUILDING, wait_s=_MOMENT_S) as mine:
        if not mine:
            raise Conflict(Message("search.rebuild_running"))
        with database.reading() as session:
            total = sum(kind.count(session, on) for kind in kinds.values())
        written: dict[str, int] = {}
        failed = 0
        for name, kind in kinds.items():
            tell = partial(_tell, progress, sum(written.values()), total)
            read, errors = _build(database, engine, kind, now=now, on=on, progress=tell, settled=settled)
            written[name], failed = read - len(errors), failed + len(errors)
        return RebuildReport(written, failed)


def _tell(progress: Callable[[int, int], object], before: int, total: int, done: int) -> None:
    progress(before + done, max(total, before + done))


def _build(
    database: Database,
    engine: SearchEngine,
    kind: Kind[Any],
    *,
    now: datetime,
    on: date,
    progress: Callable[[int], object],
    settled: Settled,
) -> tuple[int, dict[int, str]]:
    """Build one index; returns how many were read, and by id what could not be put in: the outbox has it tried again.

    What is listed only after the ids were read is announced by the outbox, and reaches the new index through a drain.
    """
    name = kind.name
    with database.reading() as session:
        # What these rows announce is committed, so the rows read below show it.
        announced = outbox.announced(session, name)
    read, errors = 0, dict[int, str]()
    engine.begin(name)
    try:
        with database.reading() as session:
            ids = kind.ids(session, on)
        for made in _documents(database, kind, ids, on):
            errors |= made.failed | engine.fill(name, made.documents)
            read += len(made.documents) + len(made.failed)
            progress(read)
        engine.settle(name)
        with only_one(database, DRAINING, wait_s=_WAIT_S) as quiet:
            # Nothing is drained now, so the two counts differ at most by what waits in the outbox.
            engine.settle(name)
            with database.reading() as session:
                listed = kind.count(session, on)
                waiting = len(outbox.pending_entities(session, name))
            built = engine.count(name, building=True)
            if not quiet:
                raise RebuildFailed(Message("search.drainer_busy"))
            if abs(listed - built) > waiting + len(errors):
                counts: dict[str, Param] = {"listed": listed, "built": built, "waiting": waiting}
                raise RebuildFailed(Message("search.rebuild_incomplete", counts))
            engine.publish(name)
    except BaseException:
        with suppress(EngineUnavailable):
            engine.abandon(name)
        raise
    known = {change.entity_id for change in announced}
    with database.transaction() as session:
        outbox.forget(session, (change.id for change in announced if change.entity_id not in errors))
        outbox.changed(session, name, errors.keys() - known, now=now)
        if known - errors.keys():
            settled(session)
    return read, errors


def _documents(database: Database, kind: Kind[Any], ids: Sequence[int], on: date) -> Iterator[Made]:
    if len(ids) > 2 * WINDOW:
        with Analysts(database, kind, on) as analysts:
            yield from analysts.make(chunks(ids, WINDOW))
        return
    for some in chunks(ids, WINDOW):
        with database.reading() as session:
            made = load(kind, session, some, on)
        yield made
