"""Suppliers: sole entrepreneurs and legal entities, registered free of charge (Law art. 51)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.dated import Dated
from registry.db import Base, BigId, Quantity, UtcDateTime, Word
from registry.identifiers import CheckDigit

# Characters of a key that are kept; folding may make a text longer.
KEY_LENGTH: Final = 300


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
    """How many people a supplier employs, and how many of them are citizens, on the days the row holds.

    version: goes up with every change, so that of two who change it at once the second is told.
    """

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
    version: Mapped[int] = mapped_column(default=1)


class Held(Dated):
    """A thing of a supplier's profile, as it is said to be on the days the row holds.

    thing_id: the thing's, to which others point. It is the id of its present row, also after that has ended; what was
    said of it on earlier days stands in rows of their own. One that ends on its first day held on none, and stays all
    the same. version: goes up with every change, so that of two who change it at once the second is told.
    """

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # Empty only until a new row's own id is known.
    thing_id: Mapped[int] = mapped_column(BigId, nullable=True)
    supplier_id: Mapped[int] = mapped_column(BigId, ForeignKey("supplier.id"))
    name: Mapped[str] = mapped_column(String(300))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @staticmethod
    def span_check() -> CheckConstraint:
        """The named CHECK each such table carries."""
        return CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="span_in_order")

    @staticmethod
    def about(table: str) -> tuple[Any, ...]:
        """What each such table carries besides its columns."""
        return (
            *(Index(None, "supplier_id"), Index(None, "thing_id"), Dated.one_open(f"uq_{table}_open", "thing_id")),
            Held.span_check(),
        )


class Site(Held, Base):
    """A site of production. Its place is public, its street address is not."""

    __tablename__ = "site"
    __table_args__ = Held.about("site")

    kato: Mapped[str] = mapped_column(String(9))
    address: Mapped[str | None] = mapped_column(String(500))


class Tenure(StrEnum):
    """By what right premises are used."""

    OWN = "own"
    RENTED = "rented"


class Premises(Held, Base):
    """A building or a room in which a supplier works."""

    __tablename__ = "premises"
    __table_args__ = Held.about("premises")

    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"))
    area_m2: Mapped[Decimal | None] = mapped_column(Quantity())
    tenure: Mapped[Tenure] = mapped_column(Word(Tenure))


class Permit(Held, Base):
    """A licence or a permit that a supplier holds."""

    __tablename__ = "permit"
    __table_args__ = Held.about("permit")

    number: Mapped[str] = mapped_column(String(100))
    issuer: Mapped[str | None] = mapped_column(String(300))
    issued_on: Mapped[date | None] = mapped_column(Date)
    expires_on: Mapped[date | None] = mapped_column(Date)


class Equipment(Held, Base):
    """A machine: what it is, and how much it can make in a year."""

    __tablename__ = "equipment"
    __table_args__ = (*Held.about("equipment"), Index(None, "serial_key", "machine_key"))

    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"))
    model: Mapped[str | None] = mapped_column(String(200))
    year: Mapped[int | None]
    country: Mapped[str | None] = mapped_column(String(100))
    # The maker's number of this very machine: two suppliers do not have it at once.
    serial: Mapped[str | None] = mapped_column(String(100))
    # Two of equal keys are the same machine to a reader; machine_key is the model's or else the name's.
    serial_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    machine_key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    capacity_per_year: Mapped[Decimal | None] = mapped_column(Quantity())
    unit: Mapped[str | None] = mapped_column(String(40))


class Operation(Held, Base):
    """Something a supplier does for others or itself: turning, casting, sewing.

    `name` is the first of the names in Russian, Kazakh, English that there is.
    """

    __tablename__ = "operation"
    __table_args__ = Held.about("operation")

    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"))
    name_ru: Mapped[str | None] = mapped_column(String(300))
    name_kk: Mapped[str | None] = mapped_column(String(300))
    name_en: Mapped[str | None] = mapped_column(String(300))
    kpved: Mapped[str | None] = mapped_column(String(8))
    note: Mapped[str | None] = mapped_column(Text)


class FreeCapacity(Held, Base):
    """Capacity of an operation that others may take between two days, both included. `name` is the operation's."""

    __tablename__ = "free_capacity"
    __table_args__ = (
        *Held.about("free_capacity"),
        Index(None, "operation_id"),
        Index(None, "to_on", "from_on"),
        Index(None, "from_on", "id"),
        CheckConstraint("to_on >= from_on", name="days_in_order"),
    )

    operation_id: Mapped[int] = mapped_column(BigId, ForeignKey("operation.id"))
    from_on: Mapped[date] = mapped_column(Date)
    to_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal | None] = mapped_column(Quantity())
    unit: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)


class CapacityWord(Base):
    """A word by which free capacity can be found, as it is written, folded."""

    __tablename__ = "capacity_word"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    word: Mapped[str] = mapped_column(String(64), unique=True)


class FreeCapacityWord(Base):
    """That a row of free capacity holds a word; named: in a name of its operation, not only in what is said besides."""

    __tablename__ = "free_capacity_word"
    __table_args__ = (Index(None, "free_capacity_id"),)

    word_id: Mapped[int] = mapped_column(BigId, ForeignKey("capacity_word.id"), primary_key=True)
    free_capacity_id: Mapped[int] = mapped_column(BigId, ForeignKey("free_capacity.id"), primary_key=True)
    named: Mapped[bool]
