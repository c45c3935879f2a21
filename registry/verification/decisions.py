"""What a commission concludes, and what the head signs or sends back. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor, by
from registry.errors import Conflict, RegistryError, RuleBroken
from registry.explain import Violation
from registry.verification import effects, four_eyes, guards, queries, rules, steps
from registry.verification.models import Case, CaseKind, CaseProtocol, CaseState, Move, Outcome
from registry.verification.reasons import said
from registry.verification.rules import Proposal
from registry.verification.steps import Address
from registry.wording import Message

_EXPERT: Final = frozenset({AccountRole.EXPERT})
_HEAD: Final = frozenset({AccountRole.HEAD})


@by(_EXPERT)
def conclude(
    session: Session, case_id: int, proposal: Proposal, *, version: int, on: date, actor: Actor, now: datetime
) -> CaseProtocol:
    """Write down what the commission concluded, for the head to sign. Raises RuleBroken with all that is missing."""
    case = guards.case_at_hand(session, case_id, actor, version)
    rules.after(case.state, Move.CONCLUDED)
    if any(one.findings is None for one in queries.visits(session, case.id)):
        raise Conflict(Message("cases.visit.open"))
    about = [line.row.product_id for line in queries.lines(session, case.id, on)]
    kept_out = four_eyes.kept_out(session, case)
    broken = rules.check_proposal(
        case.kind, proposal, lines=about, submitted_on=case.submitted_on or on, on=on, kept_out=kept_out
    )
    if broken:
        raise RuleBroken(broken)
    assert actor.account_id is not None, "experts are people"
    granted = proposal.lines if case.kind is CaseKind.ADMISSION and proposal.outcome is Outcome.GRANTED else ()
    if proposal.outcome is Outcome.GRANTED and queries.confirms(session, case):
        effects.check_unchanged(session, case, granted or about, on)
    protocol = CaseProtocol(
        case_id=case.id,
        on=proposal.on,
        members=list(rules.named(proposal.members)),
        outcome=proposal.outcome,
        lines=sorted(granted),
        reasons=list(proposal.reasons),
        text=proposal.text.strip() if proposal.text else None,
        account_id=actor.account_id,
        at=now,
    )
    session.add(protocol)
    session.flush()
    data = {"outcome": str(proposal.outcome), "members": protocol.members}
    steps.take(
        session,
        case,
        Move.CONCLUDED,
        on=on,
        actor=actor,
        now=now,
        reasons=proposal.reasons,
        text=proposal.text,
        data=data,
    )
    return protocol


@by(_HEAD)
def send_back(
    session: Session, case_id: int, text: str, *, version: int, on: date, actor: Actor, now: datetime
) -> None:
    """Have a conclusion looked at again, and say why."""
    case = guards.any_case(session, case_id, version)
    rules.after(case.state, Move.RETURNED)
    guards.check_may_decide(session, case, actor)
    guards.check_words(text)
    steps.take(session, case, Move.RETURNED, on=on, actor=actor, now=now, text=text)


@by(_HEAD)
def sign(
    session: Session,
    case_id: int,
    protocol_id: int,
    *,
    version: int,
    on: date,
    address: Address,
    actor: Actor,
    now: datetime,
) -> Case:
    """Decide as the commission concluded. What was asked for is so, or is not, from this day on; the supplier is told.

    Raises NotAllowed for whoever examined it or had to do with the case or its supplier before, Conflict where the
    protocol is not the newest one: nobody signs what they have not read.
    """
    case = guards.any_case(session, case_id, version)
    rules.after(case.state, Move.GRANTED)
    guards.check_may_decide(session, case, actor)
    protocol = queries.protocols(session, case.id)[0]
    if protocol.id != protocol_id:
        raise steps.overtaken()
    data = {}
    if protocol.outcome is Outcome.GRANTED:
        data = effects.granted(session, case, protocol.lines, on=on, actor=actor, address=address, now=now)
    move = Move.GRANTED if protocol.outcome is Outcome.GRANTED else Move.REFUSED
    values = {"decided_on": on, "decided_by_id": actor.account_id}
    steps.take(
        session,
        case,
        move,
        on=on,
        actor=actor,
        now=now,
        reasons=protocol.reasons,
        text=protocol.text,
        data=data,
        values=values,
    )
    steps.tell(
        session,
        case,
        "decided",
        on=on,
        address=address,
        now=now,
        outcome=Message(f"cases.outcome.{case.kind}.{protocol.outcome}"),
        reasons=said(protocol.reasons) or "—",
        text=protocol.text or "—",
    )
    if protocol.outcome is Outcome.REFUSED:
        effects.refused(session, case, on=on, actor=actor, address=address, now=now)
    return case


class Read(NamedTuple):
    """The conclusion of a case that was read, and the case as it was then."""

    protocol_id: int
    version: int


@by(_HEAD)
def sign_passed(
    session: Session, read: Mapping[int, Read], *, on: date, address: Address, actor: Actor, now: datetime
) -> dict[int, Message]:
    """Sign quarterly checks that were passed, by case, each as `sign` does and apart from the others.

    Returns why the ones that were not signed were not. What goes against a supplier is signed by itself.
    """
    left: dict[int, Message] = {}
    for case_id, (protocol_id, version) in read.items():
        try:
            with session.begin_nested():
                case = sign(
                    session, case_id, protocol_id, version=version, on=on, address=address, actor=actor, now=now
                )
                if (case.kind, case.state) != (CaseKind.MONITORING, CaseState.GRANTED):
                    raise RuleBroken([Violation("cases.sign.alone", "", Message("cases.sign.alone"))])
        except RegistryError as error:
            left[case_id] = error.message
    return left
