"""Accounts, roles and browsers as they stand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from registry.accounts.models import Account, AccountRole, Link, LinkPurpose, Membership, SignIn
from registry.accounts.rules import folded_email
from registry.errors import NotFound
from registry.wording import Message


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who acts for an organisation: the membership with its person."""

    membership_id: int
    account_id: int
    name: str
    email: str
    role: AccountRole
    granted_at: datetime


def account(session: Session, account_id: int) -> Account | None:
    """The account of this id; None when there is none."""
    return session.get(Account, account_id)


def account_by_email(session: Session, email: str) -> Account | None:
    """The account with this address, however it is written; None when there is none."""
    return session.execute(select(Account).where(Account.email == folded_email(email))).scalar_one_or_none()


def memberships(session: Session, account_id: int) -> list[Membership]:
    """What a person may act as now, the oldest first."""
    held = select(Membership).where(Membership.account_id == account_id, Membership.ended_at.is_(None))
    return list(session.scalars(held.order_by(Membership.id)))


def all_memberships(session: Session, account_id: int) -> list[Membership]:
    """What a person may act as and might before: what holds first, then what ended, each the newest first."""
    ever = select(Membership).where(Membership.account_id == account_id)
    return list(session.scalars(ever.order_by(Membership.ended_at.is_not(None), Membership.id.desc())))


def memberships_of(session: Session, account_ids: Collection[int]) -> dict[int, list[Membership]]:
    """What each of these people may act as now, the oldest first."""
    found: dict[int, list[Membership]] = {}
    held = select(Membership).where(Membership.account_id.in_(list(account_ids)), Membership.ended_at.is_(None))
    for one in session.scalars(held.order_by(Membership.id)):
        found.setdefault(one.account_id, []).append(one)
    return found


def person_of(session: Session, membership_id: int) -> int:
    """Whose a role is or was. Raises NotFound."""
    account_id = session.scalars(select(Membership.account_id).where(Membership.id == membership_id)).one_or_none()
    if account_id is None:
        raise NotFound(Message("accounts.membership.not_found"))
    return account_id


def colleagues(session: Session, scope: str) -> list[Colleague]:
    """Who acts for an organisation now, the oldest first."""
    rows = session.execute(
        select(Membership.id, Account.id, Account.name, Account.email, Membership.role, Membership.granted_at)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.scope == scope, Membership.ended_at.is_(None))
        .order_by(Membership.id)
    )
    return [Colleague(*row) for row in rows]


def owner_id(session: Session, bin: str) -> int | None:
    """The account of a supplier's owner; None while nobody has proven to speak for it."""
    held = select(Membership.account_id).where(
        Membership.scope == bin, Membership.role == AccountRole.OWNER, Membership.ended_at.is_(None)
    )
    return session.scalars(held).one_or_none()


def invitations(session: Session, scope: str, now: datetime) -> list[Link]:
    """Invitations of an organisation that were not taken up yet, the oldest first."""
    waiting = select(Link).where(
        Link.scope == scope,
        Link.purpose == LinkPurpose.INVITATION,
        Link.used_at.is_(None),
        Link.expires_at > now,
    )
    return list(session.scalars(waiting.order_by(Link.id)))


def browsers(session: Session, account_id: int, now: datetime) -> list[SignIn]:
    """Where a person is signed in now, the latest first."""
    alive = select(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None), SignIn.expires_at > now)
    return list(session.scalars(alive.order_by(SignIn.id.desc())))


def accounts(session: Session, text: str, *, limit: int, offset: int = 0) -> tuple[list[Account], int]:
    """Accounts whose name or address holds the text, by address, and how many there are."""
    words = text.strip()
    named = or_(
        Account.email.contains(words.lower(), autoescape=True),
        Account.name.contains(words, autoescape=True),
        Account.name.contains(words.capitalize(), autoescape=True),
    )
    count = session.scalars(select(func.count()).select_from(Account).where(named)).one()
    return list(
        session.scalars(select(Account).where(named).order_by(Account.email).limit(limit).offset(offset))
    ), count


def of_role(session: Session, *roles: AccountRole) -> list[Account]:
    """The people who hold one of these roles now, by id."""
    held = select(Membership.account_id).where(Membership.role.in_(roles), Membership.ended_at.is_(None))
    return list(
        session.scalars(select(Account).where(Account.id.in_(held), Account.closed_at.is_(None)).order_by(Account.id))
    )
