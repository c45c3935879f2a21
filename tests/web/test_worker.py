"""Job rows run by the embedded worker and by Celery's workers over a real broker; a killed worker loses no job."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from config.settings import Settings
from registry import audit, jobs
from registry.audit import AuditSeal, Change
from registry.db import Database
from registry.errors import Conflict, NotFound
from registry.jobs import Job, JobState
from registry.wording import Message
from web import worker
from web.runtime import Runtime
from web.worker import Loop, Work, run_job

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
    assert names == ["reconcile", "seal", "turn_of_day"]


def test_the_loop_takes_up_what_a_dead_namesake_held(runtime: Runtime) -> None:
    write_audit(runtime.database)
    job = queue(runtime.database, "seal")
    with runtime.database.transaction() as session:
        jobs.claim(session, owner="serve:1", now=runtime.now(), job_id=job)
    loop = Loop(runtime, owner="serve:1")
    import threading

    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        wait_for(lambda: row(runtime.database, job).state is JobState.DONE)
    finally:
        loop.stop()
        thread.join()


def children(pid: int) -> set[int]:
    """Processes started by any thread of a process."""
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for threads in listed for child in threads.read_text().split()}


def environment(settings: Settings, **more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ONDIRIS_")}
    return plain | {"ONDIRIS_HOME": str(settings.home), "ONDIRIS_DATABASE_URL": settings.database_url} | more


@pytest.mark.slow
def test_serve_starts_its_killed_worker_again_and_the_job_is_done(settings: Settings, runtime: Runtime) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "web.cli", "serve", "--port", "0"], env=environment(settings), stdout=subprocess.PIPE
    ) as portal:
        try:
            assert portal.stdout is not None
            assert portal.stdout.readline().startswith(b"http://127.0.0.1:")
            wait_for(lambda: bool(children(portal.pid)))
            (dead,) = children(portal.pid)
            os.kill(dead, signal.SIGKILL)
            write_audit(runtime.database)
            job = queue(runtime.database, "seal")
            with runtime.database.transaction() as session:
                # As the dead worker would have left it, had it been killed in the middle of this job.
                owner = f"serve:{os.uname().nodename}:{portal.pid}"
                jobs.claim(session, owner=owner, now=runtime.now(), job_id=job)
            wait_for(lambda: row(runtime.database, job).state is JobState.DONE)
            assert dead not in children(portal.pid)
        finally:
            portal.terminate()
        assert portal.wait(20) == 0


@contextmanager
def celery(settings: Settings, broker: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker with its beat, in a process group of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "web.cli", "worker", "--beat", "--concurrency", "1"],
        env=environment(settings, ONDIRIS_BROKER_URL=broker),
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_celery_runs_a_job_by_its_message(settings: Settings, runtime: Runtime, redis_url: str) -> None:
    write_audit(runtime.database)
    job = queue(runtime.database, "seal")
    with_broker = replace(settings, broker_url=redis_url)
    worker.celery_app(with_broker, lambda: runtime).send_task("ondiris.run_job", [job])
    with celery(settings, redis_url):
        wait_for(lambda: row(runtime.database, job).state is JobState.DONE)
    assert row(runtime.database, job).attempts == 1


def test_celery_runs_a_job_whose_message_was_lost(settings: Settings, runtime: Runtime, redis_url: str) -> None:
    write_audit(runtime.database)
    job = queue(runtime.database, "seal")
    with celery(settings, redis_url):
        wait_for(lambda: row(runtime.database, job).state is JobState.DONE)


@pytest.mark.slow
def test_the_job_of_a_killed_celery_worker_is_done_by_the_next(
    settings: Settings, runtime: Runtime, redis_url: str
) -> None:
    """Killed in the middle: the lease runs out, and beat's look at the rows gives the job to the next worker."""
    write_audit(runtime.database, rows=audit.SEAL_BATCH * 12)
    job = queue(runtime.database, "seal")
    with celery(settings, redis_url):
        wait_for(lambda: row(runtime.database, job).progress > 0)
    assert row(runtime.database, job).state is JobState.RUNNING
    with celery(settings, redis_url):
        wait_for(lambda: row(runtime.database, job).state is JobState.DONE)
    with runtime.database.reading() as session:
        assert audit.broken_seal(session) is None
    assert seals(runtime.database) == audit.SEAL_BATCH * 12
    assert row(runtime.database, job).attempts == 2
