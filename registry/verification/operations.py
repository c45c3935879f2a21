"""Cases: what suppliers, experts and the head do with them. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.rules import INSTITUTE, LISTERS, Actor, by, check_four_eyes, check_speaks_for
from registry.calendar import Validity
from registry.errors import Conflict, NotFound, RuleBroken
from registry.evidence.queries import goods
from registry.explain import Violation
from registry.suppliers.queries import supplier
from registry.verification import effects, queries, rules, steps
from registry.verification.models import (
    Case,
    CaseKind,
    CaseLine,
    CaseProtocol,
    CaseState,
    CaseVisit,
    Ground,
    Move,
    Outcome,
)
from registry.verification.reasons import said
from registry.verification.rules import Handing, Inputs, Offered, Proposal, Stated
from registry.verification.steps import Address
from registry.wording import Message, Param

_EXPERT: Final = frozenset({AccountRole.EXPERT})
_HEAD: Final = frozenset({AccountRole.HEAD})
_OWNER: Final = frozenset({AccountRole.OWNER})


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
    confirmed = queries.confirmed_lines(session, on, [row.id]).get(row.id, {})
    busy = queries.in_progress(session, wanted)
    for one in wanted:
        if one in confirmed:
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
def state_inputs(
    session: Session, case_id: int, product_id: int, inputs: Inputs, *, actor: Actor, now: datetime
) -> None:
    """Tell for a line of a draft what the producer alone knows: costs, staff. Raises RuleBroken for impossible ones."""
    case = _own(session, case_id, actor, CaseState.DRAFT)
    row = _line(session, case, product_id)
    if violations := rules.check_inputs(inputs):
        raise RuleBroken(violations)
    row.foreign_cost, row.whole_cost = inputs.foreign_cost, inputs.whole_cost
    row.staff_total, row.staff_domestic = inputs.staff_total, inputs.staff_domestic
    session.flush()


@by(LISTERS)
def drop_line(session: Session, case_id: int, product_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a line out of a draft."""
    case = _own(session, case_id, actor, CaseState.DRAFT)
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
    case = _own(session, case_id, actor, CaseState.DRAFT, version)
    offered = [
        Offered(line.good, steps.document_of(line.good.evidence, on), line.inputs)
        for line in queries.lines(session, case.id, on)
        if line.good is not None
    ]
    published = queries.supplier_of(session, case, on).published
    if violations := rules.check_submission(offered, published=published):
        raise RuleBroken(violations)
    steps.submit(session, case, on)
    steps.take(session, case, Move.SUBMITTED, on=on, actor=actor, now=now, text=text, values=_author(actor))
    steps.tell(session, case, "submitted", on=on, address=address, now=now, due=_ends(session, case, on))
    return case


@by(LISTERS)
def answer(session: Session, case_id: int, text: str, *, on: date, actor: Actor, now: datetime) -> None:
    """Tell the expert something about a case that the institute has: an answer, or what came up since."""
    case = _own(session, case_id, actor)
    rules.after(case.state, Move.ANSWERED)
    _words(text)
    steps.take(session, case, Move.ANSWERED, on=on, actor=actor, now=now, text=text)


@by(LISTERS)
def withdraw_case(session: Session, case_id: int, *, on: date, actor: Actor, now: datetime) -> None:
    """Ask no longer. Raises RuleBroken for a case that is not the supplier's own wish.

    Whoever no longer asks for the end of the confirmed status answers for what would end it anyhow.
    """
    case = _own(session, case_id, actor)
    rules.after(case.state, Move.WITHDRAWN)
    rules.check_withdrawable(case.kind, case.ground, concluded=bool(queries.protocols(session, case.id)))
    steps.take(session, case, Move.WITHDRAWN, on=on, actor=actor, now=now)
    if case.kind is CaseKind.EXCLUSION:
        effects.open_owed(session, case.supplier_id, on=on, now=now)


@by(LISTERS)
def state_quarter(
    session: Session, case_id: int, stated: Mapping[int, Stated], *, on: date, actor: Actor, now: datetime
) -> None:
    """What the producer states of its lines for a quarter, before the update is sent: figures are kept in the case, a
    capacity that changed is listed. stated: by line. Raises RuleBroken naming field and line, as `staff_total-7`."""
    case = _own(session, case_id, actor, CaseState.AWAITING)
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
    case = _own(session, case_id, actor, CaseState.AWAITING, version)
    if (last := queries.update_until(case)) is not None and on > last:
        said_of = Message("cases.update.late", {"last": last})
        raise RuleBroken([Violation(said_of.code, "", said_of)])
    lines = queries.lines(session, case.id, on)
    before = queries.last_said(session, case, [line.row.product_id for line in lines])
    changed = [
        line.row.product_id
        for line in lines
        if line.good is None
        or (line.row.product_id in before and rules.differences(before[line.row.product_id], rules.as_said(line.good)))
    ]
    steps.submit(session, case, on)
    data = {"changed": changed}
    steps.take(session, case, Move.UPDATED, on=on, actor=actor, now=now, text=text, data=data, values=_author(actor))


@by(LISTERS)
def appeal(
    session: Session, case_id: int, text: str, *, on: date, address: Address, actor: Actor, now: datetime
) -> Case:
    """Ask that a decision which went against the supplier be looked at by people who had nothing to do with it.

    Raises RuleBroken where there is nothing to appeal against or its time is over, Conflict where it was appealed
    against already.
    """
    first = _own(session, case_id, actor)
    held = queries.lines(session, first.id, on)
    refused = queries.refused_lines(held)
    rules.check_appeal(first.kind, first.state, len(refused))
    rules.check_appeal_term(first.decided_on or on, on)
    _words(text)
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
                staff_total=row.staff_total,
                staff_domestic=row.staff_domestic,
            )
        )
    session.flush()
    steps.submit(session, case, on)
    steps.take(session, case, Move.SUBMITTED, on=on, actor=actor, now=now, text=text)
    steps.tell(session, case, "submitted", on=on, address=address, now=now, due=_ends(session, case, on))
    return case


@by(_OWNER)
def ask_exclusion(
    session: Session, bin: str, text: str, *, on: date, address: Address, actor: Actor, now: datetime
) -> Case:
    """Ask for the end of one's own confirmed status. Raises Conflict where nothing is confirmed, or it is asked
    already."""
    check_speaks_for(actor, bin)
    return _open_exclusion(session, bin, Ground.REQUEST, text, on=on, address=address, actor=actor, now=now)


@by(INSTITUTE)
def open_exclusion(
    session: Session, bin: str, ground: Ground, text: str, *, on: date, address: Address, actor: Actor, now: datetime
) -> Case:
    """Open a case that decides on the end of a supplier's confirmed status; the supplier is told and may answer.

    Whoever opens it neither examines nor decides it. Raises RuleBroken for what is no ground, NotAllowed for whoever
    acts or acted for the supplier.
    """
    rules.check_uninvolved(actor.account_id, queries.acted_for(session, bin))
    return _open_exclusion(session, bin, ground, text, on=on, address=address, actor=actor, now=now)


def _open_exclusion(
    session: Session, bin: str, ground: Ground, text: str, *, on: date, address: Address, actor: Actor, now: datetime
) -> Case:
    rules.check_ground(ground)
    _words(text)
    row = supplier(session, bin, on, own=True)
    if row.id not in queries.confirmed_lines(session, on, [row.id], listed=Validity()):
        raise Conflict(Message("cases.exclusion.nothing", {"name": row.name}))
    alive = select(Case.id).where(Case.supplier_id == row.id, Case.ground == ground, Case.state.in_(rules.ALIVE))
    if (there := session.scalars(alive).first()) is not None:
        raise Conflict(Message("cases.exclusion.there", {"number": there}))
    case = effects.open_exclusion(session, row.id, ground, text=text, on=on, actor=actor, now=now)
    steps.tell(session, case, "exclusion", on=on, address=address, now=now, ground=_ground(ground))
    return case


def _ends(session: Session, case: Case, on: date) -> Param:
    """Until when a case is decided at the latest, or that this is not known yet."""
    clock = queries.clocks(session, [case], on)[case.id]
    return clock.ends_on if clock and clock.ends_on else Message("cases.due_unknown")


def _ground(ground: Ground) -> Message:
    return Message(f"cases.ground.{ground}")


class Handed(NamedTuple):
    """Which expert got which case, and the cases that nobody may have: their experts are all barred."""

    given: dict[int, int]
    left: tuple[int, ...]


@by(_HEAD)
def hand_out(
    session: Session,
    case_ids: Sequence[int],
    expert_id: int | None = None,
    *,
    on: date,
    actor: Actor,
    now: datetime,
) -> Handed:
    """Give cases to an expert, or to whoever has the fewest where none is named; experts never take any themselves.

    A case in review goes on with another expert. Raises NotFound for no expert, NotAllowed where the one named, or the
    head who hands out, has had to do with a case or its supplier.
    """
    load = queries.load(session)
    if expert_id is not None and expert_id not in load:
        raise NotFound(Message("cases.no_expert"))
    cases = [queries.case(session, one) for one in dict.fromkeys(case_ids)]
    waiting = [case for case in cases if case.state in (CaseState.CHECKING, CaseState.REVIEW)]
    ordered = sorted(waiting, key=lambda one: (one.due_on or date.max, one.id))
    barred = {case.id: queries.barred(session, case) for case in ordered}
    rules.check_hands(actor.account_id, barred)
    if actor.account_id is not None:
        # Nobody gives themselves what they are to decide on.
        barred = {one: accounts | {actor.account_id} for one, accounts in barred.items()}
    if expert_id is None:
        given = rules.balanced([Handing(case.id, barred[case.id]) for case in ordered], load)
    else:
        given = dict.fromkeys(barred, expert_id)
    for case in ordered:
        expert = given.get(case.id)
        if expert is not None and expert != case.assigned_id:
            rules.check_expert(expert, barred[case.id])
            values = {"assigned_id": expert}
            steps.take(session, case, Move.ASSIGNED, on=on, actor=actor, now=now, values=values, data={"to": expert})
    return Handed(given, tuple(case.id for case in ordered if case.id not in given))


@by(INSTITUTE)
def check_again(session: Session, case_id: int, *, on: date, actor: Actor, now: datetime) -> None:
    """Make the automatic checks anew, on what the register says today: that is examined from here on."""
    case = _at_hand(session, case_id, actor)
    rules.after(case.state, Move.CHECKED)
    before = {str(product_id): said for product_id, said in steps.restate(session, case, on).items()}
    steps.check(session, case, on)
    steps.take(session, case, Move.CHECKED, on=on, actor=actor, now=now, data={"before": before} if before else None)


@by(_EXPERT)
def ask(session: Session, case_id: int, text: str, *, on: date, address: Address, actor: Actor, now: datetime) -> None:
    """Ask the supplier something; it is told by a letter and answers at its desk."""
    case = _at_hand(session, case_id, actor)
    rules.after(case.state, Move.ASKED)
    _words(text)
    steps.take(session, case, Move.ASKED, on=on, actor=actor, now=now, text=text)
    steps.tell(session, case, "asked", on=on, address=address, now=now, text=text)


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
    case = _at_hand(session, case_id, actor)
    rules.after(case.state, Move.VISIT_ORDERED)
    named = _named(people)
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
    case = _at_hand(session, case_id, actor)
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
    case = _at_hand(session, case_id, actor)
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


@by(_EXPERT)
def conclude(
    session: Session, case_id: int, proposal: Proposal, *, version: int, on: date, actor: Actor, now: datetime
) -> CaseProtocol:
    """Write down what the commission concluded, for the head to sign. Raises RuleBroken with all that is missing."""
    case = _at_hand(session, case_id, actor, version)
    rules.after(case.state, Move.CONCLUDED)
    if any(one.findings is None for one in queries.visits(session, case.id)):
        raise Conflict(Message("cases.visit.open"))
    about = [line.row.product_id for line in queries.lines(session, case.id, on)]
    kept_out = queries.kept_out(session, case)
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
        members=list(_named(proposal.members)),
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
    case = _open(session, case_id, version)
    rules.after(case.state, Move.RETURNED)
    _decides(session, case, actor)
    _words(text)
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
    case = _open(session, case_id, version)
    rules.after(case.state, Move.GRANTED)
    _decides(session, case, actor)
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


def _open(session: Session, case_id: int, version: int | None = None) -> Case:
    """A case, locked: of two who take a step at once the second waits, and then sees the first one's."""
    case = session.get(Case, case_id, with_for_update=True)
    if case is None:
        raise queries.not_found()
    if version is not None and case.version != version:
        raise steps.overtaken()
    return case


def _own(
    session: Session, case_id: int, actor: Actor, state: CaseState | None = None, version: int | None = None
) -> Case:
    """A case of the supplier that the actor speaks for. Raises NotFound for another's as for none, RuleBroken for one
    that is not in that state."""
    case = _open(session, case_id)
    if actor.bin is not None and queries.bin_of(session, case) != actor.bin:
        raise queries.not_found()
    if version is not None and case.version != version:
        raise steps.overtaken()
    if state is not None and case.state is not state:
        said_of = Message("cases.move", {"state": Message(f"cases.state.{case.state}")})
        raise RuleBroken([Violation(said_of.code, "", said_of)])
    return case


def _at_hand(session: Session, case_id: int, actor: Actor, version: int | None = None) -> Case:
    """A case that the actor was given. Raises NotFound for one that another expert has: nobody chooses."""
    case = _open(session, case_id)
    if actor.role is AccountRole.EXPERT and case.assigned_id != actor.account_id:
        raise queries.not_found()
    _four_eyes(session, case, actor)
    if version is not None and case.version != version:
        raise steps.overtaken()
    return case


def _four_eyes(session: Session, case: Case, actor: Actor) -> None:
    check_four_eyes(actor, case.author_id)
    rules.check_uninvolved(actor.account_id, queries.barred(session, case))


def _open_visit(session: Session, case: Case) -> CaseVisit:
    """The visit that is not over. Raises NotFound where there is none."""
    visit = next((one for one in queries.visits(session, case.id) if one.findings is None), None)
    if visit is None:
        raise NotFound(Message("cases.visit.none"))
    return visit


def _decides(session: Session, case: Case, actor: Actor) -> None:
    """Whoever decides has not examined, in whatever role that was."""
    _four_eyes(session, case, actor)
    rules.check_uninvolved(actor.account_id, queries.examined(session, case))


def _line(session: Session, case: Case, product_id: int) -> CaseLine:
    row = session.scalars(
        select(CaseLine).where(CaseLine.case_id == case.id, CaseLine.product_id == product_id)
    ).one_or_none()
    if row is None:
        raise NotFound(Message("cases.no_line"))
    return row


def _author(actor: Actor) -> dict[str, int | None]:
    """Whoever hands a case in answers for it, whoever began it."""
    return {"author_id": actor.account_id}


def _named(people: Sequence[str]) -> tuple[str, ...]:
    """Names in single spaces, each once."""
    return tuple(dict.fromkeys(name for one in people if (name := " ".join(one.split()))))


def _words(text: str | None) -> None:
    if violations := rules.check_text(text):
        raise RuleBroken(violations)
