"""Suppliers: sole entrepreneurs and legal entities, registered free of charge (Law art. 51)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.dated import Dated
from registry.db import Base, BigId, UtcDateTime, Word
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
