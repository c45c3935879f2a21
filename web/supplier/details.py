"""The part of a good's form that may be left empty: properties, standards, price, conformity, production."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, FieldList, Form, FormField, HiddenField

from registry.catalogue.details import (
    AGSK3_LENGTH,
    CURRENCIES,
    MOST,
    MOST_PARAMETERS,
    MOST_STANDARDS,
    NUMBER_LENGTH,
    PARAMETER_NAME,
    PARAMETER_UNIT,
    PARAMETER_VALUE,
    STANDARD_LENGTH,
    Details,
    Parameter,
    check_details,
)
from registry.catalogue.models import ConformityKind, Visibility
from registry.wording import Message, tr
from web.fields import Among, Choice
from web.formats import trimmed
from web.validators import Day, Number, Text, at_most, row_number

# Rows of parameters that an empty form shows.
_ROWS: Final = 2


class DeskForm(FlaskForm):
    """A form of something that others may change meanwhile; `version` is the one that was being edited."""

    version = HiddenField()

    @property
    def seen(self) -> int:
        """The version that was being edited; one that nothing has where the field was tampered with."""
        return row_number(self.version.data or "") or 0

    @property
    def problems(self) -> list[tuple[str, Message]]:
        """What is wrong, in the order of the fields: (field, message)."""
        return [(field.id, error) for field in leaves(self) for error in field.errors]  # type: ignore[misc]

    @property
    def sent(self) -> list[tuple[str, str]]:
        """What the form holds, by the name of each field, to be sent again."""
        held = []
        for field in leaves(self):
            if field.name in ("csrf_token", "version"):
                continue
            if isinstance(field, BooleanField):
                held += [(field.name, "y")] if field.data else []
            else:
                held.append((field.name, field._value() if hasattr(field, "_value") else field.data or ""))
        return held


def leaves(form: Any) -> Iterator[Field]:
    """The fields of a form that are filled in, those of its lists among them."""
    for field in form:
        if isinstance(field, FieldList):
            yield from leaves(field)
        elif isinstance(field, FormField):
            yield from leaves(field.form)
        else:
            yield field


class ParameterRow(Form):
    """One property of a good."""

    name = Text("web.goods.parameter_name", [at_most(PARAMETER_NAME)])
    value = Text("web.goods.parameter_value", [at_most(PARAMETER_VALUE)])
    unit = Text("web.goods.parameter_unit", [at_most(PARAMETER_UNIT)])


class DetailsForm(DeskForm):
    """What is stated of a line besides names, codes and evidence. Everything may be left empty."""

    parameters = FieldList(FormField(ParameterRow), min_entries=_ROWS, max_entries=MOST_PARAMETERS)
    standards = FieldList(
        Text("web.goods.standard", [at_most(STANDARD_LENGTH)]), min_entries=1, max_entries=MOST_STANDARDS
    )
    no_standard = BooleanField("web.goods.no_standard")
    agsk3 = Text("web.goods.agsk3", [at_most(AGSK3_LENGTH)])
    agsk3_later = BooleanField("web.goods.agsk3_later")
    output_per_year = Number("web.goods.output", digits=6, most=MOST)
    site_id = Among("web.goods.site", "web.goods.no_site")
    commissioned_on = Day("web.goods.commissioned")
    conformity_kind = Choice(
        "web.goods.conformity_kind",
        {"": "web.goods.conformity_unsaid", **{str(kind): f"goods.conformity.{kind}" for kind in ConformityKind}},
        default="",
    )
    conformity_number = Text("web.goods.conformity_number", [at_most(NUMBER_LENGTH)])
    conformity_issued = Day("web.form.product.evidence_issued")
    conformity_expires = Day("web.form.product.evidence_expires")
    price = Number("web.goods.price", digits=2, most=MOST)
    price_currency = Choice(
        "web.goods.currency", {code: f"goods.currency.{code.lower()}" for code in CURRENCIES}, default=CURRENCIES[0]
    )
    price_on = Day("web.goods.price_on")
    price_visibility = Choice(
        "web.goods.price_visibility", {str(one): f"goods.visibility.{one}" for one in Visibility}, default="hidden"
    )

    def another_row(self, which: str) -> None:
        """One more row to fill in: of `parameters` or of `standards`."""
        rows: FieldList = self.parameters if which == "parameters" else self.standards
        if len(rows) < (MOST_PARAMETERS if which == "parameters" else MOST_STANDARDS):
            rows.append_entry()

    def checked_details(self, on: date, *, draft: bool) -> Details:
        """What a form whose fields are of right shape states. Where something stands against it, its field says so."""
        rows = [row.form for row in self.parameters]
        for row in rows:
            given = bool(row.name.data), bool(row.value.data)
            if given == (True, False) or (given == (False, False) and row.unit.data):
                _say(row.value, Message("web.goods.parameter_value_needed"))
            elif given == (False, True):
                _say(row.name, Message("web.goods.parameter_name_needed"))
        price = self.price.value
        details = Details(
            agsk3=self.agsk3.data,
            output_per_year=self.output_per_year.value,
            parameters=tuple(
                Parameter(row.name.data, row.value.data, row.unit.data or "")
                for row in rows
                if row.name.data and row.value.data
            ),
            standards=tuple(one.data for one in self.standards if one.data),
            no_standard=bool(self.no_standard.data),
            price=price,
            price_currency=None if price is None else self.price_currency.data,
            price_on=self.price_on.value or (on if price is not None else None),
            price_visibility=Visibility(self.price_visibility.data),
            commissioned_on=self.commissioned_on.value,
            conformity_kind=ConformityKind(self.conformity_kind.data) if self.conformity_kind.data else None,
            conformity_number=self.conformity_number.data,
            conformity_issued=self.conformity_issued.value,
            conformity_expires=self.conformity_expires.value,
            site_id=self.site_id.value or 0,
            draft=draft,
        )
        for violation in check_details(details, on):
            _say(self._place(violation.field), violation.message)
        return details

    def _place(self, name: str) -> Field:
        """The field that a fault of a part is told at."""
        if name == "parameters":
            return self.parameters[0].form.name
        if name == "standards":
            return self.standards[0]
        field: Field = self[name]
        return field


def _say(field: Field, message: Message) -> None:
    field.errors = [*field.errors, message]  # type: ignore[list-item]


def values_of_details(details: Details, lang: str) -> dict[str, Any]:
    """What the form shows of stored details."""
    rows = [one._asdict() for one in details.parameters]
    return {
        "parameters": [*rows, *({} for _ in range(_ROWS - len(rows)))],
        "standards": [*details.standards] or [""],
        "no_standard": details.no_standard,
        "agsk3": details.agsk3,
        "output_per_year": written(details.output_per_year, lang),
        "site_id": str(details.site_id or ""),
        "price": written(details.price, lang),
        "price_currency": details.price_currency or CURRENCIES[0],
        "price_visibility": str(details.price_visibility),
        "conformity_kind": str(details.conformity_kind or ""),
        "conformity_number": details.conformity_number,
        **{name: _day(getattr(details, name)) for name in _DAYS},
    }


_DAYS: Final = ("price_on", "commissioned_on", "conformity_issued", "conformity_expires")


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def written(value: str | Decimal | None, lang: str) -> str | None:
    """A number as the page's language writes it; text as it is."""
    return tr("web.value.number", lang, value=trimmed(value)) if isinstance(value, Decimal) else value


# Of the fields of a form by the details that they state.
LABELS: Final[dict[str, str]] = {
    "parameters": "web.goods.parameters",
    "standards": "web.goods.standards",
    "no_standard": "web.goods.no_standard",
    "agsk3": "web.goods.agsk3",
    "output_per_year": "web.goods.output",
    "commissioned_on": "web.goods.commissioned",
    "conformity_kind": "web.goods.conformity_kind",
    "conformity_number": "web.goods.conformity_number",
    "conformity_issued": "web.form.product.evidence_issued",
    "conformity_expires": "web.form.product.evidence_expires",
    "price": "web.goods.price",
    "price_currency": "web.goods.currency",
    "price_on": "web.goods.price_on",
    "price_visibility": "web.goods.price_visibility",
    "site_id": "web.goods.site",
    "draft": "web.goods.draft",
}


def details_differ(
    theirs: Details, yours: Details, sites: Sequence[tuple[int, str]], lang: str
) -> Iterator[tuple[str, str | None, str | None]]:
    """Where two statements of details differ: (label, the one, the other)."""
    named = dict(sites)
    for name, label in LABELS.items():
        one, other = getattr(theirs, name) or None, getattr(yours, name) or None
        if one != other:
            yield label, _told(name, one, named, lang), _told(name, other, named, lang)


def _told(name: str, value: Any, sites: dict[int, str], lang: str) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return tr("wording.yes", lang)
        case ConformityKind():
            return tr(f"goods.conformity.{value}", lang)
        case Visibility():
            return tr(f"goods.visibility.{value}", lang)
        case date():
            return tr("web.value.day", lang, value=value)
        case tuple():
            return "; ".join(map(str, value))
        case int():
            return sites.get(value, str(value))
    return written(value, lang)
