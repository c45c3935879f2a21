"""What of suppliers is confirmed, how their quarterly checks ended, and whose confirmed status was ended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from registry import law
from registry.calendar import Quarter, Validity
from registry.catalogue.models import Product, ProductVersion
from registry.dated import chunks, holds_on
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import Evidence, EvidenceStatus
from registry.evidence.rules import State, judge
from registry.suppliers.models import Supplier
from registry.verification import queries
from registry.verification.models import Case, CaseKind, CaseState

_V: Final = ProductVersion.__table__.c
_E: Final = Evidence.__table__.c


def confirmed_lines(
    session: Session,
    on: date,
    supplier_ids: Collection[int] | None = None,
    *,
    listed: Validity | None = None,
) -> dict[int, dict[int, EvidenceFact]]:
    """The lines of confirmed origin on that day, with the document that confirms each, by supplier and line.

    listed: when they were listed, for a while at least; on that day where it is not said. A line that is withdrawn
    keeps its documents, and has them again once it is listed again.
    """
    span = listed or Validity.through(on, on)
    columns = (_E.kind, _E.number, _E.issued_on, _E.expires_on, _E.percent, _E.status)
    wanted = (
        select(Product.supplier_id, Product.id, _E.id, *columns)
        .join(Evidence, _E.product_id == Product.id)
        .join(ProductVersion, _V.product_id == Product.id)
        .where(_E.status == EvidenceStatus.CONFIRMED, holds_on(_E, on), *_overlapping(span))
        .order_by(Product.supplier_id, Product.id, _E.id)
    )
    if listed is not None:
        wanted = wanted.distinct()
    if supplier_ids is not None:
        wanted = wanted.where(Product.supplier_id.in_(supplier_ids))
    then, judged = law.on(on), {}
    found: dict[int, dict[int, EvidenceFact]] = {}
    for supplier_id, product_id, _, *given in session.execute(wanted):
        fact = EvidenceFact(*given)
        # Neither its number nor its percent decides whether a document confirms.
        alike = (fact.kind, fact.issued_on, fact.expires_on)
        if alike not in judged:
            judged[alike] = judge(fact, on, then).state
        if judged[alike] is State.CONFIRMED:
            found.setdefault(supplier_id, {}).setdefault(product_id, fact)
    return found


def _overlapping(span: Validity) -> list[ColumnElement[bool]]:
    """That a line was listed on a day of the span at least."""
    found: list[ColumnElement[bool]] = []
    if span.end is not None:
        found.append(_V.valid_from < span.end)
    if span.start is not None:
        found.append(or_(_V.valid_to.is_(None), _V.valid_to > span.start))
    return found


def held(session: Session, supplier_id: int, on: date, status: EvidenceStatus) -> list[tuple[int, EvidenceFact]]:
    """Every document of that status that a supplier has on that day or is to have later, by line: also of lines that
    it has withdrawn."""
    columns = (_E.kind, _E.number, _E.issued_on, _E.expires_on, _E.percent, _E.status)
    wanted = (
        select(Product.id, *columns)
        .join(Evidence, _E.product_id == Product.id)
        .where(Product.supplier_id == supplier_id, _E.status == status, or_(_E.valid_to.is_(None), _E.valid_to > on))
        .order_by(Product.id, _E.id)
    )
    return [(product_id, EvidenceFact(*given)) for product_id, *given in session.execute(wanted)]


def quarterly(session: Session, supplier_id: int) -> list[tuple[Quarter, bool]]:
    """How each quarterly check of a supplier ended; one that an appeal has put right counts as passed.

    Left out are those of quarters that were over when its confirmed status ended: who was confirmed anew begins anew.
    """
    appeal = aliased(Case)
    excluded = exclusions(session, [supplier_id]).get(supplier_id)
    ended = (
        select(Case.quarter, Case.state, appeal.id)
        .outerjoin(appeal, and_(appeal.appeal_of_id == Case.id, appeal.state == CaseState.GRANTED))
        .where(
            Case.supplier_id == supplier_id,
            Case.kind == CaseKind.MONITORING,
            Case.state.in_((CaseState.GRANTED, CaseState.REFUSED)),
        )
    )
    found = [
        (queries.read_quarter(quarter), state is CaseState.GRANTED or put_right is not None)
        for quarter, state, put_right in session.execute(ended)
        if quarter
    ]
    return [(quarter, passed) for quarter, passed in found if excluded is None or quarter.last_day >= excluded]


def exclusions(session: Session, supplier_ids: Collection[int] | None = None) -> dict[int, date]:
    """When the confirmed status of suppliers was ended last by a decision that no appeal has put right."""
    appeal = aliased(Case)
    ended = (
        select(Case.supplier_id, func.max(Case.decided_on))
        .outerjoin(appeal, and_(appeal.appeal_of_id == Case.id, appeal.state == CaseState.GRANTED))
        .where(Case.kind == CaseKind.EXCLUSION, Case.state == CaseState.GRANTED, appeal.id.is_(None))
        .group_by(Case.supplier_id)
    )
    if supplier_ids is not None:
        ended = ended.where(Case.supplier_id.in_(supplier_ids))
    return {supplier_id: on for supplier_id, on in session.execute(ended) if on is not None}


def excluded(session: Session) -> dict[str, date]:
    """Whose confirmed status was ended by a decision that no appeal has put right, and when, by БИН or ИИН."""
    ended = exclusions(session)
    found: dict[str, date] = {}
    for piece in chunks(ended):
        named = select(Supplier.id, Supplier.bin).where(Supplier.id.in_(piece))
        found.update((bin, ended[supplier_id]) for supplier_id, bin in session.execute(named))
    return found
