"""Long work: what each job does, how a job row is run, and the worker that runs them without a broker.

Correctness rests on the job rows (registry.jobs) and on the outbox alone. Embedded, `serve` keeps one child worker that
looks at them and is woken through a pipe; in production Celery's workers do the same (web.broker).
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from registry import audit, jobs, outbox
from registry.calendar import legal_day
from registry.errors import Conflict, RegistryError
from registry.jobs import TakenOver
from web.runtime import Runtime

logger = logging.getLogger(__name__)

# How often a worker looks at outbox and job rows unasked, seconds: the guarantee behind every wake-up that got lost.
TIMER_S = 1.0
# The pause after a look that failed, seconds: a server that is away is not asked every second.
FAILED_S = 5.0
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
    """Find and mend what index and database disagree on, and have tried again what was given up.

    Repeating it finds nothing more to mend.
    """
    from search import sync

    runtime = work.runtime
    with runtime.database.transaction() as session:
        outbox.retry_parked(session, now=runtime.now())
    report = sync.reconcile(
        runtime.database,
        runtime.engine,
        runtime.kinds,
        now=runtime.now(),
        on=runtime.today(),
        progress=work.progress,
        settled=rematch_later(runtime),
    )
    return report.as_json()


def _reindex(work: Work) -> dict[str, Any]:
    """Build the index anew beside the one that serves. A repeat throws the half-built one away and starts over."""
    from search import sync

    runtime = work.runtime
    report = sync.rebuild(
        runtime.database,
        runtime.engine,
        runtime.kinds,
        now=runtime.now(),
        on=runtime.today(),
        progress=work.progress,
        settled=rematch_later(runtime),
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


def _sweep_files(work: Work) -> dict[str, Any]:
    """Take away the contents of uploads that no file has any more. A repeat finds nothing."""
    from registry.files.operations import sweep

    swept = sweep(work.runtime.database, work.runtime.files, now=work.runtime.now())
    return {"emptied": swept.emptied, "orphans": swept.orphans, "abandoned": swept.abandoned}


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
        customer=work.params.get("customer"),
        top=work.params.get("top", TOP),
        progress=work.progress,
    )
    return report.as_json()


def _alerts(work: Work) -> dict[str, Any]:
    """Look at what people watch. Each thing is told once, so a repeat finds nothing to tell."""
    from web.alerts import rounds

    return rounds.look(work.runtime, work.progress)


def _letters(work: Work) -> dict[str, Any]:
    """Write the letters of the day or the week. What went into one goes into no other, so a repeat writes none."""
    from matching.alerts.models import Frequency
    from web.alerts import rounds

    return rounds.write_letters(work.runtime, Frequency(work.params["frequency"]), work.progress)


def _import(work: Work) -> dict[str, Any]:
    """Take in a file that lies in the uploads; it continues after its last committed batch, so a repeat is harmless."""
    from web.imports import take_in

    return take_in(work.runtime, work.params, actor=work.actor, progress=work.progress)


def _mail(work: Work) -> dict[str, Any]:
    """Send the letters that are due. Those sent are due no more, so a repeat sends the others."""
    from registry import messages
    from web.mail import deliver

    sent = deliver(work.runtime)
    with work.runtime.database.transaction() as session:
        messages.call_again(session, now=work.runtime.now())
    return {"sent": sent}


def _sweep(work: Work) -> dict[str, Any]:
    """Delete what is kept for a while only. A repeat finds nothing."""
    from registry.accounts import entering
    from registry.uploads import operations as uploads
    from web.uploads import KEPT, delete

    now = work.runtime.now()
    with work.runtime.database.transaction() as session:
        tries = entering.sweep(session, now=now)
        gone = uploads.forget_files(session, now - KEPT)
    # Only once nothing names them any more: a file that a killed sweep left is nobody's, and harmless.
    delete(work.runtime, gone)
    return {"tries": tries, "uploads": len(gone)}


def _verification(work: Work) -> dict[str, Any]:
    """Open and close the quarterly checks that are due, and remind of documents that run out.

    A quarter has one check of a supplier and a letter has its reference, so a repeat does what is left alone.
    """
    from registry.verification.daily import open_monitoring, remind, wind_anew
    from web.addresses import Pages

    runtime, on = work.runtime, work.runtime.today()
    pages = Pages.outside(runtime.settings)
    opened = missed = failed = 0
    with runtime.database.transaction() as session:
        wind_anew(session, on)
    while True:
        with runtime.database.transaction() as session:
            done = open_monitoring(session, on, runtime.now(), address=pages.case)
        opened, missed, failed = opened + done.opened, missed + done.missed, max(failed, done.failed)
        work.progress(opened + missed)
        if done.done:
            break
    with runtime.database.transaction() as session:
        reminded = remind(session, on, runtime.now(), address=pages.own_product)
    runtime.wake(None)
    return {"opened": opened, "missed": missed, "failed": failed, "reminded": reminded}


def _upload_preview(work: Work) -> dict[str, Any]:
    """See what a supplier's own file would do. It writes nothing, so a repeat is harmless."""
    from web.uploads import job_of_preview

    return job_of_preview(work.runtime, work.params, progress=work.progress)


def _upload(work: Work) -> dict[str, Any]:
    """Take in a supplier's own file; it continues after its last committed batch, so a repeat is harmless."""
    from web.uploads import job_of_intake

    return job_of_intake(work.runtime, work.params, progress=work.progress)


def _upload_codes(work: Work) -> dict[str, Any]:
    """Suggest codes for what a supplier's own file said without one; a repeat writes the same files."""
    from web.uploads import job_of_codes

    return job_of_codes(work.runtime, work.params, progress=work.progress)


JOBS: Mapping[str, Callable[[Work], dict[str, Any]]] = MappingProxyType(
    {
        "reconcile": _reconcile,
        "reindex": _reindex,
        "turn_of_day": _turn_of_day,
        "seal": _seal,
        "sweep_files": _sweep_files,
        "match": _match,
        "import": _import,
        "alerts": _alerts,
        "letters": _letters,
        "mail": _mail,
        "sweep": _sweep,
        "verification": _verification,
        "upload_preview": _upload_preview,
        "upload": _upload,
        "upload_codes": _upload_codes,
    }
)


def owner_name() -> str:
    """How this process signs its leases."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"


def drain(runtime: Runtime) -> int:
    """Bring the index up to date with the outbox; returns how many entities were written or removed."""
    from search import sync

    report = sync.drain(
        runtime.database,
        runtime.engine,
        runtime.kinds,
        now=runtime.now(),
        on=runtime.today(),
        settled=rematch_later(runtime),
    )
    return report.done


def rematch_later(runtime: Runtime) -> Callable[[Session], None]:
    """What follows when the index has learned something: the published needs are matched anew soon, and what
    people watch is looked at."""
    from web.alerts.rounds import look_later

    def settled(session: Session) -> None:
        now = runtime.now()
        jobs.enqueue(session, "match", actor="system", now=now, key="match:published", run_after=now + MATCH_DELAY)
        look_later(session, now=now)

    return settled


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
    except Exception as error:
        _log(f"job {claimed} ({name}) failed", error)
        with database.transaction() as session:
            jobs.fail(session, claimed, owner=owner, now=runtime.now(), error={"trace": traceback.format_exc()})
    finally:
        stopped.set()
        alive.join()
    return claimed


def _log(what: str, error: Exception) -> None:
    """A server that is away is told in a line each time; how we came to ask it says nothing more."""
    from search.engines import EngineUnavailable

    if isinstance(error, (EngineUnavailable, OperationalError)):
        logger.warning("%s: %s", what, str(error).strip().partition("\n")[0])
    else:
        logger.error(what, exc_info=error)


def daily(runtime: Runtime) -> None:
    """What each legal day asks for once: queued under the day's own key, so that many callers queue it once."""
    from web.alerts.rounds import queue_letters

    now, on = runtime.now(), runtime.today()
    with runtime.database.transaction() as session:
        for name in ("turn_of_day", "reconcile", "seal", "sweep", "sweep_files", "verification"):
            if not jobs.was_queued(session, f"{name}:{on}"):
                jobs.enqueue(session, name, actor="system", now=now, key=f"{name}:{on}")
        queue_letters(session, on=on, now=now)


class Repeated:
    """A step taken whenever somebody wakes it, and every TIMER_S unasked, until it is stopped."""

    def __init__(self, step: Callable[[], bool]) -> None:
        """step: returns whether there may be more to do at once."""
        self._step = step
        self._woken = threading.Event()
        self._stopped = False

    def wake(self) -> None:
        """Take the step now, or once more if it is being taken."""
        self._woken.set()

    def stop(self) -> None:
        """End after the step that is being taken."""
        self._stopped = True
        self._woken.set()

    def run(self) -> None:
        """Take steps until stopped."""
        pause = TIMER_S
        while True:
            self._woken.wait(pause)
            self._woken.clear()
            pause = TIMER_S
            try:
                while not self._stopped and self._step():
                    pass
            except Exception as error:
                # Whatever failed (the database or the engine is away), the next look may find it well again.
                _log("the worker's look at its rows failed", error)
                pause = FAILED_S
            if self._stopped:
                return


@contextmanager
def draining(runtime: Runtime) -> Iterator[Repeated]:
    """For the length of the block a thread of its own drains the outbox.

    So a product that is saved while this process has long work to do is found at once all the same.
    """
    drainer = Repeated(lambda: drain(runtime) > 0)
    thread = threading.Thread(target=drainer.run, name="drain")
    thread.start()
    try:
        yield drainer
    finally:
        drainer.stop()
        thread.join()


class Loop:
    """The worker without a broker: one thread drains the outbox, one runs job rows, both woken by `wake`."""

    def __init__(self, runtime: Runtime, *, owner: str) -> None:
        self.runtime = runtime
        self.owner = owner
        self._worker = Repeated(self._work)
        self._wakes: list[Callable[[], None]] = [self._worker.wake]
        self._day: date | None = None

    def wake(self) -> None:
        """Look at outbox and job rows now."""
        for wake in self._wakes:
            wake()

    def stop(self) -> None:
        """End after what is being done."""
        self._worker.stop()

    def run(self) -> None:
        """Work until stopped."""
        with self.runtime.database.transaction() as session:
            jobs.release(session, owner=self.owner, now=self.runtime.now())
        with draining(self.runtime) as drainer:
            self._wakes.append(drainer.wake)
            self.wake()
            self._worker.run()

    def _work(self) -> bool:
        today = self.runtime.today()
        if self._day != today:
            daily(self.runtime)
            self._day = today
        return run_job(self.runtime, owner=self.owner) is not None
