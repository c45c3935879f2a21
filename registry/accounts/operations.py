"""Accounts and what they may do: opening, granting, ending. Nothing here commits."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import audit, messages
from registry.accounts import rules
from registry.accounts.models import Account, AccountRole, Link, LinkPurpose, Membership, SignIn
from registry.accounts.rules import Actor, by
from registry.errors import Conflict, NotAllowed, NotFound, RuleBroken
from registry.explain import Violation
from registry.wording import Message

# argon2-cffi's defaults are the second recommended set of RFC 9106 (64 MiB, three passes).
_hasher = PasswordHasher()

_ADMINISTRATOR = frozenset({AccountRole.ADMINISTRATOR})


@cache
def _nobody() -> str:
    """What an unknown address is checked against, so that it takes as long as a known one. Made when first needed:
    a hash is an eighth of the time in which the portal starts."""
    return _hasher.hash("nobody has this password")


@by(_ADMINISTRATOR)
def open_account(
    session: Session, *, email: str, name: str, password: str, lang: str, actor: Actor, now: datetime
) -> Account:
    """A new account, which may do nothing yet.

    Raises RuleBroken for a bad field, Conflict if the address is taken.
    """
    if violations := rules.check_account(email=email, name=name, password=password):
        raise RuleBroken(violations)
    return new_account(session, email=email, name=name, password=password, lang=lang, actor=actor, now=now)


def new_account(
    session: Session, *, email: str, name: str, password: str, lang: str, actor: Actor, now: datetime
) -> Account:
    """The row of an account whose fields are good, for whoever has proven that the address is theirs."""
    address = rules.folded_email(email)
    if session.execute(select(Account.id).where(Account.email == address)).first():
        raise Conflict(Message("accounts.email.taken", {"email": address}))
    account = Account(email=address, name=name.strip(), password_hash=hashed(password), lang=lang, created_at=now)
    session.add(account)
    session.flush()
    said = {"email": address, "name": account.name, "lang": lang}
    audit.record(session, [audit.Change("open", "account", account.id, None, said)], actor=actor, now=now)
    return account


@by(_ADMINISTRATOR)
def grant(
    session: Session, account_id: int, role: AccountRole, scope: str = "", *, actor: Actor, now: datetime
) -> Membership:
    """Let a person act in a role, for the organisation or region that it speaks for.

    Who has the role already keeps it. Raises RuleBroken where the role needs another scope, NotAllowed for the
    administrator's own account, Conflict where the supplier has an owner.
    """
    rules.check_four_eyes(actor, account_id)
    if violations := rules.check_scope(role, scope):
        raise RuleBroken(violations)
    return new_membership(session, account_id, role, scope, actor=actor, now=now)


def new_membership(
    session: Session, account_id: int, role: AccountRole, scope: str, *, actor: Actor, now: datetime
) -> Membership:
    """The row of a membership, for whoever has seen that the person may have it.

    In one supplier a person has one role: another of that supplier's ends with it. Raises RuleBroken for an owner, who
    hands the page over first, Conflict where somebody else owns it.
    """
    same = session.scalars(
        select(Membership).where(
            Membership.account_id == account_id, Membership.scope == scope, Membership.ended_at.is_(None)
        )
    ).all()
    for held in same:
        if held.role is role:
            return held
        if held.role in rules.SUPPLIER and role in rules.SUPPLIER:
            _check_not_owner(held)
            _end(session, held, actor=actor, now=now)
    membership = Membership(
        account_id=account_id, role=role, scope=scope, granted_at=now, granted_by=actor.name, ended_at=None
    )
    try:
        with session.begin_nested():
            session.add(membership)
    except IntegrityError as error:
        raise Conflict(Message("accounts.owner.taken", {"bin": scope})) from error
    # Whoever acts as nobody where they are signed in acts as this from now on.
    idle = (SignIn.account_id == account_id, SignIn.membership_id.is_(None), SignIn.ended_at.is_(None))
    session.execute(update(SignIn).where(*idle).values(membership_id=membership.id))
    said = {"account_id": account_id, "role": role.value, "scope": scope}
    audit.record(session, [audit.Change("grant", "membership", membership.id, None, said)], actor=actor, now=now)
    return membership


@by(_ADMINISTRATOR | {AccountRole.OWNER})
def end_membership(session: Session, membership_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a role from a person: an administrator any, an owner those of colleagues at the same supplier.

    A supplier's owner is not taken away but replaced, or the page would be nobody's: see `transfer_ownership`. Raises
    NotFound for another organisation's as for none, RuleBroken for an owner's by anybody but an administrator.
    """
    membership = session.get(Membership, membership_id, with_for_update=True)
    own = actor.role is not AccountRole.OWNER or (
        membership is not None and membership.scope == actor.scope and membership.role in rules.SUPPLIER
    )
    if membership is None or not own:
        raise NotFound(Message("accounts.membership.not_found"))
    if membership.ended_at is not None:
        return
    if actor.role is AccountRole.OWNER:
        _check_not_owner(membership)
    _end(session, membership, actor=actor, now=now)


@by(rules.EVERYONE)
def leave(session: Session, membership_id: int, *, actor: Actor, now: datetime) -> None:
    """Give up a role of one's own. Raises RuleBroken for an owner, who hands the page over first."""
    membership = session.get(Membership, membership_id, with_for_update=True)
    if membership is None or membership.account_id != actor.account_id:
        raise NotFound(Message("accounts.membership.not_found"))
    _check_not_owner(membership)
    if membership.ended_at is None:
        _end(session, membership, actor=actor, now=now)


@by(frozenset({AccountRole.OWNER}))
def change_role(session: Session, membership_id: int, *, actor: Actor, now: datetime) -> None:
    """Make a colleague who only reads an editor, and the other way round. Raises NotFound as `transfer_ownership`."""
    held = _colleague(session, membership_id, actor)
    other = AccountRole.VIEWER if held.role is AccountRole.EDITOR else AccountRole.EDITOR
    new_membership(session, held.account_id, other, actor.scope, actor=actor, now=now)


@by(frozenset({AccountRole.OWNER}))
def transfer_ownership(session: Session, membership_id: int, *, organisation: str, actor: Actor, now: datetime) -> None:
    """Make a colleague the owner of the supplier's page; the owner so far becomes an editor. Both are told by letter.

    organisation: what the supplier is called. Raises NotFound where the membership is not a colleague's at that
    supplier.
    """
    heir = _colleague(session, membership_id, actor)
    owner = session.scalars(
        select(Membership).where(
            Membership.scope == actor.scope, Membership.role == AccountRole.OWNER, Membership.ended_at.is_(None)
        )
    ).one()
    _end(session, owner, actor=actor, now=now)
    _end(session, heir, actor=actor, now=now)
    new_membership(session, heir.account_id, AccountRole.OWNER, actor.scope, actor=actor, now=now)
    new_membership(session, owner.account_id, AccountRole.EDITOR, actor.scope, actor=actor, now=now)
    new, former = session.get_one(Account, heir.account_id), session.get_one(Account, owner.account_id)
    for to, what in ((new, "owner_new"), (former, "owner_former")):
        said = {"name": to.name, "organisation": organisation, "owner": new.name, "former": former.name}
        subject = Message(f"accounts.letter.{what}.subject", {"organisation": organisation})
        body = Message(f"accounts.letter.{what}.body", said)
        messages.queue(session, to=to.email, lang=to.lang, subject=subject, body=body, now=now)


def _colleague(session: Session, membership_id: int, actor: Actor) -> Membership:
    """Somebody else who edits or reads at the owner's supplier."""
    held = session.get(Membership, membership_id, with_for_update=True)
    if (
        held is None
        or held.scope != actor.scope
        or held.role not in rules.INVITED
        or held.ended_at is not None
        or held.account_id == actor.account_id
    ):
        raise NotFound(Message("accounts.membership.not_found"))
    return held


def _check_not_owner(membership: Membership) -> None:
    if membership.role is AccountRole.OWNER:
        raise RuleBroken([Violation("accounts.owner.stays", "", Message("accounts.owner.stays"))])


def _end(session: Session, membership: Membership, *, actor: Actor, now: datetime) -> None:
    """End a membership. With an owner's, invitations end that nobody has taken up: they were the owner's word."""
    if membership.role is AccountRole.OWNER:
        invited = (Link.scope == membership.scope, Link.purpose == LinkPurpose.INVITATION, Link.used_at.is_(None))
        session.execute(update(Link).where(*invited).values(used_at=now))
    membership.ended_at, membership.ended_by = now, actor.name
    session.execute(update(SignIn).where(SignIn.membership_id == membership.id).values(membership_id=None))
    session.flush()
    before = {"account_id": membership.account_id, "role": str(membership.role), "scope": membership.scope}
    audit.record(session, [audit.Change("end", "membership", membership.id, before, None)], actor=actor, now=now)


@by(rules.EVERYONE)
def describe(session: Session, *, name: str, lang: str, actor: Actor, now: datetime) -> None:
    """Change one's own name, and the language in which letters come. Raises RuleBroken for a bad name."""
    account = _own(session, actor)
    if violations := rules.check_name(name):
        raise RuleBroken(violations)
    wanted = {"name": name.strip(), "lang": lang}
    before = {field: getattr(account, field) for field in wanted if getattr(account, field) != wanted[field]}
    if not before:
        return
    account.name, account.lang = wanted["name"], wanted["lang"]
    after = {field: wanted[field] for field in before}
    audit.record(session, [audit.Change("changed", "account", account.id, before, after)], actor=actor, now=now)


@by(rules.EVERYONE)
def change_password(session: Session, *, password: str, keep: int | None, actor: Actor, now: datetime) -> None:
    """Choose another password; every browser but the one of the sign-in `keep` is signed out."""
    account = _own(session, actor)
    set_password(session, account, password, keep=keep, actor=actor, now=now)


def set_password(
    session: Session, account: Account, password: str, *, keep: int | None, actor: Actor, now: datetime
) -> None:
    """The new password of an account, for whoever has proven to be its person. Raises RuleBroken for a bad one."""
    if violations := rules.check_password(password):
        raise RuleBroken(violations)
    account.password_hash = hashed(password)
    others = update(SignIn).where(SignIn.account_id == account.id, SignIn.ended_at.is_(None))
    session.execute((others.where(SignIn.id != keep) if keep else others).values(ended_at=now))
    audit.record(session, [audit.Change("password", "account", account.id)], actor=actor, now=now)


@by(_ADMINISTRATOR)
def close_account(session: Session, account_id: int, *, actor: Actor, now: datetime) -> None:
    """Let a person sign in no more; what they did stays. Raises RuleBroken for a supplier's owner, who hands the page
    over first, NotAllowed for the administrator's own account."""
    rules.check_four_eyes(actor, account_id)
    account = session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound(Message("accounts.not_found", {"id": account_id}))
    if account.closed_at is not None:
        return
    held = session.scalars(
        select(Membership).where(Membership.account_id == account_id, Membership.ended_at.is_(None))
    ).all()
    if any(one.role is AccountRole.OWNER for one in held):
        raise RuleBroken([Violation("accounts.owner.stays", "", Message("accounts.owner.stays"))])
    for one in held:
        _end(session, one, actor=actor, now=now)
    account.closed_at = now
    session.execute(
        update(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None)).values(ended_at=now)
    )
    audit.record(session, [audit.Change("close", "account", account_id)], actor=actor, now=now)


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(password)


def is_password(account: Account | None, password: str) -> bool:
    """Whether this is the account's password; takes as long when there is no account at all."""
    try:
        _hasher.verify(account.password_hash if account else _nobody(), password[: rules.PASSWORD_MAX])
    except (VerificationError, InvalidHashError):
        return False
    return account is not None


def _own(session: Session, actor: Actor) -> Account:
    account = session.get(Account, actor.account_id) if actor.account_id is not None else None
    if account is None:
        raise NotAllowed(Message("accounts.nobody"))
    return account
