"""What a supplier asks of its own, and tells of a case: drafts, their figures, answers. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from registry.accounts.rules import LISTERS, Actor, by, check_speaks_for
from registry.errors import Conflict, NotFound, RuleBroken
from registry.evidence.queries import goods
from registry.explain import Violation
from registry.suppliers.queries import supplier
from registry.verification import confirmed, effects, guards, queries, rules, steps
from registry.verification.models import Case, CaseKind, CaseLine, CaseState, Move
from registry.verification.rules import Costs, Offered, of_line
from registry.verification.steps import Address
from registry.wording import Message


@by(LISTERS)
def draft_admission(
    session: Session, bin: str, product_ids: Collection[int], *, on: date, actor: Actor, now: datetime
) -> Case:
    """Begin to ask that these lines of a supplier be confirmed, or add them to what was begun already.

    Raises NotFound for a line of another's, Conflict for one that is confirmed or that another case is about.
    """
    check_speaks_for(actor, bin)
    row = supplier(session, bin, on, own=True)
    wanted = sorted(set(product_ids))
    held = {good.id: good for good in goods(session, wanted, on, own=True)}
    if not wanted or any(one not in held or held[one].supplier_id != row.id for one in wanted):
        raise NotFound(Message("cases.no_line"))
    draft = session.scalars(
        select(Case)
        .where(Case.supplier_id == row.id, Case.kind == CaseKind.ADMISSION, Case.state == CaseState.DRAFT)
        .with_for_update()
    ).one_or_none()
    proven = confirmed.confirmed_lines(session, on, [row.id]).get(row.id, {})
    busy = queries.in_progress(session, wanted)
    for one in wanted:
        if one in proven:
            raise Conflict(Message("cases.line.confirmed", {"name": held[one].named}))
        if one in busy and (draft is None or busy[one] != draft.id):
            raise Conflict(Message("cases.line.busy", {"name": held[one].named, "number": busy[one]}))
    if draft is None:
        draft = steps.new_case(CaseKind.ADMISSION, row.id, CaseState.DRAFT, actor=actor, now=now)
        steps.opened(session, draft, on=on, actor=actor, now=now)
    session.add_all(CaseLine(case_id=draft.id, product_id=one) for one in wanted if one not in busy)
    session.flush()
    return draft


@by(LISTERS)
def state_costs(session: Session, case_id: int, costs: Mapping[int, Costs], *, actor: Actor, now: datetime) -> None:
    """Tell for lines of a draft what the producer alone knows, by product. Raises RuleBroken naming line and field, as
    `line-7-whole_cost`."""
    case = guards.own_case(session, case_id, actor, CaseState.DRAFT)
    broken: list[Violation] = []
    for product_id, told in costs.items():
        row = _line(session, case, product_id)
        broken += of_line(product_id, rules.check_told(told))
        row.foreign_cost, row.whole_cost = told.foreign_cost, told.whole_cost
    if broken:
        raise RuleBroken(broken)
    session.flush()


@by(LISTERS)
def drop_line(session: Session, case_id: int, product_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a line out of a draft."""
    case = guards.own_case(session, case_id, actor, CaseState.DRAFT)
    _line(session, case, product_id)
    session.execute(delete(CaseLine).where(CaseLine.case_id == case.id, CaseLine.product_id == product_id))


@by(LISTERS)
def submit(
    session: Session,
    case_id: int,
    *,
    version: int,
    text: str | None = None,
    on: date,
    address: Address,
    actor: Actor,
    now: datetime,
) -> Case:
    """Hand a draft in: the automatic checks are made at once, the clock starts, nobody is refused by a check alone.

    Raises RuleBroken with everything that is missing.
    """
    case = guards.own_case(session, case_id, actor, CaseState.DRAFT, version)
    held = queries.lines(session, case.id, on)
    steps.keep_staff(session, case, held, on)
    offered = [
        Offered(line.good, steps.document_of(line.good.evidence, on), line.inputs)
        for line in held
        if line.good is not None
    ]
    published = queries.supplier_of(session, case, on).published
    if violations := rules.check_submission(offered, published=published):
        raise RuleBroken(violations)
    steps.submit(session, case, on)
    steps.take(session, case, Move.SUBMITTED, on=on, actor=actor, now=now, text=text, values=guards.author(actor))
    steps.tell(session, case, "submitted", on=on, address=address, now=now, due=steps.ends(session, case, on))
    return case


@by(LISTERS)
def answer(session: Session, case_id: int, text: str, *, on: date, actor: Actor, now: datetime) -> None:
    """Tell the expert something about a case that the institute has: an answer, or what came up since."""
    case = guards.own_case(session, case_id, actor)
    rules.after(case.state, Move.ANSWERED)
    guards.check_words(text)
    steps.take(session, case, Move.ANSWERED, on=on, actor=actor, now=now, text=text)


@by(LISTERS)
def withdraw_case(session: Session, case_id: int, *, on: date, actor: Actor, now: datetime) -> None:
    """Ask no longer. Raises RuleBroken for a case that is not the supplier's own wish.

    Whoever no longer asks for the end of the confirmed status answers for what would end it anyhow.
    """
    case = guards.own_case(session, case_id, actor)
    rules.after(case.state, Move.WITHDRAWN)
    rules.check_withdrawable(case.kind, case.ground, concluded=bool(queries.protocols(session, case.id)))
    steps.take(session, case, Move.WITHDRAWN, on=on, actor=actor, now=now)
    if case.kind is CaseKind.EXCLUSION:
        effects.open_owed(session, case.supplier_id, on=on, now=now)


def _line(session: Session, case: Case, product_id: int) -> CaseLine:
    row = session.scalars(
        select(CaseLine).where(CaseLine.case_id == case.id, CaseLine.product_id == product_id)
    ).one_or_none()
    if row is None:
        raise NotFound(Message("cases.no_line"))
    return row
