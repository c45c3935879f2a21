"""What failed is tried again, once, and by an administrator."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from registry import jobs, messages, outbox
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.audit import AuditRow, Change, Wanted, entries, kinds, record, seal
from registry.db import Database
from registry.errors import Conflict, NotFound
from registry.jobs import Job, JobState
from registry.messages import Letter, LetterState
from registry.outbox import OutboxRow
from registry.upkeep.operations import ask_for, retry_job, retry_letter, retry_parked
from registry.wording import Message
from tests.factories import NOW

pytestmark = pytest.mark.both_databases

ADMINISTRATOR = Actor("admin@x.kz", AccountRole.ADMINISTRATOR, account_id=1)


def test_a_failed_job_is_tried_again_with_all_its_attempts(database: Database) -> None:
    with database.transaction() as session:
        job = jobs.enqueue(session, "seal", actor="system", now=NOW, key="seal:x")
        with pytest.raises(Conflict):
            retry_job(session, job.id, actor=ADMINISTRATOR, now=NOW)
        jobs.claim(session, owner="w", now=NOW)
        jobs.fail(session, job.id, owner="w", now=NOW, error={"trace": "x"}, final=True)
    with database.transaction() as session:
        retry_job(session, job.id, actor=ADMINISTRATOR, now=NOW)
        with pytest.raises(Conflict):
            retry_job(session, job.id, actor=ADMINISTRATOR, now=NOW)
        with pytest.raises(NotFound):
            retry_job(session, job.id + 9, actor=ADMINISTRATOR, now=NOW)
    with database.transaction() as session:
        held = session.get_one(Job, job.id)
        assert (held.state, held.attempts, held.finished_at) == (JobState.QUEUED, 0, None)
        assert jobs.claim(session, owner="w", now=NOW) is not None
        assert [row.action for row in session.scalars(select(AuditRow))] == ["retry"]
        assert jobs.counts(session) == {JobState.RUNNING: 1}


def test_a_failed_job_waits_not_beside_its_like(database: Database) -> None:
    with database.transaction() as session:
        job = jobs.enqueue(session, "seal", actor="system", now=NOW, key="seal:x")
        jobs.claim(session, owner="w", now=NOW)
        jobs.fail(session, job.id, owner="w", now=NOW, error={"trace": "x"}, final=True)
        jobs.enqueue(session, "seal", actor="system", now=NOW, key="seal:x")
    with database.transaction() as session:
        with pytest.raises(Conflict):
            retry_job(session, job.id, actor=ADMINISTRATOR, now=NOW)
        session.expire_all()
        assert session.get_one(Job, job.id).state is JobState.FAILED
        assert [one.id for one in jobs.listed(session, JobState.FAILED, limit=5)] == [job.id]
        assert len(jobs.listed(session, None, limit=5)) == 2


def test_a_letter_that_was_given_up_is_sent_again(database: Database) -> None:
    with database.transaction() as session:
        said = Message("alerts.letter.subject", {"n": 1})
        messages.queue(session, to="a@x.kz", lang="ru", subject=said, body=said, now=NOW)
        letter = messages.take(session, now=NOW)
        assert letter is not None
        with pytest.raises(Conflict):
            retry_letter(session, letter.id, actor=ADMINISTRATOR, now=NOW)
        messages.failed(session, letter.id, "550", final=True, now=NOW)
        assert [one.id for one in messages.given_up(session, limit=5)] == [letter.id]
        retry_letter(session, letter.id, actor=ADMINISTRATOR, now=NOW)
        assert messages.counts(session) == {LetterState.QUEUED: 1}
        again = messages.take(session, now=NOW)
        assert (again and again.id, again and again.attempts) == (letter.id, 1)
        with pytest.raises(NotFound):
            retry_letter(session, letter.id + 9, actor=ADMINISTRATOR, now=NOW)
        assert session.scalars(select(Letter.body)).one() is not None


def test_what_is_parked_is_tried_again(database: Database) -> None:
    with database.transaction() as session:
        assert retry_parked(session, actor=ADMINISTRATOR, now=NOW) == 0
        outbox.changed(session, "product", [1, 2], now=NOW)
        session.execute(update(OutboxRow).values(parked_at=NOW))
        assert retry_parked(session, actor=ADMINISTRATOR, now=NOW) == 2
        assert outbox.state(session).parked == 0
        assert [row.after for row in session.scalars(select(AuditRow))] == [{"rows": 2}]


def test_work_is_asked_for_once(database: Database) -> None:
    with database.transaction() as session:
        first = ask_for(session, "reconcile", actor=ADMINISTRATOR, now=NOW)
        assert ask_for(session, "reconcile", actor=ADMINISTRATOR, now=NOW).id == first.id
        with pytest.raises(NotFound):
            ask_for(session, "import", actor=ADMINISTRATOR, now=NOW)


def test_the_log_is_asked_by_thing_person_and_day(database: Database) -> None:
    with database.transaction() as session:
        for number in range(6):
            change = Change("saved" if number % 2 else "listed", "product", number % 3, {"n": number}, None)
            record(session, [change], actor=Actor("a@x.kz" if number < 4 else "b@x.kz"), now=NOW)
        record(session, [Change("open", "account", 7)], actor="system", now=NOW)
        seal(session, limit=5)
        found = entries(session, Wanted(), limit=9)
        assert [row.kind for row, _ in found] == ["account", *["product"] * 6]
        assert [stamp.number if stamp else None for _, stamp in found] == [None, None, 5, 4, 3, 2, 1]
        older = entries(session, Wanted(), limit=2, before=found[2][0].id)
        assert [row.id for row, _ in older] == [found[3][0].id, found[4][0].id]
        numbers = [
            row.before["n"] for row, _ in entries(session, Wanted(kind="product", entity_id=1), limit=9) if row.before
        ]
        assert numbers == [4, 1]
        assert len(entries(session, Wanted(actor="b@x.kz"), limit=9)) == 2
        assert len(entries(session, Wanted(action="saved", since=NOW), limit=9)) == 3
        assert entries(session, Wanted(until=NOW), limit=9) == []
        assert kinds(session) == ["account", "product"]
