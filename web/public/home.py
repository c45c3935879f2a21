"""The start page."""

from __future__ import annotations

from datetime import date

from flask import g, render_template, url_for

from matching.engine import queries as matched
from matching.needs import queries
from registry.evidence.queries import count as goods
from registry.suppliers.queries import count as suppliers
from registry.wording import tr
from search.engines import EngineUnavailable
from search.queries import Query
from web import auth
from web.public.blueprint import public
from web.public.listing import ListedNeed, number_of
from web.session import db, runtime

# Needs that the start page shows.
NEEDS = 6
EXAMPLES = ("web.example.1", "web.example.2", "web.example.3", "web.example.4")


@public.get("/")
@auth.allow(auth.ANYONE)
def home() -> str:
    """One question, three doors, what is needed now, and counts that are true."""
    on = runtime().today()
    needs = queries.needs(db(), on)
    verdicts = matched.verdicts(db(), [number_of(row) for row in needs[:NEEDS]])
    return render_template(
        "public/home.html",
        examples=[tr(code, g.lang) for code in EXAMPLES],
        counts=_counts(len(needs), on),
        needs=[ListedNeed(row, verdicts.get(number_of(row)), None) for row in needs[:NEEDS]],
        need_count=len(needs),
    )


def _counts(needs: int, on: date) -> list[tuple[int, str, str]]:
    """What the register holds today: (how many, of what, where to see them); what cannot be told is not claimed."""
    rest = [
        (suppliers(db(), on), tr("web.home.suppliers", g.lang), url_for("public.check")),
        (needs, tr("web.home.open_needs", g.lang), url_for("public.needs")),
    ]
    search = url_for("public.search")
    try:
        # One question for both: counting 200,000 lines in the database would take longer than the whole page.
        hits = runtime().engine.search(Query(size=1))
    except EngineUnavailable:
        return [(goods(db(), on), tr("web.home.goods", g.lang), search), *rest]
    confirmed = next((one.count for one in hits.facets["evidence"] if one.value == "confirmed"), 0)
    return [
        (hits.total, tr("web.home.goods", g.lang), search),
        (confirmed, tr("web.home.confirmed", g.lang), url_for("public.search", evidence="confirmed")),
        *rest,
    ]
