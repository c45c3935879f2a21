"""Long work: what each job does, how a job row is run, and the two ways that workers wake up.

Correctness rests on the job rows (registry.jobs) and on the outbox alone. Embedded, `serve` keeps one child worker that
looks at them and is woken through a pipe. In production Celery workers do the same: a message carries only a job's id,
and beat's timer is the guarantee that what a lost message should have started is started all the same.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Protocol

from celery import Celery
from celery.schedules import crontab

from config.settings import TIME_ZONE, Settings
from registry import audit, jobs
from registry.calendar import legal_day
from registry.errors import Conflict, RegistryError
from registry.jobs import TakenOver
from web.runtime import Runtime

logger = logging.getLogger(__name__)

# How often a worker looks at outbox and job rows unasked, seconds: the guarantee behind every wake-up that got lost.
TIMER_S = 1.0
# A changed register is matched anew this long after the first change: changes of one evening become one run.
MATCH_DELAY = timedelta(seconds=30)


class Progress(Protocol):
    """Tells how far the work has come; raises TakenOver when another worker has the job."""

    def __call__(self, done: int, total: int | None = None, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Work:
    """What a job's function is given."""

    runtime: Runtime
    params: Mapping[str, Any]
    actor: str
    progress: Progress


def _reconcile(work: Work) -> dict[str, Any]:
    """Find and mend what index and database disagree on. Repeating it finds nothing more to mend."""
    from search import sync

    runtime = work.runtime
    report = sync.reconcile(
        runtime.database, runtime.engine, runtime.kinds, now=runtime.now(), on=runtime.today(), progress=work.progress
    )
    return report.as_json()


def _reindex(work: Work) -> dict[str, Any]:
    """Build the index anew beside the one that serves. A repeat throws the half-built one away and starts over."""
    from search import sync

    runtime = work.runtime
    report = sync.rebuild(
        runtime.database, runtime.engine, runtime.kinds, now=runtime.now(), on=runtime.today(), progress=work.progress
    )
    return report.as_json()


def _turn_of_day(work: Work) -> dict[str, Any]:
    """Index anew what stands otherwise merely because days have passed. A repeat bumps versions once more, no harm."""
    from registry.evidence.operations import turn_of_day

    runtime = work.runtime
    on = runtime.today()
    with runtime.database.transaction() as session:
        # Before the first turn everything was indexed as it stood when it was taken in.
        last = jobs.last_done(session, "turn_of_day")
        since = legal_day(last) if last else on
        touched = turn_of_day(session, since=since, on=on, now=runtime.now())
    return {"products": touched}


def _seal(work: Work) -> dict[str, Any]:
    """Number and chain what the audit holds unsealed. What is sealed already is not touched."""
    sealed = 0
    while True:
        with work.runtime.database.transaction() as session:
            count = audit.seal(session)
        sealed += count
        work.progress(sealed)
        if count < audit.SEAL_BATCH:
            return {"sealed": sealed}


def _match(work: Work) -> dict[str, Any]:
    """Match published needs with the register; a repeat writes a further run and harms nothing."""
    from web.matching import TOP, match_published

    report = match_published(
        work.runtime,
        actor=work.actor,
        needs=work.params.get("needs"),
        top=work.params.get("top", TOP),
        progress=work.progress,
    )
    return report.as_json()


def _import(work: Work) -> dict[str, Any]:
    """Take in a file that lies in the uploads; it continues after its last committed batch, so a repeat is harmless."""
    from web.imports import take_in

    return take_in(work.runtime, work.params, actor=work.actor, progress=work.progress)


JOBS: Mapping[str, Callable[[Work], dict[str, Any]]] = MappingProxyType(
    {
        "reconcile": _reconcile,
        "reindex": _reindex,
        "turn_of_day": _turn_of_day,
        "seal": _seal,
        "match": _match,
        "import": _import,
    }
)


def owner_name() -> str:
    """How this process signs its leases."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"


def drain(runtime: Runtime) -> int:
    """Bring the index up to date with the outbox; returns how many entities were written or removed."""
    from search import sync

    report = sync.drain(runtime.database, runtime.engine, runtime.kinds, now=runtime.now(), on=runtime.today())
    return report.done


def run_job(runtime: Runtime, job_id: int | None = None, *, owner: str | None = None) -> int | None:
    """Claim and run one job: the one named, or whichever waits longest. Returns its id, None where nothing waited.

    While the work runs, a thread of its own renews the lease. A fault of the user's (RegistryError) fails the job for
    good with its sentence; a conflict with other work, or a fault of ours, is tried again later, and fails the job
    after the last attempt.
    """
    owner = owner or owner_name()
    database = runtime.database
    with database.transaction() as session:
        job = jobs.claim(session, owner=owner, now=runtime.now(), job_id=job_id)
        if job is None:
            return None
        claimed, name, params, actor = job.id, job.name, dict(job.params), job.actor
    stopped, lost = threading.Event(), threading.Event()

    def stay_alive() -> None:
        while not stopped.wait(jobs.SIGN_OF_LIFE.total_seconds()):
            try:
                with database.transaction() as session:
                    jobs.renew(session, claimed, owner=owner, now=runtime.now())
            except TakenOver:
                lost.set()
                return
            except Exception:
                # A database that is away for a moment must not end the signs of life; the next one may reach it.
                logger.exception("job %s: no sign of life could be given", claimed)

    def progress(done: int, total: int | None = None, /) -> None:
        if lost.is_set():
            raise TakenOver(claimed)
        with database.transaction() as session:
            jobs.renew(session, claimed, owner=owner, now=runtime.now(), progress=done, total=total)

    alive = threading.Thread(target=stay_alive, name=f"job-{claimed}-lease", daemon=True)
    alive.start()
    try:
        result = JOBS[name](Work(runtime, params, actor, progress))
        with database.transaction() as session:
            jobs.finish(session, claimed, owner=owner, now=runtime.now(), result=result)
    except TakenOver:
        logger.warning("job %s (%s) was taken over by another worker", claimed, name)
    except RegistryError as error:
        # A conflict with what others do at this moment is over later; any other fault would be met again.
        final, said = not isinstance(error, Conflict), {"message": error.message.as_json()}
        with database.transaction() as session:
            jobs.fail(session, claimed, owner=owner, now=runtime.now(), error=said, final=final)
    except Exception:
        logger.exception("job %s (%s) failed", claimed, name)
        with database.transaction() as session:
            jobs.fail(session, claimed, owner=owner, now=runtime.now(), error={"trace": traceback.format_exc()})
    finally:
        stopped.set()
        alive.join()
    return claimed


def rematch_later(runtime: Runtime) -> None:
    """Have the published needs matched anew soon: what the index has just learned may answer one of them."""
    now = runtime.now()
    with runtime.database.transaction() as session:
        jobs.enqueue(session, "match", actor="system", now=now, key="match:published", run_after=now + MATCH_DELAY)


def daily(runtime: Runtime) -> None:
    """What each legal day asks for once: queued under the day's own key, so that many callers queue it once."""
    now, on = runtime.now(), runtime.today()
    with runtime.database.transaction() as session:
        for name in ("turn_of_day", "reconcile"):
            if not jobs.was_queued(session, f"{name}:{on}"):
                jobs.enqueue(session, name, actor="system", now=now, key=f"{name}:{on}")
        jobs.enqueue(session, "seal", actor="system", now=now, key="seal")


class Loop:
    """The worker without a broker: one thread drains the outbox, one runs job rows, both woken by `wake`.

    Draining has a thread of its own so that a product saved while a long import runs is found at once all the same.
    """

    def __init__(self, runtime: Runtime, *, owner: str) -> None:
        self.runtime = runtime
        self.owner = owner
        self._stop = threading.Event()
        self._wakes = (threading.Event(), threading.Event())
        self._day: Any = None

    def wake(self) -> None:
        """Look at outbox and job rows now."""
        for event in self._wakes:
            event.set()

    def stop(self) -> None:
        """End both threads after what they are doing."""
        self._stop.set()
        self.wake()

    def run(self) -> None:
        """Work until stopped."""
        with self.runtime.database.transaction() as session:
            jobs.release(session, owner=self.owner, now=self.runtime.now())
        drainer = threading.Thread(target=self._repeat, args=(self._drain, self._wakes[0]), name="drain")
        drainer.start()
        self._repeat(self._work, self._wakes[1])
        drainer.join()

    def _repeat(self, step: Callable[[], bool], woken: threading.Event) -> None:
        while not self._stop.is_set():
            try:
                more = step()
            except Exception:
                # Whatever failed (the database or the engine is away), the next look may find it well again.
                logger.exception("the worker's look at its rows failed")
                more = False
            if not more:
                woken.wait(TIMER_S)
            woken.clear()

    def _drain(self) -> bool:
        done = drain(self.runtime)
        if done:
            rematch_later(self.runtime)
        return bool(done)

    def _work(self) -> bool:
        today = self.runtime.today()
        if self._day != today:
            daily(self.runtime)
            self._day = today
        return run_job(self.runtime, owner=self.owner) is not None


def celery_app(settings: Settings, make_runtime: Callable[[], Runtime]) -> Celery:
    """The Celery application over the broker of the settings; each worker process makes a runtime of its own."""
    app = Celery("ondiris", broker=settings.broker_url)
    app.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        timezone=TIME_ZONE.key,
        task_default_queue="ondiris",
        beat_schedule={
            "drain": {"task": "ondiris.drain", "schedule": TIMER_S, "options": {"expires": TIMER_S}},
            "jobs": {"task": "ondiris.run_waiting", "schedule": TIMER_S * 5, "options": {"expires": TIMER_S * 5}},
            "daily": {"task": "ondiris.daily", "schedule": crontab(hour="0", minute="5")},
        },
    )
    held: list[Runtime] = []

    def runtime() -> Runtime:
        # Made after the fork: connections and engine handles must not be shared by processes.
        if not held:
            held.append(make_runtime())
        return held[0]

    @app.task(name="ondiris.drain")
    def drain_task() -> None:
        if drain(runtime()):
            rematch_later(runtime())

    @app.task(name="ondiris.run_job")
    def run_job_task(job_id: int) -> None:
        run_job(runtime(), job_id)

    @app.task(name="ondiris.run_waiting")
    def run_waiting_task() -> None:
        while run_job(runtime()) is not None:
            pass

    @app.task(name="ondiris.daily")
    def daily_task() -> None:
        daily(runtime())

    return app
