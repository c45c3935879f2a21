"""Suppliers: sole entrepreneurs and legal entities, registered free of charge (Law art. 51)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.dated import Dated
from registry.db import Base, BigId, Quantity, UtcDateTime, Word
from registry.identifiers import CheckDigit


class Role(StrEnum):
    """Whether a supplier makes a good or resells it; only a maker can be a domestic producer (domain.md §10.3)."""

    MAKER = "maker"
    DEALER = "dealer"
    UNSTATED = "unstated"


class Supplier(Base):
    """The identity: one supplier per БИН/ИИН (rule 4)."""

    __tablename__ = "supplier"
    __table_args__ = (CheckConstraint("length(bin) = 12", name="bin_twelve_digits"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bin: Mapped[str] = mapped_column(String(12), unique=True)
    bin_check: Mapped[CheckDigit] = mapped_column(Word(CheckDigit))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    versions: Mapped[list[SupplierVersion]] = relationship(back_populates="supplier")


class SupplierVersion(Dated, Base):
    """What is said of the supplier on the days the row holds.

    published: whether others may read of it. Not before somebody has proven to speak for its number, unless it came in
    by a file of the institute's.
    """

    __tablename__ = "supplier_version"
    __table_args__ = (
        UniqueConstraint("supplier_id", "valid_from"),
        Dated.one_open("uq_supplier_version_open", "supplier_id"),
        Dated.span_check(),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(BigId, ForeignKey("supplier.id"))
    name: Mapped[str] = mapped_column(String(500))
    name_key: Mapped[str] = mapped_column(String(500))
    role: Mapped[Role] = mapped_column(Word(Role), default=Role.UNSTATED)
    kato: Mapped[str | None] = mapped_column(String(9))
    oked: Mapped[str | None] = mapped_column(String(5))
    address: Mapped[str | None] = mapped_column(String(500))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(60))
    published: Mapped[bool] = mapped_column(default=True)

    supplier: Mapped[Supplier] = relationship(back_populates="versions")


class Staff(Dated, Base):
    """How many people a supplier employs, and how many of them are citizens, on the days the row holds."""

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("supplier_id", "valid_from"),
        Dated.one_open("uq_staff_open", "supplier_id"),
        CheckConstraint("total >= 0 AND kazakhstani >= 0 AND kazakhstani <= total", name="citizens_among_all"),
        Dated.span_check(),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(BigId, ForeignKey("supplier.id"))
    total: Mapped[int]
    kazakhstani: Mapped[int]


class Held(Dated):
    """A thing of a supplier's profile: what is said of it may be corrected, and it ends on a day.

    Its row is its identity, since others point to it; what it said before stands in the audit. One that ends on its
    first day held on none, and stays all the same.
    """

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(BigId, ForeignKey("supplier.id"))
    name: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @staticmethod
    def span_check() -> CheckConstraint:
        """The named CHECK each such table carries."""
        return CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="span_in_order")


class Site(Held, Base):
    """A site of production. Its place is public, its street address is not."""

    __tablename__ = "site"
    __table_args__ = (Index(None, "supplier_id"), Held.span_check())

    kato: Mapped[str] = mapped_column(String(9))
    address: Mapped[str | None] = mapped_column(String(500))


class Tenure(StrEnum):
    """By what right premises are used."""

    OWN = "own"
    RENTED = "rented"


class Premises(Held, Base):
    """A building or a room in which a supplier works."""

    __tablename__ = "premises"
    __table_args__ = (Index(None, "supplier_id"), Held.span_check())

    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"))
    area_m2: Mapped[Decimal | None] = mapped_column(Quantity())
    tenure: Mapped[Tenure] = mapped_column(Word(Tenure))


class Permit(Held, Base):
    """A licence or a permit that a supplier holds."""

    __tablename__ = "permit"
    __table_args__ = (Index(None, "supplier_id"), Held.span_check())

    number: Mapped[str] = mapped_column(String(100))
    issuer: Mapped[str | None] = mapped_column(String(300))
    issued_on: Mapped[date | None] = mapped_column(Date)
    expires_on: Mapped[date | None] = mapped_column(Date)


class Equipment(Held, Base):
    """A machine: what it is, and how much it can make in a year."""

    __tablename__ = "equipment"
    __table_args__ = (Index(None, "supplier_id"), Held.span_check())

    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"))
    model: Mapped[str | None] = mapped_column(String(200))
    year: Mapped[int | None]
    country: Mapped[str | None] = mapped_column(String(100))
    # The maker's number of this very machine: two suppliers do not have it at once.
    serial: Mapped[str | None] = mapped_column(String(100))
    capacity_per_year: Mapped[Decimal | None] = mapped_column(Quantity())
    unit: Mapped[str | None] = mapped_column(String(40))


class Operation(Held, Base):
    """Something a supplier does for others or itself: turning, casting, sewing."""

    __tablename__ = "operation"
    __table_args__ = (Index(None, "supplier_id"), Held.span_check())

    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"))
    kpved: Mapped[str | None] = mapped_column(String(8))
    note: Mapped[str | None] = mapped_column(Text)


class FreeCapacity(Held, Base):
    """Capacity of an operation that others may take between two days, both included. `name` is the operation's."""

    __tablename__ = "free_capacity"
    __table_args__ = (
        Index(None, "supplier_id"),
        Index(None, "operation_id"),
        Index(None, "to_on", "from_on"),
        CheckConstraint("to_on >= from_on", name="days_in_order"),
        Held.span_check(),
    )

    operation_id: Mapped[int] = mapped_column(BigId, ForeignKey("operation.id"))
    from_on: Mapped[date] = mapped_column(Date)
    to_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal | None] = mapped_column(Quantity())
    unit: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)
