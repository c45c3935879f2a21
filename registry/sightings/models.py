"""How often each listed line was seen on each day."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, BigId, Word


class Sort(StrEnum):
    """In what way a line was seen."""

    SHOWN = "shown"  # among the results of a search
    OPENED = "opened"  # on its own page
    COMPARED = "compared"  # with a need, by a run of the matching engine; each need counts once a day


class Sighting(Base):
    """The count of one line, day and sort. Who saw it is not kept anywhere."""

    __tablename__ = "sighting"
    __table_args__ = (CheckConstraint("times > 0", name="times_positive"),)

    product_id: Mapped[int] = mapped_column(BigId, ForeignKey("product.id"), primary_key=True, autoincrement=False)
    on: Mapped[date] = mapped_column("on_day", Date, primary_key=True)
    sort: Mapped[Sort] = mapped_column(Word(Sort), primary_key=True)
    times: Mapped[int]
