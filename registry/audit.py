"""Who changed what, and what it was before: written in the same transaction as the change itself.

Rows are numbered and hash-chained afterwards by the sealer, one at a time, because only committed rows have an order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import ForeignKey, Index, String, and_, false, func, insert, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.db import Base, BigId, Json, UtcDateTime

# How many rows one pass of the sealer takes: bounded, so that its transaction stays short.
SEAL_BATCH = 5_000
GENESIS = "0" * 64
# Rows that are read at a time where a chain is checked.
_CHECKED = 1_000


class AuditRow(Base):
    """One change by one actor. `before` and `after` hold only the fields that differ.

    acting: the role in which a person did it, and whom it speaks for; none for the program itself.
    """

    __tablename__ = "audit"
    __table_args__ = (Index(None, "kind", "entity_id", "id"), Index(None, "actor", "id"), Index(None, "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(254))
    acting: Mapped[str | None] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(30))
    entity_id: Mapped[int | None] = mapped_column(BigId)
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)


class AuditSeal(Base):
    """The place of an audit row in the chain: its number, and the hash over itself and the row before it."""

    __tablename__ = "audit_seal"

    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    audit_id: Mapped[int] = mapped_column(BigId, ForeignKey("audit.id"), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))


class Author(Protocol):
    """Who did it: a name, and the role it was done in."""

    @property
    def name(self) -> str: ...
    @property
    def acting(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """A change to be written down; `before` and `after` may hold dates and decimals."""

    action: str
    kind: str
    entity_id: int | None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = field(default=None)


def plain(value: Any) -> Any:
    """A value as JSON can hold it exactly: dates as ISO text, decimals as text."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


def record(session: Session, changes: Iterable[Change], *, actor: Author | str, now: datetime) -> None:
    """Write the changes down, in the caller's transaction."""
    name, acting = (actor, None) if isinstance(actor, str) else (actor.name, actor.acting)
    rows = [
        {
            "at": now,
            "actor": name,
            "acting": acting,
            "action": change.action,
            "kind": change.kind,
            "entity_id": change.entity_id,
            "before": None if change.before is None else plain(change.before),
            "after": None if change.after is None else plain(change.after),
        }
        for change in changes
    ]
    if rows:
        session.execute(insert(AuditRow.__table__), rows)  # type: ignore[arg-type]


def last_actor(session: Session, *concerned: tuple[str, int]) -> str | None:
    """Who made the newest change of these things, each a kind and an id; None where none was ever written down.

    It is asked just after such a change, so the walk from the newest row backwards is short.
    """
    among = or_(*(and_(AuditRow.kind == kind, AuditRow.entity_id == id) for kind, id in concerned))
    return session.scalars(select(AuditRow.actor).where(among).order_by(AuditRow.id.desc()).limit(1)).first()


def history(
    session: Session, concerned: Mapping[str, Iterable[int]], *, limit: int, offset: int = 0
) -> tuple[list[AuditRow], int]:
    """The changes of these things, ids by kind, the newest first: `limit` after the first `offset`; and how many."""
    among = or_(
        false(), *(and_(AuditRow.kind == kind, AuditRow.entity_id.in_([*ids])) for kind, ids in concerned.items())
    )
    number = session.scalars(select(func.count()).select_from(AuditRow).where(among)).one()
    rows = select(AuditRow).where(among).order_by(AuditRow.id.desc()).limit(limit).offset(offset)
    return list(session.scalars(rows)), number


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of the log are asked for; None: any. since, until: moments, the first included, the last not."""

    actor: str | None = None
    kind: str | None = None
    entity_id: int | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def entries(
    session: Session, wanted: Wanted, *, limit: int, before: int | None = None
) -> list[tuple[AuditRow, AuditSeal | None]]:
    """Entries of the log with their seals, the newest first; `before`: those older than the entry of that number."""
    asked = select(AuditRow, AuditSeal).outerjoin(AuditSeal, AuditSeal.audit_id == AuditRow.id)
    conditions = [
        getattr(AuditRow, name) == value
        for name in ("actor", "kind", "entity_id", "action")
        if (value := getattr(wanted, name)) is not None
    ]
    if wanted.since is not None:
        conditions.append(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditRow.at < wanted.until)
    if before is not None:
        conditions.append(AuditRow.id < before)
    found = session.execute(asked.where(*conditions).order_by(AuditRow.id.desc()).limit(limit))
    return [(row, seal) for row, seal in found]


def kinds(session: Session) -> list[str]:
    """What kinds of things the log speaks of, by name. Asked one after the other, so that an index answers."""
    found: list[str] = []
    last = ""
    while kind := session.scalars(select(func.min(AuditRow.kind)).where(AuditRow.kind > last)).one():
        found.append(kind)
        last = kind
    return found


def _digest(previous: str, row: AuditRow) -> str:
    said = [row.id, row.at.isoformat(), row.actor, row.action, row.kind, row.entity_id, row.before, row.after]
    body = json.dumps(
        # Rows of before there were roles have none, and keep the hash they were sealed with.
        said if row.acting is None else [*said, row.acting],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def seal(session: Session, limit: int = SEAL_BATCH) -> int:
    """Number and chain committed rows that have no seal yet; returns how many.

    Rows are taken in order of id among those visible. A row that commits late (PostgreSQL commits out of order) is
    taken by a later pass: the chain records the order of sealing. Two sealers meet on the number's primary key, the
    second fails and writes nothing, so a repeat is harmless.
    """
    last = session.execute(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).scalar_one_or_none()
    number, previous = (last.number, last.sha256) if last else (0, GENESIS)
    waiting: Sequence[AuditRow] = (
        session.execute(
            select(AuditRow)
            .outerjoin(AuditSeal, AuditSeal.audit_id == AuditRow.id)
            .where(AuditSeal.audit_id.is_(None))
            .order_by(AuditRow.id)
            .limit(limit)
        )
        .scalars()
        .all()
    )
    seals = []
    for row in waiting:
        number += 1
        previous = _digest(previous, row)
        seals.append({"number": number, "audit_id": row.id, "sha256": previous})
    if seals:
        session.execute(insert(AuditSeal), seals)
    return len(seals)


def sealed(session: Session) -> int:
    """How many rows are sealed: the number of the newest seal, 0 where there is none."""
    return session.scalars(select(func.max(AuditSeal.number))).one() or 0


def unsealed(session: Session) -> int:
    """How many rows wait for their seal: until then nothing would show that they were changed."""
    waiting = select(func.count()).select_from(AuditRow).outerjoin(AuditSeal, AuditSeal.audit_id == AuditRow.id)
    return session.scalars(waiting.where(AuditSeal.audit_id.is_(None))).one()


def broken_seal(
    session: Session, *, last: int | None = None, progress: Callable[[int, int], object] = lambda done, total: None
) -> int | None:
    """The number of the first seal that does not fit its row and its predecessor; None if the chain holds.

    last: so many of the newest only, the one before them being taken at its word.
    """
    newest = sealed(session)
    first = 1 if last is None else max(1, newest - last + 1)
    before = select(AuditSeal.sha256).where(AuditSeal.number == first - 1)
    previous = GENESIS if first == 1 else session.scalars(before).one_or_none()
    if previous is None:
        return first - 1
    rows = session.execute(
        select(AuditSeal, AuditRow)
        .outerjoin(AuditRow, AuditRow.id == AuditSeal.audit_id)
        .where(AuditSeal.number >= first)
        .order_by(AuditSeal.number)
    ).yield_per(_CHECKED)
    for expected, (held, row) in enumerate(rows, start=first):
        if row is None or held.number != expected or held.sha256 != _digest(previous, row):
            return int(expected)
        previous = held.sha256
        if not expected % _CHECKED:
            progress(expected - first, newest - first)
    return None
