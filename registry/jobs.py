"""Long work as rows: name, parameters, lease, attempts, progress.

Operations enqueue here in their own transaction; a worker claims a row under a lease and renews it while it works. A
worker that dies lets its lease run out, and the next one to look takes the job up again: so every job must be harmless
to repeat. A broker, where there is one, carries only the job's id as a wake-up call; correctness never rests on it.

Attempts are counted anew whenever one gets further than all before it: a long import outlives any number of restarts,
and only a job that stops its workers at the same place again and again is given up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, and_, case, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.db import Base, BigId, Json, UtcDateTime, Word
from registry.errors import Conflict, NotFound
from registry.wording import Message

# How long a claim holds without a sign of life, and how often a worker gives one. Three missed signs lose the job: a
# killed worker's job is taken up again while the person who started it still looks at the page.
LEASE = timedelta(seconds=20)
SIGN_OF_LIFE = timedelta(seconds=6)
MAX_ATTEMPTS = 5
# The pause after the first failed attempt is this long, after the second the square of it, and so on, seconds. All
# together they outlast a server's restart, so that work which needs it is not given up meanwhile.
PAUSE_S = 4


class JobState(StrEnum):
    """Where a job stands. `failed` is final and shown to a person; nothing retries it by itself."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class TakenOver(Conflict):
    """Another worker holds the job now: whoever meets this stops at once and writes nothing more."""

    def __init__(self, job_id: int) -> None:
        super().__init__(Message("job.taken_over", {"id": str(job_id)}))


class Job(Base):
    """One piece of long work. `key` keeps a periodic or repeated request from waiting in the queue twice."""

    __tablename__ = "job"
    __table_args__ = (
        Index(None, "state", "run_after", "id"),
        Index(None, "key"),
        Index(
            "uq_job_queued_key",
            "key",
            unique=True,
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    key: Mapped[str | None] = mapped_column(String(200))
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[JobState] = mapped_column(Word(JobState))
    actor: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    run_after: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_owner: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    progress: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def enqueue(
    session: Session,
    name: str,
    params: dict[str, Any] | None = None,
    *,
    actor: str,
    now: datetime,
    key: str | None = None,
    run_after: datetime | None = None,
) -> Job:
    """Queue a job in the caller's transaction; with a `key`, the job that waits under it already is returned instead.

    A job that runs already does not count: it may have passed what the caller has just changed. One that waits is kept
    from being claimed until the caller has committed.
    """
    if key is not None and (waiting := _waiting(session, key)) is not None:
        return waiting
    job = Job(
        name=name,
        key=key,
        params=params or {},
        state=JobState.QUEUED,
        actor=actor,
        created_at=now,
        run_after=run_after or now,
        attempts=0,
        progress=0,
    )
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:
        # Another transaction has queued the same at this moment.
        waiting = _waiting(session, key) if key else None
        if waiting is None:
            raise
        return waiting
    return job


def _waiting(session: Session, key: str) -> Job | None:
    waiting = select(Job).where(Job.key == key, Job.state == JobState.QUEUED)
    return session.execute(waiting.with_for_update()).scalar_one_or_none()


def _claimable(now: datetime) -> Any:
    return or_(
        and_(Job.state == JobState.QUEUED, Job.run_after <= now),
        and_(Job.state == JobState.RUNNING, Job.lease_until < now),
    )


def claim(session: Session, *, owner: str, now: datetime, job_id: int | None = None) -> Job | None:
    """Take a job that waits, or whose worker let its lease run out; None when there is none.

    Only one claimer wins a row: PostgreSQL skips locked rows, SQLite has one writer at a time. A job whose worker died
    on each of its attempts is failed here rather than run for ever.
    """
    while True:
        wanted = select(Job).where(_claimable(now)).order_by(Job.run_after, Job.id).limit(1)
        if job_id is not None:
            wanted = wanted.where(Job.id == job_id)
        job = session.execute(wanted.with_for_update(skip_locked=True)).scalar_one_or_none()
        if job is None:
            return None
        if job.attempts >= MAX_ATTEMPTS:
            job.state = JobState.FAILED
            job.error = job.error or {"message": Message("job.died").as_json()}
            job.finished_at = now
            session.flush()
            continue
        job.state = JobState.RUNNING
        job.attempts += 1
        job.lease_owner = owner
        job.lease_until = now + LEASE
        session.flush()
        return job


def release(session: Session, *, owner: str, now: datetime) -> int:
    """Let go of all that `owner` holds; returns how many jobs.

    For a worker that starts under the name of one known to be dead: its jobs need not wait for their leases to run out.
    """
    let_go = session.execute(
        update(Job).where(Job.state == JobState.RUNNING, Job.lease_owner == owner).values(lease_until=now - LEASE)
    )
    return int(let_go.rowcount)  # type: ignore[attr-defined]


def renew(
    session: Session, job_id: int, *, owner: str, now: datetime, progress: int | None = None, total: int | None = None
) -> None:
    """A sign of life, with the furthest that any attempt has come. Raises TakenOver when another worker has the job."""
    values: dict[str, Any] = {"lease_until": now + LEASE}
    if progress is not None:
        further = Job.progress < progress
        values["progress"] = case((further, progress), else_=Job.progress)
        values["attempts"] = case((further, 1), else_=Job.attempts)
    if total is not None:
        values["total"] = total
    _guarded(session, job_id, owner, values)


def finish(session: Session, job_id: int, *, owner: str, now: datetime, result: dict[str, Any] | None = None) -> None:
    """The work is done; in the same transaction as its last write where there is one."""
    _guarded(
        session,
        job_id,
        owner,
        {"state": JobState.DONE, "result": result, "error": None, "finished_at": now, "lease_until": None},
    )


def fail(
    session: Session, job_id: int, *, owner: str, now: datetime, error: dict[str, Any], final: bool = False
) -> None:
    """The attempt failed: the job waits longer each time, and is failed for good after the last attempt.

    One whose key has a job waiting is not tried again: that one will do the same work.
    error: `{"message": a Message as JSON}` for the person who started it, or `{"trace": text}` for the log alone.
    """
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound(Message("job.not_found", {"id": str(job_id)}))
    values: dict[str, Any] = {"error": error, "lease_until": None, "lease_owner": None}
    replaced = job.key is not None and _waiting(session, job.key) is not None
    if final or replaced or job.attempts >= MAX_ATTEMPTS:
        values |= {"state": JobState.FAILED, "finished_at": now}
    else:
        values |= {"state": JobState.QUEUED, "run_after": now + timedelta(seconds=PAUSE_S**job.attempts)}
    _guarded(session, job_id, owner, values)


def _guarded(session: Session, job_id: int, owner: str, values: dict[str, Any]) -> None:
    touched = session.execute(
        update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING, Job.lease_owner == owner).values(**values)
    )
    if touched.rowcount != 1:  # type: ignore[attr-defined]
        raise TakenOver(job_id)


def last_done(session: Session, name: str) -> datetime | None:
    """When a job of that name was last done; None if never."""
    return session.execute(
        select(func.max(Job.finished_at)).where(Job.name == name, Job.state == JobState.DONE)
    ).scalar_one()


def was_queued(session: Session, key: str) -> bool:
    """Whether a job was ever queued under this key, however it ended."""
    return session.execute(select(Job.id).where(Job.key == key).limit(1)).first() is not None


def retry(session: Session, job_id: int, *, now: datetime) -> Job:
    """Have a failed job tried again from now on, with all its attempts.

    Raises NotFound, and Conflict where it has not failed (any more), or where a job of its key waits already.
    """
    job = session.get(Job, job_id, with_for_update=True)
    if job is None:
        raise NotFound(Message("job.not_found", {"id": str(job_id)}))
    if job.state is not JobState.FAILED:
        raise Conflict(Message("job.not_failed", {"id": str(job_id)}))
    try:
        with session.begin_nested():
            job.state, job.attempts, job.run_after = JobState.QUEUED, 0, now
            job.finished_at = job.lease_owner = job.lease_until = None
    except IntegrityError as error:
        raise Conflict(Message("job.waits_already", {"id": str(job_id)})) from error
    return job


def listed(session: Session, state: JobState | None, *, limit: int, before: int | None = None) -> list[Job]:
    """Jobs in a state, or in any, the newest first; those before one of them."""
    asked = select(Job).order_by(Job.id.desc()).limit(limit)
    if state is not None:
        asked = asked.where(Job.state == state)
    if before is not None:
        asked = asked.where(Job.id < before)
    return list(session.scalars(asked))


def counts(session: Session) -> dict[JobState, int]:
    """How many jobs are in each state."""
    found = session.execute(select(Job.state, func.count()).group_by(Job.state))
    return {row[0]: row[1] for row in found}
