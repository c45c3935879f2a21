"""What a case asks its supplier in figures: how many people work there, once, and what is so of each line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flask import g
from werkzeug.datastructures import MultiDict
from wtforms import Field, Form

from registry.catalogue.details import Details
from registry.catalogue.models import Visibility
from registry.errors import RuleBroken
from registry.suppliers.models import Staff
from registry.verification.queries import Line
from registry.verification.rules import Costs, Figures
from registry.wording import Message
from web.cases.forms import COST_MOST
from web.session import runtime
from web.supplier.details import DetailsForm, values_of_details, written
from web.supplier.forms import ProductForm
from web.supplier.profile_forms import StaffForm
from web.validators import Number

PEOPLE: Final = "staff-"


class PeopleForm(Form):
    """How many people work for the organisation, and how many of them are citizens. Where the organisation has not
    stated it yet, both may be left empty."""

    total: Any = StaffForm.total
    kazakhstani: Any = StaffForm.kazakhstani

    def __init__(self, held: Staff | None, sent: MultiDict[str, str] | None) -> None:
        shown = {name: written(Decimal(getattr(held, name)), g.lang) for name in ("total", "kazakhstani") if held}
        super().__init__(sent, prefix=PEOPLE, data=shown)
        self._stated = held is not None

    def validate(self, extra_validators: Any = None) -> bool:
        if not (self._stated or self.total.data or self.kazakhstani.data):
            return True
        return super().validate(extra_validators)

    @property
    def people(self) -> tuple[int, int] | None:
        """What a valid form states; None where it states nothing."""
        total, own = self.total.value, self.kazakhstani.value
        return None if total is None or own is None else (int(total), int(own))


class CostsForm(Form):
    """What a unit of a line costs, without profit and VAT; both may be left empty."""

    foreign_cost = Number("web.cases.foreign_cost", digits=2, most=COST_MOST)
    whole_cost = Number("web.cases.whole_cost", digits=2, most=COST_MOST)

    @property
    def costs(self) -> Costs:
        """What a valid form tells."""
        return Costs(self.foreign_cost.value, self.whole_cost.value)


class FiguresForm(CostsForm):
    """What is so of a line in a quarter, in the fields that the line's own form has."""

    capacity_per_year: Any = ProductForm.capacity_per_year
    output_per_year: Any = DetailsForm.output_per_year
    price: Any = DetailsForm.price
    price_currency: Any = DetailsForm.price_currency
    price_on: Any = DetailsForm.price_on
    price_visibility: Any = DetailsForm.price_visibility

    def figures(self, held: Details, on: date) -> Figures:
        """What a valid form states of a line whose details are so far as they are held."""
        price = self.price.value
        stated = replace(
            held,
            output_per_year=self.output_per_year.value,
            price=price,
            price_currency=None if price is None else self.price_currency.data,
            price_on=self.price_on.value or (on if price is not None else None),
            price_visibility=Visibility(self.price_visibility.data),
        )
        return Figures(self.costs, self.capacity_per_year.value, stated)

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        day = self.price_on.value
        if day is not None and day > runtime().today():
            self.price_on.errors = [*self.price_on.errors, Message("goods.price.later")]
            return False
        return valid


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a case, as its page shows it: of the organisation, and of each line that is still listed."""

    people: PeopleForm
    lines: Mapping[int, CostsForm]

    def validate(self) -> bool:
        """Whether everything is of right shape; what is not says so at its field."""
        return all([self.people.validate(), *(form.validate() for form in self.lines.values())])

    @property
    def costs(self) -> dict[int, Costs]:
        """What valid forms tell, by product."""
        return {product_id: form.costs for product_id, form in self.lines.items()}

    @property
    def problems(self) -> list[tuple[str, Message]]:
        """What is wrong, in the order of the fields."""
        return [(field.id, error) for field in self._fields() for error in field.errors]  # type: ignore[misc]

    def told(self, error: RuleBroken) -> list[tuple[str, Message]]:
        """What a rule says, each at its field."""
        fields = {field.id: field for field in self._fields()}
        for one in error.violations:
            if (field := fields.get(one.field)) is not None:
                field.errors = [*field.errors, one.message]  # type: ignore[list-item]
        return [(one.field, one.message) for one in error.violations]

    def _fields(self) -> Iterator[Field]:
        for form in (self.people, *self.lines.values()):
            yield from form


def asked(
    lines: Sequence[Line],
    costs: Mapping[int, Costs],
    details: Mapping[int, Details] | None,
    people: Staff | None,
    sent: MultiDict[str, str] | None = None,
) -> Asked:
    """The fields of a case with what was sent, else with what is known. details: where a quarter asks for figures."""
    forms: dict[int, CostsForm] = {}
    for line in lines:
        if (good := line.good) is None:
            continue
        told = {name: written(getattr(costs[good.id], name), g.lang) for name in ("foreign_cost", "whole_cost")}
        if details is None:
            forms[good.id] = CostsForm(sent, prefix=f"line-{good.id}-", data=told)
        else:
            told |= values_of_details(details[good.id], g.lang)
            told["capacity_per_year"] = written(good.capacity_per_year, g.lang)
            forms[good.id] = FiguresForm(sent, prefix=f"line-{good.id}-", data=told)
    return Asked(PeopleForm(people, sent), forms)
