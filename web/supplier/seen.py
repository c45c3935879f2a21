"""How often the supplier's goods were shown, opened, compared: by day as bars, by good as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import render_template

from registry.evidence.goods import Good
from registry.evidence.queries import goods
from registry.sightings import queries
from registry.sightings.models import Sort
from web import auth
from web.session import db, runtime
from web.supplier.blueprint import desk, own_supplier

DAYS: Final = 30
# Goods that the page tells apart, those seen most first.
MOST_GOODS: Final = 50


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: how often, and how high it stands among the days, percent 0..100."""

    on: date
    times: int
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The days of one sort, and how often in all."""

    sort: Sort
    total: int
    most: int
    bars: tuple[Bar, ...]


def charts(counts: Mapping[tuple[date, Sort], int], until: date) -> list[Chart]:
    """The last DAYS days up to `until`, for each sort; days on which nothing was seen stand as well."""
    days = [until - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    drawn = []
    for sort in Sort:
        times = [counts.get((on, sort), 0) for on in days]
        most = max(times)
        bars = (Bar(on, n, 100 * n / most if most else 0.0) for on, n in zip(days, times, strict=True))
        drawn.append(Chart(sort, sum(times), most, tuple(bars)))
    return drawn


def seen_lately(supplier_id: int) -> dict[Sort, int]:
    """How often all goods of a supplier were seen in the last DAYS days."""
    until = runtime().today()
    counts = queries.by_day(db(), supplier_id, until - timedelta(days=DAYS - 1), until)
    return {sort: sum(n for (_, counted), n in counts.items() if counted is sort) for sort in Sort}


@desk.get("/seen")
@auth.allow(auth.DESK)
def seen() -> str:
    """The last DAYS days."""
    own, until = own_supplier(), runtime().today()
    since = until - timedelta(days=DAYS - 1)
    by_good = queries.by_good(db(), own.id, since, until)
    first = sorted(by_good, key=lambda id: (-sum(by_good[id].values()), id))[:MOST_GOODS]
    listed: dict[int, Good] = {good.id: good for good in goods(db(), first, until)}
    drawn = charts(queries.by_day(db(), own.id, since, until), until)
    return render_template(
        "supplier/seen.html",
        supplier=own,
        charts=drawn,
        any_seen=any(chart.total for chart in drawn),
        goods=[(listed[id], by_good[id]) for id in first if id in listed],
        sorts=tuple(Sort),
        since=since,
        until=until,
    )
