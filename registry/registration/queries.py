"""Claims and consents as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts.models import Account, AccountRole, Membership
from registry.accounts.queries import owner_id
from registry.dated import holds_on
from registry.errors import NotFound
from registry.registration.models import Claim, ClaimState, Consent
from registry.suppliers.models import Supplier, SupplierVersion
from registry.wording import Message


@dataclass(frozen=True, slots=True)
class Known:
    """What the register knows of a number: whether it has it, shows it, and who speaks for it."""

    exists: bool
    published: bool
    owner_id: int | None
    # Who was its owner last, ended or not.
    last_owner_id: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claim that a person has to look at, with the claimant."""

    claim: Claim
    name: str
    email: str


def known(session: Session, bin: str, on: date) -> Known:
    """What the register knows of a number on that day."""
    version = SupplierVersion.__table__.c
    held = select(Supplier.id, version.published).outerjoin(
        SupplierVersion, (version.supplier_id == Supplier.id) & holds_on(version, on)
    )
    row = session.execute(held.where(Supplier.bin == bin)).one_or_none()
    owned = select(Membership.account_id).where(Membership.scope == bin, Membership.role == AccountRole.OWNER)
    last = session.scalars(owned.order_by(Membership.id.desc()).limit(1)).one_or_none()
    return Known(row is not None, bool(row and row.published), owner_id(session, bin), last)


def had_to_do_with(session: Session, claim: Claim, account_id: int | None) -> bool:
    """Whether a person is the claimant, or acts or acted for the organisation in any role."""
    theirs = select(Membership.id).where(Membership.scope == claim.bin, Membership.account_id == account_id)
    return claim.account_id == account_id or session.scalars(theirs.limit(1)).first() is not None


def own_claim(session: Session, claim_id: int, account_id: int) -> Claim:
    """A claim of this person. Raises NotFound for another's as for none."""
    claim = session.get(Claim, claim_id)
    if claim is None or claim.account_id != account_id:
        raise NotFound(Message("registration.not_found"))
    return claim


def claim(session: Session, claim_id: int) -> Claim:
    """A claim, for whoever decides on it. Raises NotFound for one that was never handed in, as for none: nobody else
    sees it."""
    found = session.get(Claim, claim_id)
    if found is None or found.submitted_at is None:
        raise NotFound(Message("registration.not_found"))
    return found


def claims_of(session: Session, account_id: int) -> list[Claim]:
    """The claims of a person, the latest first."""
    return list(session.scalars(select(Claim).where(Claim.account_id == account_id).order_by(Claim.id.desc())))


def waiting(session: Session, *, limit: int, offset: int = 0) -> tuple[list[Waiting], int]:
    """Claims that a person has to look at, the one that has waited longest first, and how many there are."""
    count = session.scalars(select(func.count()).select_from(Claim).where(Claim.state == ClaimState.WAITING)).one()
    rows = session.execute(
        select(Claim, Account.name, Account.email)
        .join(Account, Account.id == Claim.account_id)
        .where(Claim.state == ClaimState.WAITING)
        .order_by(Claim.submitted_at, Claim.id)
        .limit(limit)
        .offset(offset)
    )
    return [Waiting(*row) for row in rows], count


def others(session: Session, claim: Claim) -> list[Claim]:
    """Other people's claims for the same number that were submitted, the latest first."""
    same = select(Claim).where(Claim.bin == claim.bin, Claim.id != claim.id, Claim.submitted_at.is_not(None))
    return list(session.scalars(same.order_by(Claim.id.desc())))


def consents(session: Session, bin: str) -> dict[str, Consent]:
    """What an organisation agrees to now, by the word of each."""
    given = select(Consent).where(Consent.bin == bin, Consent.withdrawn_at.is_(None)).order_by(Consent.id)
    return {one.what: one for one in session.scalars(given)}
