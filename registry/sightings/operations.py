"""The only writers of sightings. They are counts of the program's own, so nobody's role is asked and no audit kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from registry.catalogue.models import Product
from registry.dated import chunks
from registry.sightings.models import Sighting, Sort

# Line, legal day and sort -> how often.
Counts = Mapping[tuple[int, date, Sort], int]


def add(session: Session, counts: Counts) -> None:
    """Count so many more. A repeat counts twice: whoever calls it has forgotten the counts once it is committed."""
    _write(session, counts, more=True)


def settle(session: Session, counts: Counts) -> None:
    """Let the counts be these, whatever they were: a repeat is harmless."""
    _write(session, counts, more=False)


def _write(session: Session, counts: Counts, *, more: bool) -> None:
    known: set[int] = set()
    for piece in chunks({product_id for product_id, _, _ in counts}):
        known |= set(session.scalars(select(Product.id).where(Product.id.in_(piece))))
    # In one order, so that two who write at once wait for each other and never both.
    rows = [
        {"product_id": product_id, "on": on, "sort": sort, "times": times}
        for (product_id, on, sort), times in sorted(counts.items())
        if product_id in known and times > 0
    ]
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for part in chunks(rows):
        asked = make(Sighting).values(part)
        times = Sighting.times + asked.excluded.times if more else asked.excluded.times
        key = (Sighting.product_id, Sighting.on, Sighting.sort)
        session.execute(asked.on_conflict_do_update(index_elements=key, set_={"times": times}))
