"""What changed, for the index: one row per change, written in the same transaction as the change.

Rows carry only kind and id, so repeats and order do no harm: whoever drains them loads the *current* rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Index, String, Text, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.db import Base, BigId, UtcDateTime


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


def changed(session: Session, kind: str, ids: Iterable[int], *, now: datetime) -> None:
    """Note that these entities changed, in the caller's transaction."""
    rows = [
        {"kind": kind, "entity_id": entity_id, "at": now, "not_before": now, "attempts": 0} for entity_id in ids
    ]
    if rows:
        session.execute(insert(OutboxRow), rows)
