"""How often the goods of a supplier were seen."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.catalogue.models import Product
from registry.sightings.models import Sighting, Sort


def by_day(session: Session, supplier_id: int, since: date, until: date) -> dict[tuple[date, Sort], int]:
    """How often all of a supplier's lines were seen on each of these days, the last included."""
    asked = (
        select(Sighting.on, Sighting.sort, func.sum(Sighting.times))
        .join(Product, Product.id == Sighting.product_id)
        .where(Product.supplier_id == supplier_id, Sighting.on >= since, Sighting.on <= until)
        .group_by(Sighting.on, Sighting.sort)
    )
    return {(on, sort): int(times) for on, sort, times in session.execute(asked)}


def by_good(session: Session, supplier_id: int, since: date, until: date) -> dict[int, dict[Sort, int]]:
    """How often each of a supplier's lines was seen over these days."""
    asked = (
        select(Sighting.product_id, Sighting.sort, func.sum(Sighting.times))
        .join(Product, Product.id == Sighting.product_id)
        .where(Product.supplier_id == supplier_id, Sighting.on >= since, Sighting.on <= until)
        .group_by(Sighting.product_id, Sighting.sort)
    )
    found: dict[int, dict[Sort, int]] = {}
    for product_id, sort, times in session.execute(asked):
        found.setdefault(product_id, {})[sort] = int(times)
    return found
