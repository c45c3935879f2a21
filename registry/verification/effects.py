"""What a signed decision does to the register: documents confirmed, taken back, given again. Nothing here commits.

The two statuses are never mixed: that a supplier is registered, and what it lists, stays as it is (domain.md §10.4).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from registry import law
from registry.accounts.rules import Actor
from registry.calendar import Quarter, Validity
from registry.catalogue.models import ProductKind
from registry.catalogue.operations import touch
from registry.catalogue.rules import ProductLine
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.errors import RuleBroken
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import save_good, state_evidence
from registry.evidence.queries import roles
from registry.evidence.rules import OF_WORK, document, same_thing
from registry.explain import Violation
from registry.suppliers.models import Role, Supplier
from registry.verification import confirmed, queries, rules, statements, steps
from registry.verification.models import Case, CaseEvent, CaseKind, CaseLine, CaseState, Ground, Move, Outcome
from registry.verification.steps import Address
from registry.wording import Message

Stated = list[tuple[int, EvidenceFact]]


def granted(
    session: Session, case: Case, lines: Collection[int], *, on: date, actor: Actor, address: Address, now: datetime
) -> dict[str, Any]:
    """Let what was asked for be so from the day `on`; returns what was done, for the case's own record.

    lines: those that are confirmed, of an admission. Raises RuleBroken where one of them is another thing by now.
    """
    match case.kind:
        case CaseKind.ADMISSION:
            return _admit(session, case, lines, on=on, actor=actor, now=now)
        case CaseKind.EXCLUSION:
            return _exclude(session, case, on=on, actor=actor, now=now)
        case CaseKind.APPEAL:
            return _put_right(session, case, lines, on=on, actor=actor, address=address, now=now)
        case _:
            return {}


def refused(session: Session, case: Case, *, on: date, actor: Actor, address: Address, now: datetime) -> None:
    """What follows from a decision against the supplier: of a quarterly check a notice to remedy, of so many running as
    the law says a notice of exclusion and the case that decides on it."""
    _settle(session, case, ())
    if case.kind is not CaseKind.MONITORING:
        return
    program = Actor("monitoring")
    needed = law.on(on).count("verification.failed_checks").value
    failed = rules.failed_running(confirmed.quarterly(session, case.supplier_id))
    if not failed:  # of a quarter before the confirmed status ended: there is nothing to remedy
        return
    last = failed >= needed
    what = "exclusion_follows" if last else "remedy"
    steps.take(session, case, Move.NOTICED, on=on, actor=program, now=now, data={"notice": what, "failed": failed})
    steps.tell(session, case, what, on=on, address=address, now=now, n=failed, quarter=_quarter(case))
    if last:
        open_owed(session, case.supplier_id, on=on, now=now)


def open_owed(session: Session, supplier_id: int, *, on: date, now: datetime) -> None:
    """Open the case of exclusion that checks which failed running bring, unless there is one on these same checks.

    A case on another ground stands in no way: it may be withdrawn, and is decided on by itself.
    """
    needed = law.on(on).count("verification.failed_checks").value
    if rules.failed_running(confirmed.quarterly(session, supplier_id)) < needed:
        return
    failed = select(func.max(Case.id)).where(
        Case.supplier_id == supplier_id, Case.kind == CaseKind.MONITORING, Case.state == CaseState.REFUSED
    )
    there = select(Case.id).where(
        Case.supplier_id == supplier_id,
        Case.ground == Ground.FAILED_CHECKS,
        or_(Case.state.in_(rules.ALIVE), Case.id > failed.scalar_subquery()),
    )
    if session.scalars(there).first() is None:
        open_exclusion(session, supplier_id, Ground.FAILED_CHECKS, on=on, actor=Actor("monitoring"), now=now)


def open_exclusion(
    session: Session,
    supplier_id: int,
    ground: Ground,
    *,
    text: str | None = None,
    on: date,
    actor: Actor,
    now: datetime,
) -> Case:
    """A case that decides whether a supplier's confirmed status ends; about everything of its that is confirmed, also
    of what it has withdrawn and may list again."""
    case = steps.new_case(CaseKind.EXCLUSION, supplier_id, CaseState.DRAFT, actor=actor, now=now, ground=ground)
    steps.opened(session, case, on=on, actor=actor, now=now, text=text)
    held = confirmed.confirmed_lines(session, on, [supplier_id], listed=Validity()).get(supplier_id, {})
    session.add_all(CaseLine(case_id=case.id, product_id=product_id) for product_id in sorted(held))
    session.flush()
    steps.submit(session, case, on)
    steps.take(session, case, Move.SUBMITTED, on=on, actor=actor, now=now)
    return case


def list_figures(
    session: Session, good: Good, figures: rules.Figures, *, on: date, actor: Actor, now: datetime
) -> None:
    """List other figures of a line from this day on; it stays the thing that was confirmed."""
    bin = session.scalars(select(Supplier.bin).where(Supplier.id == good.supplier_id)).one()
    kept = ("kind", "name_ru", "name_kk", "name_en", "description", "tnved", "kpved", "enstru", "unit", "external_id")
    values = {name: getattr(good, name) for name in kept}
    own_role, _ = roles(session, [good.id], on)[good.id]
    said: dict[str, Any] = {"capacity_per_year": figures.capacity_per_year, "details": figures.details}
    line = ProductLine(bin=bin, role=own_role, **values, **said)
    nomenclature = tree(session, Scheme.TNVED, on)
    save_good(
        session, line, nomenclature, supplier_id=good.supplier_id, product_id=good.id, on=on, actor=actor, now=now
    )


def _admit(
    session: Session, case: Case, wanted: Collection[int], *, on: date, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Confirm the documents of lines of an admission, or of an appeal against one, from the day of the decision."""
    stated: Stated = []
    changed: list[Violation] = []
    for line in queries.lines(session, case.id, on):
        if line.row.product_id not in wanted:
            continue
        if said := _changed(line):
            changed.append(Violation(said.code, f"line-{line.row.product_id}", said))
            continue
        fact = steps.fact_of(line)
        if fact is None:
            # Of works and services the institute's own finding stands in place of a document.
            fact = EvidenceFact(OF_WORK, str(case.id), on, None, None, EvidenceStatus.CONFIRMED)
        stated.append((line.row.product_id, fact._replace(status=EvidenceStatus.CONFIRMED)))
    if changed:
        raise RuleBroken(changed)
    _state(session, stated, on=on, actor=actor, now=now)
    _settle(session, case, wanted)
    return {"confirmed": _listed(stated)}


def check_unchanged(session: Session, case: Case, wanted: Collection[int], on: date) -> None:
    """Raise RuleBroken where a line that is to be confirmed, or its document, is not what was submitted."""
    changed = [
        Violation(said.code, f"line-{line.row.product_id}", said)
        for line in queries.lines(session, case.id, on)
        if line.row.product_id in wanted and (said := _changed(line))
    ]
    if changed:
        raise RuleBroken(changed)


def _changed(line: queries.Line) -> Message | None:
    """Why what was examined of a line cannot be confirmed of it as it stands; None if it can."""
    if line.good is None or line.row.said is None or not _same(line):
        return Message("cases.line.changed", {"name": line.named})
    fact = steps.fact_of(line)
    if fact is None:
        missing = line.good.kind is ProductKind.GOODS or line.row.evidence_kind is not None
        return Message("cases.line.document", {"name": line.named}) if missing else None
    if not statements.same_document(line.row.said, fact):
        return Message("cases.line.document_changed", {"name": line.named, "document": document(fact)})
    return None


def _same(line: queries.Line) -> bool:
    """Whether a line still is what was submitted: nobody has examined it for anything else."""
    if line.good is None or line.row.said is None:
        return False
    said = line.row.said
    kept: dict[str, Any] = {
        name: said.get(name) for name in ("name_ru", "name_kk", "name_en", "tnved", "kpved", "enstru")
    }
    then = line.good._replace(kind=ProductKind(said["kind"]), role=Role(said["role"]), **kept)
    return same_thing(then, line.good)


def _exclude(session: Session, case: Case, *, on: date, actor: Actor, now: datetime) -> dict[str, Any]:
    """Take back every confirmed document of the supplier from this day, of what it has withdrawn too; what was so on
    earlier days stays so."""
    stated: Stated = [
        (product_id, fact._replace(status=EvidenceStatus.REVOKED))
        for product_id, fact in confirmed.held(session, case.supplier_id, on, EvidenceStatus.CONFIRMED)
    ]
    _state(session, stated, on=on, actor=actor, now=now)
    _settle(session, case, [product_id for product_id, _ in stated])
    return {"revoked": _listed(stated)}


def _put_right(
    session: Session,
    case: Case,
    lines: Collection[int],
    *,
    on: date,
    actor: Actor,
    address: Address,
    now: datetime,
) -> dict[str, Any]:
    """Put what an appeal asked for in the place of the decision it was against, from this day on."""
    assert case.appeal_of_id is not None, "an appeal is against a case"
    first = queries.case(session, case.appeal_of_id)
    if first.kind is CaseKind.ADMISSION:
        about = [line.row.product_id for line in queries.lines(session, case.id, on)]
        return _admit(session, case, lines or about, on=on, actor=actor, now=now)
    if first.kind is CaseKind.EXCLUSION:
        return _give_back(session, first, on=on, actor=actor, now=now)
    _drop_exclusion(session, case.supplier_id, on=on, now=now, address=address)
    return {"put_right": first.quarter}


def _give_back(session: Session, first: Case, *, on: date, actor: Actor, now: datetime) -> dict[str, Any]:
    """Confirm again the documents that an exclusion took back and that nobody has taken back since."""
    ended = session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == first.id, CaseEvent.move == Move.GRANTED)
    ).one()
    taken = {(product_id, kind, number) for product_id, kind, number in (ended.data or {}).get("revoked", ())}
    stated: Stated = [
        (product_id, fact._replace(status=EvidenceStatus.CONFIRMED))
        for product_id, fact in confirmed.held(session, first.supplier_id, on, EvidenceStatus.REVOKED)
        if (product_id, fact.kind, fact.number) in taken
    ]
    _state(session, stated, on=on, actor=actor, now=now)
    return {"confirmed": _listed(stated)}


def _drop_exclusion(session: Session, supplier_id: int, *, on: date, now: datetime, address: Address) -> None:
    """A failed check that was put right no longer counts: an exclusion that rests on it is not decided on."""
    needed = law.on(on).count("verification.failed_checks").value
    # The appeal is being granted at this moment; the check that it is against does not count already.
    if rules.failed_running(_as_put_right(session, supplier_id)) >= needed:
        return
    alive = select(Case).where(
        Case.supplier_id == supplier_id, Case.ground == Ground.FAILED_CHECKS, Case.state.in_(rules.ALIVE)
    )
    for case in session.scalars(alive).all():
        steps.take(session, case, Move.WITHDRAWN, on=on, actor=Actor("monitoring"), now=now)
        steps.tell(session, case, "exclusion_dropped", on=on, address=address, now=now)


def _as_put_right(session: Session, supplier_id: int) -> Sequence[tuple[Quarter, bool]]:
    being_granted = select(Case.appeal_of_id).where(
        Case.supplier_id == supplier_id, Case.kind == CaseKind.APPEAL, Case.state == CaseState.DECISION
    )
    against = [queries.case(session, first) for first in session.scalars(being_granted) if first is not None]
    put_right = {queries.quarter_of(first) for first in against}
    return [(quarter, passed or quarter in put_right) for quarter, passed in confirmed.quarterly(session, supplier_id)]


def _state(session: Session, stated: Stated, *, on: date, actor: Actor, now: datetime) -> None:
    touch(session, state_evidence(session, stated, on=on, actor=actor, now=now), now=now)


def _settle(session: Session, case: Case, wanted: Collection[int]) -> None:
    """Say of each line of the case what became of it."""
    for row in session.scalars(select(CaseLine).where(CaseLine.case_id == case.id)):
        row.outcome = Outcome.GRANTED if row.product_id in wanted else Outcome.REFUSED
    session.flush()


def _quarter(case: Case) -> Message:
    quarter = queries.quarter_of(case)
    assert quarter is not None, "only a quarterly check is noticed"
    return rules.in_words(quarter)


def _listed(stated: Stated) -> list[list[Any]]:
    return [[product_id, fact.kind, fact.number] for product_id, fact in stated]
