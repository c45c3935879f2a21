"""What suppliers said of the columns of their files, kept for the next file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, Json, UtcDateTime


class ColumnMapping(Base):
    """What the columns of one form of table mean to one organisation.

    bin: the organisation's БИН/ИИН. fingerprint: SHA-256 of the names of the columns, whatever their order. fields: by
    `registry.uploads.columns.name_key` of each, the field, or null where it is passed over.
    """

    __tablename__ = "column_mapping"
    __table_args__ = (
        UniqueConstraint("bin", "fingerprint"),
        CheckConstraint("length(bin) = 12", name="bin_twelve_digits"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bin: Mapped[str] = mapped_column(String(12))
    fingerprint: Mapped[str] = mapped_column(String(64))
    fields: Mapped[dict[str, Any]] = mapped_column(Json)
    saved_by: Mapped[str] = mapped_column(String(254))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
