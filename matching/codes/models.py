"""Decided cases: what others were classified as, and by whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.classifiers.models import Scheme
from registry.db import Base, BigId, UtcDateTime, Word


class DecidedExample(Base):
    """A text and the code, or the branch of one, that somebody decided for it.

    key: SHA-256 of the folded text and the code, so that a case is kept once. known: whether the edition that was
    loaded when the case came in holds the code; others are kept, and teach nothing until an edition has it.
    """

    __tablename__ = "decided_example"
    __table_args__ = (UniqueConstraint("scheme", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scheme: Mapped[Scheme] = mapped_column(Word(Scheme))
    key: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(300))
    known: Mapped[bool]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
