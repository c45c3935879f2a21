"""Signing in: browsers that are signed in, and tries that are counted. Nothing here commits."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from registry import audit
from registry.accounts.models import Account, Membership, SignIn, Try
from registry.accounts.rules import EVERYONE, LIMITS, LONGEST_SPAN, Actor, by, free_again
from registry.errors import NotFound
from registry.wording import Message

# A working day: who shares a machine is not signed in on the next morning.
STAYS_SIGNED_IN: Final = timedelta(hours=12)
# How often a browser's last sign of life is written down: pages are read far more often.
SEEN_EVERY: Final = timedelta(minutes=5)
_AGENT: Final = 200
_PLACE: Final = 45


class Entered(NamedTuple):
    """A browser's sign-in with its person, and what they act as there."""

    sign_in: SignIn
    account: Account
    membership: Membership | None


def digest(secret: str) -> str:
    """What is kept of a secret that is long and random by itself: its plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def enter(
    session: Session, account: Account, *, membership_id: int | None, place: str, agent: str, now: datetime
) -> str:
    """Sign a browser in; returns the secret that it keeps, which is nowhere else."""
    secret = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            secret_sha256=digest(secret),
            account_id=account.id,
            membership_id=membership_id,
            created_at=now,
            seen_at=now,
            expires_at=now + STAYS_SIGNED_IN,
            place=place[:_PLACE],
            agent=agent[:_AGENT],
        )
    )
    session.flush()
    audit.record(
        session, [audit.Change("sign_in", "account", account.id, None, {"place": place})], actor=account.email, now=now
    )
    return secret


def entered(session: Session, secret: str, now: datetime) -> Entered | None:
    """Whose browser keeps this secret; None where nobody's, or where it is over."""
    row = session.execute(
        select(SignIn, Account, Membership)
        .join(Account, Account.id == SignIn.account_id)
        .outerjoin(Membership, Membership.id == SignIn.membership_id)
        .where(SignIn.secret_sha256 == digest(secret))
    ).one_or_none()
    if row is None:
        return None
    sign_in, account, membership = row
    if sign_in.ended_at is not None or sign_in.expires_at <= now or account.closed_at is not None:
        return None
    return Entered(sign_in, account, membership if membership is not None and membership.ended_at is None else None)


def known(session: Session, secret: str, now: datetime) -> Entered:
    """The same of a browser that has just been signed in."""
    found = entered(session, secret, now)
    assert found is not None, "a sign-in that was just made"
    return found


def last_acted_as(session: Session, account_id: int) -> int | None:
    """The membership in which the person acted where they signed in last; None if in none."""
    latest = select(SignIn.membership_id).where(SignIn.account_id == account_id).order_by(SignIn.id.desc()).limit(1)
    return session.scalars(latest).first()


def seen(session: Session, sign_in_id: int, *, now: datetime) -> None:
    """Write down that the browser is still read in."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=now))


def proven(session: Session, sign_in_id: int, *, now: datetime) -> None:
    """The second factor was given in this browser."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(proven_at=now))


@by(EVERYONE)
def act_as(session: Session, sign_in_id: int, membership_id: int, *, actor: Actor, now: datetime) -> None:
    """Act in another of one's roles from now on in this browser. Raises NotFound where it is not one's own."""
    membership = session.get(Membership, membership_id)
    if membership is None or membership.account_id != actor.account_id or membership.ended_at is not None:
        raise NotFound(Message("accounts.membership.not_found"))
    session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.account_id == actor.account_id)
        .values(membership_id=membership_id)
    )
    said = {"role": str(membership.role), "scope": membership.scope}
    audit.record(session, [audit.Change("act_as", "membership", membership_id, None, said)], actor=actor, now=now)


@by(EVERYONE)
def leave_browser(session: Session, sign_in_id: int, *, actor: Actor, now: datetime) -> None:
    """Sign one browser of one's own out. Raises NotFound for another person's as for none."""
    touched = session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.account_id == actor.account_id, SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )
    if touched.rowcount == 1:  # type: ignore[attr-defined]
        audit.record(session, [audit.Change("sign_out", "account", actor.account_id)], actor=actor, now=now)
    elif not session.scalars(
        select(SignIn.id).where(SignIn.id == sign_in_id, SignIn.account_id == actor.account_id)
    ).first():
        raise NotFound(Message("accounts.browser.not_found"))


def count_try(session: Session, action: str, *, person: str, place: str, now: datetime) -> None:
    """Write a try down, before it is made: of many at once none slips through uncounted.

    person: an address or an account, place: a network address; only their hashes are kept.
    """
    session.add_all(Try(action=action, subject=subject, at=now) for subject in _subjects(person, place))


def must_wait(session: Session, action: str, *, person: str, place: str, now: datetime) -> datetime | None:
    """When this person or place may try again, the tries counted so far included; None where they may now.

    Asked after `count_try` has been committed, so the newest try is among those it counts. One that is refused is not
    made, and counts no longer: whoever waits and asks too early does not wait longer for it.
    """
    waits, newest = [], []
    for subject, limit in zip(_subjects(person, place), LIMITS[action], strict=True):
        tried = session.execute(
            select(Try.id, Try.at)
            .where(Try.action == action, Try.subject == subject, Try.at > now - limit.span)
            .order_by(Try.id.desc())
            .limit(limit.tries + 1)
        ).all()
        newest += [row.id for row in tried[:1]]
        waits.append(free_again([row.at for row in tried[1:]], limit, now))
    until = max((wait for wait in waits if wait), default=None)
    if until is not None:
        session.execute(delete(Try).where(Try.id.in_(newest)))
    return until


def forget_tries(session: Session, action: str, *, person: str, place: str) -> None:
    """It went well: the person's earlier tries here count no more, and this one neither for the place: an office whose
    people all sign in in the morning is no guesser."""
    here, *others = _subjects(person, place)
    session.execute(delete(Try).where(Try.action == action, Try.subject == here))
    for subject in others:
        newest = select(func.max(Try.id)).where(Try.action == action, Try.subject == subject).scalar_subquery()
        session.execute(delete(Try).where(Try.id == newest))


def sweep(session: Session, *, now: datetime) -> int:
    """Delete tries that count for nobody any more; returns how many. A repeat finds none."""
    gone = session.execute(delete(Try).where(Try.at <= now - LONGEST_SPAN))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def tries(session: Session) -> int:
    """How many tries are kept."""
    return session.scalars(select(func.count()).select_from(Try)).one()


def _subjects(person: str, place: str) -> tuple[str, str, str]:
    """The person at the place, the place, the person: in the order of `Limits`."""
    return digest(f"here:{place}:{person}"), digest(f"place:{place}"), digest(f"person:{person}")
