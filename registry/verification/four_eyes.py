"""Who must not examine or decide a case (domain.md §5: four eyes)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import takewhile
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import Account, Membership
from registry.errors import NotAllowed
from registry.verification import queries
from registry.verification.models import Case, CaseEvent, CaseKind, CaseProtocol, CaseState, Ground, Move
from registry.wording import Message

_EXAMINING: Final = frozenset({Move.ASKED, Move.VISIT_ORDERED, Move.VISIT_ENDED, Move.VISIT_CANCELLED, Move.CONCLUDED})


def barred(session: Session, of: Case) -> frozenset[int]:
    """The accounts that must not examine or decide a case: its author, whoever acts or acted for the supplier in any
    role, and on an appeal whoever had to do with the decision it is against, or with one that this rests on (domain.md
    §5: four eyes)."""
    found = set(acted_for(session, queries.bin_of(session, of)))
    if of.author_id is not None:
        found.add(of.author_id)
    if of.appeal_of_id is not None:
        before = rests_on(session, of)
        ids = [one.id for one in before]
        worked = select(CaseEvent.account_id).where(CaseEvent.case_id.in_(ids), CaseEvent.account_id.is_not(None))
        found.update(account for account in session.scalars(worked) if account is not None)
        for one in before:
            found |= examined(session, one)
            if one.decided_by_id is not None:
                found.add(one.decided_by_id)
    return frozenset(found)


def acted_for(session: Session, bin: str) -> frozenset[int]:
    """The accounts that act or acted for a supplier, in any role."""
    return frozenset(session.scalars(select(Membership.account_id).where(Membership.scope == bin)))


def examined(session: Session, of: Case) -> frozenset[int]:
    """The accounts that examined a case: that were given it, asked, visited or concluded. None of them decides it."""
    found = {of.assigned_id} if of.assigned_id is not None else set()
    for event in queries.events(session, of.id):
        if event.move is Move.ASSIGNED:
            found.add((event.data or {})["to"])
        elif event.move in _EXAMINING and event.account_id is not None:
            found.add(event.account_id)
    return frozenset(found)


def rests_on(session: Session, appeal: Case) -> list[Case]:
    """The case that an appeal is against; where it is an exclusion for failed checks, those too, and the appeals
    against them."""
    assert appeal.appeal_of_id is not None, "an appeal is against a case"
    first = queries.case(session, appeal.appeal_of_id)
    if first.ground is not Ground.FAILED_CHECKS:
        return [first]
    ended = select(Case).where(
        Case.supplier_id == first.supplier_id,
        Case.kind == CaseKind.MONITORING,
        Case.id < first.id,
        Case.state.in_((CaseState.GRANTED, CaseState.REFUSED)),
    )
    failed = takewhile(lambda one: one.state is CaseState.REFUSED, session.scalars(ended.order_by(Case.quarter.desc())))
    checks = list(failed)
    appeals = select(Case).where(Case.appeal_of_id.in_([one.id for one in checks]))
    return [first, *checks, *session.scalars(appeals)]


def kept_out(session: Session, of: Case) -> list[str]:
    """The names of those who must not sit on the commission of an appeal: who sat on that of the decision, or had to
    do with it in any way."""
    if of.appeal_of_id is None:
        return []
    sat = select(CaseProtocol.members).where(CaseProtocol.case_id.in_([one.id for one in rests_on(session, of)]))
    people = select(Account.name).where(Account.id.in_(barred(session, of))).order_by(Account.id)
    return [*(name for members in session.scalars(sat) for name in members), *session.scalars(people)]


def check_hands(account_id: int | None, barred: Mapping[int, Collection[int]]) -> None:
    """Raise NotAllowed where whoever hands cases out has had to do with one of them: nobody picks who judges them.
    barred: accounts by case."""
    for case_id, accounts in barred.items():
        if account_id in accounts:
            raise NotAllowed(Message("cases.involved.hands", {"number": case_id}))


def check_expert(account_id: int, barred: Collection[int]) -> None:
    """Raise NotAllowed for an expert who must not have a case."""
    if account_id in barred:
        raise NotAllowed(Message("cases.involved.expert"))


def check_uninvolved(account_id: int | None, barred: Collection[int]) -> None:
    """Raise NotAllowed where a person has had to do with the case, or with its supplier, in whatever role."""
    if account_id is not None and account_id in barred:
        raise NotAllowed(Message("cases.involved"))
