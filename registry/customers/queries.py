"""Customers as they stood on a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.customers.models import Customer, CustomerVersion
from registry.dated import chunks, holds_on
from registry.suppliers import queries as suppliers


def names(session: Session, bins: Collection[str], on: date) -> dict[str, str]:
    """The names of those organisations among `bins` that the register held on that day, by БИН/ИИН.

    A buyer that is known only as a supplier is called by its name there.
    """
    version = CustomerVersion.__table__.c
    found: dict[str, str] = {}
    for piece in chunks(bins):
        named = select(Customer.bin, version.name).join(CustomerVersion, version.customer_id == Customer.id)
        found |= dict(session.execute(named.where(Customer.bin.in_(piece), holds_on(version, on))).all())
    return suppliers.names(session, set(bins) - found.keys(), on) | found
