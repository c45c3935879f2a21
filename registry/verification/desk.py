"""Cases by the clock, as the institute's desk lists them, and who works on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Account, AccountRole
from registry.accounts.queries import of_role
from registry.dated import holds_on
from registry.suppliers.models import Supplier, SupplierVersion
from registry.text import fold_key
from registry.verification import four_eyes, queries
from registry.verification.clock import Clock
from registry.verification.models import (
    Case,
    CaseKind,
    CaseLine,
    CaseProtocol,
    CaseState,
    CheckResult,
    Outcome,
)
from registry.verification.rules import in_words
from registry.wording import Message

_DOUBTFUL: Final = (CheckResult.DOUBT, CheckResult.FAIL)
_W: Final = SupplierVersion.__table__.c


class Row(NamedTuple):
    """A case in a list, with its supplier, its expert and its clock."""

    case: Case
    bin: str
    supplier: str
    expert: str | None
    lines: int
    clock: Clock | None

    @property
    def quarter(self) -> Message | None:
        """The quarter that it is of, in words."""
        quarter = queries.quarter_of(self.case)
        return in_words(quarter) if quarter else None


class Wanted(NamedTuple):
    """Which cases a list is to hold; None asks for all."""

    states: frozenset[CaseState] | None = None
    kind: CaseKind | None = None
    assigned_id: int | None = None
    supplier_id: int | None = None
    overdue_on: date | None = None
    # A name that a supplier bears or bore, or how its БИН/ИИН begins.
    supplier: str | None = None
    # What a commission concluded last.
    proposed: Outcome | None = None


def rows(session: Session, wanted: Wanted, *, on: date, limit: int | None = None, offset: int = 0) -> list[Row]:
    """Cases by the clock: what is overdue comes first, what is over last, its newest first."""
    ordered = (Case.due_on.is_(None), Case.due_on, Case.decided_on.desc(), Case.id)
    expert = aliased(Account)
    counted = select(func.count(CaseLine.id)).where(CaseLine.case_id == Case.id).scalar_subquery()
    found = session.execute(
        select(Case, Supplier.bin, _W.name, expert.name, counted)
        .join(Supplier, Supplier.id == Case.supplier_id)
        .outerjoin(SupplierVersion, and_(_W.supplier_id == Supplier.id, holds_on(_W, on)))
        .outerjoin(expert, expert.id == Case.assigned_id)
        .where(*_conditions(wanted))
        .order_by(*ordered)
        .limit(limit)
        .offset(offset)
    ).all()
    times = queries.clocks(session, [row[0] for row in found], on)
    return [Row(one, bin, name or bin, by, lines, times[one.id]) for one, bin, name, by, lines in found]


def count(session: Session, wanted: Wanted) -> int:
    """How many such cases there are."""
    return session.scalars(select(func.count()).select_from(Case).where(*_conditions(wanted))).one()


@dataclass(frozen=True, slots=True)
class Passed:
    """A quarterly check that its commission has passed, with all that a signature under it must have been read for.

    doubts: what the automatic checks found that a person had to look at. may: whether the reader may decide it.
    """

    row: Row
    protocol: CaseProtocol
    doubts: list[Message]
    may: bool


PASSED: Final = Wanted(frozenset({CaseState.DECISION}), CaseKind.MONITORING, proposed=Outcome.GRANTED)


def passed(session: Session, account_id: int, *, on: date, limit: int, offset: int = 0) -> list[Passed]:
    """Quarterly checks that wait for the head's signature and were passed, as that head sees them."""
    found = []
    for row in rows(session, PASSED, on=on, limit=limit, offset=offset):
        doubts = [one for one in queries.checks(session, row.case.id) if one.result in _DOUBTFUL]
        apart = four_eyes.barred(session, row.case) | four_eyes.examined(session, row.case)
        told = [Message.from_json(one.message) for one in doubts]
        found.append(Passed(row, queries.protocols(session, row.case.id)[0], told, account_id not in apart))
    return found


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states is not None:
        found.append(Case.state.in_(wanted.states))
    if wanted.kind is not None:
        found.append(Case.kind == wanted.kind)
    if wanted.assigned_id is not None:
        found.append(Case.assigned_id == wanted.assigned_id)
    if wanted.supplier_id is not None:
        found.append(Case.supplier_id == wanted.supplier_id)
    if wanted.overdue_on is not None:
        found.append(Case.due_on < wanted.overdue_on)
    if wanted.proposed is not None:
        newest = select(func.max(CaseProtocol.id)).group_by(CaseProtocol.case_id)
        of = select(CaseProtocol.case_id).where(CaseProtocol.id.in_(newest), CaseProtocol.outcome == wanted.proposed)
        found.append(Case.id.in_(of))
    if wanted.supplier is not None:
        named = _W.name_key.contains(fold_key(wanted.supplier), autoescape=True)
        begins = Supplier.bin.startswith(wanted.supplier.strip(), autoescape=True)
        known = select(Supplier.id).join(SupplierVersion, _W.supplier_id == Supplier.id).where(or_(named, begins))
        found.append(Case.supplier_id.in_(known))
    return found


def experts(session: Session) -> list[Account]:
    """The institute's experts."""
    return of_role(session, AccountRole.EXPERT)


def load(session: Session) -> dict[int, int]:
    """How many cases every expert has on the desk."""
    busy = select(Case.assigned_id, func.count()).where(Case.state.in_((CaseState.REVIEW, CaseState.DECISION)))
    counted = dict(session.execute(busy.group_by(Case.assigned_id)).all())
    return {one.id: counted.get(one.id, 0) for one in experts(session)}
