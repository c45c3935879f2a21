"""Runs of the matching engine and what each said of each need: append-only, with everything that decided it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, Json, Scaled, UtcDateTime

# Candidates kept of each need, unless somebody asks for another number; the portal shows runs that kept as many.
TOP: Final = 10


class MatchRun(Base):
    """One run: under which profile and law day, over which needs, and how far it came."""

    __tablename__ = "match_run"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    on: Mapped[date] = mapped_column("on_day", Date)
    actor: Mapped[str] = mapped_column(String(254))
    profile_version: Mapped[str] = mapped_column(String(40))
    engine: Mapped[str] = mapped_column(String(40))
    top: Mapped[int]
    needs: Mapped[int] = mapped_column(default=0)


class NeedResult(Base):
    """What one run said of one need: verdict, sentences (Messages), matches and organisers as they were written out."""

    __tablename__ = "need_result"
    __table_args__ = (UniqueConstraint("run_id", "need_id"), Index(None, "need_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    run_id: Mapped[int] = mapped_column(BigId, ForeignKey("match_run.id"))
    need_id: Mapped[int] = mapped_column(BigId, ForeignKey("need.id"))
    need_version: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(20))
    reasons: Mapped[list[Any]] = mapped_column(Json)
    organisers: Mapped[list[Any]] = mapped_column(Json)


class MatchResult(Base):
    """One candidate of one need, by rank, with its score and every feature."""

    __tablename__ = "match_result"
    __table_args__ = (UniqueConstraint("result_id", "rank"), Index(None, "product_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    result_id: Mapped[int] = mapped_column(BigId, ForeignKey("need_result.id"))
    rank: Mapped[int]
    product_id: Mapped[int] = mapped_column(BigId, ForeignKey("product.id"))
    product_version: Mapped[int]
    score: Mapped[Decimal] = mapped_column(Scaled(6))
    verdict: Mapped[str] = mapped_column(String(10))
    gaps: Mapped[list[Any]] = mapped_column(Json)
    features: Mapped[list[Any]] = mapped_column(Json)
