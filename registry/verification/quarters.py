"""A producer's update of a quarter, as its check asks for it. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.accounts.rules import LISTERS, Actor, by
from registry.catalogue.details import check_details
from registry.catalogue.queries import details
from registry.errors import RuleBroken
from registry.explain import Violation
from registry.verification import effects, guards, queries, rules, steps
from registry.verification.models import CaseState, Move
from registry.verification.rules import Figures
from registry.verification.statements import as_said, differences
from registry.wording import Message


@by(LISTERS)
def state_quarter(
    session: Session, case_id: int, stated: Mapping[int, Figures], *, on: date, actor: Actor, now: datetime
) -> None:
    """What the producer states of its lines for a quarter, before the update is sent: costs are kept in the case, what
    else has changed is listed. stated: by product. Raises RuleBroken naming line and field, as `line-7-price`."""
    case = guards.own_case(session, case_id, actor, CaseState.AWAITING)
    listed = details(session, list(stated), on)
    broken: list[Violation] = []
    for line in queries.lines(session, case.id, on):
        product_id = line.row.product_id
        if line.good is None or (told := stated.get(product_id)) is None:
            continue
        if violations := rules.check_told(told.costs) + check_details(told.details):
            broken += rules.of_line(product_id, violations)
            continue
        line.row.foreign_cost, line.row.whole_cost = told.costs.foreign_cost, told.costs.whole_cost
        if (line.good.capacity_per_year, listed[product_id]) != (told.capacity_per_year, told.details):
            effects.list_figures(session, line.good, told, on=on, actor=actor, now=now)
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
