"""Everything is dated: rows that hold for a span of legal days, and how to read and revise them.

A thing (a supplier, a product, a need) is an identity; what is said of it stands in rows of its own, each valid on the
legal days `valid_from` <= day < `valid_to` (open where `valid_to` is null). A change on a later day closes the row that
held and opens a new one; a second change on the same day rewrites that day's row (the audit keeps both).
Source: domain.md §10.6.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Date, and_, or_
from sqlalchemy.orm import Mapped, mapped_column


class Dated:
    """Columns and invariants of a row that holds for a span of legal days."""

    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)

    @staticmethod
    def span_check() -> CheckConstraint:
        """The named CHECK each dated table carries: a span is never empty."""
        return CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="span_not_empty")


def holds_on(row: Any, on: date) -> ColumnElement[bool]:
    """The condition that a dated row (class or alias) holds on the legal day `on`."""
    return and_(row.valid_from <= on, or_(row.valid_to.is_(None), row.valid_to > on))


def is_open(row: Any) -> ColumnElement[bool]:
    """The condition that a dated row has not been closed."""
    return row.valid_to.is_(None)  # type: ignore[no-any-return]
