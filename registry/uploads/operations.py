"""The only writers of suppliers' files and of what is remembered of them. Nothing here commits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import audit, jobs
from registry.accounts.rules import LISTERS, Actor, by, check_speaks_for
from registry.audit import Change
from registry.errors import Conflict, NotAllowed, NotFound, Overtaken, RuleBroken
from registry.uploads.models import ColumnMapping, Upload
from registry.uploads.names import name_key
from registry.uploads.plans import Plan, SheetPlan, check_plan
from registry.uploads.queries import fingerprint
from registry.wording import Message


@by(LISTERS)
def remember(session: Session, bin: str, plan: Plan, *, actor: Actor, now: datetime) -> None:
    """Keep what the columns of each sheet mean to the organisation, for its next file of the same form.

    What is remembered already is written anew. A sheet whose columns have no names cannot be known again.
    """
    check_speaks_for(actor, bin)
    for sheet in plan.sheets:
        if any(map(name_key, sheet.heading.names)):
            _remember(session, bin, sheet, actor, now)


def _remember(session: Session, bin: str, sheet: SheetPlan, actor: Actor, now: datetime) -> None:
    meant: dict[str, str | None] = {}
    for place, name in enumerate(sheet.heading.names):
        if key := name_key(name):
            field = sheet.fields[place] if place < len(sheet.fields) else None
            meant[key] = meant.get(key) or field
    known = fingerprint(sheet.heading.names)
    row = _held(session, bin, known)
    if row is None:
        row = ColumnMapping(bin=bin, fingerprint=known, fields=meant, saved_by=actor.name, saved_at=now)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            # A colleague has just taken in a file of the same form: theirs is written over.
            row = _held(session, bin, known)
            if row is None:
                raise
        else:
            audit.record(session, [Change("added", "column_mapping", row.id, None, meant)], actor=actor, now=now)
            return
    before = row.fields
    row.saved_by, row.saved_at = actor.name, now
    if before != meant:
        row.fields = meant
        audit.record(session, [Change("changed", "column_mapping", row.id, before, meant)], actor=actor, now=now)
    session.flush()


def _held(session: Session, bin: str, known: str) -> ColumnMapping | None:
    same = (ColumnMapping.bin == bin, ColumnMapping.fingerprint == known)
    return session.scalars(select(ColumnMapping).where(*same).with_for_update()).one_or_none()


@by(LISTERS)
def keep_upload(
    session: Session,
    *,
    name: str,
    stored: str,
    size: int,
    sheets: list[dict[str, Any]],
    plan: Plan,
    actor: Actor,
    now: datetime,
) -> Upload:
    """Keep a file that was sent and recognised, for the organisation that the actor speaks for."""
    if actor.bin is None or actor.account_id is None:
        raise NotAllowed(Message("accounts.nobody"))
    upload = Upload(
        bin=actor.bin,
        account_id=actor.account_id,
        name=name[-255:],
        stored=stored,
        size=size,
        sheets=sheets,
        plan=plan.as_json(),
        created_at=now,
    )
    session.add(upload)
    session.flush()
    said = {"bin": actor.bin, "name": upload.name, "size": size}
    audit.record(session, [Change("sent", "upload", upload.id, None, said)], actor=actor, now=now)
    return upload


@by(LISTERS)
def preview_upload(session: Session, upload_id: int, plan: Plan, path: str, *, actor: Actor, now: datetime) -> int:
    """Have a worker see what the file would do under this plan; returns the job. Raises RuleBroken for a plan that
    cannot be carried out, Conflict once the file is being taken in."""
    upload = _own(session, upload_id, actor)
    if upload.intake_job is not None:
        raise Conflict(Message("upload.taken"))
    if violations := check_plan(plan):
        raise RuleBroken(violations)
    params = {"file": path, "name": upload.name, "bin": upload.bin, "plan": plan.as_json()}
    job = jobs.enqueue(session, "upload_preview", params, actor=actor.name, now=now)
    upload.plan, upload.preview_job = plan.as_json(), job.id
    session.flush()
    return job.id


@by(LISTERS)
def take_upload(
    session: Session,
    upload_id: int,
    path: str,
    *,
    seen: int | None,
    lang: str,
    on: date,
    actor: Actor,
    now: datetime,
) -> int:
    """Have a worker take the file in as it was previewed; returns the job. A double click finds it begun.

    seen: the preview that the actor has looked at. Raises Overtaken where the file has been previewed anew since.
    """
    upload = _own(session, upload_id, actor)
    if upload.intake_job is not None:
        return upload.intake_job
    if seen is None or seen != upload.preview_job:
        raise Overtaken(Message("upload.previewed_anew"))
    params = {
        "file": path,
        "name": upload.name,
        "bin": upload.bin,
        "plan": upload.plan,
        "work": upload.work,
        "lang": lang,
        "on": on.isoformat(),
        "actor": actor.as_json(),
    }
    job = jobs.enqueue(session, "upload", params, actor=actor.name, now=now)
    upload.intake_job = job.id
    session.flush()
    taken = Change("taken", "upload", upload.id, None, {"job": job.id, "on": on})
    audit.record(session, [taken], actor=actor, now=now)
    return job.id


def forget_files(session: Session, before: datetime) -> list[str]:
    """Let files sent before that moment be deleted; returns what they are stored under. What became of them stays."""
    old = session.scalars(select(Upload).where(Upload.created_at < before, Upload.stored.is_not(None))).all()
    gone = [upload.stored for upload in old if upload.stored]
    for upload in old:
        upload.stored = None
    session.flush()
    return gone


def _own(session: Session, upload_id: int, actor: Actor) -> Upload:
    """A file of the organisation, locked. Raises NotFound for another's as for none."""
    upload = session.get(Upload, upload_id, with_for_update=True)
    if upload is None or upload.bin != actor.bin:
        raise NotFound(Message("upload.not_found"))
    return upload
