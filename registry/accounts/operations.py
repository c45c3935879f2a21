"""Accounts: opening one, and proving that a password is the right one."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import audit
from registry.accounts import rules
from registry.accounts.models import Account, AccountRole
from registry.accounts.rules import Actor
from registry.errors import Conflict, NotAllowed, RuleBroken
from registry.wording import Message

# argon2-cffi's defaults are the second recommended set of RFC 9106 (64 MiB, three passes).
_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """What an unknown address is checked against, so that it takes as long as a known one. Made when first needed:
    a hash is an eighth of the time in which the portal starts."""
    return _hasher.hash("nobody has this password")


def open_account(
    session: Session,
    *,
    email: str,
    name: str,
    password: str,
    role: AccountRole,
    bin: str | None,
    lang: str,
    actor: Actor,
    now: datetime,
) -> Account:
    """A new account; `bin` for suppliers and customers, None for the others.

    Raises NotAllowed unless an administrator or a command asks, RuleBroken for a bad field, Conflict if the address is
    taken.
    """
    if actor.role not in (None, AccountRole.ADMINISTRATOR):
        raise NotAllowed(Message("accounts.open.not_allowed"))
    if violations := rules.check_account(email=email, name=name, password=password, role=role, bin=bin):
        raise RuleBroken(violations)
    address = rules.folded_email(email)
    if session.execute(select(Account.id).where(Account.email == address)).first():
        raise Conflict(Message("accounts.email.taken", {"email": address}))
    account = Account(
        email=address,
        name=name.strip(),
        password_hash=_hasher.hash(password),
        role=role,
        bin=bin,
        lang=lang,
        created_at=now,
    )
    session.add(account)
    session.flush()
    said = {"email": address, "name": account.name, "role": role.value, "bin": bin, "lang": lang}
    audit.record(session, [audit.Change("open", "account", account.id, None, said)], actor=actor.name, now=now)
    return account


def is_password(account: Account | None, password: str) -> bool:
    """Whether this is the account's password; takes as long when there is no account at all."""
    try:
        _hasher.verify(account.password_hash if account else _nobody(), password[: rules.PASSWORD_MAX])
    except (VerificationError, InvalidHashError):
        return False
    return account is not None
