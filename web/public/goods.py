"""One listed line, one supplier, and the way to a supplier by its number."""

from __future__ import annotations

from datetime import date, timedelta

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry import law
from registry.catalogue import queries as catalogue
from registry.catalogue.details import CURRENCIES, Details, new_production_until
from registry.catalogue.operations import PRODUCT
from registry.catalogue.rules import may_see_price
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.errors import NotFound, RuleBroken
from registry.evidence import queries
from registry.evidence.rules import standing
from registry.files.models import Disclosure
from registry.files.queries import used_by
from registry.identifiers import parse_holder
from registry.sightings.models import Sort
from registry.suppliers.profiles import profile
from registry.suppliers.queries import former_names
from registry.suppliers.queries import supplier as supplier_on
from registry.wording import Money
from web import auth
from web.classifiers import step_of
from web.formats import with_query
from web.language import shared_address
from web.print.codes import drawn
from web.public.blueprint import public
from web.public.days import AskedDay, asked_day
from web.public.paging import page_of
from web.public.rows import good_rows, steps
from web.session import db, runtime
from web.sightings import see

# Other lines of the supplier that the page of one shows.
OTHERS = 8
PAGE_SIZE = 50


@public.get("/products/<int:id>")
@auth.allow(auth.ANYONE)
def product(id: int) -> str | tuple[str, int]:
    """Everything public about one line on a day; of one that was withdrawn, since when, and a way to what it was."""
    day = asked_day()
    on = day.on
    if gone := queries.withdrawn(db(), [id], on).get(id):
        return withdrawn_page(gone, day), 410
    good = day.find(lambda on: queries.good(db(), id, on))
    see([good], Sort.OPENED)
    # One more than are shown: the line itself may be among them.
    nearby = queries.supplier_goods(db(), good.bin, on, limit=OTHERS + 1)
    names = {"kk": good.name_kk, "ru": good.name_ru, "en": good.name_en}
    details = catalogue.details(db(), [id], on)[id]
    site = profile(db(), good.supplier_id, on).site(details.site_id)
    seen = may_see_price(details.price_visibility, good.bin, g.account.actor if g.account else None)
    return render_template(
        "public/product.html",
        good=good,
        details=details,
        site=site,
        site_place=step_of(Scheme.KATO, site.kato, on) if site else None,
        price=Money(details.price, details.price_currency or CURRENCIES[0]) if seen and details.price else None,
        new_until=_still_new(details, on),
        photos=[file for file in used_by(db(), PRODUCT, [id])[id] if file.disclosure is Disclosure.PUBLIC],
        standing=standing(good.evidence, on, law.on(on)),
        other_names=[(lang, name) for lang, name in names.items() if name and name != good.name(g.lang)],
        path=steps(tree(db(), Scheme.TNVED, on), good.tnved, g.lang),
        kpved=step_of(Scheme.KPVED, good.kpved, on),
        enstru=step_of(Scheme.ENSTRU, good.enstru, on),
        others=[other for other in nearby if other.id != good.id][:OTHERS],
        code=drawn(shared_address("public.product", id=id, on=day.asked)),
        day=day,
    )


def withdrawn_page(gone: queries.Withdrawn, day: AskedDay) -> str:
    """Since when a line is listed no more, and a way to what it was."""
    last_day = gone.since - timedelta(days=1)
    return render_template("public/withdrawn.html", good=gone.good, since=gone.since, last_day=last_day, day=day)


@public.get("/suppliers/<bin>")
@auth.allow(auth.ANYONE)
def supplier(bin: str) -> str:
    """One supplier and all it lists on a day. Its street address and what it tells the institute are nobody else's."""
    day = asked_day()
    on = day.on
    found = day.find(lambda on: supplier_on(db(), bin, on))
    good_count = queries.supplier_count(db(), bin, on)
    held = profile(db(), found.id, on)
    page, pages = page_of(request.args, good_count, PAGE_SIZE)
    listed = queries.supplier_goods(db(), bin, on, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    return render_template(
        "public/supplier.html",
        supplier=found,
        former=former_names(db(), found.id, on),
        good_count=good_count,
        confirmed=queries.supplier_confirmed(db(), bin, on, law.on(on)),
        rows=good_rows(db(), listed, on=on, lang=g.lang),
        profile=held,
        places={site.id: node for site in held.sites if (node := step_of(Scheme.KATO, site.kato, on))},
        place=step_of(Scheme.KATO, found.kato, on),
        oked=step_of(Scheme.OKED, found.oked, on),
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("public.supplier", bin=bin), page=page),
        code=drawn(shared_address("public.supplier", bin=bin, on=day.asked)),
        day=day,
    )


@public.get("/suppliers/")
@auth.allow(auth.ANYONE)
def check() -> str | Response:
    """Look a supplier up by БИН or ИИН."""
    typed = request.args.get("bin", "").strip()
    problems: list[tuple[str, object]] = []
    missing = None
    if typed:
        try:
            bin = parse_holder(typed).number
            supplier_on(db(), bin, runtime().today())
            return redirect(url_for("public.supplier", bin=bin))
        except RuleBroken as error:
            problems = [("bin", violation.message) for violation in error.violations]
        except NotFound:
            missing = bin
    return render_template("public/check.html", typed=typed, problems=problems, missing=missing)


def _still_new(details: Details, on: date) -> date | None:
    """Until when a production counts as new, while it does."""
    until = new_production_until(details.commissioned_on, law.on(on))
    return until if until is not None and until >= on else None
