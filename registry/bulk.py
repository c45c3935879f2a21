"""Bulk files: a stored position, so that a file taken in by halves continues where it stopped.

Rows are written in batches; each batch commits its rows together with the position reached. A restart with the same
file continues after the last committed batch; a repeat of a finished file is a new run that finds nothing to change.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Generic, Protocol, Self, TypeVar

import orjson
from sqlalchemy import String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.cells import Cells, counted_as
from registry.db import Base, BigId, Database, Json, UtcDateTime
from registry.errors import Conflict
from registry.explain import Violation
from registry.garbage import seldom_collected
from registry.spreadsheets import REJECTED_COLUMNS, Row, Table, TableError, neutral
from registry.wording import Message, say

Line = TypeVar("Line")

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


class Outcome(StrEnum):
    """What became of a row; the words are the keys of the counts."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Subject(Generic[Line]):
    """What a file is taken in as.

    read: the line a row says, collecting violations in its cells. identities: (key, content) of what the line states; a
    key stated again in the same file with other content is refused, with the same it is passed over. write: puts lines
    into the database and says of each row number what became of it, or why it is refused; never commits. It is told
    which of `columns` the file does not have: of those nothing is stated, and what the register says of them stays.
    """

    kind: str
    columns: Sequence[str]
    required: Sequence[str]
    read: Callable[[Cells], Line | None]
    identities: Callable[[Line], Sequence[tuple[Hashable, Hashable]]]
    write: Callable[[Session, Mapping[int, Line], Set[str]], Mapping[int, Outcome | Violation]]
    aliases: Mapping[str, str] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row, and why. about: what else the subject knows of it, as plain JSON values."""

    row: int
    outcome: Outcome
    reasons: tuple[Violation, ...] = ()
    notes: tuple[Violation, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "row": self.row,
            "outcome": str(self.outcome),
            "reasons": [reason.as_json() for reason in self.reasons],
            "notes": [note.as_json() for note in self.notes],
            "about": dict(self.about),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Verdict:
        """The verdict that `as_json` wrote."""
        return cls(
            row=stored["row"],
            outcome=Outcome(stored["outcome"]),
            reasons=tuple(map(Violation.from_json, stored["reasons"])),
            notes=tuple(map(Violation.from_json, stored["notes"])),
            about=stored["about"],
        )


def verdicts(path: Path) -> Iterator[Verdict]:
    """What `take_in_telling` wrote of each row, in the order of the rows."""
    with path.open("rb") as file:
        for line in file:
            yield Verdict.from_json(orjson.loads(line))


# One import at a time writes on PostgreSQL, as on SQLite it does anyway: two that meet the same new БИН would collide.
_LOCK = 7_318_605


def _one_at_a_time(database: Database, session: Session) -> None:
    if not database.is_sqlite:
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def rejected_path(path: Path) -> Path:
    """Where the rejected rows of a file go: beside it, `FILE.rejected.csv`."""
    return path.with_name(path.name + ".rejected.csv")


def check_writable(path: Path) -> None:
    """Raise TableError before anything is taken in, if rejected rows could not be written."""
    if not os.access(path if path.exists() else path.parent, os.W_OK) or path.is_dir():
        raise TableError(Message("import.table.unwritable", {"file": str(path)}))


def write_rejected(path: Path, table: Table, refused: Mapping[int, Sequence[Violation]], lang: str) -> Path | None:
    """Write the refused rows of a table that was taken in at once; None, and no file, where there are none."""
    with _Rejects(path, 0, table, lang) as rejects:
        for row in table.rows() if refused else ():
            if row.number in refused:
                rejects.write(row, refused[row.number])
        return path if rejects.flush() else None


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

    def told(size: int) -> _Rejects:
        return _Rejects(rejected, size, table, lang)

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

    def log(size: int) -> _Verdicts:
        return _Verdicts(told, size, about)

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
    batch = _Batch(subject, frozenset(subject.columns).difference(source.columns), {}, {})
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
    batch: _Batch[Line],
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
    told: Callable[[int], _Log],
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
        batch = _Batch(subject, absent, counts, stored.get("remarks", {}))
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


class _Batch(Generic[Line]):
    """Rows read and not yet written, and what the file has stated so far."""

    def __init__(
        self, subject: Subject[Line], absent: Set[str], counts: dict[Outcome, int], remarks: dict[str, list[Any]]
    ) -> None:
        self.subject = subject
        self.absent = absent
        self.counts = counts
        self.remarks = remarks
        # Hashes only: 200,000 keys as text would take a fifth of the memory that the whole import may have. Two keys
        # of one file meet by chance once in 10^9 such files, and then a row is rejected with a sentence.
        self.stated: dict[int, tuple[int, int]] = {}
        self.rows: dict[int, Row] = {}
        self.lines: dict[int, Line] = {}
        self.refused: dict[int, list[Violation]] = {}
        self.repeated: dict[int, int] = {}
        self.notes: dict[int, list[Violation]] = {}

    def take(self, row: Row) -> None:
        """Read a row."""
        self.rows[row.number] = row
        line = self._line(row, self.remarks)
        if line is None:
            return
        stated = self._stated(line)
        known = {key: self.stated[key] for key in stated if key in self.stated}
        other = next((first for key, (first, content) in known.items() if content != stated[key]), None)
        if other is not None:
            message = Message("import.row.repeated", {"first": other})
            self.refused[row.number] = [Violation(message.code, self.subject.required[0], message)]
        elif len(known) == len(stated):
            self.repeated[row.number] = max(first for first, _ in known.values())
        else:
            self.stated |= {key: (row.number, content) for key, content in stated.items() if key not in known}
            self.lines[row.number] = line

    def remember(self, row: Row) -> None:
        """Note what a row of an earlier, committed batch stated."""
        line = self._line(row, {})
        self.refused.clear()
        self.notes.clear()
        if line is not None:
            for key, content in self._stated(line).items():
                self.stated.setdefault(key, (row.number, content))

    def _line(self, row: Row, remarks: dict[str, list[Any]]) -> Line | None:
        cells = Cells(row.cells)
        line = self.subject.read(cells)
        if row.surplus:
            cells.refuse("import.row.surplus", "")
        for note in cells.notes:
            key, said = counted_as(note, remarks)
            remark = remarks.setdefault(key, [0, row.number, said.as_json()])
            remark[0] += 1
        if cells.notes:
            self.notes[row.number] = cells.notes
        if cells.violations:
            self.refused[row.number] = cells.violations
            return None
        return line

    def _stated(self, line: Line) -> dict[int, int]:
        return {hash(key): hash(content) for key, content in self.subject.identities(line)}

    def settle(self, outcomes: Mapping[int, Outcome | Violation]) -> dict[int, list[Violation]]:
        """Every refused row of the batch; a row that repeats a refused one is refused as well."""
        refused = dict(self.refused)
        for number, outcome in outcomes.items():
            if isinstance(outcome, Violation):
                refused[number] = [outcome]
                for key in self._stated(self.lines[number]):
                    self.stated.pop(key, None)
        return refused | {number: refused[first] for number, first in self.repeated.items() if first in refused}

    def verdicts(
        self,
        outcomes: Mapping[int, Outcome | Violation],
        refused: Mapping[int, Sequence[Violation]],
        about: Callable[[int], Mapping[str, Any]],
    ) -> Iterator[Verdict]:
        """What became of every row of the batch; one that repeats another changes nothing more."""
        for number in self.rows:
            notes = tuple(self.notes.get(number, ()))
            if number in refused:
                yield Verdict(number, Outcome.REJECTED, tuple(refused[number]), notes)
                continue
            if number in self.repeated:
                said = Message("upload.row.again", {"first": self.repeated[number]})
                notes = (*notes, Violation(said.code, "", said))
            outcome = outcomes.get(number, Outcome.UNCHANGED)
            assert isinstance(outcome, Outcome)
            yield Verdict(number, outcome, (), notes, about(self.repeated.get(number, number)))

    def clear(self) -> None:
        """Forget what has been written."""
        self.rows, self.lines, self.refused, self.repeated, self.notes = {}, {}, {}, {}, {}


def _commit(
    database: Database,
    batch: _Batch[Line],
    log: _Log,
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


class _Log:
    """A file that grows with what is committed: made when the first line comes, cut back to that on a restart."""

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size
        self.file: BinaryIO | None = None
        self.pending = io.BytesIO()

    def __enter__(self) -> Self:
        if self.size:
            self.file = self.path.open("r+b")
            self.file.truncate(self.size)
            self.file.seek(self.size)
        else:
            # What an earlier run left is past: left there, it would be taken for this one's.
            self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            self.file.close()

    def tell(
        self,
        batch: _Batch[Any],
        outcomes: Mapping[int, Outcome | Violation],
        refused: Mapping[int, Sequence[Violation]],
    ) -> None:
        """Add what became of the rows of a batch."""
        raise NotImplementedError

    @property
    def size_with_pending(self) -> int:
        """Length of the file once it is flushed."""
        return self.size + len(self.pending.getbuffer())

    def flush(self) -> int:
        """Put what was added on the disk; returns the file's length."""
        added = self.pending.getvalue()
        if added:
            self.file = self.file or self.path.open("wb")
            self.file.write(added)
            self.file.flush()
            os.fsync(self.file.fileno())
            self.size += len(added)
            self.pending = io.BytesIO()
        return self.size


class _Verdicts(_Log):
    """A line of JSON for each row."""

    def __init__(self, path: Path, size: int, about: Callable[[int], Mapping[str, Any]]) -> None:
        super().__init__(path, size)
        self.about = about

    def tell(
        self,
        batch: _Batch[Any],
        outcomes: Mapping[int, Outcome | Violation],
        refused: Mapping[int, Sequence[Violation]],
    ) -> None:
        """Add a line for each row of the batch."""
        for verdict in batch.verdicts(outcomes, refused, self.about):
            self.pending.write(orjson.dumps(verdict.as_json()) + b"\n")


class _Rejects(_Log):
    """The rejected rows as they were given, with what is wrong with them."""

    def __init__(self, path: Path, size: int, table: Table, lang: str) -> None:
        super().__init__(path, size)
        self.table, self.lang = table, lang
        # A corrected file brings back what the last one said of its rows: that is past, and would stand there twice.
        self.past = table.places_of(REJECTED_COLUMNS)

    def tell(
        self,
        batch: _Batch[Any],
        outcomes: Mapping[int, Outcome | Violation],
        refused: Mapping[int, Sequence[Violation]],
    ) -> None:
        """Add the refused rows of the batch."""
        for number in sorted(refused):
            self.write(batch.rows[number], refused[number])

    def write(self, row: Row, violations: Sequence[Violation]) -> None:
        """Add a row with what is wrong with it and what to do."""
        lines = io.StringIO()
        writer = csv.writer(lines, delimiter=self.table.delimiter)
        if not self.size_with_pending:
            lines.write("\ufeff")
            writer.writerow([*REJECTED_COLUMNS, *self._left(self.table.header)])
        columns = ", ".join(dict.fromkeys(violation.field for violation in violations if violation.field))
        reasons = " ".join(say(violation.message, self.lang) for violation in violations)
        writer.writerow([row.number, columns, reasons, *map(neutral, self._left(row.given))])
        self.pending.write(lines.getvalue().encode())

    def _left(self, cells: Sequence[str]) -> list[str]:
        return [cell for place, cell in enumerate(cells) if place not in self.past]
