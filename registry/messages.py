"""Letters: queued in the transaction that has something to say, sent after it is committed.

A letter may reach its reader twice if the sender dies between sending it and writing that down; each carries its own
number, by which mail programs tell. What must never be said twice is queued once: see `reference`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Index, String, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import jobs
from registry.db import Base, BigId, Json, UtcDateTime, Word
from registry.errors import Conflict, NotFound
from registry.wording import Message

JOB: Final = "mail"
MAX_ATTEMPTS: Final = 8
# The pause after the first failure, and how long it grows; together they outlast a mail server's bad day.
PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
# How long one letter may take to be handed over; after that its sender is taken for dead.
LEASE: Final = timedelta(minutes=5)


class LetterState(StrEnum):
    """Where a letter stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # given up; an administrator sees it


class Letter(Base):
    """One letter to one address. `body` is forgotten once it is sent: it may hold a secret."""

    __tablename__ = "letter"
    __table_args__ = (Index(None, "state", "send_after"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    to: Mapped[str] = mapped_column(String(254))
    lang: Mapped[str] = mapped_column(String(2))
    subject: Mapped[dict[str, Any]] = mapped_column(Json)
    body: Mapped[dict[str, Any] | None] = mapped_column(Json)
    # Where the reader ends such letters by one click (RFC 8058); none for what must be said.
    unsubscribe: Mapped[str | None] = mapped_column(String(500))
    reference: Mapped[str | None] = mapped_column(String(200), unique=True)
    state: Mapped[LetterState] = mapped_column(Word(LetterState))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    send_after: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(500))


def queue(
    session: Session,
    *,
    to: str,
    lang: str,
    subject: Message,
    body: Message,
    now: datetime,
    unsubscribe: str | None = None,
    reference: str | None = None,
) -> bool:
    """Queue a letter in the caller's transaction; with a `reference` only the first under it is ever written.

    Returns whether it was queued.
    """
    if reference is not None and session.scalars(select(Letter.id).where(Letter.reference == reference)).first():
        return False
    session.add(
        Letter(
            to=to,
            lang=lang,
            subject=subject.as_json(),
            body=body.as_json(),
            unsubscribe=unsubscribe,
            reference=reference,
            state=LetterState.QUEUED,
            created_at=now,
            send_after=now,
        )
    )
    session.flush()
    jobs.enqueue(session, JOB, actor="system", now=now, key=JOB)
    return True


def take(session: Session, *, now: datetime) -> Letter | None:
    """The letter that has waited longest, kept for its sender; None where none is due. One whose sender died is due."""
    due = or_(Letter.state == LetterState.QUEUED, Letter.state == LetterState.SENDING)
    letter = session.scalars(
        select(Letter)
        .where(due, Letter.send_after <= now)
        .order_by(Letter.send_after, Letter.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if letter is not None:
        letter.state, letter.send_after, letter.attempts = LetterState.SENDING, now + LEASE, letter.attempts + 1
        session.flush()
    return letter


def sent(session: Session, letter_id: int, *, now: datetime) -> None:
    """It was handed over: what it said is forgotten."""
    session.execute(
        update(Letter).where(Letter.id == letter_id).values(state=LetterState.SENT, sent_at=now, body=None, error=None)
    )


def failed(session: Session, letter_id: int, error: str, *, final: bool, now: datetime) -> None:
    """It could not be handed over: it waits longer each time, and is given up after the last attempt, or at once where
    the address is refused for good."""
    letter = session.get_one(Letter, letter_id)
    over = final or letter.attempts >= MAX_ATTEMPTS
    letter.state = LetterState.FAILED if over else LetterState.QUEUED
    letter.send_after = now + min(PAUSE * 2 ** (letter.attempts - 1), LONGEST_PAUSE)
    letter.error = error[:500]


def call_again(session: Session, *, now: datetime) -> None:
    """Have the letters that still wait sent when the first of them is due. Called at the end of every round."""
    waiting = Letter.state.in_((LetterState.QUEUED, LetterState.SENDING))
    due = session.scalars(select(func.min(Letter.send_after)).where(waiting)).one()
    if due is not None:
        jobs.enqueue(session, JOB, actor="system", now=now, key=f"{JOB}:later", run_after=due)


def retry(session: Session, letter_id: int, *, now: datetime) -> None:
    """Have a letter that was given up sent from now on, with all its attempts.

    Raises NotFound, and Conflict where it was not given up.
    """
    letter = session.get(Letter, letter_id, with_for_update=True)
    if letter is None:
        raise NotFound(Message("letter.not_found", {"id": letter_id}))
    if letter.state is not LetterState.FAILED:
        raise Conflict(Message("letter.not_failed", {"id": letter_id}))
    letter.state, letter.attempts, letter.send_after = LetterState.QUEUED, 0, now
    session.flush()
    jobs.enqueue(session, JOB, actor="system", now=now, key=JOB)


def given_up(session: Session, *, limit: int, offset: int = 0) -> list[Letter]:
    """Letters that were given up, the newest first."""
    asked = select(Letter).where(Letter.state == LetterState.FAILED).order_by(Letter.id.desc())
    return list(session.scalars(asked.limit(limit).offset(offset)))


def counts(session: Session) -> dict[LetterState, int]:
    """How many letters are in each state."""
    found = session.execute(select(Letter.state, func.count()).group_by(Letter.state))
    return {row[0]: row[1] for row in found}
