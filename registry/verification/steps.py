"""How every step of a case is written: guarded, dated, told. The operations take it; nothing here asks who may."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import audit, law, messages
from registry.accounts.models import Account, AccountRole
from registry.accounts.queries import colleagues
from registry.accounts.rules import LISTERS, Actor
from registry.audit import Change
from registry.errors import Conflict
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import EvidenceStatus
from registry.evidence.queries import withdrawn
from registry.evidence.rules import standing
from registry.suppliers.profiles import staff
from registry.verification import facts, queries, rules, statements
from registry.verification.checks import check_line, check_supplier
from registry.verification.models import Case, CaseCheck, CaseEvent, CaseState, Move
from registry.wording import Message, Param

CASE: Final = "case"
# Makes the absolute address of a page at the supplier's desk, of a case or of a good, in the language of its reader.
Address = Callable[[int, str], str]
# In which language a supplier is written to for whom nobody has spoken yet: that of the state.
STATE_LANG: Final = "kk"


def take(
    session: Session,
    case: Case,
    move: Move,
    *,
    on: date,
    actor: Actor,
    now: datetime,
    reasons: Sequence[str] = (),
    text: str | None = None,
    data: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
) -> CaseEvent:
    """Take a step of a case; of two that take one at once the second meets Conflict.

    values: columns of the case that the step sets. Raises RuleBroken where the case is not where such a step begins.
    """
    before = case.state
    state = rules.after(before, move)
    moved = session.execute(
        update(Case)
        .where(Case.id == case.id, Case.version == case.version)
        .values(state=state, version=Case.version + 1, **(values or {}))
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise overtaken()
    session.refresh(case)
    event = note(session, case, move, on=on, actor=actor, now=now, reasons=reasons, text=text, data=data)
    told: dict[str, Any] = {"case": case.id, "supplier_id": case.supplier_id, "state": str(state), "on": on}
    if reasons:
        told["reasons"] = list(reasons)
    if move is Move.ASSIGNED:
        told["expert"] = case.assigned_id
    audit.record(session, [Change(str(move), CASE, case.id, {"state": str(before)}, told)], actor=actor, now=now)
    return event


def note(
    session: Session,
    case: Case,
    move: Move,
    *,
    on: date,
    actor: Actor,
    now: datetime,
    reasons: Sequence[str] = (),
    text: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> CaseEvent:
    """Write a step down, and until when the case is due after it."""
    event = CaseEvent(
        case_id=case.id,
        move=move,
        state=case.state,
        on=on,
        at=now,
        actor=actor.name,
        account_id=actor.account_id,
        reasons=list(reasons) or None,
        text=text.strip() if text else None,
        data=dict(data) if data else None,
    )
    session.add(event)
    session.flush()
    wind(session, case, on)
    return event


def wind(session: Session, case: Case, on: date) -> None:
    """Keep the last day of the case's stage, by which the queue is ordered."""
    clock = queries.clocks(session, [case], on)[case.id]
    case.due_on = clock.due_on if clock else None
    session.flush()


def overtaken() -> Conflict:
    """Somebody else took a step meanwhile."""
    return Conflict(Message("cases.overtaken"))


def submit(session: Session, case: Case, on: date) -> None:
    """Keep what supplier and lines are at this moment, and which document is to prove each line; make the checks."""
    row = queries.supplier_of(session, case, on)
    case.said = {name: getattr(row, name) for name in ("name", "role", "kato", "oked", "address", "email", "phone")}
    case.submitted_on = on
    held = queries.lines(session, case.id, on)
    keep_staff(session, case, held, on)
    gone = withdrawn(session, [line.row.product_id for line in held if line.good is None], on, own=True)
    for line in held:
        if line.good is not None:
            line.row.said = statements.as_said(line.good)
            _choose_document(line, on)
        elif line.row.product_id in gone:
            line.row.said = statements.as_said(gone[line.row.product_id].good)
    session.flush()
    check(session, case, on)


def keep_staff(session: Session, case: Case, held: Sequence[queries.Line], on: date) -> None:
    """Keep with the lines of a case how many people the organisation states to employ, where it states it."""
    people = staff(session, case.supplier_id, on)
    if people is not None:
        for line in held:
            line.row.staff_total, line.row.staff_domestic = people.total, people.kazakhstani


def restate(session: Session, case: Case, on: date) -> dict[int, Mapping[str, Any]]:
    """Let the lines of a case be what the register says today; returns what those were before that are not the same.

    From here on this is what is examined, so whoever examines it is shown what has changed.
    """
    before: dict[int, Mapping[str, Any]] = {}
    held = queries.lines(session, case.id, on)
    keep_staff(session, case, held, on)
    for line in held:
        if line.good is None:
            continue
        said = statements.as_said(line.good)
        if line.row.said is not None and statements.differences(line.row.said, said):
            before[line.row.product_id] = line.row.said
        line.row.said = said
        if fact_of(line) is None:
            _choose_document(line, on)
    session.flush()
    return before


def _choose_document(line: queries.Line, on: date) -> None:
    fact = document_of(line.good.evidence, on) if line.good else None
    line.row.evidence_kind = fact.kind if fact else None
    line.row.evidence_number = fact.number if fact else None


def document_of(facts: Sequence[EvidenceFact], on: date) -> EvidenceFact | None:
    """The document that would prove most if it were confirmed; None where there is none."""
    as_if = {fact._replace(status=EvidenceStatus.CONFIRMED): fact for fact in facts}
    best = standing(as_if, on, law.on(on)).fact
    return as_if[best] if best is not None else None


def check(session: Session, case: Case, on: date) -> None:
    """Make every automatic check of a case, and keep what each found beside those made before."""
    held = queries.checks(session, case.id)
    turn = held[0].round + 1 if held else 1
    row = queries.supplier_of(session, case, on)
    found = check_supplier(facts.supplier_facts(session, row, on))
    for line in queries.lines(session, case.id, on):
        if line.good is not None:
            fact = fact_of(line)
            found += check_line(facts.line_facts(session, line.good, fact, line.inputs, on), on, law.on(on))
    session.add_all(
        CaseCheck(
            case_id=case.id,
            product_id=one.product_id,
            round=turn,
            name=one.name,
            result=one.result,
            message=one.message.as_json(),
            data=dict(one.data) if one.data else None,
            on=on,
        )
        for one in found
    )
    session.flush()


def fact_of(line: queries.Line) -> EvidenceFact | None:
    """The document of a case's line as it stands now; None where it has none, or has it no more."""
    if line.good is None or line.row.evidence_kind is None:
        return None
    wanted = (line.row.evidence_kind, line.row.evidence_number)
    return next((fact for fact in line.good.evidence if (fact.kind, fact.number) == wanted), None)


def tell(session: Session, case: Case, what: str, *, on: date, address: Address, now: datetime, **said: Param) -> None:
    """Write to the supplier: its owner and whoever submitted the case; where nobody speaks for it, to the address that
    the register has."""
    row = queries.supplier_of(session, case, on)
    wanted = {
        one.account_id
        for one in colleagues(session, row.bin)
        if one.role is AccountRole.OWNER or (one.role in LISTERS and one.account_id == case.author_id)
    }
    people = session.scalars(select(Account).where(Account.id.in_(wanted), Account.closed_at.is_(None)))
    readers = [(one.email, one.lang) for one in people]
    if not readers and row.email:
        readers = [(row.email, STATE_LANG)]
    values: dict[str, Param] = {
        "number": case.id,
        "kind": Message(f"cases.kind.{case.kind}"),
        "supplier": row.name,
        **said,
    }
    for to, lang in sorted(readers):
        values["address"] = address(case.id, lang)
        messages.queue(
            session,
            to=to,
            lang=lang,
            subject=Message(f"cases.letter.{what}.subject", values),
            body=Message(f"cases.letter.{what}.body", values),
            now=now,
        )


def opened(session: Session, case: Case, *, on: date, actor: Actor, now: datetime, text: str | None = None) -> Case:
    """Keep a new case, with its first step. Raises Conflict where another such case was opened at this moment."""
    try:
        with session.begin_nested():
            session.add(case)
    except IntegrityError as error:
        raise overtaken() from error
    note(session, case, Move.OPENED, on=on, actor=actor, now=now, text=text)
    said: dict[str, Any] = {"kind": str(case.kind), "supplier_id": case.supplier_id, "on": on}
    audit.record(session, [Change("opened", CASE, case.id, None, said)], actor=actor, now=now)
    return case


def new_case(kind: Any, supplier_id: int, state: CaseState, *, actor: Actor, now: datetime, **values: Any) -> Case:
    """A case that is not kept yet."""
    return Case(
        kind=kind, state=state, supplier_id=supplier_id, author_id=actor.account_id, opened_at=now, version=1, **values
    )


def ends(session: Session, case: Case, on: date) -> Param:
    """Until when a case is decided at the latest, or that this is not known yet."""
    clock = queries.clocks(session, [case], on)[case.id]
    return clock.ends_on if clock and clock.ends_on else Message("cases.due_unknown")
