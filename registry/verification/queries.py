"""Cases as they stand, and what the register holds that a case is looked at with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import takewhile
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from registry import law
from registry.accounts.models import Account, AccountRole, Membership
from registry.accounts.queries import of_role
from registry.calendar import CalendarError, Quarter, Validity, legal_day
from registry.catalogue.models import Product, ProductKind, ProductVersion
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.dated import chunks, holds_on
from registry.errors import NotFound
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import Evidence, EvidenceStatus
from registry.evidence.queries import goods
from registry.evidence.rules import State, judge
from registry.suppliers.models import Supplier, SupplierVersion
from registry.suppliers.profiles import staff
from registry.suppliers.queries import SupplierRow, supplier
from registry.text import fold_key
from registry.verification import machines
from registry.verification.checks import PEERS, LineFacts, Other, Peers, SupplierFacts
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
    Ground,
    Move,
    Outcome,
)
from registry.verification.rules import ALIVE, Inputs, in_words
from registry.wording import Message, Named

_V: Final = ProductVersion.__table__.c
_W: Final = SupplierVersion.__table__.c
_E: Final = Evidence.__table__.c
# Lines under one code that are looked through for the same good.
_LOOKED_THROUGH: Final = 5_000
# The digits by which two telephone numbers are one, whatever stands before them.
_PHONE_DIGITS: Final = 10
_EXAMINING: Final = frozenset({Move.ASKED, Move.VISIT_ORDERED, Move.VISIT_ENDED, Move.VISIT_CANCELLED, Move.CONCLUDED})


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
        quarter = quarter_of(self.case)
        return in_words(quarter) if quarter else None


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
    def capacity(self) -> Decimal | None:
        """The capacity per year that is listed now."""
        return self.good.capacity_per_year if self.good else None

    @property
    def inputs(self) -> Inputs:
        """What the producer told of it."""
        row = self.row
        return Inputs(row.foreign_cost, row.whole_cost, row.staff_total, row.staff_domestic)


class Wanted(NamedTuple):
    """Which cases a list is to hold; None asks for all."""

    states: frozenset[CaseState] | None = None
    kind: CaseKind | None = None
    assigned_id: int | None = None
    supplier_id: int | None = None
    overdue_on: date | None = None
    # A name that a supplier bears or bore, or how its БИН/ИИН begins.
    supplier: str | None = None


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
    times = clocks(session, [row[0] for row in found], on)
    return [Row(one, bin, name or bin, by, lines, times[one.id]) for one, bin, name, by, lines in found]


def count(session: Session, wanted: Wanted) -> int:
    """How many such cases there are."""
    return session.scalars(select(func.count()).select_from(Case).where(*_conditions(wanted))).one()


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
    if wanted.supplier is not None:
        named = _W.name_key.contains(fold_key(wanted.supplier), autoescape=True)
        begins = Supplier.bin.startswith(wanted.supplier.strip(), autoescape=True)
        of = select(Supplier.id).join(SupplierVersion, _W.supplier_id == Supplier.id).where(or_(named, begins))
        found.append(Case.supplier_id.in_(of))
    return found


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


def last_figures(session: Session, of: Case, product_ids: Collection[int]) -> dict[int, Inputs]:
    """What the supplier told of lines last in a case before this one, of those of which it told anything."""
    found: dict[int, Inputs] = {}
    figures = (CaseLine.foreign_cost, CaseLine.whole_cost, CaseLine.staff_total, CaseLine.staff_domestic)
    for piece in chunks(product_ids):
        told = (
            select(CaseLine.product_id, *figures)
            .join(Case, Case.id == CaseLine.case_id)
            .where(
                CaseLine.product_id.in_(piece),
                Case.supplier_id == of.supplier_id,
                Case.id < of.id,
                or_(CaseLine.whole_cost.is_not(None), CaseLine.staff_total.is_not(None)),
            )
            .order_by(Case.id)
        )
        for product_id, foreign, whole, people, domestic in session.execute(told):
            found[product_id] = Inputs(foreign, whole, people, domestic)
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


def barred(session: Session, of: Case) -> frozenset[int]:
    """The accounts that must not examine or decide a case: its author, whoever acts or acted for the supplier in any
    role, and on an appeal whoever had to do with the decision it is against, or with one that this rests on (domain.md
    §5: four eyes)."""
    found = set(acted_for(session, bin_of(session, of)))
    if of.author_id is not None:
        found.add(of.author_id)
    if of.appeal_of_id is not None:
        before = rests_on(session, of)
        ids = [one.id for one in before]
        worked = select(CaseEvent.account_id).where(CaseEvent.case_id.in_(ids), CaseEvent.account_id.is_not(None))
        found.update(account for account in session.scalars(worked) if account is not None)
        for one in before:
            found |= examined(session, one)
            if one.decided_by_id is not None:
                found.add(one.decided_by_id)
    return frozenset(found)


def acted_for(session: Session, bin: str) -> frozenset[int]:
    """The accounts that act or acted for a supplier, in any role."""
    return frozenset(session.scalars(select(Membership.account_id).where(Membership.scope == bin)))


def examined(session: Session, of: Case) -> frozenset[int]:
    """The accounts that examined a case: that were given it, asked, visited or concluded. None of them decides it."""
    found = {of.assigned_id} if of.assigned_id is not None else set()
    for event in events(session, of.id):
        if event.move is Move.ASSIGNED:
            found.add((event.data or {})["to"])
        elif event.move in _EXAMINING and event.account_id is not None:
            found.add(event.account_id)
    return frozenset(found)


def rests_on(session: Session, appeal: Case) -> list[Case]:
    """The case that an appeal is against; where it is an exclusion for failed checks, those too, and the appeals
    against them."""
    assert appeal.appeal_of_id is not None, "an appeal is against a case"
    first = case(session, appeal.appeal_of_id)
    if first.ground is not Ground.FAILED_CHECKS:
        return [first]
    ended = select(Case).where(
        Case.supplier_id == first.supplier_id,
        Case.kind == CaseKind.MONITORING,
        Case.id < first.id,
        Case.state.in_((CaseState.GRANTED, CaseState.REFUSED)),
    )
    failed = takewhile(lambda one: one.state is CaseState.REFUSED, session.scalars(ended.order_by(Case.quarter.desc())))
    checks = list(failed)
    appeals = select(Case).where(Case.appeal_of_id.in_([one.id for one in checks]))
    return [first, *checks, *session.scalars(appeals)]


def kept_out(session: Session, of: Case) -> list[str]:
    """The names of those who must not sit on the commission of an appeal: who sat on that of the decision, or had to
    do with it in any way."""
    if of.appeal_of_id is None:
        return []
    sat = select(CaseProtocol.members).where(CaseProtocol.case_id.in_([one.id for one in rests_on(session, of)]))
    people = select(Account.name).where(Account.id.in_(barred(session, of))).order_by(Account.id)
    return [*(name for members in session.scalars(sat) for name in members), *session.scalars(people)]


def experts(session: Session) -> list[Account]:
    """The institute's experts."""
    return of_role(session, AccountRole.EXPERT)


def load(session: Session) -> dict[int, int]:
    """How many cases every expert has on the desk."""
    busy = select(Case.assigned_id, func.count()).where(Case.state.in_((CaseState.REVIEW, CaseState.DECISION)))
    counted = dict(session.execute(busy.group_by(Case.assigned_id)).all())
    return {one.id: counted.get(one.id, 0) for one in experts(session)}


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
        (read_quarter(quarter), state is CaseState.GRANTED or put_right is not None)
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


def supplier_facts(session: Session, row: SupplierRow, on: date) -> SupplierFacts:
    """What the automatic checks look at of a supplier."""
    stated = {"name": row.name, "address": row.address, "phone": row.phone, "email": row.email}
    stated["equipment"] = ", ".join(sorted(serial for _, serial in machines.numbered(session, row.id, on))) or None
    return SupplierFacts(row.bin, row.bin_check, stated, look_alikes(session, row, on))


def look_alikes(session: Session, row: SupplierRow, on: date) -> dict[str, list[Other]]:
    """Other suppliers of the same name, address, telephone or e-mail, or with the very same machine."""
    others = (
        select(Supplier.bin, _W.name)
        .join(SupplierVersion, _W.supplier_id == Supplier.id)
        .where(Supplier.id != row.id, holds_on(_W, on))
        .order_by(Supplier.bin)
    )
    found: dict[str, list[Other]] = {"name": _others(session, others.where(_W.name_key == fold_key(row.name)))}
    if row.email:
        found["email"] = _others(session, others.where(func.lower(_W.email) == row.email.lower()))
    digits = "".join(sign for sign in row.phone or "" if sign.isdigit())
    if len(digits) >= _PHONE_DIGITS:
        typed: Any = _W.phone
        for sign in " -()+.":
            typed = func.replace(typed, sign, "")
        found["phone"] = _others(session, others.where(typed.like(f"%{digits[-_PHONE_DIGITS:]}")))
    if row.address and row.kato:
        # Databases fold letters each in its own way: what may be the same place is read, and compared here.
        near = others.add_columns(_W.address).where(_W.address.is_not(None), _W.kato.startswith(row.kato[:4]))
        same = fold_key(row.address)
        found["address"] = [
            Other(bin, name) for bin, name, address in session.execute(near) if fold_key(address) == same
        ]
    found["equipment"] = [Other(*one) for one in machines.shared(session, row.id, on)]
    return found


def line_facts(session: Session, good: Good, fact: EvidenceFact | None, inputs: Inputs, on: date) -> LineFacts:
    """What the automatic checks look at of a line; staff that the case does not tell is that of the organisation."""
    activities = tree(session, Scheme.KPVED, on)
    if inputs.staff_total is None and (people := staff(session, good.supplier_id, on)):
        inputs = replace(inputs, staff_total=people.total, staff_domestic=people.kazakhstani)
    return LineFacts(
        good=good,
        fact=fact,
        inputs=inputs,
        kpved_known=activities.exists(good.kpved) if good.kpved else None,
        peers=_peers(session, good, on),
        machines=machines.able(session, good, on),
        same_good=_same_good(session, good, on),
        same_number=_same_number(session, good, fact, on) if fact is not None and fact.number else [],
    )


def _peers(session: Session, good: Good, on: date) -> Peers:
    """Confirmed lines of others under the good's code, or where those are few under its first six digits."""
    if good.kind is not ProductKind.GOODS or not good.tnved:
        return Peers(good.kpved or "", (), ())
    found = Peers(good.tnved, (), ())
    for code in dict.fromkeys((good.tnved, good.tnved[:6])):
        confirmed = (
            select(Product.id, _E.percent, _V.capacity_per_year, _V.unit)
            .join(ProductVersion, _V.product_id == Product.id)
            .join(Evidence, _E.product_id == Product.id)
            .where(
                Product.supplier_id != good.supplier_id,
                _V.tnved.startswith(code),
                holds_on(_V, on),
                holds_on(_E, on),
                _E.status == EvidenceStatus.CONFIRMED,
            )
            .order_by(Product.id)
        )
        by_line = {row.id: row for row in session.execute(confirmed)}
        unit = fold_key(good.unit or "")
        found = Peers(
            code,
            tuple(row.percent for row in by_line.values() if row.percent is not None),
            tuple(
                row.capacity_per_year
                for row in by_line.values()
                if row.capacity_per_year is not None and fold_key(row.unit or "") == unit
            ),
        )
        if len(found.percents) >= PEERS:
            break
    return found


def _same_good(session: Session, good: Good, on: date) -> list[Other]:
    """Others that list a good of the same name under the same code."""
    own = {fold_key(name) for name in (good.name_ru, good.name_kk, good.name_en) if name}
    near = (
        select(Supplier.bin, _W.name, _V.name_ru, _V.name_kk, _V.name_en)
        .join(Product, Product.supplier_id == Supplier.id)
        .join(ProductVersion, _V.product_id == Product.id)
        .join(SupplierVersion, _W.supplier_id == Supplier.id)
        .where(Supplier.id != good.supplier_id, holds_on(_V, on), holds_on(_W, on), _W.published)
        .order_by(Supplier.bin)
        .limit(_LOOKED_THROUGH)
    )
    code = _V.tnved == good.tnved if good.tnved else and_(_V.tnved.is_(None), _V.kpved == good.kpved)
    found = {
        bin: Other(bin, name)
        for bin, name, *names in session.execute(near.where(code))
        if own & {fold_key(one) for one in names if one}
    }
    return list(found.values())


def _same_number(session: Session, good: Good, fact: EvidenceFact, on: date) -> list[Other]:
    """Others that show a document of the same kind and number."""
    shown = (
        select(Supplier.bin, _W.name)
        .join(Product, Product.supplier_id == Supplier.id)
        .join(Evidence, _E.product_id == Product.id)
        .join(SupplierVersion, _W.supplier_id == Supplier.id)
        .where(
            Supplier.id != good.supplier_id,
            _E.kind == fact.kind,
            _E.number == fact.number,
            or_(_E.valid_to.is_(None), _E.valid_to > on),
            holds_on(_W, on),
        )
        .distinct()
        .order_by(Supplier.bin)
    )
    return _others(session, shown)


def _others(session: Session, found: Any) -> list[Other]:
    return [Other(bin, name) for bin, name in session.execute(found)]


def refused_lines(held: Iterable[Line]) -> list[Line]:
    """The lines that a decision did not confirm."""
    return [line for line in held if line.row.outcome is Outcome.REFUSED]
