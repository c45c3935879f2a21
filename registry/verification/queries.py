"""Cases as they stand: their lines, steps, checks, visits, conclusions, and what was said of them before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.calendar import CalendarError, Quarter, Validity, legal_day
from registry.dated import chunks
from registry.errors import NotFound
from registry.evidence.goods import Good
from registry.evidence.queries import goods
from registry.suppliers.models import Supplier
from registry.suppliers.queries import SupplierRow, supplier
from registry.verification.clock import MONITORING_DAY, Clock, Passed, clock, last_day
from registry.verification.models import (
    Case,
    CaseCheck,
    CaseEvent,
    CaseKind,
    CaseLine,
    CaseProtocol,
    CaseState,
    CaseVisit,
    Outcome,
)
from registry.verification.rules import ALIVE, Costs, Inputs
from registry.wording import Message, Named


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a case: as it was submitted and as it stands now, None where it is listed no more."""

    row: CaseLine
    good: Good | None

    @property
    def named(self) -> Named:
        """Its name: as it is now, or as it was submitted where it is listed no more."""
        if self.good is not None:
            return self.good.named
        return Named(*((self.row.said or {}).get(f"name_{lang}") or "" for lang in ("kk", "ru", "en")))

    @property
    def inputs(self) -> Inputs:
        """What it is examined with besides."""
        row = self.row
        return Inputs(row.foreign_cost, row.whole_cost, row.staff_total, row.staff_domestic)


def case(session: Session, case_id: int) -> Case:
    """A case. Raises NotFound if there is none."""
    found = session.get(Case, case_id)
    if found is None:
        raise not_found()
    return found


def own_case(session: Session, case_id: int, bin: str | None) -> Case:
    """A case of that supplier. Raises NotFound for another's as for none."""
    found = case(session, case_id)
    if bin is None or bin_of(session, found) != bin:
        raise not_found()
    return found


def not_found() -> NotFound:
    """What is said of a case that is not there, or not for the reader."""
    return NotFound(Message("cases.not_found"))


def bin_of(session: Session, of: Case) -> str:
    """The БИН or ИИН of a case's supplier."""
    return session.scalars(select(Supplier.bin).where(Supplier.id == of.supplier_id)).one()


def supplier_of(session: Session, of: Case, on: date) -> SupplierRow:
    """The supplier of a case, published or not."""
    return supplier(session, bin_of(session, of), on, own=True)


def clocks(session: Session, cases: Sequence[Case], on: date) -> dict[int, Clock | None]:
    """The clock of each case on that day."""
    passed: dict[int, list[Passed]] = {one.id: [] for one in cases}
    spans: dict[int, list[Validity]] = {one.id: [] for one in cases}
    for piece in chunks(passed):
        steps = select(CaseEvent.case_id, CaseEvent.state, CaseEvent.on).where(CaseEvent.case_id.in_(piece))
        for case_id, state, day in session.execute(steps.order_by(CaseEvent.id)):
            passed[case_id].append(Passed(state, day))
        days = select(CaseVisit.case_id, CaseVisit.starts_on, CaseVisit.ends_on).where(CaseVisit.case_id.in_(piece))
        for case_id, first, last in session.execute(days):
            spans[case_id].append(Validity.through(first, last))
    return {
        one.id: clock(one.kind, passed[one.id], quarter=quarter_of(one), visits=spans[one.id], on=on) for one in cases
    }


def quarter_of(of: Case) -> Quarter | None:
    """The quarter that a monitoring case is of."""
    return read_quarter(of.quarter) if of.quarter else None


def update_until(of: Case) -> date | None:
    """The last day on which the producer's update of a quarter is taken; None where nobody can reckon it."""
    quarter = quarter_of(of)
    try:
        return last_day(quarter, MONITORING_DAY, legal_day(of.opened_at)) if quarter else None
    except CalendarError:
        return None


def read_quarter(text: str) -> Quarter:
    """A quarter as it is stored: 2026-Q3."""
    year, _, number = text.partition("-Q")
    return Quarter(int(year), int(number))


def confirms(session: Session, of: Case) -> bool:
    """Whether documents are confirmed where the case is granted: of an admission, or of an appeal against one."""
    first = case(session, of.appeal_of_id) if of.appeal_of_id is not None else of
    return first.kind is CaseKind.ADMISSION


def restated(steps: Iterable[CaseEvent]) -> dict[int, Mapping[str, Any]]:
    """What lines were when they were submitted, of those that were another thing when checks were made anew."""
    found: dict[int, Mapping[str, Any]] = {}
    for step in steps:
        for product_id, said in (step.data or {}).get("before", {}).items():
            found.setdefault(int(product_id), said)
    return found


def events(session: Session, case_id: int) -> list[CaseEvent]:
    """The steps of a case, the oldest first."""
    return list(session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)))


def lines(session: Session, case_id: int, on: date) -> list[Line]:
    """The lines of a case in the order in which they were listed."""
    held = list(session.scalars(select(CaseLine).where(CaseLine.case_id == case_id).order_by(CaseLine.product_id)))
    now = {good.id: good for good in goods(session, [row.product_id for row in held], on, own=True)}
    return [Line(row, now.get(row.product_id)) for row in held]


def checks(session: Session, case_id: int) -> list[CaseCheck]:
    """What the automatic checks found when they were made last."""
    last = select(func.max(CaseCheck.round)).where(CaseCheck.case_id == case_id).scalar_subquery()
    newest = select(CaseCheck).where(CaseCheck.case_id == case_id, CaseCheck.round == last)
    return list(session.scalars(newest.order_by(CaseCheck.id)))


def visits(session: Session, case_id: int) -> list[CaseVisit]:
    """The visits of a case, the oldest first."""
    return list(session.scalars(select(CaseVisit).where(CaseVisit.case_id == case_id).order_by(CaseVisit.id)))


def protocols(session: Session, case_id: int) -> list[CaseProtocol]:
    """The commission's protocols of a case, the newest first."""
    held = select(CaseProtocol).where(CaseProtocol.case_id == case_id)
    return list(session.scalars(held.order_by(CaseProtocol.id.desc())))


def appeal_of(session: Session, case_id: int) -> Case | None:
    """The appeal against a case's decision, unless it was withdrawn."""
    alive = Case.state != CaseState.WITHDRAWN
    return session.scalars(select(Case).where(Case.appeal_of_id == case_id, alive)).one_or_none()


def last_decided(session: Session, of: Case) -> Case | None:
    """The case of the same supplier that was decided last before this one was opened, and says what it was then."""
    before = select(Case).where(
        Case.supplier_id == of.supplier_id,
        Case.id < of.id,
        Case.state.in_((CaseState.GRANTED, CaseState.REFUSED)),
        Case.said.is_not(None),
    )
    return session.scalars(before.order_by(Case.decided_on.desc(), Case.id.desc()).limit(1)).one_or_none()


def last_said(session: Session, of: Case, product_ids: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """What lines were when they were part of a decided case last, before this one."""
    found: dict[int, Mapping[str, Any]] = {}
    for piece in chunks(product_ids):
        said = (
            select(CaseLine.product_id, CaseLine.said)
            .join(Case, Case.id == CaseLine.case_id)
            .where(
                CaseLine.product_id.in_(piece),
                CaseLine.said.is_not(None),
                Case.id < of.id,
                Case.state.in_((CaseState.GRANTED, CaseState.REFUSED)),
            )
            .order_by(Case.id)
        )
        found.update((product_id, values) for product_id, values in session.execute(said) if values is not None)
    return found


def last_costs(session: Session, of: Case, product_ids: Collection[int]) -> dict[int, Costs]:
    """What the supplier told lines to cost, last in a case before this one; of those of which it told anything."""
    found: dict[int, Costs] = {}
    for piece in chunks(product_ids):
        told = (
            select(CaseLine.product_id, CaseLine.foreign_cost, CaseLine.whole_cost)
            .join(Case, Case.id == CaseLine.case_id)
            .where(
                CaseLine.product_id.in_(piece),
                Case.supplier_id == of.supplier_id,
                Case.id < of.id,
                CaseLine.whole_cost.is_not(None),
            )
            .order_by(Case.id)
        )
        found.update((product_id, Costs(foreign, whole)) for product_id, foreign, whole in session.execute(told))
    return found


def in_progress(session: Session, product_ids: Collection[int]) -> dict[int, int]:
    """Those lines that an admission which is not over is about already, and its case."""
    found: dict[int, int] = {}
    for piece in chunks(product_ids):
        alive = (
            select(CaseLine.product_id, Case.id)
            .join(Case, Case.id == CaseLine.case_id)
            .where(CaseLine.product_id.in_(piece), Case.kind == CaseKind.ADMISSION, Case.state.in_(ALIVE))
        )
        found.update(session.execute(alive).all())
    return found


def refused_lines(held: Iterable[Line]) -> list[Line]:
    """The lines that a decision did not confirm."""
    return [line for line in held if line.row.outcome is Outcome.REFUSED]
