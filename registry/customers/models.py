"""Customers: whose needs, plans and contracts the register holds; subsoil users, national companies and others."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.dated import Dated
from registry.db import Base, BigId, UtcDateTime, Word
from registry.identifiers import CheckDigit


class Customer(Base):
    """The identity: one customer per БИН/ИИН.

    Needs name their customer by that number and not by a key: a list of needs may come before the list of customers.
    """

    __tablename__ = "customer"
    __table_args__ = (CheckConstraint("length(bin) = 12", name="bin_twelve_digits"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bin: Mapped[str] = mapped_column(String(12), unique=True)
    bin_check: Mapped[CheckDigit] = mapped_column(Word(CheckDigit))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    versions: Mapped[list[CustomerVersion]] = relationship(back_populates="customer")


class CustomerVersion(Dated, Base):
    """What is said of the customer on the days the row holds."""

    __tablename__ = "customer_version"
    __table_args__ = (
        UniqueConstraint("customer_id", "valid_from"),
        Dated.one_open("uq_customer_version_open", "customer_id"),
        Dated.span_check(),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"))
    name: Mapped[str] = mapped_column(String(500))
    kato: Mapped[str | None] = mapped_column(String(9))

    customer: Mapped[Customer] = relationship(back_populates="versions")
