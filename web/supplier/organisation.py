"""What the supplier says of itself, and what it agreed to."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.catalogue.operations import touch_of_suppliers
from registry.errors import Overtaken, RuleBroken
from registry.registration import queries, rules
from registry.registration.operations import give_consent, withdraw_consent
from registry.suppliers.operations import describe
from registry.suppliers.queries import SupplierRow
from registry.wording import tr
from web import auth
from web.registration.forms import OrganisationForm
from web.registration.steps import refuse, shown, stated
from web.session import db, runtime
from web.supplier.blueprint import desk, own_supplier, wake

Answer = str | tuple[str, int] | Response


@desk.get("/organisation")
@auth.allow(auth.LISTERS)
def organisation() -> str:
    """Name, place, activity, contacts; and the consents."""
    own = own_supplier()
    return _page(OrganisationForm(formdata=None, obj=own), own)


@desk.post("/organisation")
@auth.allow(auth.LISTERS)
def save_organisation() -> Answer:
    """Change what is said of the organisation from today."""
    form = OrganisationForm()
    shaped = form.validate()
    own, values = own_supplier(), stated(form)
    if request.form.get("do") in ("place", "activity"):
        return _page(form, own, values, request.form["do"])
    if refuse(form, rules.check_values(values)) or not shaped:
        return _page(form, own, values), 422
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    seen = request.form.get("version", "")
    version = int(seen) if seen.isdecimal() and len(seen) < 10 else 0
    try:
        changed = describe(db(), rules.line_of(own.bin, values), version=version, on=on, actor=actor, now=now)
    except Overtaken:
        flash(tr("web.organisation.overtaken", g.lang), "doubt")
        return _page(form, own, values), 409
    except RuleBroken as error:
        refuse(form, error.violations)
        return _page(form, own, values), 422
    touch_of_suppliers(db(), changed, now=now)
    wake()
    flash(tr("web.organisation.saved", g.lang))
    return redirect(url_for("supplier.goods"))


@desk.post("/consents/<what>")
@auth.allow(auth.LISTERS)
def change_consent(what: str) -> Response:
    """Agree to something, or to no longer."""
    change = give_consent if request.form.get("do") == "give" else withdraw_consent
    change(db(), what, actor=auth.person().actor, now=runtime().now())
    flash(tr("web.organisation.consent_changed", g.lang))
    return redirect(url_for("supplier.organisation"))


def _page(
    form: OrganisationForm, own: SupplierRow, values: dict[str, object] | None = None, opened: str | None = None
) -> str:
    values = values or {"kato": own.kato, "oked": own.oked}
    if not form.is_submitted():
        form.role.data, form.oked.data = str(own.role), None
    return render_template(
        "supplier/organisation.html",
        **shown(form, values, opened),
        supplier=own,
        consents=queries.consents(db(), own.bin),
        every=rules.CONSENTS,
        needed=rules.NEEDED_CONSENTS,
    )
