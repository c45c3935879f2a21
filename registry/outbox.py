"""What changed, for the index: one row per change, written in the same transaction as the change.

Rows carry only kind and id, so repeats and order do no harm: whoever drains them loads the *current* rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Index, String, Text, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.dated import chunks
from registry.db import Base, BigId, UtcDateTime

# After so many failures, over five minutes, a row is parked: an alert for a person, who may have it tried again.
MOST_ATTEMPTS: Final = 6
_FIRST_PAUSE: Final = timedelta(seconds=5)
# Characters of an error that are kept.
_ERROR: Final = 1_000


class OutboxRow(Base):
    """One change that the index has not seen. Parked when it failed too often: an alert, not a loss."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "parked_at", "not_before", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    entity_id: Mapped[int] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    parked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Change:
    """A row as the drainer reads it."""

    id: int
    kind: str
    entity_id: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """State of the outbox: rows that wait, the moment of the oldest of them, rows that are parked."""

    pending: int
    oldest: datetime | None
    parked: int


def changed(session: Session, kind: str, ids: Iterable[int], *, now: datetime) -> None:
    """Note that these entities changed, in the caller's transaction."""
    rows = [{"kind": kind, "entity_id": entity_id, "at": now, "not_before": now, "attempts": 0} for entity_id in ids]
    if rows:
        session.execute(insert(OutboxRow.__table__), rows)  # type: ignore[arg-type]


def state(session: Session) -> Waiting:
    """How much waits, and since when."""
    row = OutboxRow
    pending, oldest = session.execute(select(func.count(), func.min(row.at)).where(row.parked_at.is_(None))).one()
    parked = session.execute(select(func.count()).where(row.parked_at.is_not(None))).scalar_one()
    return Waiting(pending, oldest, parked)


def announced(session: Session, kind: str) -> list[Change]:
    """Every row of a kind, due or put off or parked: what whoever builds the index anew need not be told again."""
    row = OutboxRow
    return [
        Change(*found) for found in session.execute(select(row.id, row.kind, row.entity_id).where(row.kind == kind))
    ]


def due(session: Session, kinds: Collection[str], *, now: datetime, limit: int | None) -> list[Change]:
    """The first `limit` rows that may be tried now, or all of them, in the order they were written."""
    row = OutboxRow
    wanted = select(row.id, row.kind, row.entity_id).where(
        row.parked_at.is_(None), row.not_before <= now, row.kind.in_(kinds)
    )
    return [Change(*found) for found in session.execute(wanted.order_by(row.id).limit(limit))]


def is_due(session: Session, kinds: Collection[str], *, now: datetime) -> bool:
    """Whether any row may be tried now."""
    return bool(due(session, kinds, now=now, limit=1))


def due_count(session: Session, kind: str, *, now: datetime) -> int:
    """How many rows of a kind may be tried now."""
    row = OutboxRow
    waiting = select(func.count()).where(row.parked_at.is_(None), row.not_before <= now, row.kind == kind)
    return session.execute(waiting).scalar_one()


def pending_entities(session: Session, kind: str) -> set[int]:
    """The entities of a kind with a row that waits or is parked: where index and database may differ for now."""
    return set(session.scalars(select(OutboxRow.entity_id).where(OutboxRow.kind == kind).distinct()))


def parked_of(session: Session, entities: Collection[tuple[str, int]]) -> list[int]:
    """Parked rows of these entities."""
    row = OutboxRow
    parked = session.execute(select(row.id, row.kind, row.entity_id).where(row.parked_at.is_not(None)))
    return [id for id, kind, entity_id in parked if (kind, entity_id) in entities]


def parked(session: Session, limit: int = 100) -> list[OutboxRow]:
    """Rows that failed too often, the latest first, for a person to look at."""
    row = OutboxRow
    return list(
        session.scalars(
            select(row).where(row.parked_at.is_not(None)).order_by(row.parked_at.desc(), row.id).limit(limit)
        )
    )


def forget(session: Session, ids: Iterable[int]) -> None:
    """Delete exactly these rows: what was written meanwhile, and ids that a late commit brings, stay."""
    for piece in chunks(ids):
        session.execute(delete(OutboxRow).where(OutboxRow.id.in_(piece)))


def failed(session: Session, errors: Mapping[int, str], *, now: datetime) -> None:
    """Put rows off by their ids, longer each time; park those that failed MOST_ATTEMPTS times."""
    row = OutboxRow
    for id, error in errors.items():
        attempts = session.execute(select(row.attempts).where(row.id == id)).scalar_one_or_none()
        if attempts is None:
            continue
        session.execute(
            update(row)
            .where(row.id == id)
            .values(
                attempts=attempts + 1,
                error=error[:_ERROR],
                not_before=now + _FIRST_PAUSE * 2**attempts,
                parked_at=now if attempts + 1 >= MOST_ATTEMPTS else None,
            )
        )


def retry_parked(session: Session, *, now: datetime) -> int:
    """Have every parked row tried again from now on, as if it had never failed; returns how many."""
    row = OutboxRow
    touched = session.execute(
        update(row).where(row.parked_at.is_not(None)).values(parked_at=None, not_before=now, attempts=0)
    )
    return int(touched.rowcount)  # type: ignore[attr-defined]
