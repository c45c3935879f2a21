"""How a job row is run, and what the worker without a broker does. Real workers: tests/web/test_crews.py."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.settings import Settings
from registry import audit, jobs, outbox
from registry.audit import AuditSeal, Change
from registry.catalogue.operations import touch
from registry.db import Database
from registry.errors import Conflict, NotFound
from registry.jobs import Job, JobState
from registry.outbox import OutboxRow
from registry.wording import Message
from tests.factories import add_product, add_supplier, product_line
from web import worker
from web.broker import BROKER_S, celery_app, wake_through
from web.runtime import Runtime
from web.worker import Loop, Repeated, Work, run_job

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
PATIENCE_S = 60


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return replace(Settings.from_env({"ONDIRIS_HOME": str(tmp_path)}), database_url=database_url)


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    runtime = Runtime(settings)
    yield runtime
    runtime.database.dispose()


def queue(database: Database, name: str, params: dict[str, Any] | None = None) -> int:
    with database.transaction() as session:
        return jobs.enqueue(session, name, params, actor="expert@example", now=NOW).id


def row(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s in vain"
        time.sleep(0.05)


def write_audit(database: Database, rows: int = 3) -> None:
    with database.transaction() as session:
        audit.record(session, [Change("saved", "product", n) for n in range(rows)], actor="a", now=NOW)


def seals(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(AuditSeal)).all())


@contextmanager
def jobs_are(monkeypatch: pytest.MonkeyPatch, work: Callable[[Work], dict[str, Any]]) -> Iterator[None]:
    """Under the name `seal`, run `work`: to see what becomes of a job that ends in other ways than a real one can."""
    with monkeypatch.context() as patched:
        changed: Mapping[str, Any] = {**worker.JOBS, "seal": work}
        patched.setattr(worker, "JOBS", changed)
        yield


def test_a_job_runs_and_leaves_its_result(runtime: Runtime) -> None:
    write_audit(runtime.database)
    job = queue(runtime.database, "seal")
    assert run_job(runtime) == job
    done = row(runtime.database, job)
    assert (done.state, done.result, done.progress, seals(runtime.database)) == (JobState.DONE, {"sealed": 3}, 3, 3)
    assert run_job(runtime) is None


def test_a_fault_of_the_users_fails_the_job_with_its_sentence(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(_: Work) -> dict[str, Any]:
        raise NotFound(Message("job.not_found", {"id": "9"}))

    job = queue(runtime.database, "seal")
    with jobs_are(monkeypatch, work):
        run_job(runtime)
    failed = row(runtime.database, job)
    assert failed.state is JobState.FAILED
    assert failed.error == {"message": {"code": "job.not_found", "params": {"id": "9"}}}


def test_work_that_meets_other_work_is_tried_again_later(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(_: Work) -> dict[str, Any]:
        raise Conflict(Message("search.drainer_busy"))

    job = queue(runtime.database, "seal")
    with jobs_are(monkeypatch, work):
        run_job(runtime)
    waiting = row(runtime.database, job)
    assert (waiting.state, waiting.error) == (JobState.QUEUED, {"message": {"code": "search.drainer_busy"}})


def test_a_fault_of_ours_is_tried_again_later(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(_: Work) -> dict[str, Any]:
        raise ZeroDivisionError("a defect")

    job = queue(runtime.database, "seal")
    with jobs_are(monkeypatch, work):
        run_job(runtime)
    waiting = row(runtime.database, job)
    assert waiting.state is JobState.QUEUED
    assert waiting.run_after > waiting.created_at
    assert waiting.error is not None
    assert "a defect" in waiting.error["trace"]


def test_long_silent_work_keeps_its_lease(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SIGN_OF_LIFE", timedelta(seconds=0.05))
    job = queue(runtime.database, "seal")
    leases: list[datetime | None] = []

    def work(_: Work) -> dict[str, Any]:
        for _turn in range(2):
            leases.append(row(runtime.database, job).lease_until)
            time.sleep(0.5)
        return {}

    with jobs_are(monkeypatch, work):
        run_job(runtime)
    first, second = leases
    assert first is not None
    assert second is not None
    assert second > first


def test_work_that_was_taken_over_stops_at_its_next_sign_and_writes_no_result(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = queue(runtime.database, "seal")

    def work(work: Work) -> dict[str, Any]:
        with runtime.database.transaction() as session:
            later = runtime.now() + jobs.LEASE + timedelta(seconds=1)
            assert jobs.claim(session, owner="another", now=later, job_id=job) is not None
        work.progress(1)
        raise AssertionError("went on after another worker had taken the job")

    with jobs_are(monkeypatch, work):
        run_job(runtime)
    taken = row(runtime.database, job)
    assert (taken.state, taken.lease_owner, taken.attempts) == (JobState.RUNNING, "another", 2)


def test_each_day_asks_once_for_its_work(runtime: Runtime) -> None:
    for _ in range(3):
        worker.daily(runtime)
    with runtime.database.reading() as session:
        names = sorted(session.scalars(select(Job.name)))
    assert names == ["letters", "letters", "reconcile", "seal", "sweep", "sweep_files", "turn_of_day", "verification"]


def test_the_loop_takes_up_what_a_dead_namesake_held(runtime: Runtime) -> None:
    write_audit(runtime.database)
    job = queue(runtime.database, "seal")
    with runtime.database.transaction() as session:
        jobs.claim(session, owner="serve:1", now=runtime.now(), job_id=job)
    loop = Loop(runtime, owner="serve:1")
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        wait_for(lambda: row(runtime.database, job).state is JobState.DONE)
    finally:
        loop.stop()
        thread.join()


def test_what_the_index_has_learned_is_matched_soon(runtime: Runtime) -> None:
    """Queued in the transaction that settles the change, so that no kill comes in between; built anew or drained."""
    with runtime.database.transaction() as session:
        maker, _ = add_supplier(session)
        id = add_product(session, product_line(maker.bin))
    assert worker.drain(runtime) == 0  # there was no index: it was built, with all in it
    first = waiting(runtime.database)
    assert first.run_after - first.created_at == worker.MATCH_DELAY
    with runtime.database.transaction() as session:
        session.delete(session.get_one(Job, first.id))
        touch(session, [id], now=NOW)
    assert worker.drain(runtime) == 1
    second = waiting(runtime.database)
    with runtime.database.transaction() as session:
        touch(session, [id], now=NOW)
    assert worker.drain(runtime) == 1
    assert waiting(runtime.database).id == second.id  # changes of one evening become one run
    assert worker.drain(runtime) == 0


def waiting(database: Database) -> Job:
    """The one job that waits."""
    with database.reading() as session:
        [job] = session.scalars(select(Job))
    assert (job.name, job.key, job.state) == ("match", "match:published", JobState.QUEUED)
    return job


def test_a_match_that_cannot_be_queued_leaves_the_change_to_the_next_drain(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runtime.database.transaction() as session:
        maker, _ = add_supplier(session)
        id = add_product(session, product_line(maker.bin))
    worker.drain(runtime)
    with runtime.database.transaction() as session:
        touch(session, [id], now=NOW)

    def killed(_: Session) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(worker, "rematch_later", lambda _: killed)
        with pytest.raises(KeyboardInterrupt):
            worker.drain(runtime)
    assert worker.drain(runtime) == 1


def test_what_was_given_up_is_tried_again_each_day(runtime: Runtime) -> None:
    with runtime.database.transaction() as session:
        outbox.changed(session, "product", [1], now=NOW)
        session.execute(update(OutboxRow).values(parked_at=NOW, attempts=outbox.MOST_ATTEMPTS))
    queue(runtime.database, "reconcile")
    run_job(runtime)
    with runtime.database.reading() as session:
        assert outbox.state(session) == outbox.Waiting(pending=0, oldest=None, parked=0)


def test_a_broker_that_is_away_stops_nobody(settings: Settings, runtime: Runtime) -> None:
    with closed_port() as port:
        app = celery_app(replace(settings, broker_url=f"redis://127.0.0.1:{port}/0"), lambda: runtime)
        wake = wake_through(app)
        began = time.monotonic()
        wake(None)
        wake(1)
    assert time.monotonic() - began < 2 * BROKER_S


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of this machine at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_look_that_fails_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "TIMER_S", 0.01)
    monkeypatch.setattr(worker, "FAILED_S", 0.02)
    looks: list[int] = []

    def step() -> bool:
        looks.append(len(looks))
        if looks[-1] == 0:
            raise ConnectionError("the database is away")
        if looks[-1] == 3:
            repeated.stop()
        return looks[-1] == 1

    repeated = Repeated(step)
    repeated.run()
    assert looks == [0, 1, 2, 3]
