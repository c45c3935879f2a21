"""The only writers of needs. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from functools import partial

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from matching.engine.lines import NeedLine
from matching.needs.models import Need, NeedVersion
from matching.needs.rules import COLUMNS, REQUIRED, read_need
from registry import audit
from registry.audit import Change
from registry.bulk import Outcome, Subject
from registry.catalogue.rules import Codes
from registry.dated import chunks, revise


def take_in(
    session: Session, lines: Mapping[int, NeedLine], *, on: date, actor: str, now: datetime
) -> dict[int, Outcome]:
    """Make the list say from the day `on` what the lines state, by any number of the caller's.

    Until the yearly cycle exists an imported need counts as published from that day. Of two lines with one id the last
    one counts.
    """
    by_id = {line.external_id: line for line in lines.values()}
    ids: dict[str, int] = {}
    for piece in chunks(by_id):
        found = select(Need.external_id, Need.id).where(Need.external_id.in_(piece))
        ids.update(session.execute(found).all())
    missing = [external_id for external_id in by_id if external_id not in ids]
    if missing:
        rows = [{"external_id": external_id, "version": 1, "created_at": now} for external_id in missing]
        ids.update(session.execute(insert(Need).returning(Need.external_id, Need.id), rows).all())
    new = {ids[external_id] for external_id in missing}
    columns = {column.name for column in NeedVersion.__table__.c}
    content = {
        ids[external_id]: {name: value for name, value in asdict(line).items() if name in columns - {"id"}}
        for external_id, line in by_id.items()
    }
    changes = revise(session, NeedVersion, "need_id", content, on=on, new=new)
    changed = changes.keys() - new
    if changed:
        table = Need.__table__
        session.connection().execute(
            update(table).where(table.c.id == bindparam("need_id")).values(version=table.c.version + 1),  # type: ignore[arg-type]
            [{"need_id": need_id} for need_id in changed],
        )
    audit.record(
        session,
        [
            Change("added" if key in new else "changed", "need", key, revised.before, {**revised.after, "on": on})
            for key, revised in changes.items()
        ],
        actor=actor,
        now=now,
    )
    outcomes = {}
    for number, line in lines.items():
        need_id = ids[line.external_id]
        known = Outcome.CHANGED if need_id in changed else Outcome.UNCHANGED
        outcomes[number] = Outcome.ADDED if need_id in new else known
    return outcomes


def need_subject(codes: Codes, *, on: date, actor: str, now: datetime) -> Subject[NeedLine]:
    """Files of needs, said to hold from the day `on`."""
    return Subject(
        kind="needs",
        columns=COLUMNS,
        required=REQUIRED,
        read=partial(read_need, codes=codes),
        identities=lambda line: [(line.external_id, line)],
        write=partial(take_in, on=on, actor=actor, now=now),
    )
