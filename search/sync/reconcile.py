"""Reconciling: finds where index and database disagree, and has it mended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from registry import outbox
from registry.db import Database
from registry.errors import Conflict
from registry.locks import only_one
from registry.wording import Message
from search.engines import SearchEngine
from search.kinds import Kind, fingerprint
from search.sync.rebuild import DRAINING, Settled, nothing_follows, rebuild

# Entities compared while the drainer waits, and the pause in which it gets its turn, seconds.
WINDOW: Final = 2_000
_PAUSE_S: Final = 0.02
_WAIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """What was compared and what did not agree.

    missing: listed, but not in the index. strays: in the index, but not listed. stale: not as the database has it.
    ahead: of a newer version than the database, as after a backup was restored; then the index was built anew.
    """

    compared: int = 0
    missing: int = 0
    strays: int = 0
    stale: int = 0
    ahead: int = 0

    @property
    def drift(self) -> int:
        """How many entities did not agree."""
        return self.missing + self.strays + self.stale + self.ahead

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    def __add__(self, other: ReconcileReport) -> ReconcileReport:
        ours, theirs = asdict(self), asdict(other)
        return ReconcileReport(**{name: ours[name] + theirs[name] for name in ours})


def reconcile(
    database: Database,
    engine: SearchEngine,
    kinds: Mapping[str, Kind[Any]],
    *,
    now: datetime,
    on: date,
    progress: Callable[[int, int], object] = lambda done, total: None,
    settled: Settled = nothing_follows,
) -> ReconcileReport:
    """Compare index and database, and write what differs into the outbox, where the next drain mends it.

    Compared are versions and fingerprints, so that a line also counts as stale when time alone or a new edition of a
    classifier has changed it. What waits in the outbox anyway does not count. A repeat finds nothing more to mend once
    the drain is through. Raises EngineUnavailable, and Conflict when a drainer does not stop.
    """
    report = ReconcileReport()
    with database.reading() as session:
        total = sum(kind.count(session, on) for kind in kinds.values())
    for name, kind in kinds.items():
        if not engine.ready(name):
            rebuild(database, engine, {name: kind}, now=now, on=on, progress=progress, settled=settled)
            continue
        of_kind = ReconcileReport()
        after: int | None = 0
        while after is not None:
            found, after = _window(database, engine, kind, after, now=now, on=on)
            of_kind += found
            progress(min(total, report.compared + of_kind.compared), total)
            time.sleep(_PAUSE_S)
        if of_kind.ahead:
            rebuild(database, engine, {name: kind}, now=now, on=on, progress=progress, settled=settled)
        report += of_kind
    return report


def _window(
    database: Database, engine: SearchEngine, kind: Kind[Any], after: int, *, now: datetime, on: date
) -> tuple[ReconcileReport, int | None]:
    """Compare the next entities; returns what differed, and the last id compared, None at the end.

    Nothing is drained meanwhile, and the outbox is read last: whatever the rows show and the index does not yet has a
    row there.
    """
    with only_one(database, DRAINING, wait_s=_WAIT_S) as quiet:
        if not quiet:
            raise Conflict(Message("search.drainer_busy"))
        entries = engine.entries(kind.name, after, WINDOW)
        with database.reading() as session:
            rows = {kind.identify(row)[0]: row for row in kind.after(session, after, WINDOW, on)}
            waiting = outbox.pending_entities(session, kind.name)
    ends = [max(found) for found in (list(rows), [entry.id for entry in entries]) if len(found) == WINDOW]
    last = min(ends, default=None)
    held = {entry.id: entry for entry in entries if last is None or entry.id <= last}
    listed = {id: row for id, row in rows.items() if last is None or id <= last}
    both = {id: kind.identify(listed[id])[1] - held[id].version for id in held.keys() & listed.keys() - waiting}
    missing = listed.keys() - held.keys() - waiting
    strays = held.keys() - listed.keys() - waiting
    ahead = {id for id, newer in both.items() if newer < 0}
    stale = {
        id for id, newer in both.items() if newer > 0 or (not newer and fingerprint(listed[id]) != held[id].fingerprint)
    }
    with database.transaction() as session:
        outbox.changed(session, kind.name, sorted(missing | strays | stale), now=now)
    report = ReconcileReport(len(held.keys() | listed.keys()), len(missing), len(strays), len(stale), len(ahead))
    return report, last
