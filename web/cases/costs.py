"""The calculator of a good's in-country value. What is typed is the producer's own: reckoned with, and forgotten."""

from __future__ import annotations

from flask import render_template

from registry import law
from registry.errors import RuleBroken
from registry.evidence.formulas import citation, producer_icv
from registry.explain import Calculation
from registry.wording import Message
from web import auth
from web.cases.blueprint import cases
from web.cases.forms import CostsForm
from web.session import runtime

Answer = str | tuple[str, int]


@cases.get("/icv")
@auth.allow(auth.DESK)
def costs() -> str:
    """The empty calculator."""
    return _page(CostsForm(formdata=None))


@cases.post("/icv")
@auth.allow(auth.DESK)
def reckon() -> Answer:
    """What the costs give. They come by POST alone, so that no address and no log holds them; nothing is stored."""
    form = CostsForm()
    if not form.validate():
        return _page(form), 422
    try:
        found = producer_icv(form.foreign_cost.value, form.whole_cost.value, law.on(runtime().today()))  # type: ignore[arg-type]
    except RuleBroken as error:
        return _page(form, problems=[(one.field, one.message) for one in error.violations]), 422
    return _page(form, found)


def _page(form: CostsForm, found: Calculation | None = None, problems: list[tuple[str, Message]] | None = None) -> str:
    of_fields = [(field.id, error) for field in form for error in field.errors]
    return render_template(
        "cases/icv.html", form=form, problems=of_fields + (problems or []), found=found, citation=citation()
    )
