"""Appeals against decisions. Nothing here commits."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.accounts.rules import LISTERS, Actor, by
from registry.errors import Conflict
from registry.verification import guards, queries, rules, steps
from registry.verification.models import Case, CaseKind, CaseLine, CaseState, Move
from registry.verification.steps import Address
from registry.wording import Message


@by(LISTERS)
def appeal(
    session: Session, case_id: int, text: str, *, on: date, address: Address, actor: Actor, now: datetime
) -> Case:
    """Ask that a decision which went against the supplier be looked at by people who had nothing to do with it.

    Raises RuleBroken where there is nothing to appeal against or its time is over, Conflict where it was appealed
    against already.
    """
    first = guards.own_case(session, case_id, actor)
    held = queries.lines(session, first.id, on)
    refused = queries.refused_lines(held)
    rules.check_appeal(first.kind, first.state, len(refused))
    rules.check_appeal_term(first.decided_on or on, on)
    guards.check_words(text)
    if queries.appeal_of(session, first.id) is not None:
        raise Conflict(Message("cases.appeal.twice"))
    case = steps.new_case(
        CaseKind.APPEAL, first.supplier_id, CaseState.DRAFT, actor=actor, now=now, appeal_of_id=first.id
    )
    steps.opened(session, case, on=on, actor=actor, now=now)
    about = refused if first.kind is CaseKind.ADMISSION else held
    for line in about:
        row = line.row
        session.add(
            CaseLine(
                case_id=case.id,
                product_id=row.product_id,
                foreign_cost=row.foreign_cost,
                whole_cost=row.whole_cost,
            )
        )
    session.flush()
    steps.submit(session, case, on)
    steps.take(session, case, Move.SUBMITTED, on=on, actor=actor, now=now, text=text)
    steps.tell(session, case, "submitted", on=on, address=address, now=now, due=steps.ends(session, case, on))
    return case
