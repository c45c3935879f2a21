"""Whether a line speaks of goods, of works or of services, and what tells so. Pure.

Source: domain.md §9 rule 5: goods carry a ТН ВЭД code, works and services a КПВЭД code. It matters since both kinds of
contract of Law № 86-VII, article 46(1), are for goods of the manufacturing industry.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from matching.engine.lines import Needed
from matching.engine.reading import Kind, Reading, read_need_text, surface
from registry.catalogue.models import ProductKind
from registry.catalogue.rules import kind_of
from registry.evidence.goods import Good
from registry.identifiers import kpved_of
from registry.text import fold
from registry.wording import Message
from search.analysis import stem, unit

# Units in which only works and services are counted, by the code of units.csv.
_UNITS: Final = {"работа": ProductKind.WORKS, "услуга": ProductKind.SERVICES}

# What is done to something, where it is the thing that is named: "ремонт насоса" is no pump. Only words that name no
# good as well: an "установка" is a device, a "печать" a stamp.
_WORKS: Final = "работа строительство реконструкция монтаж демонтаж благоустройство жұмыс құрылыс construction"
_SERVICES: Final = """
услуга обслуживание техобслуживание ремонт капремонт аренда вывоз поверка калибровка заправка опрессовка проектирование
обучение страхование перевозка дезинфекция дезинсекция дератизация утилизация экспертиза аудит уборка сопровождение
қызмет көрсету жөндеу жалдау тасымалдау оқыту сақтандыру
service maintenance repair rental overhaul calibration
"""
_DONE: Final = {stem(word): ProductKind.WORKS for word in _WORKS.split()} | {
    stem(word): ProductKind.SERVICES for word in _SERVICES.split()
}
# "Repair of pumps": in English the thing itself stands last, but before "of".
_BEFORE_OF: Final = re.compile(r"(?:[a-z]+ )?([a-z]+) of\b")

# Divisions of КПВЭД that hold the products of mining and farming before, and of energy and water after, manufacturing.
_MANUFACTURING: Final = ("10", "33")


@dataclass(frozen=True, slots=True)
class Nature:
    """What a line speaks of. ground: the sentence that tells why it is no good of the manufacturing industry; None
    where it is one, or nothing says that it is none."""

    kind: ProductKind
    ground: Message | None = None

    @property
    def done(self) -> bool:
        """Whether it is something done: works or services."""
        return self.kind is not ProductKind.GOODS

    @property
    def shown(self) -> Message:
        """A good, a work or a service, for people."""
        return Message(f"match.kind.{self.kind}")


GOODS: Final = Nature(ProductKind.GOODS)


def nature_of_need(need: Needed) -> Nature:
    """What a need speaks of. A ТН ВЭД code settles it; else its unit, its words, the code in its ЕНС ТРУ code."""
    reading = read_need_text(need.name)
    kind, how, by = _read(reading, need.name, need.unit, need.tnved, kpved_of(need.enstru) if need.enstru else None)
    if kind is not ProductKind.GOODS:
        return Nature(kind, Message(f"match.{kind}.by_{how}", {"by": by}))
    if how == "code" and not _MANUFACTURING[0] <= by[:2] <= _MANUFACTURING[1]:
        return Nature(kind, Message("match.goods.raw", {"by": by}))
    division = _raw(need.tnved) if need.tnved else None
    return Nature(kind, Message("match.goods.raw_tnved", {"by": by, "division": division})) if division else GOODS


def _raw(tnved: str) -> str | None:
    """The division of КПВЭД outside manufacturing that a code of ТН ВЭД belongs to; None if there is none.

    raw.csv pairs headings of ТН ВЭД with divisions by what both call them. No act sets the two against each other, so
    the sentence says that it is a reading.
    """
    found = (_raw_headings().get(tnved[:digits]) for digits in (4, 6, 10))
    return next(filter(None, found), None)


@cache
def _raw_headings() -> Mapping[str, str]:
    text = (files(__package__) / "raw.csv").read_text(encoding="utf-8")
    return {code: row["kpved"] for row in csv.DictReader(text.splitlines()) for code in row["tnved"].split()}


def nature_of_good(good: Good, reading: Reading) -> ProductKind:
    """What a listed line speaks of. reading: of the name that it is known by."""
    if good.kind is not ProductKind.GOODS or good.tnved is not None:
        return good.kind
    return _read(reading, good.name("ru"), good.unit, good.tnved, good.kpved)[0]


def _read(
    reading: Reading, name: str, counted: str | None, tnved: str | None, kpved: str | None
) -> tuple[ProductKind, str, str]:
    """The kind, what tells it (tnved, unit, name, code, nothing), and the value that does."""
    if tnved:
        return ProductKind.GOODS, "tnved", tnved
    by_unit = _UNITS.get(unit(counted) or "") if counted else None
    if counted and by_unit:
        return by_unit, "unit", counted
    for word in _things(reading, name):
        if word in _DONE:
            return _DONE[word], "name", surface(name, word) or word
    if kpved:
        return kind_of(None, kpved, None), "code", kpved
    return ProductKind.GOODS, "nothing", ""


def _things(reading: Reading, name: str) -> Iterator[str]:
    """What may be the thing itself: Russian names begin with it, Kazakh and English ones end with it."""
    words = [term.text for term in reading.terms if term.kind is Kind.WORD]
    if reading.language == "ru":
        # The dictionary lacks some nouns.
        yield from (*words[:1], *filter(None, [reading.head]))
        return
    before_of = _BEFORE_OF.match(fold(name)) if reading.language == "en" else None
    if before_of:
        yield stem(before_of[1])
    yield from words[-1:]
