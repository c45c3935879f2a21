"""A supplier's own file as jobs: previewed, taken in sheet by sheet, and gone on with after a kill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook

from config.settings import Settings
from registry import bulk, jobs
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.errors import RuleBroken
from registry.grids import GridError
from registry.jobs import Job, JobState
from registry.uploads.plans import Plan
from registry.wording import LANGUAGES, Message, say
from tests.registry import books
from tests.registry.uploads.own import HEADING, OWN, good, listed, registered
from web import uploads
from web.runtime import Runtime
from web.worker import run_job

pytestmark = pytest.mark.both_databases
NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    settings = replace(Settings.from_env({"ONDIRIS_HOME": str(tmp_path)}), database_url=database_url)
    runtime = Runtime(settings, clock=lambda: NOW)
    registered(runtime.database)
    yield runtime
    runtime.database.dispose()


def workbook(folder: Path) -> Path:
    sheets = {
        "Трубы": [["Прайс"], HEADING, *[good(number) for number in range(5)]],
        "Насосы": [HEADING, *[good(number, name=f"Насос К-{number}") for number in range(10, 15)], good(99, name=None)],
    }
    return books.xlsx(folder / "a1b2", sheets)


OWNER = Actor("owner@example.kz", AccountRole.OWNER, OWN)


def plan_of(runtime: Runtime, path: Path) -> Plan:
    with uploads.looked_at(runtime, path, "Прайс.xlsx", OWN) as (_, found):
        return found.plan


def run(runtime: Runtime, name: str, path: Path, plan: Plan, **params: Any) -> Job:
    with runtime.database.transaction() as session:
        given = {
            "file": str(path),
            "name": "Прайс.xlsx",
            "bin": OWN,
            "plan": plan.as_json(),
            "actor": OWNER.as_json(),
            **params,
        }
        job_id = jobs.enqueue(session, name, given, actor="owner@example.kz", now=NOW).id
    run_job(runtime, job_id)
    with runtime.database.reading() as session:
        return session.get_one(Job, job_id)


def test_a_file_is_previewed_and_taken_in_by_a_worker(runtime: Runtime, tmp_path: Path) -> None:
    path = workbook(tmp_path)
    plan = plan_of(runtime, path)
    seen = run(runtime, "upload_preview", path, plan)
    assert seen.state is JobState.DONE, seen.error
    assert [(it["sheet"], it["added"], it["rejected"]) for it in (seen.result or {})["sheets"]] == [
        ("Трубы", 5, 0),
        ("Насосы", 5, 1),
    ]
    assert listed(runtime.database) == []
    done = run(runtime, "upload", path, plan, work="w7", lang="kk")
    assert done.state is JobState.DONE, done.error
    result = done.result or {}
    assert [result[it] for it in ("total", "added", "changed", "unchanged", "rejected")] == [11, 10, 0, 0, 1]
    assert all(say(Message.from_json(result["said"]), lang) for lang in LANGUAGES)
    assert len(listed(runtime.database)) == 10
    book = load_workbook(result["result_file"])
    assert book.sheet_names == ["Трубы", "Насосы"]
    assert [row[1] for row in book.get_sheet_by_name("Насосы").to_python()[1:]] == [*["қосылды"] * 5, "қабылданбады"]
    # The next file of the form is known.
    with uploads.looked_at(runtime, path, "Прайс.xlsx", OWN) as (_, found):
        assert found.sheets[0].columns[1].why[0].code == "upload.why.remembered"


def test_a_killed_worker_s_file_is_gone_on_with(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 2)
    path = workbook(tmp_path)
    plan = plan_of(runtime, path)

    class Killed(BaseException):
        pass

    def take(until: int) -> dict[str, Any]:
        def progress(done: int, total: int) -> None:
            if done == until:
                raise Killed

        return uploads.take_in(
            runtime,
            path,
            "Прайс.xlsx",
            OWN,
            plan,
            work="w1",
            lang="ru",
            on=runtime.today(),
            actor=OWNER,
            progress=progress,
        )

    for until, held in ((2, 2), (5, 5), (7, 7)):
        with pytest.raises(Killed):
            take(until)
        assert len(listed(runtime.database)) == held
    made = take(-1)
    assert (made["added"], made["unchanged"], made["rejected"]) == (10, 0, 1)
    book = load_workbook(made["result_file"])
    assert [row[1] for row in book.get_sheet_by_name("Трубы").to_python()[2:]] == ["добавлено"] * 5
    assert take(-1) == made


def test_a_file_that_cannot_be_read_fails_its_job_with_a_sentence(runtime: Runtime, tmp_path: Path) -> None:
    path = workbook(tmp_path)
    plan = plan_of(runtime, path)
    path.write_bytes(path.read_bytes()[:500])
    failed = run(runtime, "upload", path, plan, work="w1")
    assert failed.state is JobState.FAILED
    assert failed.error == {"message": {"code": "upload.file.damaged", "params": {"file": "Прайс.xlsx"}}}
    with pytest.raises(GridError), uploads.looked_at(runtime, path, "Прайс.xlsx", OWN):
        pass


def test_a_plan_that_does_not_fit_is_refused(runtime: Runtime, tmp_path: Path) -> None:
    path = workbook(tmp_path)
    plan = plan_of(runtime, path)
    nameless = Plan((plan.sheets[0].with_fields({1: None}),))
    beyond = Plan((replace(plan.sheets[0], place=9),))
    for wrong, error in ((nameless, RuleBroken), (beyond, GridError)):
        with pytest.raises(error):
            uploads.rehearse(runtime, path, "a.xlsx", OWN, wrong, on=runtime.today(), progress=lambda done, total: None)
