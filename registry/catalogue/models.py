"""Goods, works and services that suppliers list."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.dated import Dated
from registry.db import Base, BigId, Json, Money, Quantity, UtcDateTime, Word
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


class Visibility(StrEnum):
    """Who reads a price; whoever states none keeps it to themselves (Law article 6(3))."""

    PUBLIC = "public"
    PARTIES = "parties"  # customers who are signed in
    HIDDEN = "hidden"  # the supplier's own people


class ConformityKind(StrEnum):
    """What states that a good conforms to the technical regulations."""

    CERTIFICATE = "certificate"
    DECLARATION = "declaration"
    NOT_REQUIRED = "not_required"  # the good is not on the lists of those that need one


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
        CheckConstraint("price IS NULL OR price_currency IS NOT NULL", name="price_in_a_currency"),
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
    # A draft is its supplier's alone: no page, index or need knows of it.
    draft: Mapped[bool] = mapped_column(default=False)
    agsk3: Mapped[str | None] = mapped_column(String(40))
    output_per_year: Mapped[Decimal | None] = mapped_column(Quantity())
    # Lists of [name, value, unit] and of designations; null where there are none.
    parameters: Mapped[list[Any] | None] = mapped_column(Json)
    standards: Mapped[list[Any] | None] = mapped_column(Json)
    # Stated that there is no standard, which is something else than saying nothing.
    no_standard: Mapped[bool] = mapped_column(default=False)
    price: Mapped[Decimal | None] = mapped_column(Money())
    price_currency: Mapped[str | None] = mapped_column(String(3))
    price_on: Mapped[date | None] = mapped_column(Date)
    price_visibility: Mapped[Visibility] = mapped_column(Word(Visibility), default=Visibility.HIDDEN)
    commissioned_on: Mapped[date | None] = mapped_column(Date)
    conformity_kind: Mapped[ConformityKind | None] = mapped_column(Word(ConformityKind))
    conformity_number: Mapped[str | None] = mapped_column(String(100))
    conformity_issued: Mapped[date | None] = mapped_column(Date)
    conformity_expires: Mapped[date | None] = mapped_column(Date)
    site_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("site.id"))

    product: Mapped[Product] = relationship(back_populates="versions")


class SuggestionState(StrEnum):
    """What became of codes that the institute suggested."""

    WAITING = "waiting"  # for the owner's word
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REPLACED = "replaced"  # by a later suggestion, before the owner had said anything


class CodeSuggestion(Base):
    """Codes that the institute found for a line whose supplier did not know them; the owner confirms or declines."""

    __tablename__ = "code_suggestion"
    __table_args__ = (
        Index(
            "uq_code_suggestion_waiting",
            "product_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "product_id"),
        Index(None, "state"),
        CheckConstraint(
            "tnved IS NOT NULL OR kpved IS NOT NULL OR enstru IS NOT NULL OR agsk3 IS NOT NULL", name="says_something"
        ),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_once"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(BigId, ForeignKey("product.id"))
    tnved: Mapped[str | None] = mapped_column(String(10))
    kpved: Mapped[str | None] = mapped_column(String(8))
    enstru: Mapped[str | None] = mapped_column(String(17))
    agsk3: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(Text)
    state: Mapped[SuggestionState] = mapped_column(Word(SuggestionState), default=SuggestionState.WAITING)
    suggested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    suggested_by: Mapped[str] = mapped_column(String(254))
    # The person, whatever role they were in: nobody confirms what they suggested.
    suggested_account_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(254))
    reason: Mapped[str | None] = mapped_column(Text)
