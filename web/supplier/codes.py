"""Codes that the institute found for a line: its owner confirms or declines them."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from registry.catalogue import queries as catalogue
from registry.catalogue.models import CodeSuggestion
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.errors import NotFound
from registry.evidence import queries
from registry.evidence.coding import accept_codes, decline_codes, kind_with
from registry.evidence.goods import Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import document
from registry.wording import Message, tr
from web import auth
from web.fields import Description
from web.formats import plain_name
from web.public.rows import PathStep, steps
from web.session import db, runtime
from web.supplier.blueprint import desk, wake
from web.supplier.details import DeskForm
from web.validators import at_most, needed

REASON_LENGTH = 2_000


class DeclineForm(DeskForm):
    """Why the codes are not the good's. `version` is the suggestion that was read."""

    reason = Description("web.coding.reason", [needed("coding.reason"), at_most(REASON_LENGTH)])


@desk.get("/goods/<int:id>/codes")
@auth.allow(auth.OWNERS)
def suggested_codes(id: int) -> str:
    """The codes that wait for the owner's word, each with what it means, beside those that the line has."""
    good = _own(id)
    waiting = _waiting(id)
    return _page(DeclineForm(formdata=None, data={"version": str(waiting.id)}), good, waiting)


@desk.post("/goods/<int:id>/codes/accept")
@auth.allow(auth.OWNERS)
def accept_suggested(id: int) -> Response:
    """Take the codes over."""
    good, form = _own(id), DeskForm()
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    unconfirmed = accept_codes(db(), id, form.seen, tree(db(), Scheme.TNVED, on), on=on, actor=actor, now=now)
    wake()
    flash(tr("web.coding.accepted", g.lang, name=plain_name(good)))
    if unconfirmed:
        flash(tr("web.desk.unconfirmed", g.lang, documents=tuple(map(document, unconfirmed))), "doubt")
    return redirect(url_for("supplier.goods"))


@desk.post("/goods/<int:id>/codes/decline")
@auth.allow(auth.OWNERS)
def decline_suggested(id: int) -> Response | tuple[str, int]:
    """Say that they are not the line's, and why."""
    good, form = _own(id), DeclineForm()
    if not form.validate():
        return _page(form, good, _waiting(id)), 422
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    decline_codes(db(), id, form.seen, form.reason.data or "", on=on, actor=actor, now=now)
    flash(tr("web.coding.declined", g.lang, name=plain_name(good)))
    return redirect(url_for("supplier.goods"))


def _own(id: int) -> Good:
    good = queries.good(db(), id, runtime().today())
    if good.bin != auth.person().bin:
        raise NotFound(Message("catalogue.product.not_found", {"id": str(id)}))
    return good


def _waiting(id: int) -> CodeSuggestion:
    waiting = catalogue.suggestion(db(), id)
    if waiting is None:
        raise NotFound(Message("coding.gone"))
    return waiting


def _page(form: DeclineForm, good: Good, waiting: CodeSuggestion) -> str:
    return render_template(
        "supplier/codes.html",
        form=form,
        problems=form.problems,
        good=good,
        waiting=waiting,
        suggested=meanings(waiting),
        kind=kind_with(good, waiting),
        confirmed=tuple(document(fact) for fact in good.evidence if fact.status is EvidenceStatus.CONFIRMED),
    )


def meanings(waiting: CodeSuggestion) -> list[tuple[str, str, tuple[PathStep, ...]]]:
    """Each suggested code: the word for its classifier, the code, and the way down to it."""
    on = runtime().today()
    schemes = {"tnved": Scheme.TNVED, "kpved": Scheme.KPVED, "enstru": Scheme.ENSTRU}
    found = []
    for word in ("tnved", "kpved", "enstru", "agsk3"):
        code = getattr(waiting, word)
        if code:
            path = steps(tree(db(), schemes[word], on), code, g.lang) if word in schemes else ()
            found.append((word, code, path))
    return found
