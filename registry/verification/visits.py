"""Visits to producers: ordered, ended, called off. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor, by
from registry.errors import Conflict, NotFound, RuleBroken
from registry.verification import guards, queries, rules, steps
from registry.verification.models import Case, CaseVisit, Move
from registry.verification.steps import Address
from registry.wording import Message, Param

_EXPERT: Final = frozenset({AccountRole.EXPERT})


@by(_EXPERT)
def order_visit(
    session: Session,
    case_id: int,
    people: Sequence[str],
    starts_on: date,
    ends_on: date,
    *,
    on: date,
    address: Address,
    actor: Actor,
    now: datetime,
) -> CaseVisit:
    """Order a visit to the producer by people who are named; the clock stands still on its days."""
    case = guards.case_at_hand(session, case_id, actor)
    rules.after(case.state, Move.VISIT_ORDERED)
    named = rules.named(people)
    before = queries.visits(session, case.id)
    if any(one.findings is None for one in before):
        raise Conflict(Message("cases.visit.open"))
    visited = sum((one.ends_on - one.starts_on).days + 1 for one in before)
    if violations := rules.check_visit(named, starts_on, ends_on, on, visited=visited):
        raise RuleBroken(violations)
    visit = CaseVisit(case_id=case.id, people=list(named), starts_on=starts_on, ends_on=ends_on)
    session.add(visit)
    session.flush()
    data = {"people": list(named), "starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
    steps.take(session, case, Move.VISIT_ORDERED, on=on, actor=actor, now=now, data=data)
    said_of: dict[str, Param] = {"first": starts_on, "last": ends_on, "people": named}
    steps.tell(session, case, "visit", on=on, address=address, now=now, **said_of)
    return visit


@by(_EXPERT)
def end_visit(
    session: Session, case_id: int, findings: str, ended_on: date, *, on: date, actor: Actor, now: datetime
) -> None:
    """Write down what the visit found and when it ended: from the next day on the clock runs again."""
    case = guards.case_at_hand(session, case_id, actor)
    rules.after(case.state, Move.VISIT_ENDED)
    visit = _open_visit(session, case)
    if violations := rules.check_visit_end(visit.starts_on, visit.ends_on, ended_on, findings, on):
        raise RuleBroken(violations)
    visit.findings, visit.ends_on, visit.ended_at = findings.strip(), ended_on, now
    session.flush()
    data = {"ended_on": ended_on.isoformat()}
    steps.take(session, case, Move.VISIT_ENDED, on=on, actor=actor, now=now, text=findings, data=data)


@by(_EXPERT)
def cancel_visit(
    session: Session, case_id: int, text: str, *, on: date, address: Address, actor: Actor, now: datetime
) -> None:
    """Call off a visit that has not begun, and say why: the clock runs on, the supplier is told. What was ordered stays
    in the step that ordered it."""
    case = guards.case_at_hand(session, case_id, actor)
    rules.after(case.state, Move.VISIT_CANCELLED)
    visit = _open_visit(session, case)
    if violations := rules.check_visit_cancel(visit.starts_on, text, on):
        raise RuleBroken(violations)
    said_of: dict[str, Param] = {"first": visit.starts_on, "last": visit.ends_on, "text": text.strip()}
    data = {"starts_on": visit.starts_on.isoformat(), "ends_on": visit.ends_on.isoformat()}
    session.delete(visit)
    session.flush()
    steps.take(session, case, Move.VISIT_CANCELLED, on=on, actor=actor, now=now, text=text, data=data)
    steps.tell(session, case, "visit_cancelled", on=on, address=address, now=now, **said_of)


def _open_visit(session: Session, case: Case) -> CaseVisit:
    """The visit that is not over. Raises NotFound where there is none."""
    visit = next((one for one in queries.visits(session, case.id) if one.findings is None), None)
    if visit is None:
        raise NotFound(Message("cases.visit.none"))
    return visit
