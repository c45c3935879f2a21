"""Bulk files: a stored position, so that a file taken in by halves continues where it stopped.

Rows are written in batches; each batch commits its rows together with the position reached. A restart with the same
file continues after the last committed batch; a repeat of a finished file is a new run that finds nothing to change.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, Json, UtcDateTime

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
    actor: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    position: Mapped[int] = mapped_column(default=0)
    rejected_bytes: Mapped[int] = mapped_column(BigId, default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(Json)
