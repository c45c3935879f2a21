"""What lines of a file state of things known by a key of their own, a БИН or an owner's id: one way to write it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from registry import audit
from registry.audit import Change
from registry.bulk import Outcome
from registry.dated import chunks, revise

Line = TypeVar("Line")


class Stated(NamedTuple):
    """What became of each line, by its number, and the ids of things that existed and say otherwise now."""

    outcomes: dict[int, Outcome]
    changed: set[int]


def ids_of(session: Session, identity: Any, key: str, values: Collection[str]) -> dict[str, int]:
    """The ids of those things that exist, by the column `key` of their identity."""
    column = getattr(identity, key)
    found: dict[str, int] = {}
    for piece in chunks(values):
        found.update(session.execute(select(column, identity.id).where(column.in_(piece))).all())
    return found


def said(values: Mapping[str, Any], absent: Set[str]) -> Mapping[str, Any]:
    """The values of which something is said at all."""
    return {name: value for name, value in values.items() if name not in absent} if absent else values


def state(
    session: Session,
    identity: Any,
    versions: Any,
    lines: Mapping[int, Line],
    *,
    key: str,
    content: Callable[[Line], Mapping[str, Any]],
    fixed: Callable[[Line], Mapping[str, Any]] = lambda line: {},
    absent: Set[str] = frozenset(),
    on: date,
    actor: str,
    now: datetime,
) -> Stated:
    """Make the register say from the day `on` what the lines state, by any number of the caller's.

    identity, versions: the tables of the thing and of what is said of it on a day; where the thing counts its changes
    it counts this one. key: the attribute of a line, and column of the identity, by which the thing is known; of two
    lines about one thing the last one counts. content: the dated values of a line. fixed: values of a new identity,
    which are not dated. absent: dated values of which the lines say nothing: what is known of them stays.
    """
    table = identity.__table__
    kind = table.name
    wanted: dict[str, Line] = {getattr(line, key): line for line in lines.values()}
    ids = ids_of(session, identity, key, wanted)
    missing = [one for one in wanted if one not in ids]
    if missing:
        rows = [{key: one, "created_at": now, **fixed(wanted[one])} for one in missing]
        ids.update(session.execute(insert(identity).returning(getattr(identity, key), identity.id), rows).all())
    new = {ids[one] for one in missing}
    contents = {ids[one]: said(content(line), absent) for one, line in wanted.items()}
    changes = revise(session, versions, f"{kind}_id", contents, on=on, new=new)
    changed = changes.keys() - new
    if changed and "version" in table.c:
        session.connection().execute(
            update(table).where(table.c.id == bindparam("thing")).values(version=table.c.version + 1),
            [{"thing": thing} for thing in changed],
        )
    audit.record(
        session,
        [
            Change("added" if thing in new else "changed", kind, thing, revised.before, {**revised.after, "on": on})
            for thing, revised in changes.items()
        ],
        actor=actor,
        now=now,
    )
    outcomes = {}
    for number, line in lines.items():
        thing = ids[getattr(line, key)]
        known = Outcome.CHANGED if thing in changed else Outcome.UNCHANGED
        outcomes[number] = Outcome.ADDED if thing in new else known
    return Stated(outcomes, changed)
