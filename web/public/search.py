"""Search: results with facets, and suggestions while typing."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.evidence.queries import goods
from registry.sightings.models import Sort as SeenAs
from registry.wording import Message
from search.engines import EngineUnavailable
from search.queries import DEEPEST_HIT, Sort
from web import auth
from web.public import results
from web.public.asked import PAGE_SIZE, Asked, unread_percent
from web.public.blueprint import public
from web.public.finding import find
from web.public.rows import good_rows
from web.session import db, runtime
from web.sightings import see


@public.get("/search")
@auth.allow(auth.ANYONE)
def search() -> str | Response:
    """The results page of whatever the address asks; a page beyond the last leads to the last."""
    on = runtime().today()
    asked = Asked.read(request.args, g.lang)
    hits = find(runtime().engine, db(), asked.query(g.lang), on)
    pages = -(-min(hits.total, DEEPEST_HIT) // PAGE_SIZE)
    if hits.total and asked.page > pages:
        return redirect(f"{url_for('public.search')}?{asked.on_page(pages)}")
    # Whoever reads the last page of more than may be paged through is told so.
    beyond = hits.total > DEEPEST_HIT and asked.page == pages
    found = {good.id: good for good in goods(db(), [hit.id for hit in hits.hits], on)}
    # The index may be a moment behind: what is listed no more is not shown, whatever it says.
    listed = [found[hit.id] for hit in hits.hits if hit.id in found]
    see(listed, SeenAs.SHOWN)
    nomenclature = tree(db(), Scheme.TNVED, on)
    unread = unread_percent(request.args.get("icv_from", ""), g.lang)
    return render_template(
        "public/search.html",
        asked=asked,
        unread=unread,
        problems=[("icv_from", Message("web.form.range", {"most": 100}))] if unread else [],
        hits=hits,
        notes=(*hits.messages, *((Message("search.beyond", {"deepest": DEEPEST_HIT}),) if beyond else ())),
        chips=results.chips(asked, nomenclature, g.lang),
        facets=results.facets(asked, hits.facets, nomenclature, g.lang),
        rows=good_rows(db(), listed, on=on, lang=g.lang, text=asked.text),
        sorts=tuple(Sort),
        pages=pages,
        page_address=lambda page: f"{url_for('public.search')}?{asked.on_page(page)}",
    )


@public.get("/suggest")
@auth.allow(auth.ANYONE)
def suggest() -> dict[str, Any]:
    """Names that continue what is being typed; none while the engine is away."""
    text = request.args.get("q", "")[:100]
    try:
        names = runtime().engine.suggest(text, lang=g.lang) if text.strip() else []
    except EngineUnavailable:
        names = []
    return {"suggestions": names}
