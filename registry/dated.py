"""Everything is dated: rows that hold for a span of legal days, and how to read and revise them.

A thing (a supplier, a product, a need) is an identity; what is said of it stands in rows of its own, each valid on the
legal days `valid_from` <= day < `valid_to` (open where `valid_to` is null). A change on a later day closes the row that
held and opens a new one; a second change on the same day rewrites that day's row (the audit keeps both).
Source: domain.md §10.6.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    Index,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

Key = TypeVar("Key", int, str)
Item = TypeVar("Item")

# Values of one `IN`: SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535.
CHUNK = 10_000


class Dated:
    """Columns and invariants of a row that holds for a span of legal days."""

    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)

    @staticmethod
    def span_check() -> CheckConstraint:
        """The named CHECK each dated table carries: a span is never empty."""
        return CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="span_not_empty")

    @staticmethod
    def one_open(name: str, *identity: str) -> Index:
        """The unique index by which at most one row of each identity, given by its columns, is open."""
        still = text("valid_to IS NULL")
        return Index(name, *identity, unique=True, sqlite_where=still, postgresql_where=still)


def holds_on(row: Any, on: date) -> ColumnElement[bool]:
    """The condition that a dated row (class or alias) holds on the legal day `on`."""
    return and_(row.valid_from <= on, or_(row.valid_to.is_(None), row.valid_to > on))


def is_open(row: Any) -> ColumnElement[bool]:
    """The condition that a dated row has not been closed."""
    return row.valid_to.is_(None)


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """The items in lists of at most `size`, for statements whose number of parameters is bounded."""
    walk = iter(items)
    while piece := list(islice(walk, size)):
        yield piece


@dataclass(frozen=True, slots=True)
class Revised:
    """What a revision did to one thing: the values that differ, as they were and as they are.

    `before` is None where nothing held on that day.
    """

    before: Mapping[str, Any] | None
    after: Mapping[str, Any]


def revise(
    session: Session,
    model: Any,
    link: str,
    wanted: Mapping[Key, Mapping[str, Any]],
    *,
    on: date,
    new: Collection[Key] = (),
    fixed: Mapping[str, Any] | None = None,
    stamp: Mapping[str, Any] | None = None,
) -> dict[Key, Revised]:
    """Make the dated rows of `model` say from the legal day `on` what is wanted; returns only what changed.

    wanted: identity -> values by column; columns left out keep what they held, and begin with the default that the
    table gives them, or empty. link: column of the identity.
    new: identities that have no rows yet, to spare the look-up. fixed: values that belong to the identity too.
    stamp: values that are written with a row that changes, but are no change themselves.
    A row that began on that day is rewritten; one that began earlier is closed and followed by a new one; where nothing
    held on that day the new row reaches to the next one, if any. So a day in the past can be filled in, and what was
    stated of later days stays.
    """
    table = model.__table__
    same = [table.c[name] == value for name, value in (fixed or {}).items()]
    known = [key for key in wanted if key not in new] if new else list(wanted)
    held: dict[Key, Any] = {}
    following: dict[Key, date] = {}
    for piece in chunks(known):
        linked = and_(table.c[link].in_(piece), *same)
        held |= {getattr(row, link): row for row in session.execute(select(table).where(linked, holds_on(table.c, on)))}
        if any(key not in held for key in piece):
            later = select(table.c[link], func.min(table.c.valid_from)).where(linked, table.c.valid_from > on)
            following.update(session.execute(later.group_by(table.c[link])).all())
    rewritten: defaultdict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
    closed: list[dict[str, Any]] = []
    opened: list[dict[str, Any]] = []
    changes: dict[Key, Revised] = {}
    # In the order of the table, so that the audit of two runs reads the same.
    passed_over = {"id", "valid_from", "valid_to", link, *(fixed or {})}
    own = [column.name for column in table.c if column.name not in passed_over]
    begins = {name: default.arg for name in own if (default := table.c[name].default) is not None}
    nothing = {**dict.fromkeys(own), **(fixed or {}), **begins}
    for key, values in wanted.items():
        row = held.get(key)
        if row is None:
            span = {"valid_from": on, "valid_to": following.get(key)}
            opened.append({**nothing, **(stamp or {}), link: key, **span, **values})
            stated = {**begins, **values}
            changes[key] = Revised(None, {name: value for name, value in stated.items() if value is not None})
            continue
        before = row._mapping
        differing = {name: value for name, value in values.items() if before[name] != value}
        if not differing:
            continue
        changes[key] = Revised({name: before[name] for name in differing}, differing)
        if row.valid_from == on:
            # Only what differs: what somebody else writes into the row meanwhile stays.
            written = {**(stamp or {}), **differing}
            rewritten[frozenset(written)].append({"row_id": row.id, **written})
            continue
        closed.append({"row_id": row.id, "on": on})
        opened.append(
            {**{name: before[name] for name in own}, **(fixed or {}), **(stamp or {}), link: key}
            | {"valid_from": on, "valid_to": row.valid_to, **values}
        )
    if closed:
        session.execute(_by_id(table, valid_to=bindparam("on")), closed)
    for names, rows in rewritten.items():
        session.execute(_by_id(table, **{name: bindparam(name) for name in names}), rows)
    if opened:
        session.execute(insert(table), opened)
    return changes


def end(session: Session, model: Any, rows: Sequence[tuple[int, date]], *, on: date) -> None:
    """Let these rows, given as (id, valid_from) and holding on `on`, hold no longer from that day.

    A row that began on that very day never held: it is deleted, since a span is not empty.
    """
    table = model.__table__
    ended = [{"row_id": row_id, "on": on} for row_id, start in rows if start < on]
    if ended:
        session.execute(_by_id(table, valid_to=bindparam("on")), ended)
    for piece in chunks(row_id for row_id, start in rows if start >= on):
        session.execute(table.delete().where(table.c.id.in_(piece)))


def _by_id(table: Any, **values: Any) -> Any:
    return update(table).where(table.c.id == bindparam("row_id")).values(**values)
