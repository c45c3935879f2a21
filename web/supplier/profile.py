"""The desk's page of the organisation: people, sites, premises, permits, machines, operations and free capacity."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.units import unit_names
from registry.errors import NotFound, Overtaken, RuleBroken
from registry.explain import Violation
from registry.suppliers import profile as operations
from registry.suppliers.profiles import profile, thing
from registry.wording import Message, tr
from web import auth
from web.registration.places import levels
from web.session import db, runtime
from web.supplier.blueprint import desk, own_supplier
from web.supplier.details import DeskForm, written
from web.supplier.profile_forms import FORMS, StaffForm, ThingForm, places

Answer = str | tuple[str, int] | Response


@desk.get("/profile")
@auth.allow(auth.DESK)
def own_profile() -> str:
    """What the organisation states of itself, and what each part is for."""
    own, on = own_supplier(), runtime().today()
    held = profile(db(), own.id, on)
    named = {site.id: node.named(g.lang) for site in held.sites if (node := places().node(site.kato))}
    return render_template("supplier/profile.html", supplier=own, profile=held, places=named, may_change=_may_change())


@desk.get("/profile/staff")
@auth.allow(auth.LISTERS)
def staff() -> str:
    """The form of how many people work there."""
    own, on = own_supplier(), runtime().today()
    held = profile(db(), own.id, on).staff
    given = {"total": str(held.total), "kazakhstani": str(held.kazakhstani)} if held else {}
    return _staff_page(StaffForm(formdata=None, data={**given, "version": str(held.version if held else 0)}))


@desk.post("/profile/staff")
@auth.allow(auth.LISTERS)
def save_own_staff() -> Answer:
    """State how many people work there from today."""
    own, form = own_supplier(), StaffForm()
    if not form.validate():
        return _staff_page(form), 422
    total, citizens = int(form.total.value or 0), int(form.kazakhstani.value or 0)
    said = {"total": total, "kazakhstani": citizens, "version": form.seen}
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    try:
        with db().begin_nested():
            operations.save_staff(db(), own.bin, **said, on=on, actor=actor, now=now)
    except RuleBroken as error:
        _tell(form, error.violations)
        return _staff_page(form), 422
    except Overtaken:
        held = profile(db(), own.id, on).staff
        form.version.data = str(held.version if held else 0)
        told = tr("web.profile.people", g.lang, n=held.total, own=held.kazakhstani) if held else ""
        return _staff_page(form, told), 409
    return _saved("staff")


@desk.get("/profile/<any(site, premises, equipment, permit, operation, free_capacity):what>/new")
@auth.allow(auth.LISTERS)
def add_thing(what: str) -> str:
    """An empty form of one more thing."""
    return _page(what, FORMS[what](formdata=None), None)


@desk.post("/profile/<any(site, premises, equipment, permit, operation, free_capacity):what>/new")
@auth.allow(auth.LISTERS)
def save_new_thing(what: str) -> Answer:
    """Put a thing on the profile."""
    return _submitted(what, None)


@desk.get("/profile/<any(site, premises, equipment, permit, operation, free_capacity):what>/<int:id>")
@auth.allow(auth.LISTERS)
def edit_thing(what: str, id: int) -> str:
    """The form of one thing."""
    return _page(what, _form_of(what, _own(what, id)), id)


@desk.post("/profile/<any(site, premises, equipment, permit, operation, free_capacity):what>/<int:id>")
@auth.allow(auth.LISTERS)
def save_thing(what: str, id: int) -> Answer:
    """Correct a thing."""
    _own(what, id)
    return _submitted(what, id)


@desk.post("/profile/<any(site, premises, equipment, permit, operation, free_capacity):what>/<int:id>/end")
@auth.allow(auth.LISTERS)
def end_thing(what: str, id: int) -> Response:
    """Take a thing off the profile from today."""
    own, held = own_supplier(), _own(what, id)
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    name = held.name
    operations.take_off(db(), own.bin, what, id, on=on, actor=actor, now=now)
    flash(tr("web.profile.ended", g.lang, name=name))
    return redirect(url_for("supplier.own_profile", _anchor=what))


def _form_of(what: str, held: Any) -> ThingForm:
    """The form of a thing as it stands."""
    names = [name for name in FORMS[what](formdata=None)._fields if name != "csrf_token"]
    return FORMS[what](formdata=None, data={name: _shown(getattr(held, name)) for name in names})


def _submitted(what: str, id: int | None) -> Answer:
    own, form, on = own_supplier(), FORMS[what](), runtime().today()
    form.offer(profile(db(), own.id, on))
    if what == "site" and request.form.get("do") == "place":
        return _page(what, form, id)
    valid, line = form.validate(), form.line()
    # What cannot be read of one field does not hide what is wrong with another.
    _tell(form, operations.check_line(line, on) if line is not None else ())
    if line is None or not valid or form.problems:
        return _page(what, form, id), 422
    now, actor = runtime().now(), auth.person().actor
    try:
        with db().begin_nested():
            if id is None:
                operations.add(db(), own.bin, line, on=on, actor=actor, now=now)
            else:
                operations.change(db(), own.bin, id, line, version=form.seen, on=on, actor=actor, now=now)
    except Overtaken:
        assert id is not None
        return _page(what, form, id, _form_of(what, _own(what, id))), 409
    return _saved(what)


def _saved(what: str) -> Response:
    flash(tr("web.profile.saved", g.lang))
    return redirect(url_for("supplier.own_profile", _anchor=what))


def _tell(form: DeskForm, violations: tuple[Violation, ...]) -> None:
    """Say at each field what stands against it, unless it could not even be read."""
    for violation in violations:
        field = form[violation.field]
        if not field.errors:
            field.errors = [violation.message]


def _own(what: str, id: int) -> Any:
    """A thing of the person's own organisation. Raises NotFound for another's as for none."""
    held = thing(db(), auth.person().bin or "", what, id)
    if held is None:
        raise NotFound(Message("profile.not_found", {"id": str(id)}))
    return held


def _may_change() -> bool:
    return auth.person().role in auth.LISTERS


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case date():
            return value.isoformat()
        case Decimal():
            return written(value, g.lang) or ""
    return str(value)


def _page(what: str, form: ThingForm, id: int | None, theirs: ThingForm | None = None) -> str:
    """theirs: what somebody else has saved meanwhile; who saves again then has seen it."""
    own, on = own_supplier(), runtime().today()
    held = profile(db(), own.id, on)
    form.offer(held)
    stands = []
    if theirs is not None:
        theirs.offer(held)
        stands = [(field.label.text, _chosen(field)) for field in _fields(theirs) if _chosen(field)]
        form.version.data = theirs.version.data
    return render_template(
        "supplier/thing.html",
        form=form,
        problems=form.problems,
        what=what,
        id=id,
        fields=_fields(form),
        stands=stands,
        levels=levels(places(), form["kato"].data) if what == "site" else (),
        units=unit_names(tree(db(), Scheme.UNITS, on), g.lang) if what in ("free_capacity", "equipment") else (),
        no_operations=what == "free_capacity" and not held.operations,
    )


def _fields(form: ThingForm) -> list[Any]:
    return [field for field in form if field.name not in ("csrf_token", "version")]


def _chosen(field: Any) -> str:
    """What stands in a field, for a reader."""
    if field.name == "kato":
        return " · ".join(places().path(field.data, g.lang)) if field.data else ""
    named = {choice.value: choice.label for choice in getattr(field, "choices", ())}
    return str(named.get(field.data, "") if named else field.data or "")


def _staff_page(form: StaffForm, stands: str = "") -> str:
    return render_template("supplier/staff.html", form=form, problems=form.problems, stands=stands)
