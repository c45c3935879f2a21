"""What a listed line must state, and what its codes make of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple, Protocol

from registry.accounts.rules import BUYERS, SUPPLIER, Actor
from registry.catalogue import details as detailed
from registry.catalogue.details import Details, read_details
from registry.catalogue.models import CodeState, ProductKind, Visibility
from registry.cells import Cells, shown
from registry.errors import RuleBroken
from registry.identifiers import (
    in_chapter,
    kpved_of,
    parse_enstru,
    parse_kpved,
    parse_tnved,
    restore_leading_zero,
)
from registry.suppliers.models import Role
from registry.suppliers.rules import read_holder, read_role
from registry.text import fold_key, language

COLUMNS: Final = (
    *("bin", "name", "name_kk", "name_en", "description", "tnved", "kpved", "enstru", "unit", "capacity_per_year"),
    *("role", "external_id"),
    *detailed.COLUMNS,
)
REQUIRED: Final = ("bin", "name")
ALIASES: Final = {"id": "external_id"}

NAME_LENGTH: Final = 2_000
DESCRIPTION_LENGTH: Final = 20_000
# A quantity is stored in millionths of its unit, in 63 bits.
MOST: Final = Decimal(9_000_000_000_000)
_KEY_LENGTH: Final = 480

# КПВЭД without a ТН ВЭД code: the classifier names activities, and these of its groups are no goods. Divisions 01–32
# hold goods, but for support services (09), printing (18), services to agriculture, forestry and textiles, metal
# casting and treatment done for others, and the groups NN.NN.9N, which are operations of a production done for others.
_WORKS: Final = ("41", "42", "43")
_SERVICES: Final = (
    *("01.6", "02.4", "09", "13.3", "18", "24.5", "25.50", "25.61", "25.62", "33", "37", "39"),
    *(f"{division}." for division in range(45, 100)),
)
_GOODS_IN_NINETY: Final = ("01.", "13.10", "28.30")


class Nomenclature(Protocol):
    """What is asked of the loaded ТН ВЭД; a `registry.classifiers.tree.Tree` answers it."""

    def exists(self, code: str) -> bool: ...
    def covers(self, code: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Codes:
    """Whether the loaded editions of the classifiers hold a code."""

    tnved: Callable[[str], bool]
    kpved: Callable[[str], bool]
    enstru: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class ProductLine:
    """What is stated of a listed line. An unstated role is its supplier's; without details nothing is said of them, and
    what is known stays."""

    bin: str
    kind: ProductKind
    name_ru: str | None
    name_kk: str | None = None
    name_en: str | None = None
    description: str | None = None
    tnved: str | None = None
    kpved: str | None = None
    enstru: str | None = None
    unit: str | None = None
    capacity_per_year: Decimal | None = None
    role: Role = Role.UNSTATED
    external_id: str | None = None
    details: Details | None = None

    @property
    def key(self) -> str:
        """What tells the line from its supplier's others: the supplier's own id where given, else the folded name."""
        if self.external_id is not None:
            return f"#{self.external_id}"
        name = fold_key(self.name_ru or self.name_kk or self.name_en or "")
        if len(name) <= _KEY_LENGTH:
            return name
        return name[:_KEY_LENGTH] + blake2b(name.encode(), digest_size=16).hexdigest()


def read_product(cells: Cells, codes: Codes, on: date) -> ProductLine | None:
    """The line that a row states from the day `on`; None if it is rejected.

    A name in Kazakh is kept as the Kazakh one. A line that has a name in another language alone, as the portal writes
    it out, needs none in the column `name`.
    """
    holder = read_holder(cells, "bin")
    name_kk = cells.text("name_kk", NAME_LENGTH)
    name_en = cells.text("name_en", NAME_LENGTH)
    name = cells.text("name", NAME_LENGTH, required=name_kk is None and name_en is None)
    in_kazakh = name is not None and name_kk is None and language(name) == "kk"
    tnved = read_tnved(cells, "tnved", codes.tnved)
    kpved = cells.parsed("kpved", lambda given: _kpved(given, codes.kpved))
    enstru = read_enstru(cells, "enstru", codes.enstru)
    description = cells.text("description", DESCRIPTION_LENGTH, lines=True)
    unit = cells.text("unit", 60)
    capacity = cells.number("capacity_per_year", digits=6, high=MOST)
    role = read_role(cells, "role", holder)
    external_id = cells.text("external_id", 200)
    details = read_details(cells, on)
    if cells.violations or holder is None:
        return None
    return ProductLine(
        bin=holder.number,
        kind=kind_of(tnved, kpved, enstru),
        name_ru=None if in_kazakh else name,
        name_kk=name if in_kazakh else name_kk,
        name_en=name_en,
        description=description,
        tnved=tnved,
        kpved=kpved,
        enstru=enstru,
        unit=unit,
        capacity_per_year=capacity,
        role=role,
        external_id=external_id,
        details=details,
    )


def read_tnved(cells: Cells, column: str, exists: Callable[[str], bool]) -> str | None:
    """A ТН ВЭД code from a file. An odd number of digits without a proven lost zero is kept and noted, and so is a
    code of no chapter."""
    given = cells.values.get(column, "")
    if not cells.filled(column):
        return None
    try:
        code = _tnved(given, exists)
        if not in_chapter(code):
            cells.note("import.product.no_chapter", column, given=code, chapter=code[:2])
        return code
    except RuleBroken as error:
        digits = "".join(given.split())
        if digits.isascii() and digits.isdigit() and 2 < len(digits) < 10:
            cells.note("import.product.odd_code", column, given=shown(given), digits=len(digits))
            return digits
        cells.violations += error.violations
        return None


def read_enstru(cells: Cells, column: str, exists: Callable[[str], bool]) -> str | None:
    """An ЕНС ТРУ code from a file; None if empty, or refused."""
    return cells.parsed(column, lambda given: _enstru(given, exists))


_tnved = lru_cache(maxsize=65_536)(parse_tnved)
_kpved = lru_cache(maxsize=65_536)(parse_kpved)
_enstru = lru_cache(maxsize=65_536)(parse_enstru)


def kind_of(tnved: str | None, kpved: str | None, enstru: str | None) -> ProductKind:
    """Goods, works or services, by the codes: what has a ТН ВЭД code is goods, else the КПВЭД division decides.

    Without any code a line counts as goods, which is what the register is for; a person corrects it.
    """
    if tnved is not None:
        return ProductKind.GOODS
    activity = kpved or (kpved_of(enstru) if enstru else None)
    if activity is None:
        return ProductKind.GOODS
    if activity.startswith(_WORKS):
        return ProductKind.WORKS
    done_for_others = activity[6:7] == "9" and activity < "33" and not activity.startswith(_GOODS_IN_NINETY)
    return ProductKind.SERVICES if done_for_others or activity.startswith(_SERVICES) else ProductKind.GOODS


def with_lost_zero(tnved: str, nomenclature: Nomenclature) -> str:
    """A code as it was stored, with the leading zero that a table dropped where the nomenclature proves it by now."""
    return restore_leading_zero(tnved, nomenclature.exists) if len(tnved) % 2 and len(tnved) < 10 else tnved


def code_state(tnved: str | None, nomenclature: Nomenclature) -> CodeState:
    """How a ТН ВЭД code stands to the nomenclature that is loaded; one of no chapter is in no edition."""
    if tnved is None:
        return CodeState.ABSENT
    if not in_chapter(tnved):
        return CodeState.UNKNOWN
    if len(tnved) < 10:
        return CodeState.SHORT
    if nomenclature.exists(tnved):
        return CodeState.CHECKED
    return CodeState.UNKNOWN if nomenclature.covers(tnved) else CodeState.UNCHECKED


def may_see_price(visibility: Visibility, owner: str, reader: Actor | None) -> bool:
    """Whether a reader sees the price of a line of the organisation `owner`; None is nobody who is signed in.

    Source: Law № 86-VII, article 6(3): what a supplier keeps to itself stays with it.
    """
    if visibility is Visibility.PUBLIC:
        return True
    if reader is None or reader.role is None:
        return False
    if reader.role in SUPPLIER and reader.bin == owner:
        return True
    return visibility is Visibility.PARTIES and reader.role in BUYERS


class Named(NamedTuple):
    """A line of a supplier's by its names and codes."""

    id: int
    name_ru: str | None
    name_kk: str | None
    name_en: str | None
    tnved: str | None
    kpved: str | None
    enstru: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it has."""
        return tuple(filter(None, (self.name_ru, self.name_kk, self.name_en)))


# Of two names of one code, so large a share of their words in common makes one good listed twice of them.
_ALIKE: Final = Fraction(2, 3)
_PIECES: Final = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")


def duplicates(line: ProductLine, others: Iterable[Named]) -> list[int]:
    """The supplier's other lines that seem to be the same good: of the same name, or of a near name and a common code.

    Two sizes of one good are two goods: near names hold the same numbers.
    """
    names = [fold_key(name) for name in (line.name_ru, line.name_kk, line.name_en) if name]
    codes = {("tnved", line.tnved), ("kpved", line.kpved), ("enstru", line.enstru)}
    found = []
    for other in others:
        theirs = [fold_key(name) for name in other.names]
        shared = codes & {("tnved", other.tnved), ("kpved", other.kpved), ("enstru", other.enstru)}
        coded = any(code for _, code in shared)
        if any(name in theirs for name in names) or (coded and any(_near(a, b) for a in names for b in theirs)):
            found.append(other.id)
    return found


def _near(one: str, other: str) -> bool:
    """Whether two folded names hold the same numbers and nearly the same words."""
    first, second = set(_PIECES.findall(one)), set(_PIECES.findall(other))
    if {piece for piece in first if piece[0].isdigit()} != {piece for piece in second if piece[0].isdigit()}:
        return False
    return bool(first | second) and Fraction(len(first & second), len(first | second)) >= _ALIKE
