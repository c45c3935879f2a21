"""The only writer of what is remembered of suppliers' files. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import audit
from registry.accounts.rules import LISTERS, Actor, by, check_speaks_for
from registry.audit import Change
from registry.uploads.columns import name_key
from registry.uploads.models import ColumnMapping
from registry.uploads.plans import Plan, SheetPlan
from registry.uploads.queries import fingerprint


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
