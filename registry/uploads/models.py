"""Suppliers' own files, and what was said of their columns, kept for the next file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, Json, UtcDateTime


class ColumnMapping(Base):
    """What the columns of one form of table mean to one organisation.

    bin: the organisation's БИН/ИИН. fingerprint: SHA-256 of the names of the columns, whatever their order. fields: by
    `registry.uploads.names.name_key` of each, the field, or null where it is passed over.
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


class Upload(Base):
    """One file that somebody of an organisation sent, from recognising it to its result.

    name: as it was called; stored: under what name it lies in the uploads, null once it is deleted. sheets: what was
    recognised, for the page; plan: what is to be taken in, as it was corrected. The jobs are those sent last.
    """

    __tablename__ = "upload"
    __table_args__ = (Index(None, "bin", "id"), CheckConstraint("length(bin) = 12", name="bin_twelve_digits"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bin: Mapped[str] = mapped_column(String(12))
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(255))
    stored: Mapped[str | None] = mapped_column(String(80))
    size: Mapped[int]
    sheets: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    plan: Mapped[dict[str, Any]] = mapped_column(Json)
    preview_job: Mapped[int | None] = mapped_column(BigId)
    intake_job: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def work(self) -> str:
        """What names its taking-in, so that one that was interrupted goes on."""
        return f"upload-{self.id}"
