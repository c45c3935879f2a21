"""Classifiers: ТН ВЭД, КПВЭД, ЕНС ТРУ, ОКЭД, КАТО and units; editions and dated nodes of one tree table."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.dated import Dated
from registry.db import Base, BigId, UtcDateTime, Word


class Scheme(StrEnum):
    """The classifiers the register keeps; values are the words of `ondiris import classifier`."""

    TNVED = "tnved"
    KPVED = "kpved"
    ENSTRU = "enstru"
    OKED = "oked"
    KATO = "kato"
    UNITS = "units"
    UNITS_FISCAL = "units_fiscal"  # cash-register codes; they differ from МКЕИ and are never mixed with them


class ClassifierEdition(Base):
    """One import that changed something: which file, in force from when, with what counts."""

    __tablename__ = "classifier_edition"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scheme: Mapped[Scheme] = mapped_column(Word(Scheme))
    in_force_from: Mapped[date] = mapped_column(Date)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(300))
    sha256: Mapped[str] = mapped_column(String(64))
    added: Mapped[int]
    changed: Mapped[int]
    closed: Mapped[int]


class ClassifierNode(Dated, Base):
    """A node as it stood on the days the row holds. Uncoded nodes carry meaning and are kept.

    `key` is the code where there is one; for an uncoded node it is the key of the nearest coded one above and a digest
    of the names between, so that the same node keeps its key from edition to edition. `parent_key` names the parent by
    its key, so that a renamed parent leaves its children untouched. Nodes stand in the order of their codes.
    """

    __tablename__ = "classifier_node"
    __table_args__ = (
        UniqueConstraint("scheme", "key", "valid_from"),
        Dated.one_open("uq_classifier_node_open", "scheme", "key"),
        Index(None, "scheme", "code"),
        Dated.span_check(),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    edition_id: Mapped[int] = mapped_column(BigId, ForeignKey("classifier_edition.id"))
    scheme: Mapped[Scheme] = mapped_column(Word(Scheme))
    key: Mapped[str] = mapped_column(String(120))
    parent_key: Mapped[str | None] = mapped_column(String(120))
    code: Mapped[str | None] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(15))
    name_ru: Mapped[str | None] = mapped_column(Text)
    name_kk: Mapped[str | None] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    unit: Mapped[str | None] = mapped_column(String(60))
    aliases: Mapped[str | None] = mapped_column(Text)


class ClassifierNote(Dated, Base):
    """Notes of the act on a chapter or a section, as they stood on the days the row holds; a line of text a line each.

    key: the code of the chapter; of a section that of its first chapter, and `/section`.
    """

    __tablename__ = "classifier_note"
    __table_args__ = (
        UniqueConstraint("scheme", "key", "valid_from"),
        Dated.one_open("uq_classifier_note_open", "scheme", "key"),
        Dated.span_check(),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scheme: Mapped[Scheme] = mapped_column(Word(Scheme))
    key: Mapped[str] = mapped_column(String(20))
    text_ru: Mapped[str] = mapped_column(Text)
