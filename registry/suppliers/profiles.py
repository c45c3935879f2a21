"""Suppliers' organisations as they stand on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.dated import holds_on
from registry.suppliers.models import (
    Equipment,
    FreeCapacity,
    Operation,
    Permit,
    Premises,
    Site,
    Staff,
    Supplier,
)
from registry.suppliers.profile import KINDS


@dataclass(frozen=True, slots=True)
class Profile:
    """What a supplier states of its organisation on a day."""

    staff: Staff | None
    sites: list[Site]
    premises: list[Premises]
    equipment: list[Equipment]
    permits: list[Permit]
    operations: list[Operation]
    free: list[FreeCapacity]

    def site(self, id: int | None) -> Site | None:
        """One of the sites, by the id under which others point to it."""
        return next((site for site in self.sites if site.thing_id == id), None)


def profile(session: Session, supplier_id: int, on: date) -> Profile:
    """The profile of a supplier on that day, each list in the order in which it was stated.

    Of capacity what is not past yet.
    """

    def held(kind: type[Any]) -> list[Any]:
        own = select(kind).where(kind.supplier_id == supplier_id, holds_on(kind, on))
        return list(session.scalars(own.order_by(kind.thing_id)))

    return Profile(
        staff=staff(session, supplier_id, on),
        sites=held(Site),
        premises=held(Premises),
        equipment=held(Equipment),
        permits=held(Permit),
        operations=held(Operation),
        free=[free for free in held(FreeCapacity) if free.to_on >= on],
    )


def staff(session: Session, supplier_id: int, on: date) -> Staff | None:
    """How many people the supplier states to employ on that day; None where it does not say."""
    people = select(Staff).where(Staff.supplier_id == supplier_id, holds_on(Staff, on))
    return session.scalars(people).one_or_none()


def thing(session: Session, bin: str, kind: str, id: int) -> Any:
    """One thing of a supplier's profile that stands there; None if there is none such."""
    held = KINDS[kind]
    own = select(held).join(Supplier, Supplier.id == held.supplier_id)
    return session.scalars(own.where(held.id == id, Supplier.bin == bin, held.valid_to.is_(None))).one_or_none()
