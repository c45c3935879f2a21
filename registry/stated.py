"""What lines of a file state of things known by a key of their own, a БИН or an owner's id: one way to write it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, insert, select, tuple_, update
from sqlalchemy.orm import Session

from registry import audit
from registry.audit import Author, Change
from registry.bulk_rows import Outcome
from registry.dated import chunks, revise

Line = TypeVar("Line")


class Stated(NamedTuple):
    """What became of each line, by its number, and the ids of things that existed and say otherwise now."""

    outcomes: dict[int, Outcome]
    changed: set[int]


def ids_of(
    session: Session, identity: Any, key: Sequence[str], values: Collection[tuple[str, ...]]
) -> dict[tuple[str, ...], int]:
    """The ids of those things that exist, by the columns `key` of their identity."""
    columns = [getattr(identity, name) for name in key]
    found: dict[tuple[str, ...], int] = {}
    for piece in chunks(values):
        among = tuple_(*columns).in_(piece) if len(columns) > 1 else columns[0].in_([one for (one,) in piece])
        found.update(
            (tuple(known), thing) for thing, *known in session.execute(select(identity.id, *columns).where(among))
        )
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
    key: Sequence[str],
    content: Callable[[Line], Mapping[str, Any]],
    fixed: Callable[[Line], Mapping[str, Any]] = lambda line: {},
    absent: Set[str] = frozenset(),
    on: date,
    actor: Author,
    now: datetime,
) -> Stated:
    """Make the register say from the day `on` what the lines state, by any number of the caller's.

    identity, versions: the tables of the thing and of what is said of it on a day; where the thing counts its changes
    it counts this one. key: the attributes of a line, and columns of the identity, by which the thing is known, none
    as empty text; of two lines about one thing the last one counts. content: the dated values of a line. fixed: values
    of a new identity, which are not dated. absent: dated values of which the lines say nothing: what is known stays.
    """
    table = identity.__table__
    kind = table.name
    keys = {number: tuple(getattr(line, name) or "" for name in key) for number, line in lines.items()}
    wanted = {keys[number]: line for number, line in lines.items()}
    ids = ids_of(session, identity, key, wanted)
    missing = [one for one in wanted if one not in ids]
    if missing:
        rows = [{**dict(zip(key, one, strict=True)), "created_at": now, **fixed(wanted[one])} for one in missing]
        made = insert(identity).returning(identity.id, *(getattr(identity, name) for name in key))
        ids.update((tuple(known), thing) for thing, *known in session.execute(made, rows))
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
    for number, one in keys.items():
        thing = ids[one]
        known = Outcome.CHANGED if thing in changed else Outcome.UNCHANGED
        outcomes[number] = Outcome.ADDED if thing in new else known
    return Stated(outcomes, changed)
