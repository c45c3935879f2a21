"""How well a line is stated: what is missing of what its readers and the law look for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from registry.catalogue.details import Details, is_construction
from registry.catalogue.models import CodeState, ProductKind
from registry.evidence.goods import Good
from registry.evidence.rules import State, standing
from registry.law import Law
from registry.suppliers.models import Role

# How much each thing counts of the whole. They are the project's own measure, not the law's: what makes a good found
# and compared counts most (a code, a description with properties, evidence), what only helps a buyer decide least.
# A description of so many characters says something.
_TELLING: Final = 40
_ENOUGH_PARAMETERS: Final = 3


class Point(NamedTuple):
    """One thing that may be stated: how much it counts, and whether it is there. field: of the form, to lead to."""

    name: str
    weight: int
    there: bool
    field: str


@dataclass(frozen=True, slots=True)
class Quality:
    """What is there and what is missing of one line."""

    points: tuple[Point, ...]

    @property
    def share(self) -> float:
        """How much of what counts is there, 0..1."""
        return sum(point.weight for point in self.points if point.there) / sum(point.weight for point in self.points)

    @property
    def missing(self) -> tuple[Point, ...]:
        """What is not there, what counts most first."""
        return tuple(sorted((point for point in self.points if not point.there), key=lambda point: -point.weight))


def quality(good: Good, details: Details, on: date, law: Law) -> Quality:
    """How well a line is stated on the day `on`, of which `law` is. What does not apply to it does not count."""
    return Quality(tuple(_points(good, details, on, law)))


def _points(good: Good, details: Details, on: date, law: Law) -> Iterator[Point]:
    goods = good.kind is ProductKind.GOODS
    if goods:
        yield Point("tnved", 20, good.tnved_state in (CodeState.CHECKED, CodeState.UNCHECKED), "tnved")
    yield Point("activity", 5 if goods else 20, bool(good.kpved or good.enstru), "kpved")
    if goods and is_construction(good.tnved, good.kpved, on):
        yield Point("agsk3", 5, details.agsk3 is not None, "agsk3")
    described = len(good.description or "") >= _TELLING
    yield Point("description", 10, described or len(details.parameters) >= _ENOUGH_PARAMETERS, "description")
    if goods:
        yield Point("parameters", 10, len(details.parameters) >= _ENOUGH_PARAMETERS, "parameters-0-name")
        yield Point("standards", 5, bool(details.standards) or details.no_standard, "standards-0")
    yield Point("names", 10, all((good.name_ru, good.name_kk, good.name_en)), "name_kk" if good.name_ru else "name_ru")
    if goods:
        yield Point("capacity", 10, good.capacity_per_year is not None and good.unit is not None, "capacity_per_year")
    if good.role is not Role.DEALER:
        stands = standing(good.evidence, on, law)
        yield Point("evidence", 20, stands.state in (State.CONFIRMED, State.CLAIMED), "evidence_kind")
        fact = stands.fact
        told = fact is not None and fact.percent is not None and stands.state in (State.CONFIRMED, State.CLAIMED)
        yield Point("percent", 10, told, "icv_percent")
        yield Point("site", 3, details.site_id is not None, "site_id")
    if goods:
        yield Point("conformity", 4, details.conformity_kind is not None, "conformity_kind")
    yield Point("price", 3, details.price is not None, "price")
