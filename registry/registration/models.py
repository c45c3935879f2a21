"""Registering an organisation, and proving that one speaks for it (Law art. 51(4)(1); domain.md §10.2)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, Json, UtcDateTime, Word


class ClaimState(StrEnum):
    """Where a claim to speak for a БИН/ИИН stands."""

    DRAFT = "draft"  # being filled in; a second visit resumes it
    WAITING = "waiting"  # submitted: a person looks at the document
    PROVEN = "proven"  # by a signature whose certificate carries the number, or by a document that a person checked
    REFUSED = "refused"  # with reasons; another document may be sent
    WITHDRAWN = "withdrawn"  # by the claimant
    OVERTAKEN = "overtaken"  # somebody else has proven it


class ProofMethod(StrEnum):
    """By what a claim is proven."""

    SIGNATURE = "signature"
    DOCUMENT = "document"


class Claim(Base):
    """One person's claim to speak for one number, with what they say of the organisation.

    values: what the steps of the form hold, so that it can be left at any point. reasons: Messages, of a refusal.
    author_id: the account; whoever decides is another person (four eyes).
    """

    __tablename__ = "claim"
    __table_args__ = (
        Index(
            "uq_claim_alive",
            "account_id",
            "bin",
            unique=True,
            sqlite_where=text("state IN ('draft', 'waiting')"),
            postgresql_where=text("state IN ('draft', 'waiting')"),
        ),
        Index(None, "bin", "state"),
        Index(None, "state", "submitted_at"),
        CheckConstraint("length(bin) = 12", name="bin_twelve_digits"),
        CheckConstraint("state = 'draft' OR submitted_at IS NOT NULL OR state = 'withdrawn'", name="submitted"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bin: Mapped[str] = mapped_column(String(12))
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    state: Mapped[ClaimState] = mapped_column(Word(ClaimState))
    method: Mapped[ProofMethod | None] = mapped_column(Word(ProofMethod))
    values: Mapped[dict[str, Any]] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(254))
    reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    decision_note: Mapped[str | None] = mapped_column(Text)


class Consent(Base):
    """What an organisation agreed to, by whom, and until when (domain.md §10.11: recorded, revocable)."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("bin", "what", "given_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bin: Mapped[str] = mapped_column(String(12))
    what: Mapped[str] = mapped_column(String(30))
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
