"""People who sign in, and what they may do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, UtcDateTime, Word


class AccountRole(StrEnum):
    """What a person may do. A supplier's editor acts for the one supplier whose БИН/ИИН the account carries."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    EXPERT = "expert"
    ADMINISTRATOR = "administrator"


class Account(Base):
    """A person's account. The password is kept only as its Argon2 hash.

    `bin` is the organisation that a supplier's or customer's account speaks for: accounts know nothing of suppliers, so
    it is a number here and not a key.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[AccountRole] = mapped_column(Word(AccountRole))
    bin: Mapped[str | None] = mapped_column(String(12))
    lang: Mapped[str] = mapped_column(String(2))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
