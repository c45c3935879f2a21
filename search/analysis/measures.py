"""Units, quantities with a unit, and dimensions, brought to one form: `500 мл` is `0,5 л`, `159 х 8` is `159*8`."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from registry.text import fold
from search.analysis.patterns import one_of


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure.

    mkei: its code in the classifier of units, or empty. factor: how many base units of its kind one of it is; units of
    one kind convert into each other. in_text: whether a number before it makes a quantity wherever it stands; boxes,
    sheets and services are words.
    """

    code: str
    mkei: str
    kind: str
    factor: Decimal
    in_text: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity in the base unit of its kind: 500 мл is ("volume", 0.5, "л").

    kind: as in units.csv, "dn" for a nominal diameter (unit "dn"), or "diameter" (unit "мм").
    """

    kind: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """Sizes joined by х: text `159x8`, parts (159.0, 8.0), in the order they were written in.

    In millimetres where a unit of length says so, else in the unit they were written in.
    """

    text: str
    parts: tuple[float, ...]


def _read() -> Iterable[tuple[Unit, list[str]]]:
    text = (files(__package__) / "units.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        factor, in_text = Decimal(row["factor"]), row["in_text"] == "yes"
        yield Unit(row["code"], row["mkei"], row["kind"], factor, in_text), row["spellings"].split("|")


_READ: Final = tuple(_read())
UNITS: Final = MappingProxyType({unit.code: unit for unit, _ in _READ})
"""Units by code, in the order of units.csv; the base unit of a kind has factor 1.

Of pressures the nominal ones are meant: trade calls 16 кгс/см², 16 атм, 16 бар and 1,6 МПа the same.
"""

_BY_SPELLING: Final = {fold(spelling): unit for unit, spellings in _READ for spelling in (*spellings, unit.code)}
_BASES: Final = {unit.kind: unit.code for unit in reversed(tuple(UNITS.values())) if unit.factor == 1}


@lru_cache(maxsize=4096)
def unit(text: str) -> str | None:
    """Code of a unit written in any of the three languages, as `шт`, `Штука`, `дана`, `pcs`; None if unknown."""
    spelling = fold(re.sub(r"\(([^()]{0,40})\)", r" \1 ", text[:100])).strip(" .,;")
    for candidate in (
        spelling,
        spelling.replace(".", ""),
        re.sub(r"^(?:одна|один|одно|1|бір) ", "", spelling),
        re.sub(r"[ (].*", "", spelling) if "(" in text else spelling,
    ):
        found = _BY_SPELLING.get(candidate)
        if found:
            return found.code
    return None


def convert(value: float, from_unit: str, to_unit: str) -> float | None:
    """A value in another unit, both given by code or spelling; None where either is unknown or they do not convert."""
    one, other = unit(from_unit), unit(to_unit)
    if one is None or other is None:
        return None
    if one == other:
        return value
    source, target = UNITS[one], UNITS[other]
    if source.kind != target.kind:
        return None
    return float(Decimal(str(value)) * source.factor / target.factor)


# These letters are units only as capitals or right at the number: there are no volts in "2 в 1".
_CAPITALS_ONLY: Final = frozenset("ваvwa")

NUMBER: Final = r"[0-9]{1,12}+(?:[.,][0-9]{1,6}+)?"
UNIT: Final = one_of(spelling for spelling, found in _BY_SPELLING.items() if found.in_text) + r"(?![^\W_]|-[0-9])"


def number(text: str) -> str:
    """A number in one form: point for comma, no zeros that say nothing; `8,0` is `8`, but `0024` stays."""
    text = text.replace(",", ".").replace(" ", "")
    if "." not in text:
        return text
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    return f"{whole.lstrip('0') or '0'}.{part}" if part else whole.lstrip("0") or "0"


def quantity(value: str, written: str, apart: bool) -> tuple[Measure, str] | None:
    """A number with a unit as (measure, token), or None if the letters mean no unit here.

    apart: whether a space stood between. Millimetres and mm² share a token, since a size without a unit (3х2,5) may be
    either.
    """
    spelling = fold(written)
    if apart and spelling in _CAPITALS_ONLY and written == written.lower():
        return None
    if spelling == "г" and apart and re.fullmatch("(?:19|20)[0-9]{2}", value):
        return None  # the year: 2024 г
    if re.fullmatch("0[0-9]+", value):
        return None  # an article: 0001A
    found = _BY_SPELLING.get(spelling)
    if found is None or not found.in_text:
        return None
    amount = Decimal(number(value)) * found.factor
    shown = f"{amount.normalize():f}"
    base = _BASES[found.kind]
    token = f"{shown}мм" if base in {"мм", "мм2"} else f"{shown}{base.lower()}"
    return Measure(found.kind, float(amount), base), token
