"""Cases on the end of a confirmed status, as a supplier or the institute opens them. Nothing here commits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.rules import INSTITUTE, Actor, by, check_speaks_for
from registry.calendar import Validity
from registry.errors import Conflict
from registry.suppliers.queries import supplier
from registry.verification import confirmed, effects, four_eyes, guards, rules, steps
from registry.verification.models import Case, Ground
from registry.verification.steps import Address
from registry.wording import Message

_OWNER: Final = frozenset({AccountRole.OWNER})


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
    four_eyes.check_uninvolved(actor.account_id, four_eyes.acted_for(session, bin))
    return _open_exclusion(session, bin, ground, text, on=on, address=address, actor=actor, now=now)


def _open_exclusion(
    session: Session, bin: str, ground: Ground, text: str, *, on: date, address: Address, actor: Actor, now: datetime
) -> Case:
    rules.check_ground(ground)
    guards.check_words(text)
    row = supplier(session, bin, on, own=True)
    if row.id not in confirmed.confirmed_lines(session, on, [row.id], listed=Validity()):
        raise Conflict(Message("cases.exclusion.nothing", {"name": row.name}))
    alive = select(Case.id).where(Case.supplier_id == row.id, Case.ground == ground, Case.state.in_(rules.ALIVE))
    if (there := session.scalars(alive).first()) is not None:
        raise Conflict(Message("cases.exclusion.there", {"number": there}))
    case = effects.open_exclusion(session, row.id, ground, text=text, on=on, actor=actor, now=now)
    steps.tell(session, case, "exclusion", on=on, address=address, now=now, ground=_ground(ground))
    return case


def _ground(ground: Ground) -> Message:
    return Message(f"cases.ground.{ground}")
