"""Needs as they stood on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from matching.engine.lines import NeedLine
from matching.needs.models import Need, NeedVersion
from registry.dated import holds_on
from registry.errors import NotFound
from registry.wording import Message


def needs(session: Session, on: date, *, after_id: int = 0, limit: int | None = None) -> list[NeedLine]:
    """The needs published on that day, by their number in the database; the next `limit` after one of them."""
    return [_line(row) for row in session.execute(_published(on).where(Need.id > after_id).limit(limit))]


def need(session: Session, external_id: str, on: date) -> NeedLine:
    """One need by the id its owner gave it. Raises NotFound if it was not published on that day."""
    row = session.execute(_published(on).where(Need.external_id == external_id)).one_or_none()
    if row is None:
        raise NotFound(Message("register.need.not_found", {"id": external_id}))
    return _line(row)


def count(session: Session, on: date) -> int:
    """How many needs were published on that day."""
    version = NeedVersion.__table__.c
    return session.execute(select(func.count()).select_from(NeedVersion).where(holds_on(version, on))).scalar_one()


def _published(on: date) -> Select[Any]:
    version = NeedVersion.__table__.c
    content = [column for column in version if column.name not in ("id", "need_id", "valid_from", "valid_to")]
    return (
        select(Need.id, Need.version, Need.external_id, *content)
        .join(NeedVersion, version.need_id == Need.id)
        .where(holds_on(version, on))
        .order_by(Need.id)
    )


def _line(row: Any) -> NeedLine:
    return NeedLine(**row._mapping)
