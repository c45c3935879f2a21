"""How a file is to be taken in: which sheets, where their headings stand, what each column means. Pure.

A plan is what recognising proposes and a person corrects; it is kept with the job that takes the file in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from registry.explain import Violation
from registry.uploads.layout import Heading
from registry.uploads.names import REPEATED, fields
from registry.wording import Message


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """What is taken of one sheet.

    place: among the file's sheets, from 0. fields: what each column means, by place; None passes it over. sections:
    whether names that stand alone in their row are those of sections.
    """

    place: int
    name: str
    heading: Heading
    fields: tuple[str | None, ...]
    sections: bool = True

    def place_of(self, field: str) -> int | None:
        """The column of a field; None if there is none."""
        return self.fields.index(field) if field in self.fields else None

    def places_of(self, field: str) -> tuple[int, ...]:
        """All columns of a field."""
        return tuple(place for place, meant in enumerate(self.fields) if meant == field)

    def name_of(self, place: int) -> str:
        """What a column is called; empty where the table says nothing."""
        return self.heading.names[place] if place < len(self.heading.names) else ""

    def with_fields(self, fields: Mapping[int, str | None]) -> SheetPlan:
        """The plan with these columns meaning something else."""
        meant = list(self.fields)
        for place, field in fields.items():
            meant += [None] * (place + 1 - len(meant))
            meant[place] = field
        return replace(self, fields=tuple(meant))

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "place": self.place,
            "name": self.name,
            "heading": [self.heading.first, self.heading.last],
            "names": list(self.heading.names),
            "lowest": list(self.heading.lowest),
            "fields": list(self.fields),
            "sections": self.sections,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> SheetPlan:
        """The plan that `as_json` wrote."""
        first, last = stored["heading"]
        heading = Heading(first, last, tuple(stored["names"]), tuple(stored["lowest"]))
        return cls(stored["place"], stored["name"], heading, tuple(stored["fields"]), stored["sections"])


@dataclass(frozen=True, slots=True)
class Plan:
    """The sheets that are taken in, in their order."""

    sheets: tuple[SheetPlan, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"sheets": [sheet.as_json() for sheet in self.sheets]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Plan:
        """The plan that `as_json` wrote."""
        return cls(tuple(map(SheetPlan.from_json, stored["sheets"])))


NAMES: Final = ("name", "name_kk", "name_en")


def check_plan(plan: Plan) -> list[Violation]:
    """What stands against taking a file in so; each violation names the sheet, and the column by `sheet:place`."""
    if not plan.sheets:
        return [_violation("upload.plan.no_sheet", "")]
    found: list[Violation] = []
    for sheet in plan.sheets:
        found += _check_sheet(sheet)
    return found


def _check_sheet(sheet: SheetPlan) -> list[Violation]:
    own = str(sheet.place)
    named: dict[str, str] = {"sheet": sheet.name}
    found: list[Violation] = []
    for place, field in enumerate(sheet.fields):
        if field is not None and field not in fields():
            message = Message("upload.plan.unknown_field", {**named, "given": field})
            found.append(Violation(message.code, f"{own}:{place}", message))
    for field, times in Counter(field for field in sheet.fields if field).items():
        if times > 1 and field not in REPEATED and fields().get(field):
            message = Message("upload.plan.twice", {**named, "field": field_name(field)})
            found.append(Violation(message.code, f"{own}:{sheet.places_of(field)[1]}", message))
    if not any(field in NAMES for field in sheet.fields):
        message = Message("upload.plan.no_name", dict(named))
        found.append(Violation(message.code, own, message))
    return found


def _violation(code: str, field: str) -> Violation:
    return Violation(code, field, Message(code))


def field_name(field: str) -> Message:
    """What a field is called, for people."""
    return Message(f"upload.field.{field}")


def unknown_columns(sheet: SheetPlan) -> Sequence[str]:
    """The names of the columns that are passed over."""
    known = fields()
    return [
        name
        for place, name in enumerate(sheet.heading.names)
        if name and not (place < len(sheet.fields) and known.get(sheet.fields[place] or "", False))
    ]
