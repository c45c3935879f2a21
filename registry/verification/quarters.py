"""A producer's update of a quarter, as its check asks for it. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.accounts.rules import LISTERS, Actor, by
from registry.errors import RuleBroken
from registry.explain import Violation
from registry.verification import effects, guards, queries, rules, steps
from registry.verification.models import CaseState, Move
from registry.verification.rules import Stated
from registry.verification.statements import as_said, differences
from registry.wording import Message


@by(LISTERS)
def state_quarter(
    session: Session, case_id: int, stated: Mapping[int, Stated], *, on: date, actor: Actor, now: datetime
) -> None:
    """What the producer states of its lines for a quarter, before the update is sent: figures are kept in the case, a
    capacity that changed is listed. stated: by line. Raises RuleBroken naming field and line, as `staff_total-7`."""
    case = guards.own_case(session, case_id, actor, CaseState.AWAITING)
    broken: list[Violation] = []
    for line in queries.lines(session, case.id, on):
        product_id = line.row.product_id
        if (told := stated.get(product_id)) is None:
            continue
        if violations := rules.check_inputs(told.inputs):
            broken += [replace(one, field=f"{one.field}-{product_id}") for one in violations]
            continue
        line.row.foreign_cost, line.row.whole_cost = told.inputs.foreign_cost, told.inputs.whole_cost
        line.row.staff_total, line.row.staff_domestic = told.inputs.staff_total, told.inputs.staff_domestic
        if line.good is not None and line.good.capacity_per_year != told.capacity_per_year:
            effects.list_capacity(session, line.good, told.capacity_per_year, on=on, actor=actor, now=now)
    if broken:
        raise RuleBroken(broken)
    session.flush()


@by(LISTERS)
def update_quarter(
    session: Session, case_id: int, *, version: int, text: str | None = None, on: date, actor: Actor, now: datetime
) -> None:
    """The producer's update of a quarter: what is listed now is so. Lines are changed before, where they are listed.

    Raises RuleBroken once the last day of the check has passed.
    """
    case = guards.own_case(session, case_id, actor, CaseState.AWAITING, version)
    if (last := queries.update_until(case)) is not None and on > last:
        said_of = Message("cases.update.late", {"last": last})
        raise RuleBroken([Violation(said_of.code, "", said_of)])
    lines = queries.lines(session, case.id, on)
    before = queries.last_said(session, case, [line.row.product_id for line in lines])
    changed = [
        line.row.product_id
        for line in lines
        if line.good is None
        or (line.row.product_id in before and differences(before[line.row.product_id], as_said(line.good)))
    ]
    steps.submit(session, case, on)
    data = {"changed": changed}
    steps.take(
        session, case, Move.UPDATED, on=on, actor=actor, now=now, text=text, data=data, values=guards.author(actor)
    )
