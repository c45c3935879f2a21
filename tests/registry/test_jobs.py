"""Job rows: claimed by one, taken over from the dead, never lost, never run for ever."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from registry import jobs
from registry.db import Database
from registry.errors import Conflict, NotFound
from registry.jobs import Job, JobState

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
AFTER_LEASE = NOW + jobs.LEASE + timedelta(seconds=1)


def queue(database: Database, **options: object) -> int:
    with database.transaction() as session:
        return jobs.enqueue(session, "match", {"top": 10}, actor="expert@example", now=NOW, **options).id  # type: ignore[arg-type]


def claim(database: Database, owner: str = "one", now: datetime = NOW, job_id: int | None = None) -> int | None:
    with database.transaction() as session:
        job = jobs.claim(session, owner=owner, now=now, job_id=job_id)
        return job.id if job else None


def state(database: Database, job_id: int) -> tuple[JobState, int]:
    with database.reading() as session:
        job = session.get_one(Job, job_id)
        return job.state, job.attempts


def test_the_longest_waiting_is_claimed_first_and_by_one_only(database: Database) -> None:
    first, second = queue(database), queue(database)
    assert [claim(database, owner) for owner in ("one", "two", "three")] == [first, second, None]


def test_a_job_is_not_run_before_its_time(database: Database) -> None:
    job = queue(database, run_after=NOW + timedelta(seconds=30))
    assert claim(database) is None
    assert claim(database, now=NOW + timedelta(seconds=30)) == job


def test_a_certain_job_can_be_claimed(database: Database) -> None:
    queue(database)
    second = queue(database)
    assert claim(database, job_id=second) == second
    assert claim(database, job_id=second) is None


def test_a_dead_workers_job_is_taken_over_when_its_lease_ends(database: Database) -> None:
    job = queue(database)
    claim(database, "dead")
    assert claim(database, "living", NOW + jobs.LEASE) is None
    assert claim(database, "living", AFTER_LEASE) == job
    with pytest.raises(Conflict), database.transaction() as session:
        jobs.finish(session, job, owner="dead", now=AFTER_LEASE)
    with database.transaction() as session:
        jobs.finish(session, job, owner="living", now=AFTER_LEASE, result={"needs": 3})
    assert state(database, job) == (JobState.DONE, 2)


def test_a_sign_of_life_keeps_the_lease(database: Database) -> None:
    job = queue(database)
    claim(database)
    with database.transaction() as session:
        jobs.renew(session, job, owner="one", now=NOW + jobs.LEASE, progress=40, total=100)
    assert claim(database, "two", AFTER_LEASE) is None
    with database.reading() as session:
        row = session.get_one(Job, job)
        assert (row.progress, row.total) == (40, 100)


def test_a_successor_of_the_same_name_need_not_wait(database: Database) -> None:
    job, others = queue(database), queue(database)
    claim(database, "serve:1")
    claim(database, "serve:2")
    with database.transaction() as session:
        assert jobs.release(session, owner="serve:1", now=NOW) == 1
    assert claim(database, "serve:1") == job
    assert state(database, others)[0] is JobState.RUNNING


def test_a_failed_attempt_waits_longer_each_time_and_the_last_is_final(database: Database) -> None:
    job, now, waits = queue(database), NOW, []
    for _ in range(jobs.MAX_ATTEMPTS):
        assert claim(database, now=now) == job
        with database.transaction() as session:
            jobs.fail(session, job, owner="one", now=now, error={"trace": "boom"})
        with database.reading() as session:
            row = session.get_one(Job, job)
            waits.append((row.run_after - now).total_seconds())
            now = max(now, row.run_after)
    assert waits[:-1] == sorted(set(waits[:-1]))
    assert state(database, job) == (JobState.FAILED, jobs.MAX_ATTEMPTS)
    assert claim(database, now=now + timedelta(days=1)) is None


def test_a_fault_of_the_users_is_final_at_once(database: Database) -> None:
    job = queue(database)
    claim(database)
    with database.transaction() as session:
        jobs.fail(session, job, owner="one", now=NOW, error={"message": {"code": "x"}}, final=True)
    assert state(database, job) == (JobState.FAILED, 1)


def test_a_job_that_kills_its_workers_is_given_up(database: Database) -> None:
    job, now = queue(database), NOW
    for _ in range(jobs.MAX_ATTEMPTS):
        assert claim(database, now=now) == job
        now += jobs.LEASE + timedelta(seconds=1)
    assert claim(database, now=now) is None
    with database.reading() as session:
        row = session.get_one(Job, job)
        assert (row.state, row.error) == (JobState.FAILED, {"message": {"code": "job.died"}})


def test_under_one_key_one_job_waits_but_a_running_one_does_not_count(database: Database) -> None:
    first = queue(database, key="match:published")
    assert queue(database, key="match:published") == first
    claim(database)
    second = queue(database, key="match:published")
    assert second != first
    with database.transaction() as session:
        jobs.fail(session, first, owner="one", now=NOW, error={"trace": "boom"})
    assert state(database, first)[0] is JobState.FAILED  # the one that waits will do its work


def test_an_attempt_that_gets_further_than_all_before_it_counts_as_the_first(database: Database) -> None:
    """A long import that every restart of its worker interrupts is ended at last; one that gets nowhere is not."""
    job, now, reached = queue(database), NOW, 0
    for _ in range(3 * jobs.MAX_ATTEMPTS):
        assert claim(database, now=now) == job
        reached += 1
        with database.transaction() as session:
            for progress in (reached // 2, reached, reached - 1):  # a repeat starts over, and is shown as far as it was
                jobs.renew(session, job, owner="one", now=now, progress=progress)
        now += jobs.LEASE + timedelta(seconds=1)
    with database.reading() as session:
        row = session.get_one(Job, job)
        assert (row.progress, row.attempts) == (reached, 1)
    for _ in range(jobs.MAX_ATTEMPTS - 1):
        assert claim(database, now=now) == job
        now += jobs.LEASE + timedelta(seconds=1)
    assert claim(database, now=now) is None


def test_all_attempts_together_outlast_the_restart_of_a_server(database: Database) -> None:
    job, now = queue(database), NOW
    for _ in range(jobs.MAX_ATTEMPTS):
        claim(database, now=now)
        with database.transaction() as session:
            jobs.fail(session, job, owner="one", now=now, error={"trace": "the engine is away"})
        with database.reading() as session:
            now = max(now, session.get_one(Job, job).run_after)
    assert now - NOW > timedelta(minutes=5)


def test_two_who_queue_the_same_at_once_have_one_job(database: Database) -> None:
    others: list[int] = []
    thread = threading.Thread(target=lambda: others.append(queue(database, key="match:published")))
    with database.transaction() as session:
        mine = jobs.enqueue(session, "match", actor="expert@example", now=NOW, key="match:published").id
        thread.start()
        time.sleep(0.2)
    thread.join()
    assert others == [mine]


def test_a_waiting_job_is_not_claimed_before_whoever_counts_on_it_has_committed(database: Database) -> None:
    """It would run without seeing what they have just changed."""
    job, order = queue(database, key="match:published"), list[object]()

    def claimer() -> None:
        while (claimed := claim(database)) is None:
            time.sleep(0.01)
        order.append(claimed)

    thread = threading.Thread(target=claimer)
    with database.transaction() as session:
        assert jobs.enqueue(session, "match", actor="expert@example", now=NOW, key="match:published").id == job
        thread.start()
        time.sleep(0.2)
        order.append("committed")
    thread.join()
    assert order == ["committed", job]


def test_what_was_queued_is_remembered_when_it_is_done(database: Database) -> None:
    job = queue(database, key="reconcile:2026-11-23")
    claim(database)
    with database.transaction() as session:
        jobs.finish(session, job, owner="one", now=NOW)
    with database.reading() as session:
        assert jobs.was_queued(session, "reconcile:2026-11-23")
        assert not jobs.was_queued(session, "reconcile:2026-11-24")


def test_a_job_that_is_not_there_cannot_fail(database: Database) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        jobs.fail(session, 404, owner="one", now=NOW, error={})


def test_a_rolled_back_change_queues_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:
        jobs.enqueue(session, "match", actor="expert@example", now=NOW)
        raise RuntimeError
    with database.reading() as session:
        assert session.scalars(select(Job)).all() == []
