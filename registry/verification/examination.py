"""Cases handed out to experts, checked anew, asked about. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.rules import INSTITUTE, Actor, by
from registry.errors import NotFound
from registry.verification import desk, four_eyes, guards, queries, rules, steps
from registry.verification.models import CaseState, Move
from registry.verification.rules import Handing
from registry.verification.steps import Address
from registry.wording import Message

_EXPERT: Final = frozenset({AccountRole.EXPERT})
_HEAD: Final = frozenset({AccountRole.HEAD})


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
    load = desk.load(session)
    if expert_id is not None and expert_id not in load:
        raise NotFound(Message("cases.no_expert"))
    cases = [queries.case(session, one) for one in dict.fromkeys(case_ids)]
    waiting = [case for case in cases if case.state in (CaseState.CHECKING, CaseState.REVIEW)]
    ordered = sorted(waiting, key=lambda one: (one.due_on or date.max, one.id))
    barred = {case.id: four_eyes.barred(session, case) for case in ordered}
    four_eyes.check_hands(actor.account_id, barred)
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
            four_eyes.check_expert(expert, barred[case.id])
            values = {"assigned_id": expert}
            steps.take(session, case, Move.ASSIGNED, on=on, actor=actor, now=now, values=values, data={"to": expert})
    return Handed(given, tuple(case.id for case in ordered if case.id not in given))


@by(INSTITUTE)
def check_again(session: Session, case_id: int, *, on: date, actor: Actor, now: datetime) -> None:
    """Make the automatic checks anew, on what the register says today: that is examined from here on."""
    case = guards.case_at_hand(session, case_id, actor)
    rules.after(case.state, Move.CHECKED)
    before = {str(product_id): said for product_id, said in steps.restate(session, case, on).items()}
    steps.check(session, case, on)
    steps.take(session, case, Move.CHECKED, on=on, actor=actor, now=now, data={"before": before} if before else None)


@by(_EXPERT)
def ask(session: Session, case_id: int, text: str, *, on: date, address: Address, actor: Actor, now: datetime) -> None:
    """Ask the supplier something; it is told by a letter and answers at its desk."""
    case = guards.case_at_hand(session, case_id, actor)
    rules.after(case.state, Move.ASKED)
    guards.check_words(text)
    steps.take(session, case, Move.ASKED, on=on, actor=actor, now=now, text=text)
    steps.tell(session, case, "asked", on=on, address=address, now=now, text=text)
