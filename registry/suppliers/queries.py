"""Suppliers as they stood on a day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from registry.dated import chunks, holds_on
from registry.errors import NotFound
from registry.identifiers import CheckDigit
from registry.suppliers.models import Role, Supplier, SupplierVersion
from registry.text import fold_key
from registry.wording import Message


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """One supplier on a day; `registered_on` is the first day for which anything is stated of it.

    version: counts its changes, whichever day they speak of.
    """

    id: int
    version: int
    bin: str
    bin_check: CheckDigit
    name: str
    role: Role
    kato: str | None
    oked: str | None
    address: str | None
    email: str | None
    phone: str | None
    registered_on: date
    published: bool

    @property
    def region(self) -> str | None:
        """The first two digits of the КАТО."""
        return self.kato[:2] if self.kato else None


def supplier(session: Session, bin: str, on: date, *, own: bool = False) -> SupplierRow:
    """The supplier of that БИН/ИИН. Raises NotFound if the register held none on that day.

    own: also one that is not published; for whoever acts for it, and for the institute.
    """
    version, first = SupplierVersion.__table__.c, SupplierVersion.__table__.alias("first").c
    began = select(func.min(first.valid_from)).where(first.supplier_id == Supplier.id).scalar_subquery()
    said = (version.name, version.role, version.kato, version.oked, version.address, version.email, version.phone)
    row = session.execute(
        select(Supplier.id, Supplier.version, Supplier.bin, Supplier.bin_check, *said, began, version.published)
        .join(SupplierVersion, version.supplier_id == Supplier.id)
        .where(Supplier.bin == bin, holds_on(version, on), true() if own else version.published)
    ).one_or_none()
    if row is None:
        raise NotFound(Message("register.supplier.not_found", {"bin": bin}))
    return SupplierRow(*row)


def former_names(session: Session, supplier_id: int, on: date) -> list[tuple[str, date]]:
    """What a published supplier was called before that day, the latest first, each with the day until which it was."""
    version = SupplierVersion.__table__.c
    asked = select(version.name, version.valid_to, version.published).where(
        version.supplier_id == supplier_id, version.valid_from <= on
    )
    rows = session.execute(asked.order_by(version.valid_from)).all()
    return [
        (row.name, row.valid_to)
        for row, after in reversed(list(pairwise(rows)))
        if row.published and fold_key(row.name) != fold_key(after.name)
    ]


def names(session: Session, bins: Collection[str], on: date, *, own: bool = False) -> dict[str, str]:
    """The names of those organisations among `bins` that the register held on that day, by БИН/ИИН.

    own: also of those that are not published.
    """
    shown = true() if own else SupplierVersion.published
    version = SupplierVersion.__table__.c
    found: dict[str, str] = {}
    for piece in chunks(bins):
        named = select(Supplier.bin, version.name).join(SupplierVersion, version.supplier_id == Supplier.id)
        found |= dict(session.execute(named.where(Supplier.bin.in_(piece), holds_on(version, on), shown)).all())
    return found


def count(session: Session, on: date) -> int:
    """How many suppliers the register showed on that day."""
    version = SupplierVersion.__table__.c
    return session.execute(
        select(func.count()).select_from(SupplierVersion).where(holds_on(version, on), version.published)
    ).scalar_one()
