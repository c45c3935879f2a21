"""The forms of what an organisation states of itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from flask import g
from wtforms import Field

from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.tree import Tree
from registry.identifiers import parse_kpved
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
from registry.suppliers.profiles import Profile
from registry.wording import Message
from web.fields import Among, Choice, Description
from web.registration.places import chosen_of
from web.session import db, runtime
from web.supplier.details import DeskForm
from web.validators import Code, Day, Number, Said, Text, at_most, needed, number

NOTE_LENGTH: Final = 2_000
_PEOPLE: Final = Decimal(10_000_000)
_AREA: Final = Decimal(100_000_000)
_AMOUNT: Final = Decimal(9_000_000_000_000)
_WITH_UNIT: Final = re.compile(r"(.*[0-9])\s*([^\W\d].*)")
_YEAR: Final = Decimal(9_999)


class Chosen(Among):
    """One of things that must be chosen."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.value is None:
            raise Said(Message("web.profile.operation_needed"))


class Amount(Number):
    """A number whose unit has a field of its own."""

    def parse(self, text: str) -> Decimal:
        said = _WITH_UNIT.fullmatch(text)
        if said and number(said[1], g.lang) is not None:
            raise Said(Message("web.profile.unit_apart", {"number": said[1].replace(" ", "\u00a0"), "unit": said[2]}))
        return super().parse(text)


class Place(Field):
    """A place chosen from the top down; its data is the code of the deepest choice."""

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        super().process(formdata, *args, **kwargs)
        if formdata is not None:
            self.data = chosen_of(places(), formdata)


class ThingForm(DeskForm):
    """What is stated of one thing of the profile."""

    def line(self) -> ProfileLine | None:
        """What the form states, as far as it can be read; None where what is missing leaves nothing to be checked."""
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

    def line(self) -> PremisesLine | None:
        if self.tenure.errors:
            return None
        return PremisesLine(self.name.data or "", Tenure(self.tenure.data), self.area_m2.value, self.site_id.value)


class EquipmentForm(ThingForm):
    """A machine."""

    name = _name("web.profile.equipment_name")
    model = Text("web.profile.model", [at_most(200)])
    year = Number("web.profile.year", digits=0, most=_YEAR)
    country = Text("web.profile.country", [at_most(100)])
    serial = Text("web.profile.serial", [at_most(100)])
    capacity_per_year = Amount("web.profile.machine_capacity", digits=6, most=_AMOUNT)
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

    name_kk = Text("web.form.product.name_kk", [at_most(300)])
    name_ru = Text("web.form.product.name_ru", [at_most(300)])
    name_en = Text("web.form.product.name_en", [at_most(300)])
    kpved = Code("web.form.product.kpved", parser=parse_kpved)
    note = Description("web.profile.operation_note", [at_most(NOTE_LENGTH)])
    site_id = _site()

    def line(self) -> OperationLine:
        beside = self.kpved.value, self.note.data, self.site_id.value
        return OperationLine(self.name_ru.data, *beside, self.name_kk.data, self.name_en.data)


class FreeForm(ThingForm):
    """Capacity of an operation that is free for a while."""

    operation_id = Chosen("web.profile.operation", "web.profile.choose")
    from_on = Day("web.profile.from_on", [needed("web.profile.day_needed")])
    to_on = Day("web.profile.to_on", [needed("web.profile.day_needed")])
    amount = Amount("web.profile.amount", digits=6, most=_AMOUNT)
    unit = Text("web.profile.unit", [at_most(60)])
    note = Description("web.profile.free_note", [at_most(NOTE_LENGTH)])

    def line(self) -> FreeLine | None:
        operation, begins, ends = self.operation_id.value, self.from_on.value, self.to_on.value
        if operation is None or begins is None or ends is None:
            return None
        return FreeLine(operation, begins, ends, self.amount.value, self.unit.data, self.note.data)


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


def places() -> Tree:
    """The places of today."""
    return tree(db(), Scheme.KATO, runtime().today())
