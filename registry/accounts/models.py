"""People who sign in, what they may do and for whom, and what proves that it is they."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, UtcDateTime, Word


class AccountRole(StrEnum):
    """What a person may do, in one membership. Who holds several acts in one of them at a time."""

    OWNER = "owner"  # of a supplier's page: everything, colleagues included; one for each supplier
    EDITOR = "editor"  # of a supplier's page: its goods, documents and answers
    VIEWER = "viewer"  # of a supplier's page: reads what is the supplier's alone
    CUSTOMER = "customer"  # officer of a customer (art. 46(2)): its needs, plans and contracts
    MONITORED = "monitored"  # officer of an organisation whose purchases are monitored (art. 8(7))
    EXPERT = "expert"  # of the institute that keeps the database (art. 13(3)): verifies what it is given
    HEAD = "head"  # of that institute: hands out cases, signs decisions
    INDUSTRY = "industry"  # the institute for industry development (art. 47(1)): analyses needs
    AUTHORISED = "authorised"  # the authorised body (art. 47(4)): approves and publishes the list
    SECTOR = "sector"  # a sector body (art. 47(3)): agrees the list with customers
    AKIMAT = "akimat"  # a local executive body (art. 11(3)): the information of its region
    BANK = "bank"  # reads what a supplier grants it, nothing else
    AUDITOR = "auditor"  # reads everything, changes nothing
    ADMINISTRATOR = "administrator"  # accounts, classifiers, parameters, long work


class Account(Base):
    """A person's account. The password is kept only as its Argon2 hash.

    totp_sealed: the secret of the second factor, encrypted with a key that is not in the database; totp_step: the last
    half minute for which a code was taken, so that none is taken twice.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    lang: Mapped[str] = mapped_column(String(2))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    totp_sealed: Mapped[str | None] = mapped_column(String(300))
    totp_step: Mapped[int | None]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Membership(Base):
    """What one person may do, from its granting to its end. Ended ones are kept: who decided what is asked for years.

    scope: whom it speaks for: a БИН/ИИН, a region's two digits, or empty where the role is the country's.
    """

    __tablename__ = "membership"
    __table_args__ = (
        Index(
            "uq_membership_open",
            "account_id",
            "role",
            "scope",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_membership_owner",
            "scope",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND role = 'owner'"),
            postgresql_where=text("ended_at IS NULL AND role = 'owner'"),
        ),
        Index(None, "scope", "role"),
        CheckConstraint("length(scope) IN (0, 2, 12)", name="scope_shape"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    role: Mapped[AccountRole] = mapped_column(Word(AccountRole))
    scope: Mapped[str] = mapped_column(String(12), default="")
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by: Mapped[str] = mapped_column(String(254))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(254))


class SignIn(Base):
    """A browser in which a person is signed in, until it ends. The browser keeps the secret, this row its hash.

    membership_id: what the person acts as there, none before anything was chosen or granted. proven_at: when the second
    factor was given; a person who has one is not let in before.
    """

    __tablename__ = "sign_in"
    __table_args__ = (Index(None, "account_id", "ended_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    membership_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("membership.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proven_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(String(45))
    agent: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkPurpose(StrEnum):
    """What a link in a letter is for."""

    SIGN_UP = "sign_up"  # to open an account for the address it was sent to
    RESET = "reset"  # to choose a new password
    INVITATION = "invitation"  # to join a colleague's organisation
    ADDRESS = "address"  # to sign in with this address from now on


class Link(Base):
    """A secret sent to an address: who brings it back reads letters there. Good once, and for a while."""

    __tablename__ = "link"
    __table_args__ = (Index(None, "scope"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[LinkPurpose] = mapped_column(Word(LinkPurpose))
    email: Mapped[str] = mapped_column(String(254))
    account_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("account.id"))
    # What an invitation is to: the role, and the organisation.
    role: Mapped[AccountRole | None] = mapped_column(Word(AccountRole))
    scope: Mapped[str | None] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(254))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """A code for the day on which the telephone with the second factor is gone. Good once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "code_sha256"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    code_sha256: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Try(Base):
    """One try at something that must not be tried without end: counted here, so that it counts over processes.

    subject: the hash of whom it concerns (an address) or where it comes from; nobody reads addresses out of it.
    """

    __tablename__ = "try"
    __table_args__ = (Index(None, "action", "subject", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    action: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
