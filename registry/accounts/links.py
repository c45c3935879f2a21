"""Links sent in letters: signing up, choosing a new password, joining colleagues, another address.

Whoever asks for a letter is told the same whether the address has an account or not; the letter itself says which.
Nothing here commits.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from registry import audit, messages
from registry.accounts import rules
from registry.accounts.entering import digest
from registry.accounts.models import Account, AccountRole, Link, LinkPurpose, Membership
from registry.accounts.operations import new_account, new_membership, set_password
from registry.accounts.queries import account_by_email, memberships
from registry.accounts.rules import Actor, by
from registry.errors import Conflict, NotAllowed, NotFound, RuleBroken
from registry.explain import Violation
from registry.wording import Message, Param

# Whoever asks for a letter waits for it; a colleague may be on leave.
_GOOD_FOR: Final = {
    LinkPurpose.SIGN_UP: timedelta(hours=24),
    LinkPurpose.RESET: timedelta(hours=1),
    LinkPurpose.INVITATION: timedelta(days=14),
    LinkPurpose.ADDRESS: timedelta(hours=24),
}

# Makes the absolute address of a secret's page.
Address = Callable[[str], str]


def ask_to_sign_up(session: Session, email: str, *, lang: str, address: Address, reset: str, now: datetime) -> None:
    """Send a link that opens an account; to whoever has one already, a letter that says so.

    reset: the address of the page that sends a link to choose a new password. Raises RuleBroken for no address.
    """
    if violations := rules.check_email(email):
        raise RuleBroken(violations)
    to = rules.folded_email(email)
    held = account_by_email(session, to)
    if held is not None:
        said = Message("accounts.letter.known.body", {"name": held.name, "address": reset})
        messages.queue(
            session, to=to, lang=held.lang, subject=Message("accounts.letter.known.subject"), body=said, now=now
        )
        return
    secret = _new_link(session, LinkPurpose.SIGN_UP, to, by=to, now=now)
    _write(session, "sign_up", to, lang, {"address": address(secret), "hours": _hours(LinkPurpose.SIGN_UP)}, now)


def ask_for_reset(session: Session, email: str, *, address: Address, now: datetime) -> None:
    """Send a link to choose a new password, where the address has an account."""
    held = account_by_email(session, email)
    if held is None or held.closed_at is not None:
        return
    secret = _new_link(session, LinkPurpose.RESET, held.email, by=held.email, account_id=held.id, now=now)
    said: dict[str, Param] = {"name": held.name, "address": address(secret), "hours": _hours(LinkPurpose.RESET)}
    _write(session, "reset", held.email, held.lang, said, now)


@by(frozenset({AccountRole.OWNER}))
def invite(
    session: Session,
    email: str,
    role: AccountRole,
    *,
    organisation: str,
    lang: str,
    address: Address,
    actor: Actor,
    now: datetime,
) -> None:
    """Send a colleague a link to join the supplier that the actor owns; organisation: its name.

    Raises RuleBroken for no address or another role, Conflict where the person works there already.
    """
    violations = list(rules.check_email(email))
    if role not in rules.INVITED:
        violations.append(Violation("accounts.invite.role", "role", Message("accounts.invite.role")))
    if violations:
        raise RuleBroken(violations)
    to = rules.folded_email(email)
    held = account_by_email(session, to)
    works_there = (
        held
        and session.scalars(
            select(Membership.id).where(
                Membership.account_id == held.id, Membership.scope == actor.scope, Membership.ended_at.is_(None)
            )
        ).first()
    )
    if works_there:
        raise Conflict(Message("accounts.invite.works_there", {"email": to}))
    _spend(session, Link.purpose == LinkPurpose.INVITATION, Link.email == to, Link.scope == actor.scope, now=now)
    secret = _new_link(session, LinkPurpose.INVITATION, to, by=actor.name, role=role, scope=actor.scope, now=now)
    said: dict[str, Param] = {
        "organisation": organisation,
        "who": actor.name,
        "role": Message(f"accounts.role.{role}"),
        "address": address(secret),
        "days": _GOOD_FOR[LinkPurpose.INVITATION].days,
    }
    _write(session, "invitation", to, held.lang if held else lang, said, now)
    after = {"email": to, "role": role.value, "scope": actor.scope}
    audit.record(session, [audit.Change("invite", "link", None, None, after)], actor=actor, now=now)


@by(frozenset({AccountRole.OWNER}))
def withdraw_invitation(session: Session, link_id: int, *, actor: Actor, now: datetime) -> None:
    """Let an invitation of one's supplier be worth nothing. Raises NotFound for another's as for none."""
    link = session.get(Link, link_id)
    if link is None or link.scope != actor.scope or link.purpose is not LinkPurpose.INVITATION:
        raise NotFound(Message("accounts.link.not_found"))
    _spend(session, Link.id == link_id, now=now)
    audit.record(
        session, [audit.Change("uninvite", "link", link_id, None, {"email": link.email})], actor=actor, now=now
    )


@by(rules.EVERYONE)
def ask_to_change_address(session: Session, email: str, *, address: Address, actor: Actor, now: datetime) -> None:
    """Send a link to the address that the person wants to sign in with from now on.

    One that has an account is written to all the same, without a link: nobody learns whose address is known.
    """
    if violations := rules.check_email(email):
        raise RuleBroken(violations)
    account = session.get(Account, actor.account_id) if actor.account_id is not None else None
    if account is None:
        raise NotAllowed(Message("accounts.nobody"))
    to = rules.folded_email(email)
    if account_by_email(session, to):
        subject, body = Message("accounts.letter.address.subject"), Message("accounts.letter.address_known.body")
        messages.queue(session, to=to, lang=account.lang, subject=subject, body=body, now=now)
        return
    secret = _new_link(session, LinkPurpose.ADDRESS, to, by=account.email, account_id=account.id, now=now)
    said: dict[str, Param] = {"name": account.name, "address": address(secret), "hours": _hours(LinkPurpose.ADDRESS)}
    _write(session, "address", to, account.lang, said, now)


def link_of(session: Session, secret: str, purpose: LinkPurpose, now: datetime, *, lock: bool = False) -> Link:
    """The link of a secret that was brought back. Raises NotFound for one that is unknown, used or over."""
    wanted = select(Link).where(Link.secret_sha256 == digest(secret), Link.purpose == purpose)
    link = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise NotFound(Message("accounts.link.not_found"))
    return link


def sign_up(session: Session, secret: str, *, name: str, password: str, lang: str, now: datetime) -> Account:
    """Open the account of whoever brought the link back. Raises NotFound, RuleBroken for a bad field, Conflict."""
    link = link_of(session, secret, LinkPurpose.SIGN_UP, now, lock=True)
    account = _opened(session, link, name=name, password=password, lang=lang, now=now)
    link.used_at = now
    return account


def reset(session: Session, secret: str, *, password: str, now: datetime) -> Account:
    """Set the password of whoever brought the link back; all their browsers are signed out."""
    link = link_of(session, secret, LinkPurpose.RESET, now, lock=True)
    account = session.get_one(Account, link.account_id)
    set_password(session, account, password, keep=None, actor=Actor(account.email), now=now)
    _spend(session, Link.purpose == LinkPurpose.RESET, Link.account_id == account.id, now=now)
    said = Message("accounts.letter.password_set.body", {"name": account.name})
    subject = Message("accounts.letter.password_set.subject")
    messages.queue(session, to=account.email, lang=account.lang, subject=subject, body=said, now=now)
    return account


def join(
    session: Session, secret: str, *, name: str, password: str, lang: str, now: datetime
) -> tuple[Account, Membership]:
    """Take an invitation up with a new account. Raises Conflict where the address has one: its person signs in first
    and takes it up with `accept`."""
    link = link_of(session, secret, LinkPurpose.INVITATION, now, lock=True)
    account = _opened(session, link, name=name, password=password, lang=lang, now=now)
    return account, _joined(session, link, account, now)


@by(rules.EVERYONE)
def accept(session: Session, secret: str, *, actor: Actor, now: datetime) -> Membership:
    """Take an invitation up. Raises NotAllowed where it was sent to another address than the person's own."""
    link = link_of(session, secret, LinkPurpose.INVITATION, now, lock=True)
    account = session.get(Account, actor.account_id) if actor.account_id is not None else None
    if account is None or account.email != link.email:
        raise NotAllowed(Message("accounts.invite.another", {"email": link.email}))
    return _joined(session, link, account, now)


def change_address(session: Session, secret: str, *, now: datetime) -> Account:
    """Let the person sign in with the address to which the link was sent; the one before is told."""
    link = link_of(session, secret, LinkPurpose.ADDRESS, now, lock=True)
    account = session.get_one(Account, link.account_id)
    if account_by_email(session, link.email):
        raise Conflict(Message("accounts.email.taken", {"email": link.email}))
    before, account.email, link.used_at = account.email, link.email, now
    # What was sent to the address before opens the account no more.
    _spend(session, Link.purpose.in_((LinkPurpose.RESET, LinkPurpose.ADDRESS)), Link.account_id == account.id, now=now)
    session.flush()
    said = Message("accounts.letter.address_changed.body", {"name": account.name, "email": link.email})
    subject = Message("accounts.letter.address_changed.subject")
    messages.queue(session, to=before, lang=account.lang, subject=subject, body=said, now=now)
    changed = audit.Change("changed", "account", account.id, {"email": before}, {"email": link.email})
    audit.record(session, [changed], actor=before, now=now)
    return account


def _opened(session: Session, link: Link, *, name: str, password: str, lang: str, now: datetime) -> Account:
    if violations := rules.check_account(email=link.email, name=name, password=password):
        raise RuleBroken(violations)
    actor = Actor(link.email)
    return new_account(session, email=link.email, name=name, password=password, lang=lang, actor=actor, now=now)


def _joined(session: Session, link: Link, account: Account, now: datetime) -> Membership:
    link.used_at = now
    owner = Actor(link.created_by)
    for held in memberships(session, account.id):
        if held.role is AccountRole.OWNER and held.scope == link.scope:
            # Whoever has become the owner since stays the owner.
            return held
    return new_membership(session, account.id, link.role or AccountRole.VIEWER, link.scope or "", actor=owner, now=now)


def _new_link(
    session: Session,
    purpose: LinkPurpose,
    email: str,
    *,
    by: str,
    account_id: int | None = None,
    role: AccountRole | None = None,
    scope: str | None = None,
    now: datetime,
) -> str:
    secret = secrets.token_urlsafe(32)
    session.add(
        Link(
            secret_sha256=digest(secret),
            purpose=purpose,
            email=email,
            account_id=account_id,
            role=role,
            scope=scope,
            created_at=now,
            created_by=by,
            expires_at=now + _GOOD_FOR[purpose],
        )
    )
    session.flush()
    return secret


def _spend(session: Session, *which: object, now: datetime) -> None:
    """Let links that were not used be worth nothing."""
    session.execute(update(Link).where(*which, Link.used_at.is_(None)).values(used_at=now))  # type: ignore[arg-type]


def _write(session: Session, what: str, to: str, lang: str, said: Mapping[str, Param], now: datetime) -> None:
    messages.queue(
        session,
        to=to,
        lang=lang,
        # The subject is kept when the letter is sent; the secret is not.
        subject=Message(
            f"accounts.letter.{what}.subject", {name: value for name, value in said.items() if name != "address"}
        ),
        body=Message(f"accounts.letter.{what}.body", said),
        now=now,
    )


def _hours(purpose: LinkPurpose) -> int:
    return int(_GOOD_FOR[purpose].total_seconds()) // 3600
