"""Work that did not succeed is tried again, work is asked for. Nothing here commits."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from registry import audit, jobs, messages, outbox
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor, by
from registry.audit import Change
from registry.errors import NotFound
from registry.jobs import Job
from registry.wording import Message

_ADMINISTRATOR = frozenset({AccountRole.ADMINISTRATOR})
# Work that an administrator may have done now: each is harmless to repeat.
ASKED_FOR: Final = ("reconcile", "reindex", "match", "seal", "turn_of_day", "mail")


@by(_ADMINISTRATOR)
def retry_job(session: Session, job_id: int, *, actor: Actor, now: datetime) -> Job:
    """Have a failed job tried again from now on. Raises NotFound; Conflict where it has not failed, or where the same
    work waits already."""
    job = jobs.retry(session, job_id, now=now)
    audit.record(session, [Change("retry", "job", job_id, None, {"name": job.name})], actor=actor, now=now)
    return job


@by(_ADMINISTRATOR)
def retry_letter(session: Session, letter_id: int, *, actor: Actor, now: datetime) -> None:
    """Have a letter that was given up sent again. Raises NotFound, Conflict where it was not given up."""
    messages.retry(session, letter_id, now=now)
    audit.record(session, [Change("retry", "letter", letter_id)], actor=actor, now=now)


@by(_ADMINISTRATOR)
def retry_parked(session: Session, *, actor: Actor, now: datetime) -> int:
    """Have all changes that the index would not take tried again; returns how many."""
    count = outbox.retry_parked(session, now=now)
    if count:
        audit.record(session, [Change("retry", "outbox", None, None, {"rows": count})], actor=actor, now=now)
    return count


@by(_ADMINISTRATOR)
def ask_for(session: Session, name: str, *, actor: Actor, now: datetime) -> Job:
    """Have a piece of regular work done now; asked for twice it waits once. Raises NotFound for other work."""
    if name not in ASKED_FOR:
        raise NotFound(Message("upkeep.no_such_work", {"name": name}))
    job = jobs.enqueue(session, name, actor=actor.name, now=now, key=f"asked:{name}")
    session.flush()
    audit.record(session, [Change("ask_for", "job", job.id, None, {"name": name})], actor=actor, now=now)
    return job
