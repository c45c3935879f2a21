"""The supplier's own file: sent, its columns shown for correction, previewed, taken in, given back with verdicts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from registry import jobs
from registry.bulk_rows import Outcome
from registry.db import after_commit
from registry.errors import NotFound, Overtaken, RuleBroken
from registry.explain import Violation
from registry.grids import FILE_BYTES, GridError
from registry.jobs import Job, JobState
from registry.uploads import operations, queries
from registry.uploads.models import Upload
from registry.uploads.names import fields
from registry.uploads.plans import Plan, SheetPlan, field_name
from registry.wording import Message, say, tr
from web import auth
from web.files import takes_bytes
from web.session import db, runtime
from web.uploads import RESULT, looked_at

Answer = str | tuple[str, int] | Response

LATEST: Final = 20
SHOWN_ROWS: Final = 200
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

blueprint = Blueprint("upload", __name__, url_prefix="/desk/upload")


class FileForm(FlaskForm):
    """A table of goods, however it is made."""

    file = FileField("web.upload.file")


@blueprint.get("")
@auth.allow(auth.LISTERS)
def start() -> str:
    """The form that takes a file, and the files sent so far."""
    return _start_page(FileForm(formdata=None))


@blueprint.post("")
@auth.allow(auth.LISTERS)
@takes_bytes(FILE_BYTES)
def send() -> Answer:
    """Look at a file in a child process, and keep it with what was recognised."""
    form = FileForm()
    given = form.file.data
    if not form.validate() or not isinstance(given, FileStorage) or not given.filename:
        form.file.errors = [Message("web.upload.file_needed")]
        return _start_page(form), 422
    stored, name = secrets.token_hex(20), Path(given.filename.replace("\\", "/")).name[:200]
    path = stored_at(stored)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    given.save(path)
    person = auth.person()
    try:
        # Before the request's transaction begins: it may take seconds, and others want to write.
        with looked_at(runtime(), path, name, person.scope) as (book, found):
            sheets = [sheet.as_json() for sheet in found.sheets]
            notes = [note.as_json() for note in book.notes]
            plan = found.plan
    except GridError as error:
        path.unlink(missing_ok=True)
        form.file.errors = [error.message]
        return _start_page(form), 422
    if sheets:
        sheets[0]["notes"] = notes
    kept = operations.keep_upload(
        db(),
        name=name,
        stored=stored,
        size=path.stat().st_size,
        sheets=sheets,
        plan=plan,
        actor=person.actor,
        now=runtime().now(),
    )
    return redirect(url_for("upload.file", id=kept.id))


@blueprint.get("/<int:id>")
@auth.allow(auth.LISTERS)
def file(id: int) -> str:
    """Where the file stands: its columns, what it would do, how far it has come, what became of it."""
    return _file_page(queries.upload(db(), id, auth.person().scope))


@blueprint.post("/<int:id>")
@auth.allow(auth.LISTERS)
def go_on(id: int) -> Answer:
    """Preview the file under the columns as they were corrected, or take it in as it was previewed."""
    upload, actor, now = queries.upload(db(), id, auth.person().scope), auth.person().actor, runtime().now()
    if upload.stored is None:
        raise NotFound(Message("upload.gone"))
    path = str(stored_at(upload.stored))
    if request.form.get("do") == "take":
        previewed = _job(upload.preview_job)
        if previewed is None or previewed.state is not JobState.DONE:
            flash(tr("web.upload.preview_first", g.lang), "doubt")
            return redirect(url_for("upload.file", id=id))
        seen, on = request.form.get("previewed", type=int), runtime().today()
        try:
            job_id = operations.take_upload(db(), id, path, seen=seen, lang=g.lang, on=on, actor=actor, now=now)
        except Overtaken as error:
            flash(say(error.message, g.lang), "doubt")
            return redirect(url_for("upload.file", id=id))
    else:
        plan = _corrected(upload, request.form)
        try:
            job_id = operations.preview_upload(db(), id, plan, path, actor=actor, now=now)
        except RuleBroken as error:
            return _file_page(upload, plan, error.violations), 422
    _wake(job_id)
    return redirect(url_for("upload.file", id=id))


@blueprint.get("/<int:id>/result.xlsx")
@auth.allow(auth.LISTERS)
def result(id: int) -> Response:
    """The file as it was, each row with its verdict."""
    upload = queries.upload(db(), id, auth.person().scope)
    path = stored_at(upload.stored or "none").with_name(f"{upload.stored}{RESULT}")
    if upload.stored is None or not path.exists():
        raise NotFound(Message("upload.gone"))
    name = f"{Path(upload.name).stem}.{tr('web.upload.result_name', g.lang)}.xlsx"
    return send_file(path, mimetype=_XLSX, as_attachment=True, download_name=name, max_age=0)


def stored_at(stored: str) -> Path:
    """Where a file lies that was sent."""
    return runtime().tables_folder / stored


def _wake(job_id: int) -> None:
    wake = runtime().wake
    after_commit(db(), lambda: wake(job_id))


def _job(job_id: int | None) -> Job | None:
    return db().get(jobs.Job, job_id) if job_id is not None else None


def _corrected(upload: Upload, form: Mapping[str, str]) -> Plan:
    """The plan as a form says it: which sheets are taken, and what each column means."""
    sheets, kept = [], fields()
    for sheet in upload.sheets:
        place = sheet["place"]
        if form.get(f"sheet-{place}") != "yes":
            continue
        plan = SheetPlan.from_json(sheet["plan"])
        # What is known but not taken has no choice of its own: left as it is, it still tells what the rows are.
        passed = {
            column["place"]: column["field"] for column in sheet["columns"] if not kept.get(column["field"], True)
        }
        meant = {
            column["place"]: form.get(f"column-{place}-{column['place']}") or passed.get(column["place"])
            for column in sheet["columns"]
        }
        sheets.append(plan.with_fields(meant))
    return Plan(tuple(sheets))


def _start_page(form: FileForm) -> str:
    return render_template(
        "supplier/upload.html",
        form=form,
        problems=[("file", error) for error in form.file.errors],
        uploads=queries.uploads(db(), auth.person().scope, limit=LATEST),
    )


def _file_page(upload: Upload, plan: Plan | None = None, violations: tuple[Violation, ...] = ()) -> str:
    previewed, taken = _job(upload.preview_job), _job(upload.intake_job)
    running = taken or previewed
    coding = _job((taken.result or {}).get("codes_job")) if taken is not None else None
    plan = plan or Plan.from_json(upload.plan)
    return render_template(
        "supplier/uploaded.html",
        upload=upload,
        plan={sheet.place: sheet for sheet in plan.sheets},
        problems=[(_anchor(violation.field), violation.message) for violation in violations],
        choices=_choices(),
        previewed=previewed,
        taken=taken,
        pending=running is not None and running.state in (JobState.QUEUED, JobState.RUNNING),
        running=running,
        coding=coding,
        suggesting=coding is not None and coding.state in (JobState.QUEUED, JobState.RUNNING),
        outcomes=tuple(Outcome),
        message=Message.from_json,
        violation=Violation.from_json,
        shown_rows=SHOWN_ROWS,
        kept=fields(),
        result=bool(
            upload.stored
            and taken is not None
            and taken.state is JobState.DONE
            and stored_at(f"{upload.stored}{RESULT}").exists()
        ),
    )


def _anchor(field: str) -> str:
    """The id of what a violation of a plan speaks of: a sheet, or a column of one."""
    place, _, column = field.partition(":")
    return f"column-{place}-{column}" if column else f"sheet-{place or 0}"


def _choices() -> list[tuple[str, str]]:
    """What a column can be, by its name in the reader's language: what is kept first."""
    kept = fields()
    named = [(field, say(field_name(field), g.lang)) for field, taken in kept.items() if taken]
    return sorted(named, key=lambda choice: choice[1])
