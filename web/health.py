"""What works, what does not, and what is out of date: one examination for `doctor` and for /health."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from registry import audit, law, migrations, outbox
from registry.calendar import CalendarError, holidays, missing_calendars
from registry.catalogue.models import ProductVersion
from registry.classifiers.models import Scheme
from registry.classifiers.queries import editions
from registry.dated import is_open
from registry.jobs import Job, JobState
from registry.wording import Message, Param
from search.engines import EngineUnavailable, cause
from web.runtime import Runtime

# Less free room than this for database, index and uploads is a warning, bytes.
LITTLE_ROOM = 1 << 30
# Seals of the audit that every examination checks: some tenths of a second.
RECENT_SEALS = 5_000
# An outbox that waits longer than this means that nobody drains it, seconds.
LATE_S = 60


Progress = Callable[[int, int], object]


class State(StrEnum):
    """How bad a finding is; `bad` means that the system cannot work, or that what it says cannot be trusted."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part, in words."""

    part: str
    state: State
    message: Message


def _database(runtime: Runtime) -> Iterator[Finding]:
    current, newest = migrations.revision_of(runtime.database), migrations.newest_revision()
    backend = runtime.database.url.get_backend_name()
    if current is None:
        yield Finding("database", State.BAD, Message("doctor.database.empty"))
    elif current != newest:
        yield Finding("database", State.BAD, Message("doctor.database.old", {"current": current, "newest": newest}))
    else:
        yield Finding("database", State.GOOD, Message("doctor.database.good", {"backend": backend, "revision": newest}))


def _engine(runtime: Runtime) -> Iterator[Finding]:
    with runtime.database.reading() as session:
        listed = session.execute(
            select(func.count())
            .select_from(ProductVersion)
            .where(is_open(ProductVersion), ProductVersion.draft.is_(False))
        )
        rows = listed.scalar_one()
    try:
        indexed = sum(runtime.engine.count(name) for name in runtime.kinds)
    except EngineUnavailable as error:
        yield Finding("engine", State.WARNING, Message("doctor.engine.away", {"reason": error.message}))
        return
    values: dict[str, Param] = {"engine": runtime.engine.name, "indexed": indexed, "rows": rows}
    same = "doctor.engine.good" if indexed == rows else "doctor.engine.differs"
    yield Finding("engine", State.GOOD if indexed == rows else State.WARNING, Message(same, values))


def _outbox(runtime: Runtime) -> Iterator[Finding]:
    with runtime.database.reading() as session:
        waiting = outbox.state(session)
    if waiting.parked:
        yield Finding("outbox", State.WARNING, Message("doctor.outbox.parked", {"n": waiting.parked}))
    late = (runtime.now() - waiting.oldest).total_seconds() if waiting.oldest else 0
    code, state = ("doctor.outbox.late", State.WARNING) if late > LATE_S else ("doctor.outbox.good", State.GOOD)
    yield Finding("outbox", state, Message(code, {"n": waiting.pending}))


def _jobs(runtime: Runtime) -> Iterator[Finding]:
    with runtime.database.reading() as session:
        by_state = select(Job.state, func.count()).group_by(Job.state)
        counts = {row[0]: row[1] for row in session.execute(by_state)}
    failed = counts.get(JobState.FAILED, 0)
    values = {"queued": counts.get(JobState.QUEUED, 0), "running": counts.get(JobState.RUNNING, 0), "failed": failed}
    yield Finding("jobs", State.WARNING if failed else State.GOOD, Message("doctor.jobs", values))


def _broker(runtime: Runtime) -> Iterator[Finding]:
    if not runtime.settings.broker_url:
        yield Finding("broker", State.GOOD, Message("doctor.broker.none"))
        return
    from kombu.exceptions import OperationalError

    from web.broker import BROKER_S, celery_app

    app = celery_app(runtime.settings, lambda: runtime)
    if runtime.settings.broker_url.startswith("redis"):
        # A server that takes the call and says nothing, as one without TLS that is asked for it, is away, too.
        app.conf.broker_transport_options = {**app.conf.broker_transport_options, "socket_timeout": BROKER_S}
    try:
        with app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=0, timeout=3)
        workers = len(app.control.ping(timeout=1))
    except (OperationalError, OSError, *app.connection_for_read().transport.connection_errors) as error:
        yield Finding("broker", State.BAD, Message("doctor.broker.away", {"reason": cause(error)}))
        return
    state = State.GOOD if workers else State.WARNING
    yield Finding("broker", state, Message("doctor.broker.workers", {"n": workers}))


def _classifiers(runtime: Runtime) -> Iterator[Finding]:
    with runtime.database.reading() as session:
        loaded = {edition.scheme: edition for edition in editions(session)}
    if Scheme.TNVED not in loaded:
        yield Finding("classifiers", State.WARNING, Message("doctor.classifiers.none"))
    for scheme, edition in loaded.items():
        values = {"scheme": scheme.value, "source": edition.source, "on": edition.in_force_from}
        yield Finding("classifiers", State.GOOD, Message("doctor.classifiers.edition", values))


def _law(runtime: Runtime) -> Iterator[Finding]:
    on = runtime.today()
    try:
        law.on(on).mci()
        holidays(on.year)
    except (law.LawError, CalendarError) as error:
        yield Finding("law", State.BAD, error.message)
        return
    yield Finding("law", State.GOOD, Message("doctor.law.good", {"on": on}))
    for year in missing_calendars(on):
        yield Finding("law", State.WARNING, Message("doctor.law.calendar", {"year": year}))


def _room(runtime: Runtime) -> Iterator[Finding]:
    home = runtime.settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / ".doctor"
        probe.touch()
        probe.unlink()
    except OSError as error:
        yield Finding("home", State.BAD, Message("doctor.home.closed", {"home": str(home), "reason": str(error)}))
        return
    free = shutil.disk_usage(home).free
    values: dict[str, Param] = {"home": str(home), "gigabytes": round(free / (1 << 30), 1)}
    state, code = (State.WARNING, "doctor.home.little") if free < LITTLE_ROOM else (State.GOOD, "doctor.home.good")
    yield Finding("home", state, Message(code, values))


def _signing(runtime: Runtime) -> Iterator[Finding]:
    verifier, now = runtime.verifier, runtime.now()
    if verifier is None:
        yield Finding("signing", State.GOOD, Message("doctor.signing.none"))
        return
    # Its module takes half a second to load, and is loaded by now.
    from registry.cms import X509Verifier

    if not isinstance(verifier, X509Verifier):
        yield Finding("signing", State.GOOD, Message("doctor.signing.other", {"name": verifier.name}))
        return
    found = verifier.authorities()
    yield Finding("signing", State.GOOD, Message("doctor.signing.good", {"n": len(found)}))
    for one in found:
        if one.valid_until <= now:
            values: dict[str, Param] = {"name": one.name, "at": one.valid_until}
            yield Finding("signing", State.WARNING, Message("doctor.signing.expired", values))
        elif one.asked and one.listed_until is None:
            yield Finding("signing", State.WARNING, Message("doctor.signing.no_list", {"name": one.name}))
        elif one.listed_until is not None and one.listed_until <= now:
            values = {"name": one.name, "at": one.listed_until}
            yield Finding("signing", State.WARNING, Message("doctor.signing.list_over", values))


def _audit(runtime: Runtime, whole: bool, progress: Progress) -> Iterator[Finding]:
    with runtime.database.reading() as session:
        total, waiting = audit.sealed(session), audit.unsealed(session)
        broken = audit.broken_seal(session, last=None if whole else RECENT_SEALS, progress=progress)
    if broken is not None:
        yield Finding("audit", State.BAD, Message("doctor.audit.broken", {"number": broken}))
    elif whole or total <= RECENT_SEALS:
        yield Finding("audit", State.GOOD, Message("doctor.audit.whole", {"n": total}))
    else:
        yield Finding("audit", State.GOOD, Message("doctor.audit.recent", {"n": RECENT_SEALS, "total": total}))
    if waiting:
        yield Finding("audit", State.GOOD, Message("doctor.audit.waiting", {"n": waiting}))


PARTS: tuple[Callable[[Runtime], Iterator[Finding]], ...] = (_engine, _outbox, _jobs, _classifiers)


def examine(
    runtime: Runtime, *, whole_audit: bool = False, progress: Progress = lambda done, total: None
) -> list[Finding]:
    """Examine every part; a part that cannot be examined is itself a finding, never an exception.

    whole_audit: hold every entry of the audit against its seal, and not the newest alone; `progress` is told of it.
    """
    findings = [*_room(runtime), *_law(runtime), *_signing(runtime)]
    try:
        findings += _database(runtime)
        if not any(finding.part == "database" and finding.state is State.BAD for finding in findings):
            for part in PARTS:
                findings += part(runtime)
            findings += _audit(runtime, whole_audit, progress)
    except SQLAlchemyError as error:
        findings.append(Finding("database", State.BAD, _fault(runtime, error)))
    findings += _broker(runtime)
    return findings


def of_index(runtime: Runtime) -> list[Finding]:
    """What was found of the search engine and of what waits for it."""
    return [*_engine(runtime), *_outbox(runtime)]


def _fault(runtime: Runtime, error: SQLAlchemyError) -> Message:
    reason = cause(getattr(error, "orig", None) or error)
    if type(error) is DatabaseError:
        shown = runtime.settings.shown()["ONDIRIS_DATABASE_URL"]
        return Message("doctor.database.damaged", {"database": shown, "reason": reason})
    return Message("doctor.database.away", {"reason": reason})
