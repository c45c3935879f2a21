"""What is stated of listed lines besides what search and matching read, and codes that wait for their owner."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from registry.catalogue.details import NOTHING, Construction, Details, construction_on
from registry.catalogue.models import (
    CodeState,
    CodeSuggestion,
    Product,
    ProductKind,
    ProductVersion,
    SuggestionState,
)
from registry.catalogue.rules import Named
from registry.dated import chunks, holds_on
from registry.suppliers.models import Supplier, SupplierVersion

_V: Final = ProductVersion.__table__.c
_S: Final = CodeSuggestion.__table__.c
_W: Final = SupplierVersion.__table__.c
_DETAILS: Final = [_V[field.name] for field in fields(NOTHING)]


def details(session: Session, ids: Collection[int], on: date) -> dict[int, Details]:
    """What was stated on that day of the lines among `ids`, drafts included, besides names, codes and capacity."""
    found: dict[int, Details] = {}
    for piece in chunks(ids):
        asked = select(_V.product_id, *_DETAILS).where(_V.product_id.in_(piece), holds_on(_V, on))
        for row in session.execute(asked):
            found[row.product_id] = Details.of(row._asdict())
    return found


def named_lines(session: Session, supplier_id: int, on: date) -> list[Named]:
    """The names and codes of everything that a supplier has on its desk on that day: listed lines and drafts."""
    asked = (
        select(Product.id, _V.name_ru, _V.name_kk, _V.name_en, _V.tnved, _V.kpved, _V.enstru)
        .join(ProductVersion, _V.product_id == Product.id)
        .where(Product.supplier_id == supplier_id, holds_on(_V, on))
        .order_by(Product.id)
    )
    return [Named(*row) for row in session.execute(asked)]


class Uncoded(NamedTuple):
    """A listed line whose codes are not complete, and the suggestion that waits for its owner, if any."""

    product_id: int
    suggestion_id: int | None
    suggested_at: datetime | None


def _incomplete(on: date) -> ColumnElement[bool]:
    """Goods without a code that the nomenclature holds, works and services without a КПВЭД or ЕНС ТРУ code, and
    construction materials without an АГСК-3 code. Source: domain.md §9 rules 5 and 8."""
    goods = _V.kind == ProductKind.GOODS
    uncoded = or_(
        and_(goods, _V.tnved_state.in_((CodeState.ABSENT, CodeState.SHORT, CodeState.UNKNOWN))),
        and_(~goods, _V.kpved.is_(None), _V.enstru.is_(None)),
    )
    edition = construction_on(on)
    return or_(uncoded, and_(_V.agsk3.is_(None), goods, _of(edition))) if edition else uncoded


def _of(edition: Construction) -> ColumnElement[bool]:
    by_tnved = or_(*(_V.tnved.startswith(code) for code in edition.tnved))
    by_kpved = and_(_V.tnved.is_(None), or_(*(_V.kpved.startswith(code) for code in edition.kpved)))
    return or_(by_tnved, by_kpved)


def uncoded(session: Session, on: date, *, waiting: bool, limit: int, offset: int = 0) -> tuple[list[Uncoded], int]:
    """Lines of published suppliers whose codes the institute completes, the oldest first, and how many there are.

    waiting: those whose suggestion waits for the owner, or else those that nobody has looked at since they were listed
    or last declined.
    """
    last = (
        (select(_S.product_id, func.max(_S.id).label("id")).where(_S.state == SuggestionState.WAITING))
        .group_by(_S.product_id)
        .subquery()
    )
    asked = (
        select(_V.product_id, last.c.id, _S.suggested_at)
        .join(Product, Product.id == _V.product_id)
        .join(SupplierVersion, _W.supplier_id == Product.supplier_id)
        .outerjoin(last, last.c.product_id == _V.product_id)
        .outerjoin(CodeSuggestion, _S.id == last.c.id)
        .where(holds_on(_V, on), holds_on(_W, on), _W.published, _V.draft.is_(False), _incomplete(on))
        .where(last.c.id.is_not(None) if waiting else last.c.id.is_(None))
    )
    number = session.scalars(select(func.count()).select_from(asked.subquery())).one()
    rows = session.execute(asked.order_by(_V.product_id).limit(limit).offset(offset))
    return [Uncoded(*row) for row in rows], number


def suggestion(session: Session, product_id: int) -> CodeSuggestion | None:
    """The suggestion of codes that waits for the word of the line's owner."""
    waiting = select(CodeSuggestion).where(_S.product_id == product_id, _S.state == SuggestionState.WAITING)
    return session.scalars(waiting).one_or_none()


def last_declined(session: Session, product_id: int) -> CodeSuggestion | None:
    """The last suggestion that the line's owner declined, with the reason."""
    declined = select(CodeSuggestion).where(_S.product_id == product_id, _S.state == SuggestionState.DECLINED)
    return session.scalars(declined.order_by(_S.id.desc()).limit(1)).first()


def suggestions_of(session: Session, bin: str, on: date) -> list[CodeSuggestion]:
    """The suggestions that wait for the word of a supplier's owner, the oldest first.

    Those for a draft or a line in the archive wait until it is listed again.
    """
    asked: Any = (
        select(CodeSuggestion)
        .join(Product, Product.id == _S.product_id)
        .join(Supplier, Supplier.id == Product.supplier_id)
        .join(ProductVersion, _V.product_id == Product.id)
        .where(Supplier.bin == bin, _S.state == SuggestionState.WAITING, holds_on(_V, on), _V.draft.is_(False))
        .order_by(_S.id)
    )
    return list(session.scalars(asked))
