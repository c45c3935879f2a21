"""Real workers do every kind of work by themselves, and whatever kills them, no job is lost and none is done twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook
from sqlalchemy import func, select

from config.settings import Settings
from matching.engine.models import MatchResult, MatchRun, NeedResult
from registry import bulk, bulk_log, jobs
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.bulk import BulkRun
from registry.catalogue.models import Product
from registry.jobs import Job, JobState
from registry.outbox import OutboxRow
from tests.databases import Postgresql, Sqlite
from tests.factories import add_product, add_supplier, product_line
from tests.registry import books
from tests.registry.importing import COLUMNS, everything, product, suppliers_file, write
from tests.registry.uploads.own import HEADING, OWN, good, registered
from tests.search.agreement import held, told
from tests.search.corpus import SUBJECT
from tests.servers.found import address
from tests.web.crews import CELERY, SERVE, at_work, own_indexes, own_redis, wait_for
from web import uploads
from web.broker import celery_app, wake_through
from web.imports import take_in
from web.matching import match_published
from web.runtime import Runtime

pytestmark = pytest.mark.slow

both_sorts = pytest.mark.parametrize(
    ("sort", "database_kind", "engine_kind"),
    [(SERVE, "sqlite", "embedded"), (CELERY, "postgresql", "elasticsearch")],
)
PERSON = "expert@example"
HEADS = ("Труба стальная", "Насос центробежный", "Кабель силовой", "Задвижка клиновая", "Щебень гранитный")


@pytest.fixture
def runtime(sort: str, tmp_path: Path, database_url: str, engine_kind: str, request: Any) -> Iterator[Runtime]:
    """What the workers stand on, for the test to stand on, too. Over a broker a job's message is sent when it wakes."""
    with ExitStack() as held:
        settings = replace(Settings.from_env({"ONDIRIS_HOME": str(tmp_path)}), database_url=database_url)
        if engine_kind == "elasticsearch":
            held.enter_context(own_indexes(address("elasticsearch")))
            settings = replace(settings, elasticsearch_url=address("elasticsearch"))
        if sort == CELERY:
            settings = replace(settings, broker_url=request.getfixturevalue("redis_url"))
        runtime = Runtime(settings)
        held.callback(runtime.database.dispose)
        if settings.broker_url:
            runtime.wake = wake_through(celery_app(settings, lambda: runtime))
        yield runtime
        runtime.engine.close()


def queue(runtime: Runtime, name: str, /, **params: Any) -> int:
    """A job as a page queues it."""
    with runtime.database.transaction() as session:
        id = jobs.enqueue(session, name, params, actor=PERSON, now=runtime.now()).id
    runtime.wake(id)
    return id


def queue_import(runtime: Runtime, kind: str, path: Path) -> int:
    return queue(runtime, "import", kind=kind, file=str(path), on=runtime.today().isoformat())


def row(runtime: Runtime, job: int) -> Job:
    with runtime.database.reading() as session:
        return session.get_one(Job, job)


def done(runtime: Runtime, job: int) -> dict[str, Any]:
    """The result of the job, once it has one."""

    def over() -> bool:
        found = row(runtime, job)
        assert found.state is not JobState.FAILED, found.error
        return found.state is JobState.DONE

    wait_for(over)
    return row(runtime, job).result or {}


def under_way(runtime: Runtime, job: int) -> Job:
    """The job as it stands when its first batch is through and others wait."""
    wait_for(lambda: row(runtime, job).progress > 0)
    found = row(runtime, job)
    assert found.state is JobState.RUNNING
    assert found.progress < (found.total or 0)
    return found


def agrees(runtime: Runtime) -> bool:
    return held(runtime.engine) == told(runtime.database, runtime.today())


def products_file(folder: Path, rows: int) -> Path:
    """Goods of the three suppliers; one row in fifty is not to be kept."""
    lines = (
        product(
            number, name=f"{HEADS[number % 5]} {number % 97}х{number}", **({"bin": "1"} if number % 50 == 7 else {})
        )
        for number in range(rows)
    )
    return write(folder / "products.csv", COLUMNS, lines)


def needs_file(folder: Path, rows: int) -> Path:
    lines: Iterable[Any] = ([f"N{number}", f"{HEADS[number % 5]} {number % 97}х{number}"] for number in range(rows))
    return write(folder / "needs.csv", ["id", "name"], lines)


def said(runtime: Runtime, run: int) -> list[str]:
    """All that a run said of every need, without the numbers of its rows."""
    result, match = NeedResult, MatchResult
    asked = (
        select(result.need_id, result.need_version, result.verdict, result.reasons, result.organisers)
        .add_columns(match.rank, match.product_id, match.product_version, match.score, match.verdict)
        .add_columns(match.gaps, match.features)
        .outerjoin(match, match.result_id == result.id)
        .where(result.run_id == run)
        .order_by(result.need_id, match.rank)
    )
    with runtime.database.reading() as session:
        return list(map(repr, session.execute(asked)))


def undisturbed_match(runtime: Runtime) -> list[str]:
    return said(runtime, match_published(runtime, actor="calm", progress=lambda done, total: None).run_id)


@both_sorts
def test_workers_import_drain_reconcile_and_match(runtime: Runtime, sort: str, tmp_path: Path) -> None:
    with at_work(sort, runtime):
        for kind, path, taken in (
            ("suppliers", suppliers_file(tmp_path), 3),
            ("products", products_file(tmp_path, 200), 196),
            ("needs", needs_file(tmp_path, 30), 30),
        ):
            job = queue_import(runtime, kind, path)
            assert done(runtime, job)["added"] == taken
            assert row(runtime, job).attempts == 1
        # Nobody asks for a drain: the workers look by themselves.
        wait_for(lambda: runtime.engine.ready(SUBJECT) and agrees(runtime))
        with runtime.database.reading() as session:
            assert session.scalars(select(OutboxRow)).all() == []
        lost = min(told(runtime.database, runtime.today()))
        runtime.engine.delete(SUBJECT, {lost: 1})
        assert not agrees(runtime)
        # A message that is lost is no loss: the rows are looked at all the same.
        runtime.wake = lambda _: None
        assert done(runtime, queue(runtime, "reconcile"))["missing"] == 1
        wait_for(lambda: agrees(runtime))
        result = done(runtime, queue(runtime, "match"))
    assert result["needs"] == 30
    assert said(runtime, result["run"]) == undisturbed_match(runtime)


@both_sorts
def test_the_import_of_a_killed_worker_is_ended_by_its_successor(
    runtime: Runtime,
    sort: str,
    tmp_path: Path,
    database_kind: str,
    database_servers: dict[str, Sqlite | Postgresql],
) -> None:
    """The working process alone is killed; what started it starts another, which goes on behind the last batch."""
    path = products_file(tmp_path, 3 * bulk.BATCH_ROWS)
    with at_work(sort, runtime) as crew:
        done(runtime, queue_import(runtime, "suppliers", suppliers_file(tmp_path)))
        job = queue_import(runtime, "products", path)
        killed = crew.worker(under_way(runtime, job))
        os.kill(killed, signal.SIGKILL)
        left = row(runtime, job)
        assert left.state is JobState.RUNNING
        result = done(runtime, job)
        assert crew.worker(row(runtime, job)) != killed
        wait_for(lambda: agrees(runtime))
    rejected = bulk_log.rejected_path(path).read_bytes()
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(BulkRun).where(BulkRun.kind == "products")) == 1
    with database_servers[database_kind].new(migrated=True) as url:
        calm = Runtime(replace(runtime.settings, database_url=url))
        for kind, file in (("suppliers", tmp_path / "suppliers.csv"), ("products", path)):
            params = {"kind": kind, "file": str(file), "on": runtime.today().isoformat()}
            expected = take_in(calm, params, actor=PERSON, progress=lambda done, total: None)
        assert result == expected
        assert rejected == bulk_log.rejected_path(path).read_bytes()
        assert everything(runtime.database, outbox=False) == everything(calm.database, outbox=False)
        calm.database.dispose()


@both_sorts
def test_the_upload_of_a_killed_worker_is_ended_by_its_successor(runtime: Runtime, sort: str, tmp_path: Path) -> None:
    """Each row of a supplier's own file is kept once, and the file given back has a verdict for each."""
    registered(runtime.database)
    rows = 3 * bulk.BATCH_ROWS
    path = books.xlsx(tmp_path / "a1b2", {"Прайс": [HEADING, *(good(number) for number in range(rows))]})
    with uploads.looked_at(runtime, path, "Прайс.xlsx", OWN) as (_, found):
        plan = found.plan
    given = {"file": str(path), "name": "Прайс.xlsx", "bin": OWN, "plan": plan.as_json(), "work": "w1", "lang": "kk"}
    owner = Actor(PERSON, AccountRole.OWNER, OWN)
    with at_work(sort, runtime) as crew:
        job = queue(runtime, "upload", **given, actor=owner.as_json())
        killed = crew.worker(under_way(runtime, job))
        os.kill(killed, signal.SIGKILL)
        assert row(runtime, job).state is JobState.RUNNING
        result = done(runtime, job)
        assert crew.worker(row(runtime, job)) != killed
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Product)) == rows
        assert session.scalar(select(func.count()).where(AuditRow.kind == "product")) == rows
    assert result["added"] == rows
    [_, *verdicts] = load_workbook(result["result_file"]).get_sheet_by_name("Прайс").to_python()
    assert [verdict[1] for verdict in verdicts] == ["қосылды"] * rows


@both_sorts
def test_the_match_of_a_killed_crew_is_ended_by_the_next(runtime: Runtime, sort: str, tmp_path: Path) -> None:
    """Everything is killed, and started again: the job's lease runs out, and whoever looks next takes it up."""
    with at_work(sort, runtime) as crew:
        done(runtime, queue_import(runtime, "suppliers", suppliers_file(tmp_path)))
        done(runtime, queue_import(runtime, "products", products_file(tmp_path, 300)))
        done(runtime, queue_import(runtime, "needs", needs_file(tmp_path, 400)))
        wait_for(lambda: runtime.engine.ready(SUBJECT) and agrees(runtime))
        job = queue(runtime, "match")
        holder = under_way(runtime, job).lease_owner
        crew.kill()
    left = row(runtime, job)
    assert (left.state, left.lease_owner) == (JobState.RUNNING, holder)
    with at_work(sort, runtime):
        result = done(runtime, job)
    ended = row(runtime, job)
    assert ended.lease_owner != holder
    with runtime.database.reading() as session:
        [unfinished, finished] = session.scalars(select(MatchRun).where(MatchRun.actor == PERSON).order_by(MatchRun.id))
        assert (unfinished.finished_at, finished.finished_at is None, finished.needs) == (None, False, 400)
        assert session.scalar(select(func.count()).where(NeedResult.run_id == finished.id)) == 400
    assert (result["run"], result["needs"]) == (finished.id, 400)
    assert said(runtime, finished.id) == undisturbed_match(runtime)


@pytest.mark.parametrize(("sort", "database_kind", "engine_kind"), [(CELERY, "postgresql", "elasticsearch")])
def test_what_is_saved_while_the_only_worker_is_busy_is_found(runtime: Runtime, sort: str, tmp_path: Path) -> None:
    with at_work(sort, runtime):
        done(runtime, queue_import(runtime, "suppliers", suppliers_file(tmp_path)))
        with runtime.database.transaction() as hindering:
            # The import that begins now waits for another.
            hindering.execute(select(func.pg_advisory_xact_lock(bulk._LOCK)))
            job = queue_import(runtime, "products", products_file(tmp_path, 100))
            wait_for(lambda: row(runtime, job).state is JobState.RUNNING)
            with runtime.database.transaction() as session:
                maker, _ = add_supplier(session)
                add_product(session, product_line(maker.bin))
            wait_for(lambda: runtime.engine.ready(SUBJECT) and len(held(runtime.engine)) == 1)
            assert row(runtime, job).state is JobState.RUNNING
        assert done(runtime, job)["added"] == 98


@pytest.mark.parametrize(("sort", "database_kind", "engine_kind"), [(SERVE, "sqlite", "embedded")])
def test_what_was_queued_while_the_broker_was_away_is_done_later(runtime: Runtime, tmp_path: Path) -> None:
    with own_redis(tmp_path / "servers") as (url, start, stop):
        start()
        runtime.settings = replace(runtime.settings, broker_url=url)
        runtime.wake = wake_through(celery_app(runtime.settings, lambda: runtime))
        with at_work(CELERY, runtime):
            done(runtime, queue_import(runtime, "suppliers", suppliers_file(tmp_path)))
            stop()
            job = queue_import(runtime, "products", products_file(tmp_path, 100))
            start()
            assert done(runtime, job)["added"] == 98
            wait_for(lambda: runtime.engine.ready(SUBJECT) and agrees(runtime))
