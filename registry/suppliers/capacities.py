"""What free capacity there is in the country: the database narrows, orders and counts; nobody reads all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from registry.dated import holds_on
from registry.suppliers.models import (
    FreeCapacity,
    FreeCapacityWord,
    Operation,
    Role,
    Site,
    Supplier,
    SupplierVersion,
)

# A word of the operation's name counts for so much more than one of the notes beside it.
_NAMED: Final = 3
_BESIDE: Final = 1
# Digits of a КАТО that name a region, a district, a rural district; nine name a settlement.
_LEVELS: Final = (2, 4, 6, 9)


class Free(NamedTuple):
    """Capacity that is free, with its maker and its place. operation: by which it is known where only one name is.

    kato: the site's, else the supplier's.
    """

    id: int
    bin: str
    supplier: str
    role: Role
    operation: str
    name_ru: str | None
    name_kk: str | None
    name_en: str | None
    kpved: str | None
    operation_note: str | None
    site: str | None
    kato: str | None
    from_on: date
    to_on: date
    amount: Decimal | None
    unit: str | None
    note: str | None

    @property
    def region(self) -> str | None:
        """The first two digits of the КАТО."""
        return self.kato[:2] if self.kato else None


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is looked for: the ids of the words of free capacity that are it, and of suppliers named by it."""

    ids: tuple[int, ...] = ()
    makers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which free capacity is looked for. day: none for now or later. place: a КАТО. words: none for all there is."""

    day: date | None = None
    place: str | None = None
    words: tuple[Word, ...] = ()


_F: Final = FreeCapacity.__table__.c
_O: Final = Operation.__table__.c
_SITE: Final = Site.__table__.c
_W: Final = SupplierVersion.__table__.c
_KATO: Final = func.coalesce(_SITE.kato, _W.kato)


def counts(session: Session, on: date, wanted: Wanted) -> dict[int, int]:
    """How much published suppliers state on the day `on` to be free, by how many of the words it holds."""
    asked, held, _ = _asked(on, wanted)
    # Counted are all, so databases list the makers once; of a page they look each up.
    asked = asked.where(_F.supplier_id.in_(select(_W.supplier_id).where(holds_on(_W, on), _W.published)))
    if wanted.place:
        asked = asked.where(_F.operation_id.in_(_done_at(wanted.place, on)))
    counted = asked.add_columns(held, func.count()).group_by(held)
    return {int(words): int(number) for words, number in session.execute(counted)}


def free_capacity(
    session: Session, on: date, wanted: Wanted, held: int = 0, limit: int | None = None, offset: int = 0
) -> list[Free]:
    """What published suppliers state on the day `on` to be free and holds so many of the words, the best first.

    Of equally good ones the soonest first.
    """
    asked, holds, score = _asked(on, wanted)
    if wanted.words:
        asked = asked.where(holds == held)
    if wanted.place:
        asked = asked.where(_within(wanted.place))
    best: Sequence[ColumnElement[Any]] = (score.desc(),) if wanted.words else ()
    page = (
        asked.add_columns(
            *(_F.id, Supplier.bin, _W.name, _W.role, _O.name, _O.name_ru, _O.name_kk, _O.name_en, _O.kpved, _O.note),
            *(_SITE.name, _KATO, _F.from_on, _F.to_on, _F.amount, _F.unit, _F.note),
        )
        .join(Operation, and_(_O.thing_id == _F.operation_id, holds_on(_O, on)))
        .join(Supplier, Supplier.id == _F.supplier_id)
        .join(SupplierVersion, and_(_W.supplier_id == _F.supplier_id, holds_on(_W, on)))
        .outerjoin(Site, and_(_SITE.thing_id == _O.site_id, holds_on(_SITE, on)))
        .where(_W.published)
        .order_by(*best, _F.from_on, _F.id)
    )
    return [Free(*row) for row in session.execute(page.limit(limit).offset(offset))]


def _asked(on: date, wanted: Wanted) -> tuple[Select[Any], ColumnElement[Any], ColumnElement[Any]]:
    """The rows of the day with any of the words; how many words each holds; how well."""
    asked: Select[Any] = (
        select()
        .select_from(FreeCapacity)
        .where(holds_on(_F, on))
        .where(*((_F.from_on <= wanted.day, _F.to_on >= wanted.day) if wanted.day else (_F.to_on >= on,)))
    )
    if not wanted.words:
        return asked, literal(0), literal(0)
    found = union_all(*(_rows_with(word) for word in wanted.words)).subquery()
    by_row = select(found.c.id, func.count().label("held"), func.sum(found.c.score).label("score"))
    best = by_row.group_by(found.c.id).subquery()
    return asked.join(best, best.c.id == _F.id), best.c.held, best.c.score


def _done_at(place: str, on: date) -> Select[Any]:
    """Ids of the operations that are done within a place: at their sites, or where their suppliers are."""
    return (
        select(_O.thing_id)
        .join(SupplierVersion, and_(_W.supplier_id == _O.supplier_id, holds_on(_W, on)))
        .outerjoin(Site, and_(_SITE.thing_id == _O.site_id, holds_on(_SITE, on)))
        .where(holds_on(_O, on), _within(place))
    )


def _within(place: str) -> ColumnElement[bool]:
    return _KATO.startswith(beginning(place), autoescape=True)


def _rows_with(word: Word) -> Select[Any, Any]:
    """Ids of rows that hold a word, each once, and how well."""
    link = FreeCapacityWord
    if word.makers or not word.ids:
        return select(_F.id, literal(_BESIDE).label("score")).where(_F.supplier_id.in_(word.makers))
    score = func.max(case((link.named, _NAMED), else_=_BESIDE)).label("score")
    return (
        select(link.free_capacity_id.label("id"), score)
        .where(link.word_id.in_(word.ids))
        .group_by(link.free_capacity_id)
    )


def beginning(kato: str) -> str:
    """What the КАТО of everything within a place begin with."""
    said = len(kato.rstrip("0"))
    return kato[: next(length for length in _LEVELS if length >= min(said, _LEVELS[-1]))]
