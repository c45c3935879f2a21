"""The form that opens a case on the end of a confirmed status."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for

from registry.errors import Conflict, NotAllowed, NotFound, RuleBroken
from registry.suppliers.queries import names
from registry.verification import exclusions
from registry.verification.models import Ground
from registry.wording import Message, tr
from web import auth
from web.addresses import case_page
from web.institute.blueprint import Answer, Problems, broken_of, by, institute, problems_of, wake
from web.institute.forms import ExclusionForm
from web.session import db, runtime


@institute.get("/exclusions/new")
@auth.allow(auth.INSTITUTE)
def new_exclusion() -> str:
    """The form that opens a case on the end of a confirmed status."""
    form = ExclusionForm(formdata=None, data={"bin": request.args.get("bin", "")})
    if form.bin.data:
        form.bin.validate(form)
    return _exclusion_page(form)


@institute.post("/exclusions/new")
@auth.allow(auth.INSTITUTE)
def open_exclusion() -> Answer:
    """Open it."""
    form = ExclusionForm()
    if request.form.get("do") == "find":
        form.bin.validate(form)
        return _exclusion_page(form)
    if not form.validate():
        return _exclusion_page(form), 422
    try:
        opened = exclusions.open_exclusion(
            db(),
            form.bin.value or "",
            Ground(form.ground.data),
            form.text.data or "",
            on=runtime().today(),
            address=case_page,
            **by(),
        )
    except RuleBroken as error:
        return _exclusion_page(form, broken_of(error)), 422
    except (Conflict, NotAllowed, NotFound) as error:
        form.bin.errors = [error.message]  # type: ignore[list-item]
        return _exclusion_page(form), 422
    wake()
    flash(tr("web.cases.exclusion_opened", g.lang, number=opened.id))
    return redirect(url_for("institute.queue"))


def _exclusion_page(form: ExclusionForm, problems: Problems | None = None) -> str:
    bin = form.bin.value or ""
    named = names(db(), [bin], runtime().today(), own=True).get(bin)
    if form.bin.value and named is None:
        form.bin.errors = [Message("register.supplier.not_found", {"bin": bin})]  # type: ignore[list-item]
    problems = problems_of(form) + (problems or [])
    return render_template("institute/exclusion.html", form=form, problems=problems, named=named)
