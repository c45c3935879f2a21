"""Needs: goods, works and services that customers want, until the yearly cycle exists as imported lines."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.dated import Dated
from registry.db import Base, BigId, Money, Percent, Quantity, UtcDateTime, Word


class ContractType(StrEnum):
    """What the need is to be met by; the list of art. 47 is split by it."""

    OFFTAKE = "offtake"
    PROCUREMENT = "procurement"
    PURCHASE = "purchase"


class Need(Base):
    """The identity of one needed line, by its customer, empty where none is named, and the id it has there.

    Every customer numbers its needs from one.
    """

    __tablename__ = "need"
    __table_args__ = (UniqueConstraint("external_id", "customer_bin"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    external_id: Mapped[str] = mapped_column(String(200))
    customer_bin: Mapped[str] = mapped_column(String(12), default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    versions: Mapped[list[NeedVersion]] = relationship(back_populates="need")


class NeedVersion(Dated, Base):
    """What is said of the need on the days the row holds; an imported need counts as published on them."""

    __tablename__ = "need_version"
    __table_args__ = (
        UniqueConstraint("need_id", "valid_from"),
        Dated.one_open("uq_need_version_open", "need_id"),
        Dated.span_check(),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    need_id: Mapped[int] = mapped_column(BigId, ForeignKey("need.id"))
    name: Mapped[str] = mapped_column(String(2000))
    name_kk: Mapped[str | None] = mapped_column(String(2000))
    name_en: Mapped[str | None] = mapped_column(String(2000))
    description: Mapped[str | None] = mapped_column(Text)
    tnved: Mapped[str | None] = mapped_column(String(10))
    enstru: Mapped[str | None] = mapped_column(String(17))
    unit: Mapped[str | None] = mapped_column(String(60))
    volume: Mapped[Decimal | None] = mapped_column(Quantity())
    kato: Mapped[str | None] = mapped_column(String(9))
    customer_bin: Mapped[str | None] = mapped_column(String(12))
    budget: Mapped[Decimal | None] = mapped_column(Money())
    contract_type: Mapped[ContractType | None] = mapped_column(Word(ContractType))
    min_icv: Mapped[Decimal | None] = mapped_column(Percent())
    term_years: Mapped[Decimal | None] = mapped_column(Quantity())

    need: Mapped[Need] = relationship(back_populates="versions")
