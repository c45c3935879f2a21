"""Which case an actor may take a step of, locked; and what every step needs."""

from __future__ import annotations

from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor, check_four_eyes
from registry.errors import RuleBroken
from registry.explain import Violation
from registry.verification import four_eyes, queries, rules, steps
from registry.verification.models import Case, CaseState
from registry.wording import Message


def any_case(session: Session, case_id: int, version: int | None = None) -> Case:
    """A case, locked: of two who take a step at once the second waits, and then sees the first one's."""
    case = session.get(Case, case_id, with_for_update=True)
    if case is None:
        raise queries.not_found()
    if version is not None and case.version != version:
        raise steps.overtaken()
    return case


def own_case(
    session: Session, case_id: int, actor: Actor, state: CaseState | None = None, version: int | None = None
) -> Case:
    """A case of the supplier that the actor speaks for. Raises NotFound for another's as for none, RuleBroken for one
    that is not in that state."""
    case = any_case(session, case_id)
    if actor.bin is not None and queries.bin_of(session, case) != actor.bin:
        raise queries.not_found()
    if version is not None and case.version != version:
        raise steps.overtaken()
    if state is not None and case.state is not state:
        said_of = Message("cases.move", {"state": Message(f"cases.state.{case.state}")})
        raise RuleBroken([Violation(said_of.code, "", said_of)])
    return case


def case_at_hand(session: Session, case_id: int, actor: Actor, version: int | None = None) -> Case:
    """A case that the actor was given. Raises NotFound for one that another expert has: nobody chooses."""
    case = any_case(session, case_id)
    if actor.role is AccountRole.EXPERT and case.assigned_id != actor.account_id:
        raise queries.not_found()
    check_may_examine(session, case, actor)
    if version is not None and case.version != version:
        raise steps.overtaken()
    return case


def check_may_examine(session: Session, case: Case, actor: Actor) -> None:
    """Raise NotAllowed for whoever had to do with the case or its supplier."""
    check_four_eyes(actor, case.author_id)
    four_eyes.check_uninvolved(actor.account_id, four_eyes.barred(session, case))


def check_may_decide(session: Session, case: Case, actor: Actor) -> None:
    """Whoever decides has not examined, in whatever role that was."""
    check_may_examine(session, case, actor)
    four_eyes.check_uninvolved(actor.account_id, four_eyes.examined(session, case))


def author(actor: Actor) -> dict[str, int | None]:
    """Whoever hands a case in answers for it, whoever began it."""
    return {"author_id": actor.account_id}


def check_words(text: str | None) -> None:
    """Raise RuleBroken where a step that needs words has none."""
    if violations := rules.check_text(text):
        raise RuleBroken(violations)
