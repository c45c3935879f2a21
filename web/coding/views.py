"""Goods whose codes are not complete: the institute finds them, the owner confirms."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.accounts.rules import INSTITUTE
from registry.catalogue import queries as catalogue
from registry.catalogue.details import AGSK3_LENGTH, is_construction
from registry.catalogue.models import ProductKind
from registry.catalogue.rules import code_state
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.errors import RuleBroken
from registry.evidence import queries
from registry.evidence.coding import Codes, suggest_codes
from registry.identifiers import parse_enstru, parse_kpved, parse_tnved_in_chapter
from registry.wording import Message, tr
from web import auth
from web.fields import Description
from web.formats import plain_name, with_query
from web.public.paging import page_of
from web.public.rows import good_rows, steps
from web.session import db, runtime
from web.supplier.codes import REASON_LENGTH
from web.supplier.details import DeskForm
from web.validators import Code, Text, at_most

PAGE_SIZE = 50

CODERS: auth.Roles = frozenset(INSTITUTE)

blueprint = Blueprint("coding", __name__, url_prefix="/institute/codes")


class SuggestionForm(DeskForm):
    """Codes for a line; those left empty are not suggested."""

    tnved = Code("web.form.product.tnved", parser=parse_tnved_in_chapter)
    kpved = Code("web.form.product.kpved", parser=parse_kpved)
    enstru = Code("web.form.product.enstru", parser=parse_enstru)
    agsk3 = Text("web.goods.agsk3", [at_most(AGSK3_LENGTH)])
    note = Description("web.coding.note", [at_most(REASON_LENGTH)])


@blueprint.get("/")
@auth.allow(CODERS)
def queue() -> str:
    """Goods that nobody has found codes for yet, the oldest first; `?waiting=1`: those that wait for their owners."""
    on, waiting = runtime().today(), request.args.get("waiting") == "1"
    _, total = catalogue.uncoded(db(), on, waiting=waiting, limit=1)
    page, pages = page_of(request.args, total, PAGE_SIZE)
    asked, _ = catalogue.uncoded(db(), on, waiting=waiting, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    goods = {good.id: good for good in queries.goods(db(), [one.product_id for one in asked], on)}
    rows = good_rows(db(), [goods[one.product_id] for one in asked if one.product_id in goods], on=on, lang=g.lang)
    return render_template(
        "coding/queue.html",
        rows=rows,
        total=total,
        others=catalogue.uncoded(db(), on, waiting=not waiting, limit=1)[1],
        waiting=waiting,
        suggested_at={one.product_id: one.suggested_at for one in asked},
        page=page,
        pages=pages,
        page_address=lambda page: with_query(url_for("coding.queue"), page=page),
    )


@blueprint.get("/<int:id>")
@auth.allow(CODERS)
def case(id: int) -> str:
    """One good with all that its supplier says of it, and the form that suggests codes."""
    waiting = catalogue.suggestion(db(), id)
    given = {name: getattr(waiting, name) for name in ("tnved", "kpved", "enstru", "agsk3", "note")} if waiting else {}
    return _page(id, SuggestionForm(formdata=None, data=given))


@blueprint.post("/<int:id>")
@auth.allow(CODERS)
def suggest(id: int) -> str | tuple[str, int] | Response:
    """Suggest codes to the good's owner, or see first what one means."""
    form, on = SuggestionForm(), runtime().today()
    good = queries.good(db(), id, on)
    if request.form.get("do") == "check":
        form.tnved.validate(form)
        return _page(id, form)
    if not form.validate():
        return _page(id, form), 422
    codes = Codes(form.tnved.value, form.kpved.value, form.enstru.value, form.agsk3.data)
    try:
        with db().begin_nested():
            suggest_codes(db(), id, codes, form.note.data, on=on, actor=auth.person().actor, now=runtime().now())
    except RuleBroken as error:
        form.tnved.errors = [violation.message for violation in error.violations]  # type: ignore[misc]
        return _page(id, form), 422
    flash(tr("web.coding.suggested", g.lang, name=plain_name(good)))
    return redirect(url_for("coding.queue"))


def _page(id: int, form: SuggestionForm) -> str:
    on = runtime().today()
    good = queries.good(db(), id, on)
    nomenclature = tree(db(), Scheme.TNVED, on)
    code = form.tnved.value if form.is_submitted() else form.tnved.data
    needs_agsk3 = good.kind is ProductKind.GOODS and is_construction(good.tnved or code, good.kpved, on)
    return render_template(
        "coding/case.html",
        form=form,
        problems=form.problems,
        good=good,
        details=catalogue.details(db(), [id], on)[id],
        waiting=catalogue.suggestion(db(), id),
        declined=catalogue.last_declined(db(), id),
        code_path=steps(nomenclature, code, g.lang),
        code_state=code_state(code, nomenclature) if code else None,
        assumed=Message("goods.construction_open") if needs_agsk3 else None,
    )
