"""Bulk files: a stored position, so that a file taken in by halves continues where it stopped.

Rows are written in batches; each batch commits its rows together with the position reached. A restart with the same
file continues after the last committed batch; a repeat of a finished file is a new run that finds nothing to change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.bulk_log import Log, RejectLog, VerdictLog, check_writable
from registry.bulk_rows import Batch, Line, Outcome, Subject, Verdict
from registry.db import Base, BigId, Database, Json, UtcDateTime
from registry.errors import Conflict
from registry.explain import Violation
from registry.garbage import seldom_collected
from registry.spreadsheets import Row, Table
from registry.wording import Message

# Rows written and committed together: short transactions, and at most this much repeated after a kill.
BATCH_ROWS = 2_000


class BulkRun(Base):
    """One taking-in of one file. `position` is the last row committed; `rejected_bytes` the length that the file of
    rejected rows had then, so that a restart cuts off what was written after it."""

    __tablename__ = "bulk_run"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    file_name: Mapped[str] = mapped_column(String(300))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    options: Mapped[dict[str, Any]] = mapped_column(Json)
    actor: Mapped[str] = mapped_column(String(254))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    position: Mapped[int] = mapped_column(default=0)
    rejected_bytes: Mapped[int] = mapped_column(BigId, default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(Json)


@dataclass(frozen=True, slots=True)
class Remark:
    """A note that rows of the file gave cause for: how many, and the first of them."""

    times: int
    row: int
    note: Violation


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a file. `resumed_after` is the row after which an interrupted run was continued, else 0."""

    total: int
    counts: Mapping[Outcome, int]
    remarks: tuple[Remark, ...]
    unknown_columns: tuple[str, ...]
    table_notes: tuple[Message, ...]
    rejected_file: Path | None
    resumed_after: int

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "total": self.total,
            **{str(outcome): self.counts.get(outcome, 0) for outcome in Outcome},
            "remarks": [{"times": it.times, "row": it.row, "note": it.note.as_json()} for it in self.remarks],
            "unknown_columns": list(self.unknown_columns),
            "notes": [note.as_json() for note in self.table_notes],
            "rejected_file": str(self.rejected_file) if self.rejected_file else None,
        }


class Source(Protocol):
    """What rows are taken in from, as far as it matters how they are; a Table is one. `rows` may be walked again."""

    @property
    def name(self) -> str: ...
    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def unknown(self) -> tuple[str, ...]: ...
    @property
    def total(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def notes(self) -> tuple[Message, ...]: ...
    def rows(self) -> Iterator[Row]: ...


# One import at a time writes on PostgreSQL, as on SQLite it does anyway: two that meet the same new БИН would collide.
_LOCK = 7_318_605


def _one_at_a_time(database: Database, session: Session) -> None:
    if not database.is_sqlite:
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def take_in(
    database: Database,
    table: Table,
    subject: Subject[Line],
    *,
    rejected: Path,
    options: Mapping[str, Any],
    actor: str,
    now: Callable[[], datetime],
    lang: str,
    progress: Callable[[int, int], object],
) -> Intake:
    """Take a table in, batch by batch; rows that cannot be kept are written to `rejected` in the language `lang`.

    options: what decides the result besides the file. A run of the same file with the same options that was interrupted
    is continued after its last committed batch, if no other file of the kind was begun since; what had been read before
    is read again only to know the keys it stated. A repeat of a finished file finds every row unchanged.
    Raises Conflict when another process takes in the same file.
    """
    check_writable(rejected)

    def told(size: int) -> RejectLog:
        return RejectLog(rejected, size, table, lang)

    return _take_in(database, table, subject, told, options=options, actor=actor, now=now, progress=progress)


def take_in_telling(
    database: Database,
    source: Source,
    subject: Subject[Line],
    *,
    told: Path,
    about: Callable[[int], Mapping[str, Any]] = lambda number: {},
    options: Mapping[str, Any],
    actor: str,
    now: Callable[[], datetime],
    progress: Callable[[int, int], object],
) -> Intake:
    """As `take_in`, but what became of every row is written to `told`, where `verdicts` reads it.

    about: asked of each row of a batch once it is written. A repeat of a run with the same options that is finished
    changes nothing, in the register or in the file: with the number of a job among them a job that is run again after
    its last batch finds what it did.
    """
    finished = _finished(database, source, subject.kind, dict(options))
    if finished is not None and told.exists():
        counts = {Outcome(word): finished.counts.get(word, 0) for word in Outcome}
        return _intake(source, counts, finished.counts.get("remarks", {}), told, finished.position)

    def log(size: int) -> VerdictLog:
        return VerdictLog(told, size, about)

    return _take_in(database, source, subject, log, options=options, actor=actor, now=now, progress=progress)


def rehearse(
    database: Database,
    source: Source,
    subject: Subject[Line],
    *,
    limit: int,
    about: Callable[[Session, Mapping[int, Line]], Mapping[int, Mapping[str, Any]]] = lambda session, lines: {},
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Iterator[Verdict]:
    """What would become of the first `limit` rows: each batch is written and taken back, so nothing else can see it.

    about: asked in the transaction, once the lines of a batch are written.
    """
    batch = Batch(subject, frozenset(subject.columns).difference(source.columns), {}, {})
    waiting = iter(source.rows())
    done = 0
    while done < limit:
        for row in waiting:
            batch.take(row)
            done += 1
            if len(batch.rows) == BATCH_ROWS or done == limit:
                break
        if not batch.rows:
            return
        found: list[Verdict] = []
        try:
            with database.transaction() as session:
                _one_at_a_time(database, session)
                found += _rehearsed(session, batch, about)
                raise _Rehearsed
        except _Rehearsed:
            pass
        batch.clear()
        yield from found
        progress(done, min(source.total, limit))


def _rehearsed(
    session: Session,
    batch: Batch[Line],
    about: Callable[[Session, Mapping[int, Line]], Mapping[int, Mapping[str, Any]]],
) -> list[Verdict]:
    outcomes = batch.subject.write(session, batch.lines, batch.absent) if batch.lines else {}
    known = about(session, batch.lines) if batch.lines else {}
    return list(batch.verdicts(outcomes, batch.settle(outcomes), lambda number: known.get(number, {})))


class _Rehearsed(Exception):
    """Takes back what was written to see what it would do."""


def _take_in(
    database: Database,
    table: Source,
    subject: Subject[Line],
    told: Callable[[int], Log],
    *,
    options: Mapping[str, Any],
    actor: str,
    now: Callable[[], datetime],
    progress: Callable[[int, int], object],
) -> Intake:
    with ExitStack() as held:
        with database.transaction() as session:
            run = _run(session, table, subject.kind, dict(options), actor, now())
            run_id, position, stored = run.id, run.position, dict(run.counts)
            # While the run's row is locked: under that lock alone another process that still is at it writes the file.
            log = held.enter_context(told(run.rejected_bytes))
        held.enter_context(seldom_collected())
        counts = {Outcome(word): stored.get(word, 0) for word in Outcome}
        absent = frozenset(subject.columns).difference(table.columns)
        batch = Batch(subject, absent, counts, stored.get("remarks", {}))
        resumed_after, done = position, 0
        for row in table.rows():
            done += 1
            if row.number <= resumed_after:
                batch.remember(row)
                continue
            batch.take(row)
            if len(batch.rows) == BATCH_ROWS:
                position = _commit(database, batch, log, run_id, position)
                progress(done, table.total)
        _commit(database, batch, log, run_id, position, finished_at=now())
        progress(table.total, table.total)
        return _intake(table, batch.counts, batch.remarks, log.path if log.size else None, resumed_after)


def _intake(
    table: Source, counts: Mapping[Outcome, int], remarks: Mapping[str, Any], file: Path | None, resumed_after: int
) -> Intake:
    return Intake(
        total=table.total,
        counts=counts,
        remarks=tuple(
            Remark(times, row_number, Violation.from_json(note)) for times, row_number, note in remarks.values()
        ),
        unknown_columns=table.unknown,
        table_notes=table.notes,
        rejected_file=file,
        resumed_after=resumed_after,
    )


def _finished(database: Database, table: Source, kind: str, options: dict[str, Any]) -> BulkRun | None:
    """The last run of the kind, if it was of this file with these options and is over."""
    newest = select(BulkRun).where(BulkRun.kind == kind).order_by(BulkRun.id.desc()).limit(1)
    with database.reading() as session:
        last = session.scalars(newest).first()
    same = last is not None and last.sha256 == table.sha256 and last.options == options
    return last if same and last is not None and last.finished_at is not None else None


def _run(session: Session, table: Source, kind: str, options: dict[str, Any], actor: str, now: datetime) -> BulkRun:
    """The interrupted run to continue, or a new one."""
    newest = select(BulkRun).where(BulkRun.kind == kind).order_by(BulkRun.id.desc()).limit(1)
    last = session.scalars(newest.with_for_update()).first()
    same = last is not None and last.sha256 == table.sha256 and last.options == options
    if last is not None and same and last.finished_at is None:
        return last
    run = BulkRun(
        kind=kind,
        file_name=table.name[-300:],
        sha256=table.sha256,
        options=options,
        actor=actor,
        started_at=now,
        position=0,
        rejected_bytes=0,
        counts={},
    )
    session.add(run)
    session.flush()
    return run


def _commit(
    database: Database,
    batch: Batch[Line],
    log: Log,
    run_id: int,
    position: int,
    finished_at: datetime | None = None,
) -> int:
    """Write the batch and the position reached in one transaction; returns the position."""
    reached = max(batch.rows, default=position)
    counts = dict(batch.counts)
    with database.transaction() as session:
        _one_at_a_time(database, session)
        outcomes = batch.subject.write(session, batch.lines, batch.absent) if batch.lines else {}
        refused = batch.settle(outcomes)
        for number in batch.rows:
            outcome = None if number in refused else outcomes.get(number, Outcome.UNCHANGED)
            counts[outcome if isinstance(outcome, Outcome) else Outcome.REJECTED] += 1
        log.tell(batch, outcomes, refused)
        moved = session.execute(
            update(BulkRun)
            .where(BulkRun.id == run_id, BulkRun.position == position, BulkRun.finished_at.is_(None))
            .values(
                position=reached,
                rejected_bytes=log.size_with_pending,
                finished_at=finished_at,
                counts={**{str(outcome): times for outcome, times in counts.items()}, "remarks": batch.remarks},
            )
        )
        if moved.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict(Message("import.taken_over"))
        # Once it is certain that nobody else writes into the file, and before the position that says so is committed.
        log.flush()
    batch.counts = counts
    batch.clear()
    return reached
