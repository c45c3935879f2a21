"""Needs: the list with its totals, one need with everything said of it, and the order to match it now."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.engine import queries as matched
from matching.engine.nature import nature_of_need
from matching.needs import queries
from matching.needs.models import ContractType
from registry import jobs
from registry.accounts.models import AccountRole
from registry.accounts.rules import MATCHERS, check_speaks_for
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.customers.queries import names
from registry.db import after_commit
from web import auth
from web.formats import with_query
from web.public.blueprint import public
from web.public.candidates import groups
from web.public.days import asked_day
from web.public.listing import listing
from web.public.rows import steps
from web.session import db, runtime


@public.get("/needs/")
@auth.allow(auth.ANYONE)
def needs() -> str:
    """What is needed, filtered by verdict, kind of contract and customer."""
    on = runtime().today()
    here = url_for("public.needs")
    return render_template(
        "public/needs.html",
        listing=listing(db(), on, request.args, g.lang),
        contract_types=tuple(ContractType),
        page_address=lambda page: with_query(here, page=page),
    )


@public.get("/needs/<need:external_id>")
@auth.allow(auth.ANYONE)
def need(external_id: str) -> str:
    """One need: its facts, the verdict with its article, and every candidate with its reasons."""
    day = asked_day()
    on, today = day.on, day.today
    row = day.find(lambda on: queries.need(db(), external_id, on, request.args.get("customer")))
    assert row.id is not None  # only lines of files have no number
    outcome = matched.latest(db(), row.id, on, exactly=on != today)
    customer = names(db(), {row.customer_bin}, on).get(row.customer_bin, row.customer_bin) if row.customer_bin else None
    return render_template(
        "public/need.html",
        need=row,
        kind=nature_of_need(row).kind,
        outcome=outcome,
        groups=groups(db(), outcome, on) if outcome else (),
        customer=customer,
        path=steps(tree(db(), Scheme.TNVED, on), row.tnved, g.lang),
        may_match=on == today and _may_match(row.customer_bin),
        day=day,
    )


@public.post("/needs/match")
@auth.allow(auth.MATCHERS)
def match_need() -> Response:
    """Queue a run over one need, and go to the page of its progress. A double click finds the run already queued."""
    actor = auth.person().actor
    now = runtime().now()
    row = queries.need(db(), request.form.get("need", ""), runtime().today(), request.form.get("customer"))
    if actor.role is AccountRole.CUSTOMER:
        check_speaks_for(actor, row.customer_bin or "")
    params = {"needs": [row.external_id], **({"customer": row.customer_bin or ""} if row.shared else {})}
    job = jobs.enqueue(db(), "match", params, actor=actor.name, now=now, key=f"match:{row.id}")
    after_commit(db(), lambda: runtime().wake(job.id))
    return redirect(url_for("jobs.job", id=job.id))


def _may_match(customer: str | None) -> bool:
    """Whether the reader may have a need of this customer matched now: staff any, a customer's officer their own."""
    if g.account is None or g.account.role not in MATCHERS:
        return False
    return bool(g.account.role is not AccountRole.CUSTOMER or g.account.bin == customer)
