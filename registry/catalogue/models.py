"""Goods, works and services that suppliers list."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.dated import Dated
from registry.db import Base, BigId, Quantity, UtcDateTime, Word
from registry.suppliers.models import Role


class ProductKind(StrEnum):
    """What is listed; a good carries a ТН ВЭД code, works and services a КПВЭД code (rule 5)."""

    GOODS = "goods"
    WORKS = "works"
    SERVICES = "services"


class CodeState(StrEnum):
    """How the ТН ВЭД code stands to the nomenclature that is loaded."""

    CHECKED = "checked"  # ten digits, and the edition in force holds it
    UNKNOWN = "unknown"  # its branch is loaded without it, or there is no such chapter: kept and flagged
    UNCHECKED = "unchecked"  # its branch is not loaded: kept, to be checked when it is
    SHORT = "short"  # fewer than ten digits: kept; the desk completes it
    ABSENT = "absent"  # no code given


class Product(Base):
    """The identity of one listed line. `key` is the supplier's own id where given, else the folded name."""

    __tablename__ = "product"
    __table_args__ = (UniqueConstraint("supplier_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(BigId, ForeignKey("supplier.id"))
    key: Mapped[str] = mapped_column(String(520))
    external_id: Mapped[str | None] = mapped_column(String(200))
    # Counts every change of anything the index shows of the line, its evidence and supplier included.
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    versions: Mapped[list[ProductVersion]] = relationship(back_populates="product")


class ProductVersion(Dated, Base):
    """What is said of the line on the days the row holds. A line with no row on a day was not listed on it."""

    __tablename__ = "product_version"
    __table_args__ = (
        UniqueConstraint("product_id", "valid_from"),
        Dated.one_open("uq_product_version_open", "product_id"),
        Index(None, "tnved"),
        CheckConstraint("name_ru IS NOT NULL OR name_kk IS NOT NULL OR name_en IS NOT NULL", name="named"),
        Dated.span_check(),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(BigId, ForeignKey("product.id"))
    kind: Mapped[ProductKind] = mapped_column(Word(ProductKind), default=ProductKind.GOODS)
    name_ru: Mapped[str | None] = mapped_column(String(2000))
    name_kk: Mapped[str | None] = mapped_column(String(2000))
    name_en: Mapped[str | None] = mapped_column(String(2000))
    description: Mapped[str | None] = mapped_column(Text)
    tnved: Mapped[str | None] = mapped_column(String(10))
    tnved_state: Mapped[CodeState] = mapped_column(Word(CodeState), default=CodeState.ABSENT)
    kpved: Mapped[str | None] = mapped_column(String(8))
    enstru: Mapped[str | None] = mapped_column(String(17))
    unit: Mapped[str | None] = mapped_column(String(60))
    capacity_per_year: Mapped[Decimal | None] = mapped_column(Quantity())
    role: Mapped[Role] = mapped_column(Word(Role), default=Role.UNSTATED)

    product: Mapped[Product] = relationship(back_populates="versions")
