"""What people asked to be told of, and each thing they were told, once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, UtcDateTime, Word


class WatchKind(StrEnum):
    """What is watched."""

    SEARCH = "search"  # goods that a search of the portal finds and did not find before
    FITS = "fits"  # needs that goods of a supplier may meet


class Frequency(StrEnum):
    """How often a letter comes. The list on the portal is kept in any case."""

    INSTANT = "instant"
    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


class Thing(StrEnum):
    """What a notice tells of."""

    PRODUCT = "product"
    NEED = "need"


class Watch(Base):
    """What one person asked to be told of.

    scope: the supplier whose goods are compared (FITS); question: the query of the search's address, in its one
    normal form (SEARCH); key: the digest of what is asked, by which the same is asked once.
    """

    __tablename__ = "watch"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        CheckConstraint("(kind = 'fits') = (length(scope) = 12)", name="scope_of_fits"),
        CheckConstraint("(kind = 'search') = (length(question) > 0)", name="question_of_search"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    kind: Mapped[WatchKind] = mapped_column(Word(WatchKind))
    scope: Mapped[str] = mapped_column(String(12), default="")
    question: Mapped[str] = mapped_column(Text, default="")
    key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    frequency: Mapped[Frequency] = mapped_column(Word(Frequency))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WatchSeen(Base):
    """A good that a watched search has found: at first what it found when it was saved, which is no news."""

    __tablename__ = "watch_seen"

    watch_id: Mapped[int] = mapped_column(BigId, ForeignKey("watch.id"), primary_key=True, autoincrement=False)
    product_id: Mapped[int] = mapped_column(BigId, ForeignKey("product.id"), primary_key=True, autoincrement=False)


class Notice(Base):
    """One thing that one person was told. Its unique key is what keeps anything from being said twice.

    state: of a good how its evidence stood, so that its confirmation later is other news; of a need the supplier whose
    goods it fits. product_id: the good that may meet a need. settled_at: when it went into a letter, or when it was
    found where no letters were wanted.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("account_id", "thing", "thing_id", "state"),
        Index(None, "account_id", "read_at"),
        Index(None, "watch_id", "settled_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    # None once the person has ended the watch; what was told is kept, or it would be told again.
    watch_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("watch.id"))
    thing: Mapped[Thing] = mapped_column(Word(Thing))
    thing_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(20))
    product_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("product.id"))
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
