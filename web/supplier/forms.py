"""The forms of the desk: one listed line, and how its supplier is reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from wtforms import Field

from registry.catalogue.details import Details, is_construction
from registry.catalogue.models import ProductKind
from registry.catalogue.rules import DESCRIPTION_LENGTH, MOST, NAME_LENGTH, ProductLine
from registry.errors import RuleBroken
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import NUMBER_LENGTH
from registry.identifiers import parse_enstru, parse_evidence_number, parse_kpved, parse_tnved_in_chapter
from registry.suppliers.models import Role
from registry.suppliers.queries import SupplierRow
from registry.wording import Message, tr
from web.fields import Choice, Description
from web.supplier.details import DeskForm, DetailsForm, values_of_details, written
from web.validators import Code, Day, Number, Parsed, Said, Text, at_most

EVIDENCE_KINDS: Final = ("ct-kz", "industrial", "ktp")
UNIT_LENGTH: Final = 60


class ProductForm(DetailsForm):
    """What a supplier states of a line.

    A ТН ВЭД code may be incomplete or missing, as in a file of goods: the line is kept and marked, and says what it
    needs. The evidence fields state one document, as claimed; those listed already are left as they are.
    """

    # A draft is checked for its shape alone: what it lacks it may lack.
    unfinished = False

    name_ru = Text("web.form.product.name_ru", [at_most(NAME_LENGTH)])
    name_kk = Text("web.form.product.name_kk", [at_most(NAME_LENGTH)])
    name_en = Text("web.form.product.name_en", [at_most(NAME_LENGTH)])
    description = Description("web.good.description", [at_most(DESCRIPTION_LENGTH)])
    kind = Choice("web.form.product.kind", {str(kind): f"web.kind.{kind}" for kind in ProductKind}, default="goods")
    tnved = Code("web.form.product.tnved", parser=parse_tnved_in_chapter)
    kpved = Code("web.form.product.kpved", parser=parse_kpved)
    enstru = Code("web.form.product.enstru", parser=parse_enstru)
    role = Choice("web.form.product.role", {str(role): f"web.role_of.{role}" for role in Role}, default="maker")
    capacity_per_year = Number("web.form.product.capacity", digits=6, most=MOST)
    unit = Text("web.form.product.unit", [at_most(UNIT_LENGTH)])
    evidence_kind = Choice(
        "web.form.product.evidence_kind",
        {"": "web.form.product.no_evidence", **{kind: f"web.evidence_kind.{kind}" for kind in EVIDENCE_KINDS}},
        default="",
    )
    evidence_number = Text("web.form.product.evidence_number", [at_most(NUMBER_LENGTH)])
    icv_percent = Number("web.form.product.icv_percent", digits=4, most=Decimal(100))
    evidence_issued = Day("web.form.product.evidence_issued")
    evidence_expires = Day("web.form.product.evidence_expires")

    def validate_name_ru(self, field: Field) -> None:
        """A name in some language."""
        if not (self.name_ru.data or self.name_kk.data or self.name_en.data):
            raise Said(Message("web.form.product.name_needed"))

    def validate_kpved(self, field: Code) -> None:
        """A code of activity for works and services, by itself or within ЕНС ТРУ. Source: domain.md §9 rule 5."""
        stated = field.data or self.enstru.data or self.unfinished
        if self.kind.data in (ProductKind.WORKS, ProductKind.SERVICES) and not stated:
            raise Said(Message("web.form.product.kpved_needed"))

    def validate_evidence_kind(self, field: Field) -> None:
        """A document whose number, dates or percent are given is of some kind."""
        stated = (self.evidence_number, self.icv_percent, self.evidence_issued, self.evidence_expires)
        if not field.data and any(one.data for one in stated):
            raise Said(Message("web.form.product.kind_needed"))

    def validate_evidence_number(self, field: Text) -> None:
        """A document has a number of its kind's form."""
        kind = self.evidence_kind.data
        if kind not in EVIDENCE_KINDS:
            return
        if field.data is None:
            raise Said(Message("web.form.product.number_needed"))
        try:
            parse_evidence_number(kind, field.data)
        except RuleBroken as error:
            raise Said(error.violations[0].message) from error

    def validate_evidence_expires(self, field: Day) -> None:
        """A document does not end before it begins."""
        issued = self.evidence_issued.value
        if issued and field.value and field.value < issued:
            raise Said(Message("web.form.product.dates"))

    def check(self, on: date) -> Details | None:
        """What a form states besides the line itself; None where something of the form is wrong, and then its fields
        say what."""
        shaped = self.validate()
        if not shaped and any(field.errors for field in (self.price_currency, self.price_visibility)):
            return None
        if not shaped and self.conformity_kind.errors:
            return None
        details = self.checked_details(on, draft=self.unfinished)
        goods = self.kind.data == ProductKind.GOODS
        if (
            goods
            and not (self.unfinished or details.agsk3 or self.agsk3_later.data)
            and is_construction(self.tnved.value, self.kpved.value, on)
        ):
            self.agsk3.errors = [Message("web.goods.agsk3_needed")]  # type: ignore[list-item]
        return None if self.problems else details

    def line(self, bin: str, external_id: str | None, details: Details) -> ProductLine:
        """The line that a valid form states; `external_id` is the supplier's own, which the form does not change."""
        return ProductLine(
            bin=bin,
            kind=ProductKind(self.kind.data),
            name_ru=self.name_ru.data,
            name_kk=self.name_kk.data,
            name_en=self.name_en.data,
            description=self.description.data,
            tnved=self.tnved.value,
            kpved=self.kpved.value,
            enstru=self.enstru.value,
            unit=self.unit.data,
            capacity_per_year=self.capacity_per_year.value,
            role=Role(self.role.data),
            external_id=external_id,
            details=details,
        )

    def fact(self) -> EvidenceFact | None:
        """The document that a valid form states, as claimed; None where it states none."""
        if not self.evidence_kind.data or self.evidence_number.data is None:
            return None
        return EvidenceFact(
            kind=self.evidence_kind.data,
            number=parse_evidence_number(self.evidence_kind.data, self.evidence_number.data).number,
            issued_on=self.evidence_issued.value,
            expires_on=self.evidence_expires.value,
            percent=self.icv_percent.value,
            status=EvidenceStatus.CLAIMED,
        )


def values_of(good: Good, details: Details, lang: str) -> dict[str, Any]:
    """What the form shows of a listed line."""
    names = ("name_ru", "name_kk", "name_en", "description", "kind", "tnved", "kpved", "enstru", "role", "unit")
    capacity = written(good.capacity_per_year, lang)
    return {
        **values_of_details(details, lang),
        "version": str(good.version),
        "capacity_per_year": capacity,
        **{name: getattr(good, name) for name in names},
    }


def differences(form: DeskForm, row: Good | SupplierRow, lang: str) -> Iterator[tuple[str, str | None, str | None]]:
    """Where a form of right shape and what is stored differ: (label, the row's, the form's)."""
    for field in form:
        if not hasattr(row, field.name) or field.name == "version":
            continue
        theirs = getattr(row, field.name)
        yours = field.value if isinstance(field, Parsed) else field.data
        if theirs != yours:
            words = dict(field.codes) if isinstance(field, Choice) else {}
            yield (
                field.label.text,
                tr(words[theirs], lang) if words else written(theirs, lang),
                tr(words[yours], lang) if words else written(yours, lang),
            )
