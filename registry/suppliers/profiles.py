"""Suppliers' organisations as they stand on a day, and what free capacity there is in the country."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.dated import holds_on
from registry.suppliers.models import (
    Equipment,
    FreeCapacity,
    Operation,
    Permit,
    Premises,
    Role,
    Site,
    Staff,
    Supplier,
    SupplierVersion,
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
        """One of the sites."""
        return next((site for site in self.sites if site.id == id), None)


def profile(session: Session, supplier_id: int, on: date) -> Profile:
    """The profile of a supplier on that day, each list in the order in which it was stated.

    Of capacity what is not past yet.
    """

    def held(kind: type[Any]) -> list[Any]:
        own = select(kind).where(kind.supplier_id == supplier_id, holds_on(kind, on))
        return list(session.scalars(own.order_by(kind.id)))

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


class Free(NamedTuple):
    """Capacity that is free, with its maker and its place. kato: the site's, else the supplier's."""

    id: int
    bin: str
    supplier: str
    role: Role
    operation: str
    kpved: str | None
    operation_note: str | None
    site: str | None
    kato: str | None
    from_on: date
    to_on: date
    amount: Decimal | None
    unit: str | None
    note: str | None

    @property
    def region(self) -> str | None:
        """The first two digits of the КАТО."""
        return self.kato[:2] if self.kato else None


_F: Final = FreeCapacity.__table__.c
_O: Final = Operation.__table__.c
_SITE: Final = Site.__table__.c
_W: Final = SupplierVersion.__table__.c


def free_capacity(session: Session, on: date, *, day: date | None = None, region: str | None = None) -> list[Free]:
    """What published suppliers state on the day `on` to be free on `day` or, without one, then or later.

    The soonest first. region: the first two digits of the КАТО of its place.
    """
    kato = func.coalesce(_SITE.kato, _W.kato)
    asked = (
        select(
            *(_F.id, Supplier.bin, _W.name, _W.role, _O.name.label("operation"), _O.kpved),
            *(_O.note.label("operation_note"), _SITE.name.label("site"), kato.label("kato")),
            *(_F.from_on, _F.to_on, _F.amount, _F.unit, _F.note),
        )
        .select_from(FreeCapacity)
        .join(Operation, _O.id == _F.operation_id)
        .join(Supplier, Supplier.id == _F.supplier_id)
        .join(SupplierVersion, _W.supplier_id == _F.supplier_id)
        .outerjoin(Site, _SITE.id == _O.site_id)
        .where(holds_on(_F, on), holds_on(_O, on), holds_on(_W, on), _W.published)
        .where(*((_F.from_on <= day, _F.to_on >= day) if day else (_F.to_on >= on,)))
        .order_by(_F.from_on, _F.id)
    )
    if region:
        asked = asked.where(kato.startswith(region, autoescape=True))
    return [Free(*row) for row in session.execute(asked)]
