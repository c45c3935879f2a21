"""The desk's page of the organisation: people, sites, premises, permits, machines, operations and free capacity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Field

from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.tree import Tree
from registry.classifiers.units import unit_names
from registry.errors import NotFound, RuleBroken
from registry.identifiers import parse_kpved
from registry.suppliers import profile as operations
from registry.suppliers.models import Tenure
from registry.suppliers.profile import (
    EquipmentLine,
    FreeLine,
    OperationLine,
    PermitLine,
    PremisesLine,
    ProfileLine,
    SiteLine,
)
from registry.suppliers.profiles import Profile, profile, thing
from registry.wording import Message, tr
from web import auth
from web.fields import Among, Choice, Description
from web.registration.places import chosen_of, levels
from web.session import db, runtime
from web.supplier.blueprint import desk, own_supplier
from web.supplier.details import DeskForm, written
from web.validators import Code, Day, Number, Said, Text, at_most, needed

Answer = str | tuple[str, int] | Response

NOTE_LENGTH: Final = 2_000
_PEOPLE: Final = Decimal(10_000_000)
_AREA: Final = Decimal(100_000_000)
_AMOUNT: Final = Decimal(9_000_000_000_000)
_YEAR: Final = Decimal(9_999)


class Chosen(Among):
    """One of things that must be chosen."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.value is None:
            raise Said(Message("web.profile.operation_needed"))


class Place(Field):
    """A place chosen from the top down; its data is the code of the deepest choice."""

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        super().process(formdata, *args, **kwargs)
        if formdata is not None:
            self.data = chosen_of(_places(), formdata)


class ThingForm(DeskForm):
    """What is stated of one thing of the profile."""

    def line(self) -> ProfileLine:
        """What a valid form states."""
        raise NotImplementedError

    def offer(self, held: Profile) -> None:
        """Say which sites and operations may be chosen."""
        for field in self:
            if isinstance(field, Chosen):
                field.offer((one.id, one.name) for one in held.operations)
            elif isinstance(field, Among):
                field.offer((one.id, one.name) for one in held.sites)


def _name(label: str) -> Text:
    return Text(label, [needed("web.profile.name_needed"), at_most(300)])


def _site() -> Among:
    return Among("web.goods.site", "web.goods.no_site")


class SiteForm(ThingForm):
    """A site of production."""

    name = _name("web.profile.site_name")
    kato = Place("web.profile.kato", [needed("web.profile.kato_needed")], id="place")
    address = Text("web.form.contacts.address", [at_most(500)])

    def line(self) -> SiteLine:
        return SiteLine(self.name.data or "", self.kato.data or "", self.address.data)


class PremisesForm(ThingForm):
    """Premises."""

    name = _name("web.profile.premises_name")
    tenure = Choice("web.profile.tenure", {str(one): f"profile.tenure.{one}" for one in Tenure})
    area_m2 = Number("web.profile.area_m2", digits=2, most=_AREA)
    site_id = _site()

    def line(self) -> PremisesLine:
        return PremisesLine(self.name.data or "", Tenure(self.tenure.data), self.area_m2.value, self.site_id.value)


class EquipmentForm(ThingForm):
    """A machine."""

    name = _name("web.profile.equipment_name")
    model = Text("web.profile.model", [at_most(200)])
    year = Number("web.profile.year", digits=0, most=_YEAR)
    country = Text("web.profile.country", [at_most(100)])
    serial = Text("web.profile.serial", [at_most(100)])
    capacity_per_year = Number("web.profile.machine_capacity", digits=6, most=_AMOUNT)
    unit = Text("web.form.product.unit", [at_most(40)])
    site_id = _site()

    def line(self) -> EquipmentLine:
        year = int(self.year.value) if self.year.value is not None else None
        stated = (self.model.data, year, self.country.data, self.serial.data)
        able = self.capacity_per_year.value, self.unit.data
        return EquipmentLine(self.name.data or "", *stated, *able, self.site_id.value)


class PermitForm(ThingForm):
    """A licence or a permit."""

    name = _name("web.profile.permit_name")
    number = Text("web.profile.permit_number", [needed("web.form.product.number_needed"), at_most(100)])
    issuer = Text("web.profile.issuer", [at_most(300)])
    issued_on = Day("web.form.product.evidence_issued")
    expires_on = Day("web.form.product.evidence_expires")

    def line(self) -> PermitLine:
        days = self.issued_on.value, self.expires_on.value
        return PermitLine(self.name.data or "", self.number.data or "", self.issuer.data, *days)


class OperationForm(ThingForm):
    """An operation that is done."""

    name = _name("web.profile.operation_name")
    kpved = Code("web.form.product.kpved", parser=parse_kpved)
    note = Description("web.profile.operation_note", [at_most(NOTE_LENGTH)])
    site_id = _site()

    def line(self) -> OperationLine:
        return OperationLine(self.name.data or "", self.kpved.value, self.note.data, self.site_id.value)


class FreeForm(ThingForm):
    """Capacity of an operation that is free for a while."""

    operation_id = Chosen("web.profile.operation", "web.profile.choose")
    from_on = Day("web.profile.from_on", [needed("web.profile.day_needed")])
    to_on = Day("web.profile.to_on", [needed("web.profile.day_needed")])
    amount = Number("web.profile.amount", digits=6, most=_AMOUNT)
    unit = Text("web.profile.unit", [at_most(60)])
    note = Description("web.profile.free_note", [at_most(NOTE_LENGTH)])

    def line(self) -> FreeLine:
        days = self.from_on.value, self.to_on.value
        assert self.operation_id.value is not None
        assert days[0] is not None
        assert days[1] is not None
        return FreeLine(self.operation_id.value, days[0], days[1], self.amount.value, self.unit.data, self.note.data)


FORMS: Final[dict[str, Callable[..., ThingForm]]] = {
    "site": SiteForm,
    "premises": PremisesForm,
    "equipment": EquipmentForm,
    "permit": PermitForm,
    "operation": OperationForm,
    "free_capacity": FreeForm,
}


class StaffForm(DeskForm):
    """How many people work there."""

    total = Number("web.profile.total", [needed("web.profile.number_needed")], digits=0, most=_PEOPLE)
    kazakhstani = Number("web.profile.kazakhstani", [needed("web.profile.number_needed")], digits=0, most=_PEOPLE)


@desk.get("/profile")
@auth.allow(auth.DESK)
def own_profile() -> str:
    """What the organisation states of itself, and what each part is for."""
    own, on = own_supplier(), runtime().today()
    held = profile(db(), own.id, on)
    places = tree(db(), Scheme.KATO, on)
    named = {site.id: node.named(g.lang) for site in held.sites if (node := places.node(site.kato))}
    return render_template("supplier/profile.html", supplier=own, profile=held, places=named, may_change=_may_change())


@desk.get("/profile/staff")
@auth.allow(auth.LISTERS)
def staff() -> str:
    """The form of how many people work there."""
    own, on = own_supplier(), runtime().today()
    held = profile(db(), own.id, on).staff
    given = {"total": str(held.total), "kazakhstani": str(held.kazakhstani)} if held else {}
    return _staff_page(StaffForm(formdata=None, data=given))


@desk.post("/profile/staff")
@auth.allow(auth.LISTERS)
def save_own_staff() -> Answer:
    """State how many people work there from today."""
    own, form = own_supplier(), StaffForm()
    if not form.validate():
        return _staff_page(form), 422
    people = int(form.total.value or 0), int(form.kazakhstani.value or 0)
    on, now, actor = runtime().today(), runtime().now(), auth.person().actor
    try:
        with db().begin_nested():
            operations.save_staff(db(), own.bin, total=people[0], kazakhstani=people[1], on=on, actor=actor, now=now)
    except RuleBroken as error:
        _tell(form, error)
        return _staff_page(form), 422
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
    held = _own(what, id)
    names = [name for name in FORMS[what]()._fields if name not in ("csrf_token", "version")]
    given = {name: _shown(getattr(held, name)) for name in names}
    return _page(what, FORMS[what](formdata=None, data=given), id)


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


def _submitted(what: str, id: int | None) -> Answer:
    own, form, on = own_supplier(), FORMS[what](), runtime().today()
    form.offer(profile(db(), own.id, on))
    if what == "site" and request.form.get("do") == "place":
        return _page(what, form, id)
    if not form.validate():
        return _page(what, form, id), 422
    now, actor = runtime().now(), auth.person().actor
    try:
        with db().begin_nested():
            if id is None:
                operations.add(db(), own.bin, form.line(), on=on, actor=actor, now=now)
            else:
                operations.change(db(), own.bin, id, form.line(), on=on, actor=actor, now=now)
    except RuleBroken as error:
        _tell(form, error)
        return _page(what, form, id), 422
    return _saved(what)


def _saved(what: str) -> Response:
    flash(tr("web.profile.saved", g.lang))
    return redirect(url_for("supplier.own_profile", _anchor=what))


def _tell(form: DeskForm, error: RuleBroken) -> None:
    for violation in error.violations:
        field = form[violation.field]
        field.errors = [*field.errors, violation.message]


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


def _page(what: str, form: ThingForm, id: int | None) -> str:
    own, on = own_supplier(), runtime().today()
    held = profile(db(), own.id, on)
    form.offer(held)
    return render_template(
        "supplier/thing.html",
        form=form,
        problems=form.problems,
        what=what,
        id=id,
        fields=[field for field in form if field.name not in ("csrf_token", "version")],
        levels=levels(_places(), form["kato"].data) if what == "site" else (),
        units=unit_names(tree(db(), Scheme.UNITS, on), g.lang) if what in ("free_capacity", "equipment") else (),
        no_operations=what == "free_capacity" and not held.operations,
    )


def _places() -> Tree:
    return tree(db(), Scheme.KATO, runtime().today())


def _staff_page(form: StaffForm) -> str:
    return render_template("supplier/staff.html", form=form, problems=form.problems)
