"""What a person watches, and what they were told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.alerts.models import Notice, Thing, Watch
from matching.engine.lines import NeedLine
from matching.needs.queries import by_number
from registry.errors import NotFound
from registry.evidence.goods import Good
from registry.evidence.queries import goods
from registry.wording import Message


@dataclass(frozen=True, slots=True)
class Told:
    """One notice with what it tells of: a good, or a need and the good that may meet it.

    Neither is there where it is listed or published no more.
    """

    id: int
    watch_id: int | None
    thing: Thing
    state: str
    found_at: datetime
    read: bool
    good: Good | None
    need: NeedLine | None


def watches(session: Session, account_id: int) -> list[Watch]:
    """What a person watches, the oldest first."""
    return list(session.scalars(select(Watch).where(Watch.account_id == account_id).order_by(Watch.id)))


def watch(session: Session, watch_id: int) -> Watch:
    """One watch. Raises NotFound."""
    found = session.get(Watch, watch_id)
    if found is None:
        raise NotFound(Message("alerts.not_found"))
    return found


def any_watch(session: Session) -> bool:
    """Whether anybody watches anything."""
    return session.scalars(select(Watch.id).limit(1)).first() is not None


def unread(session: Session, account_id: int) -> int:
    """How much a person was told and has not read."""
    waiting = select(func.count()).select_from(Notice)
    return session.scalars(waiting.where(Notice.account_id == account_id, Notice.read_at.is_(None))).one()


def told_count(session: Session, account_id: int) -> int:
    """How much a person was ever told."""
    return session.scalars(select(func.count()).select_from(Notice).where(Notice.account_id == account_id)).one()


def told(session: Session, account_id: int, on: date, *, limit: int, offset: int = 0) -> list[Told]:
    """What a person was told, the latest first."""
    rows = session.scalars(
        select(Notice)
        .where(Notice.account_id == account_id)
        .order_by(Notice.found_at.desc(), Notice.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    return shown(session, rows, on)


def shown(session: Session, notices: Iterable[Notice], on: date) -> list[Told]:
    """Notices with what they tell of, as it stands on that day."""
    rows = list(notices)
    products = {row.product_id if row.thing is Thing.NEED else row.thing_id for row in rows}
    listed = {good.id: good for good in goods(session, [id for id in products if id], on)}
    numbers = [row.thing_id for row in rows if row.thing is Thing.NEED]
    needed: Mapping[int, NeedLine] = by_number(session, numbers, on) if numbers else {}
    return [
        Told(
            id=row.id,
            watch_id=row.watch_id,
            thing=row.thing,
            state=row.state,
            found_at=row.found_at,
            read=row.read_at is not None,
            good=listed.get((row.product_id if row.thing is Thing.NEED else row.thing_id) or 0),
            need=needed.get(row.thing_id) if row.thing is Thing.NEED else None,
        )
        for row in rows
    ]
