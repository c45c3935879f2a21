"""Cases: how goods, works and services become confirmed, stay so, and stop being so (domain.md §5)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, Json, Money, UtcDateTime, Word


class CaseKind(StrEnum):
    """What is asked; the state `granted` means yes to it."""

    ADMISSION = "admission"  # are these lines domestic: granted confirms them
    MONITORING = "monitoring"  # does it still hold this quarter: granted is a passed check
    EXCLUSION = "exclusion"  # is the confirmed status to end: granted ends it at once
    APPEAL = "appeal"  # was a decision wrong: granted puts the other one in its place


class CaseState(StrEnum):
    """Where a case stands. A site visit is no state: it stops the clock of the review on its days."""

    DRAFT = "draft"  # the supplier fills it in
    AWAITING = "awaiting"  # monitoring: the producer's update is awaited
    CHECKING = "checking"  # submitted: checked by the program, and waiting for an expert to be named
    REVIEW = "review"  # an expert and a commission look at it
    DECISION = "decision"  # concluded: the head signs the decision, or sends it back
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by whoever submitted it


class Ground(StrEnum):
    """Why an exclusion is asked for."""

    FAILED_CHECKS = "failed_checks"  # quarterly checks, as many running as the law says
    REQUEST = "request"  # the supplier's own
    LIQUIDATION = "liquidation"
    MERGER = "merger"
    ACCESSION = "accession"
    DIVISION = "division"
    SPIN_OFF = "spin_off"
    TRANSFORMATION = "transformation"  # a reorganisation that is no ground: named so that it can be refused
    FALSE_DATA = "false_data"
    PRODUCTION_STOPPED = "production_stopped"


class Move(StrEnum):
    """A step of a case; each is a row that stays."""

    OPENED = "opened"
    SUBMITTED = "submitted"
    UPDATED = "updated"  # monitoring: the producer's update came
    CHECKED = "checked"
    ASSIGNED = "assigned"
    ASKED = "asked"
    ANSWERED = "answered"
    VISIT_ORDERED = "visit_ordered"
    VISIT_ENDED = "visit_ended"
    VISIT_CANCELLED = "visit_cancelled"  # before it began: its days stop no clock
    CONCLUDED = "concluded"
    RETURNED = "returned"
    GRANTED = "granted"
    REFUSED = "refused"
    MISSED = "missed"  # monitoring: no update came in time
    WITHDRAWN = "withdrawn"
    NOTICED = "noticed"  # the supplier was told to remedy, or that exclusion follows


class CheckResult(StrEnum):
    """What an automatic check found."""

    OK = "ok"
    DOUBT = "doubt"  # a person looks
    FAIL = "fail"
    UNKNOWN = "unknown"  # it could not be made: nothing to hold it against


class Outcome(StrEnum):
    """What became of a line, or what a commission proposes."""

    GRANTED = "granted"
    REFUSED = "refused"


_LIVE_EXCLUSION: Final = "kind = 'exclusion' AND state NOT IN ('granted', 'refused', 'withdrawn')"


def _one(name: str, *columns: str, where: str) -> Index:
    """That there is one row of these columns at most among those of a condition."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


class Case(Base):
    """One case of one supplier. Only who decided, when, and the state stand here; the rest is in its events.

    author_id: the account that opened it, none for the program. said: what the supplier was when it submitted. due_on:
    the last day of the stage it is in, as `clock` reckons it, kept so that the queue can be ordered by it. version
    counts the moves, so that of two that are made at once only one is.
    """

    __tablename__ = "verification_case"
    __table_args__ = (
        _one("uq_verification_case_quarter", "supplier_id", "quarter", where="kind = 'monitoring'"),
        _one("uq_verification_case_appeal", "appeal_of_id", where="appeal_of_id IS NOT NULL AND state <> 'withdrawn'"),
        _one("uq_verification_case_draft", "supplier_id", where="kind = 'admission' AND state = 'draft'"),
        _one("uq_verification_case_exclusion", "supplier_id", "ground", where=_LIVE_EXCLUSION),
        Index(None, "state", "due_on"),
        Index(None, "supplier_id"),
        Index(None, "assigned_id", "state"),
        CheckConstraint("(state IN ('granted', 'refused')) = (decided_on IS NOT NULL)", name="decided"),
        CheckConstraint("(kind = 'monitoring') = (quarter IS NOT NULL)", name="quarter_of_monitoring"),
        CheckConstraint("(kind = 'exclusion') = (ground IS NOT NULL)", name="ground_of_exclusion"),
        CheckConstraint("(kind = 'appeal') = (appeal_of_id IS NOT NULL)", name="appeal_of_case"),
        CheckConstraint("state <> 'awaiting' OR kind = 'monitoring'", name="awaiting_monitoring"),
        CheckConstraint("state NOT IN ('review', 'decision') OR assigned_id IS NOT NULL", name="assigned_in_review"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[CaseKind] = mapped_column(Word(CaseKind))
    state: Mapped[CaseState] = mapped_column(Word(CaseState))
    supplier_id: Mapped[int] = mapped_column(BigId, ForeignKey("supplier.id"))
    quarter: Mapped[str | None] = mapped_column(String(7))
    ground: Mapped[Ground | None] = mapped_column(Word(Ground))
    appeal_of_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("verification_case.id"))
    author_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("account.id"))
    assigned_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("account.id"))
    decided_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("account.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_on: Mapped[date | None] = mapped_column(Date)
    decided_on: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    said: Mapped[dict[str, Any] | None] = mapped_column(Json)
    version: Mapped[int] = mapped_column(default=1)


class CaseLine(Base):
    """One line of the supplier that a case is about.

    evidence_kind, evidence_number: the document to be confirmed. said: what the line was at submission. The costs are
    told for the case, the staff is the organisation's as it was when the case was handed in; both are private: nobody
    but the supplier and the institute reads them (art. 6(3); domain.md §5).
    """

    __tablename__ = "case_line"
    __table_args__ = (
        UniqueConstraint("case_id", "product_id"),
        Index(None, "product_id"),
        CheckConstraint("(foreign_cost IS NULL) = (whole_cost IS NULL)", name="cost_whole_or_none"),
        CheckConstraint(
            "whole_cost IS NULL OR (whole_cost > 0 AND foreign_cost >= 0 AND foreign_cost <= whole_cost)",
            name="foreign_within_cost",
        ),
        CheckConstraint(
            "staff_domestic IS NULL OR (staff_total IS NOT NULL AND staff_domestic >= 0"
            " AND staff_domestic <= staff_total)",
            name="staff_within_total",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(BigId, ForeignKey("verification_case.id"))
    product_id: Mapped[int] = mapped_column(BigId, ForeignKey("product.id"))
    evidence_kind: Mapped[str | None] = mapped_column(String(20))
    evidence_number: Mapped[str | None] = mapped_column(String(60))
    said: Mapped[dict[str, Any] | None] = mapped_column(Json)
    foreign_cost: Mapped[Decimal | None] = mapped_column(Money())
    whole_cost: Mapped[Decimal | None] = mapped_column(Money())
    staff_total: Mapped[int | None]
    staff_domestic: Mapped[int | None]
    outcome: Mapped[Outcome | None] = mapped_column(Word(Outcome))


class CaseCheck(Base):
    """One automatic check of a case, or of one line of it: what was looked at, what came out, on which day.

    Checks that are made again are added; those of the newest `round` count.
    """

    __tablename__ = "case_check"
    __table_args__ = (Index(None, "case_id", "round"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(BigId, ForeignKey("verification_case.id"))
    product_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("product.id"))
    round: Mapped[int]
    name: Mapped[str] = mapped_column(String(30))
    result: Mapped[CheckResult] = mapped_column(Word(CheckResult))
    message: Mapped[dict[str, Any]] = mapped_column(Json)
    data: Mapped[dict[str, Any] | None] = mapped_column(Json)
    on: Mapped[date] = mapped_column(Date)


class CaseEvent(Base):
    """One step of a case: who, when, from where to where, why and in which words. Never changed.

    reasons: codes of config/law/reasons.toml. data: what the step did besides, as the documents that it revoked.
    """

    __tablename__ = "case_event"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(BigId, ForeignKey("verification_case.id"))
    move: Mapped[Move] = mapped_column(Word(Move))
    state: Mapped[CaseState] = mapped_column(Word(CaseState))
    on: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(254))
    account_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("account.id"))
    reasons: Mapped[list[str] | None] = mapped_column(Json)
    text: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any] | None] = mapped_column(Json)


class CaseVisit(Base):
    """A visit to the producer: at least three people by name, from the first day to the last, and what they found."""

    __tablename__ = "case_visit"
    __table_args__ = (
        Index(None, "case_id"),
        CheckConstraint("ends_on >= starts_on", name="dates_in_order"),
        CheckConstraint("(findings IS NULL) = (ended_at IS NULL)", name="ended_with_findings"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(BigId, ForeignKey("verification_case.id"))
    people: Mapped[list[str]] = mapped_column(Json)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    findings: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CaseProtocol(Base):
    """What a commission concluded: who sat on it, when, what it proposes and why. The head signs the newest one."""

    __tablename__ = "case_protocol"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(BigId, ForeignKey("verification_case.id"))
    on: Mapped[date] = mapped_column(Date)
    members: Mapped[list[str]] = mapped_column(Json)
    outcome: Mapped[Outcome] = mapped_column(Word(Outcome))
    # Of an admission: the lines that are to be confirmed; the others are refused.
    lines: Mapped[list[int]] = mapped_column(Json)
    reasons: Mapped[list[str]] = mapped_column(Json)
    text: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
