"""The start page."""

from __future__ import annotations

from datetime import date

from flask import g, render_template, url_for

from matching.needs.queries import count as needs
from registry.evidence.queries import count as goods
from registry.suppliers.queries import count as suppliers
from registry.wording import tr
from search.engines import EngineUnavailable
from search.queries import Query
from web import auth
from web.public.blueprint import public
from web.public.listing import newest
from web.session import db, runtime

# Needs that the start page shows.
NEEDS = 6
EXAMPLES = ("web.example.1", "web.example.2", "web.example.3", "web.example.4")


@public.get("/")
@auth.allow(auth.ANYONE)
def home() -> str:
    """One question, three doors, what is needed now, and counts that are true."""
    on = runtime().today()
    needed = needs(db(), on)
    return render_template(
        "public/home.html",
        examples=[tr(code, g.lang) for code in EXAMPLES],
        counts=_counts(needed, on),
        needs=newest(db(), on, NEEDS),
        need_count=needed,
    )


def _counts(needed: int, on: date) -> list[tuple[int, str, str]]:
    """What the register holds today: (how many, of what, where to see them); what cannot be told is not claimed."""
    known = suppliers(db(), on)
    rest = [
        (known, tr("web.home.suppliers", g.lang, n=known), url_for("public.check")),
        (needed, tr("web.home.open_needs", g.lang, n=needed), url_for("public.needs")),
    ]
    search = url_for("public.search")
    try:
        # One question for both: counting 200,000 lines in the database would take longer than the whole page.
        hits = runtime().engine.search(Query(size=1))
    except EngineUnavailable:
        listed = goods(db(), on)
        return [(listed, tr("web.home.goods", g.lang, n=listed), search), *rest]
    confirmed = next((one.count for one in hits.facets["evidence"] if one.value == "confirmed"), 0)
    return [
        (hits.total, tr("web.home.goods", g.lang, n=hits.total), search),
        (confirmed, tr("web.home.confirmed", g.lang), url_for("public.search", evidence="confirmed")),
        *rest,
    ]
