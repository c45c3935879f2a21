"""The second factor: codes of an authenticator (RFC 6238), and recovery codes for the day it is lost."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from registry import audit
from registry.accounts.entering import digest
from registry.accounts.models import Account, AccountRole, RecoveryCode
from registry.accounts.queries import memberships
from registry.accounts.rules import EVERYONE, NEED_SECOND_FACTOR, Actor, by, check_four_eyes
from registry.errors import NotAllowed, NotFound, RuleBroken
from registry.explain import Violation
from registry.sealing import Sealer
from registry.wording import Message

DIGITS: Final = 6
STEP_S: Final = 30
# Clocks of telephones run late or early: the code before and the one after are taken as well.
_SLACK: Final = (0, -1, 1)
_SECRET_BYTES: Final = 20
RECOVERY_CODES: Final = 10
# Letters that nobody takes for one another.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_ISSUER: Final = "Ondiris"


def new_secret() -> str:
    """A secret to share with an authenticator, in Base32 as these programs want it typed."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")


def address(secret: str, email: str) -> str:
    """The `otpauth:` address that authenticators read from a QR code."""
    return _totp(secret).get_provisioning_uri(email, _ISSUER)


def code(secret: str, now: datetime) -> str:
    """The code that an authenticator shows at that moment."""
    return _totp(secret).generate(int(now.timestamp())).decode("ascii")


def step_of(secret: str, given: str, now: datetime) -> int | None:
    """The half minute whose code was given, if it is this one or one beside it; None for a wrong code."""
    digits = "".join(given.split())
    if len(digits) != DIGITS or not digits.isascii() or not digits.isdigit():
        return None
    this = int(now.timestamp()) // STEP_S
    for slack in _SLACK:
        try:
            _totp(secret).verify(digits.encode("ascii"), (this + slack) * STEP_S)
        except InvalidToken:
            continue
        return this + slack
    return None


@by(EVERYONE)
def enrol(session: Session, secret: str, given: str, sealer: Sealer, *, actor: Actor, now: datetime) -> list[str]:
    """Ask this person for a code of that authenticator from now on; returns fresh recovery codes, to be shown once.

    Raises RuleBroken where `given` is not the authenticator's code: its clock or the secret is wrong.
    """
    account = session.get(Account, actor.account_id, with_for_update=True) if actor.account_id is not None else None
    if account is None:
        raise NotAllowed(Message("accounts.nobody"))
    step = step_of(secret, given, now)
    if step is None:
        raise RuleBroken([Violation("accounts.code.wrong", "code", Message("accounts.code.wrong"))])
    account.totp_sealed, account.totp_step = sealer.seal(secret), step
    audit.record(session, [audit.Change("second_factor", "account", account.id)], actor=actor, now=now)
    return _new_recovery_codes(session, account.id)


def prove(session: Session, account_id: int, given: str, sealer: Sealer, *, now: datetime) -> bool:
    """Whether this is a code of the person's authenticator, or one of their recovery codes; each is taken once."""
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or account.totp_sealed is None:
        return False
    secret = sealer.opened(account.totp_sealed)
    step = step_of(secret, given, now) if secret is not None else None
    if step is not None and (account.totp_step is None or step > account.totp_step):
        account.totp_step = step
        return True
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_sha256 == digest(_plain(given)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        return False
    audit.record(session, [audit.Change("recovery_code", "account", account_id)], actor=account.email, now=now)
    return True


@by(EVERYONE)
def renew_recovery_codes(session: Session, *, actor: Actor, now: datetime) -> list[str]:
    """Fresh recovery codes, to be shown once; those before are worth nothing."""
    if actor.account_id is None:
        raise NotAllowed(Message("accounts.nobody"))
    audit.record(session, [audit.Change("recovery_codes", "account", actor.account_id)], actor=actor, now=now)
    return _new_recovery_codes(session, actor.account_id)


def recovery_codes_left(session: Session, account_id: int) -> int:
    """How many recovery codes the person still has."""
    unused = select(RecoveryCode.id).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return len(session.scalars(unused).all())


@by(EVERYONE - NEED_SECOND_FACTOR)
def end(session: Session, *, actor: Actor, now: datetime) -> None:
    """Ask this person for no more codes. Roles that need them keep theirs, whichever of them the person acts in."""
    account = session.get(Account, actor.account_id, with_for_update=True) if actor.account_id is not None else None
    if account is None:
        raise NotAllowed(Message("accounts.nobody"))
    if any(one.role in NEED_SECOND_FACTOR for one in memberships(session, account.id)):
        raise NotAllowed(Message("accounts.factor.needed"))
    _forget(session, account)
    audit.record(session, [audit.Change("second_factor_off", "account", account.id)], actor=actor, now=now)


@by(frozenset({AccountRole.ADMINISTRATOR}))
def forget_second_factor(session: Session, account_id: int, *, actor: Actor, now: datetime) -> None:
    """Ask another person for the second factor no more: they have lost it, and their recovery codes, too.

    Raises NotAllowed for the administrator's own account: another one does it.
    """
    check_four_eyes(actor, account_id)
    account = session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound(Message("accounts.not_found", {"id": account_id}))
    _forget(session, account)
    audit.record(session, [audit.Change("second_factor_lost", "account", account_id)], actor=actor, now=now)


def _forget(session: Session, account: Account) -> None:
    account.totp_sealed = account.totp_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))


def _new_recovery_codes(session: Session, account_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(account_id=account_id, code_sha256=digest(one), used_at=None) for one in codes)
    session.flush()
    return ["-".join(one[start : start + 4] for start in range(0, 16, 4)) for one in codes]


def _plain(given: str) -> str:
    return "".join(sign for sign in given.lower() if sign.isalnum())


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_S)  # noqa: S303 - what every authenticator speaks
