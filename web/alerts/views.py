"""What I am told of: searches I saved, needs that fit my goods, the list of news; and letters no more."""

from __future__ import annotations

from typing import Final

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.alerts import operations, queries
from matching.alerts.models import Frequency, Watch, WatchKind
from registry.accounts.queries import account
from registry.accounts.rules import SUPPLIER, Actor
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.customers.queries import names
from registry.errors import NotFound, RuleBroken
from registry.suppliers.queries import names as suppliers
from registry.wording import Message, tr
from search.engines import EngineUnavailable
from web import auth
from web.alerts.addresses import Letters
from web.alerts.blueprint import blueprint
from web.alerts.questions import asked_of, found, normal, words_of
from web.formats import with_query
from web.public.paging import page_of
from web.session import db, runtime

FREQUENCIES: Final = tuple(Frequency)
PAGE_SIZE: Final = 30

Answer = str | tuple[str, int] | Response


def unread_alerts() -> int:
    """How much the reader was told and has not read; 0 for whoever is not signed in."""
    if not g.account:
        return 0
    with runtime().database.reading() as session:
        return queries.unread(session, g.account.id)


@blueprint.get("/account/alerts")
@auth.allow(auth.SIGNED_IN)
def alerts() -> str:
    """What one watches, and what one was told, the latest first."""
    return _page()


@blueprint.post("/account/alerts")
@auth.allow(auth.SIGNED_IN)
def save_search() -> Answer:
    """Watch a search from now on."""
    asked = asked_of(request.form.get("question", ""), g.lang)
    question = normal(asked)
    try:
        ids, total = found(runtime().engine, question) if question else ([], 0)
    except EngineUnavailable:
        return _page((Message("web.alerts.engine_away"),)), 503
    name = words_of(asked, tree(db(), Scheme.TNVED, runtime().today()), g.lang)
    try:
        operations.watch_search(
            db(),
            question,
            name=name,
            frequency=_frequency(),
            found=ids,
            total=total,
            actor=auth.person().actor,
            now=runtime().now(),
        )
    except RuleBroken as error:
        return _page(tuple(violation.message for violation in error.violations)), 422
    flash(tr("web.alerts.saved", g.lang))
    return redirect(url_for("alerts.alerts"))


@blueprint.post("/account/alerts/fits")
@auth.allow(frozenset(SUPPLIER))
def save_fits() -> Response:
    """Say how often one is told of needs that fit the goods of the supplier one acts for."""
    operations.watch_fits(db(), _frequency(), actor=auth.person().actor, now=runtime().now())
    flash(tr("web.alerts.changed", g.lang))
    return redirect(url_for("alerts.alerts"))


@blueprint.post("/account/alerts/<int:id>")
@auth.allow(auth.SIGNED_IN)
def change(id: int) -> Response:
    """Have letters come more or less often, or watch a search no more."""
    actor, now = auth.person().actor, runtime().now()
    if request.form.get("do") == "end":
        operations.end_watch(db(), id, actor=actor, now=now)
        flash(tr("web.alerts.ended", g.lang))
    else:
        operations.set_frequency(db(), id, _frequency(), actor=actor, now=now)
        flash(tr("web.alerts.changed", g.lang))
    return redirect(url_for("alerts.alerts"))


@blueprint.post("/account/alerts/read")
@auth.allow(auth.SIGNED_IN)
def mark_read() -> Response:
    """Take everything for read."""
    operations.mark_read(db(), actor=auth.person().actor, now=runtime().now())
    return redirect(url_for("alerts.alerts"))


@blueprint.get("/unsubscribe/<secret>")
@auth.allow(auth.ANYONE)
def ask_to_end_letters(secret: str) -> str:
    """The button that ends the letters: a mail program that opens links presses none."""
    _whose(secret)
    return render_template("alerts/unsubscribe.html", ended=False)


@blueprint.post("/unsubscribe/<secret>")
@auth.allow(auth.ANYONE)
def end_letters(secret: str) -> str:
    """End them, for the person at the button and for the mail program that posts as RFC 8058 says. A repeat is
    harmless."""
    operations.stop_letters(db(), actor=_whose(secret), now=runtime().now())
    return render_template("alerts/unsubscribe.html", ended=True)


def _whose(secret: str) -> Actor:
    """The person whose letters the link ends. Raises NotFound."""
    account_id = Letters(runtime().secret_key).account_of(secret)
    held = account(db(), account_id) if account_id is not None else None
    if held is None:
        raise NotFound(Message("web.alerts.unknown_link"))
    return Actor(held.email, account_id=held.id)


def _frequency() -> Frequency:
    given = request.form.get("frequency", "")
    return Frequency(given) if given in FREQUENCIES else Frequency.DAILY


def _page(problems: tuple[Message, ...] = ()) -> str:
    person, on = auth.person(), runtime().today()
    watches = queries.watches(db(), person.id)
    page, pages = page_of(request.args, queries.told_count(db(), person.id), PAGE_SIZE)
    told = queries.told(db(), person.id, on, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    fits: list[Watch | None] = [one for one in watches if one.kind is WatchKind.FITS]
    if person.role in SUPPLIER and not any(one and one.scope == person.scope for one in fits):
        fits.append(None)
    scopes = {one.scope for one in watches if one.scope} | {person.scope or ""}
    return render_template(
        "alerts/alerts.html",
        problems=[("", problem) for problem in problems],
        searches=[one for one in watches if one.kind is WatchKind.SEARCH],
        fits=fits,
        own=person.scope,
        suppliers=suppliers(db(), scopes, on),
        told=told,
        watched={one.id: one for one in watches},
        customers=names(db(), {one.need.customer_bin for one in told if one.need and one.need.customer_bin}, on),
        unread=queries.unread(db(), person.id),
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("alerts.alerts"), page=page),
    )
