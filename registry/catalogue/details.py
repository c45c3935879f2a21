"""What may be stated of a listed line besides its name, codes and capacity; read from a row, checked, written as text.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import MAXYEAR, date
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple

from registry import law
from registry.catalogue.models import ConformityKind, Visibility
from registry.cells import Cells, shown
from registry.explain import Violation
from registry.law import Law
from registry.suppliers.rules import words
from registry.text import fold
from registry.wording import Message

# Columns of a file of goods, after those that every such file has. The site of production and whether a line is a
# draft are the form's alone.
COLUMNS: Final = (
    *("agsk3", "output_per_year", "parameters", "standards", "price", "price_currency", "price_on"),
    *("price_visibility", "commissioned_on"),
    *("conformity_kind", "conformity_number", "conformity_issued", "conformity_expires"),
)

AGSK3_LENGTH: Final = 40
NUMBER_LENGTH: Final = 100
# Of one parameter; and how many of them, and of standards, a line has at most.
PARAMETER_NAME: Final = 120
PARAMETER_VALUE: Final = 200
PARAMETER_UNIT: Final = 40
STANDARD_LENGTH: Final = 160
MOST_PARAMETERS: Final = 60
MOST_STANDARDS: Final = 20
# A quantity is stored in millionths, money in hundredths, both in 63 bits.
MOST: Final = Decimal(9_000_000_000_000)
CURRENCIES: Final = ("KZT", "USD", "EUR", "RUB", "CNY")

VISIBILITIES: Final = {
    **words(Visibility.PUBLIC, "public|всем|открыта|открытая|барлығына|ашық"),
    **words(Visibility.PARTIES, "parties|заказчикам|сторонам|тапсырыс берушілерге|тараптарға"),
    **words(Visibility.HIDDEN, "hidden|никому|скрыта|скрытая|ешкімге|жасырын"),
}
CONFORMITY: Final = {
    **words(ConformityKind.CERTIFICATE, "certificate|сертификат|сертификат соответствия|сәйкестік сертификаты"),
    **words(ConformityKind.DECLARATION, "declaration|декларация|декларация о соответствии|сәйкестік туралы декларация"),
    **words(ConformityKind.NOT_REQUIRED, "not_required|не требуется|талап етілмейді"),
}
_NO_STANDARD: Final = frozenset({"нет", "нету", "без стандарта", "отсутствует", "none", "no", "жоқ"})
_SPACES: Final = re.compile(r"\s+")


class Parameter(NamedTuple):
    """A property of a good: `Диаметр`, `168,3`, `мм`. The value is what its maker writes, number or word."""

    name: str
    value: str
    unit: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, self))


@dataclass(frozen=True, slots=True)
class Details:
    """What is stated of a line besides; empty where nothing is.

    no_standard: that the good is made to no standard, which is not the same as naming none. site_id, draft: None where
    nothing is said of them at all, as in a file; a site of 0 is none.
    """

    agsk3: str | None = None
    output_per_year: Decimal | None = None
    parameters: tuple[Parameter, ...] = ()
    standards: tuple[str, ...] = ()
    no_standard: bool = False
    price: Decimal | None = None
    price_currency: str | None = None
    price_on: date | None = None
    price_visibility: Visibility = Visibility.HIDDEN
    commissioned_on: date | None = None
    conformity_kind: ConformityKind | None = None
    conformity_number: str | None = None
    conformity_issued: date | None = None
    conformity_expires: date | None = None
    site_id: int | None = None
    draft: bool | None = None

    def values(self) -> dict[str, Any]:
        """By column of the table, as it is stored; without what nothing is said of."""
        stored: dict[str, Any] = {name: getattr(self, name) for name in _NAMES}
        stored["parameters"] = [list(one) for one in self.parameters] or None
        stored["standards"] = list(self.standards) or None
        if self.site_id is None:
            del stored["site_id"]
        elif not self.site_id:
            stored["site_id"] = None
        if self.draft is None:
            del stored["draft"]
        return stored

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Details:
        """The details of a stored row."""
        kept = {name: stored[name] for name in _NAMES}
        kept["parameters"] = tuple(Parameter(*one) for one in kept["parameters"] or ())
        kept["standards"] = tuple(kept["standards"] or ())
        return cls(**kept)


_NAMES: Final = [field.name for field in fields(Details)]
NOTHING: Final = Details()
# A column that is absent from a file says nothing of these.
_OF_COLUMN: Final = {"standards": ("standards", "no_standard")}


def unsaid_by(absent: Iterable[str]) -> frozenset[str]:
    """The details of which a file without these columns says nothing. A price and its currency are said together."""
    unsaid = frozenset(name for column in absent for name in _OF_COLUMN.get(column, (column,)))
    return unsaid | {"price_currency"} if "price" in unsaid else unsaid - {"price_currency"}


def specified(parameters: Iterable[Iterable[str]] | None, standards: Iterable[str] | None) -> str | None:
    """Parameters and standards as text, one a line, to be searched and compared with the description."""
    lines = [" ".join(filter(None, one)) for one in parameters or ()] + list(standards or ())
    return "\n".join(lines) or None


def read_details(cells: Cells, on: date | None = None) -> Details:
    """What a row of a file of goods states besides; cells collects what is wrong. on: as in `check_details`."""
    if cells.values.keys().isdisjoint(COLUMNS):
        return NOTHING
    standards, no_standard = _standards(cells)
    price = cells.number("price", digits=2, high=MOST)
    currency = cells.text("price_currency", 3)
    if currency is not None and currency.upper() not in CURRENCIES:
        cells.refuse("goods.cell.currency", "price_currency", given=shown(currency), currencies=", ".join(CURRENCIES))
    details = Details(
        agsk3=cells.text("agsk3", AGSK3_LENGTH),
        output_per_year=cells.number("output_per_year", digits=6, high=MOST),
        parameters=_parameters(cells),
        standards=standards,
        no_standard=no_standard,
        price=price,
        price_currency=None if price is None else (currency or "KZT").upper(),
        price_on=cells.day("price_on"),
        price_visibility=cells.word("price_visibility", VISIBILITIES) or Visibility.HIDDEN,
        commissioned_on=cells.day("commissioned_on"),
        conformity_kind=cells.word("conformity_kind", CONFORMITY),
        conformity_number=cells.text("conformity_number", NUMBER_LENGTH),
        conformity_issued=cells.day("conformity_issued"),
        conformity_expires=cells.day("conformity_expires"),
    )
    cells.violations += check_details(details, on)
    return details


def _parameters(cells: Cells) -> tuple[Parameter, ...]:
    """`Диаметр: 168,3 мм; Сталь: 20`: parameters are parted by semicolons or lines, the name by a colon or `=`."""
    text = cells.text("parameters", MOST_PARAMETERS * (PARAMETER_NAME + PARAMETER_VALUE), lines=True) or ""
    found = []
    for piece in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        parted = re.split(r"\s*[:=]\s*", piece, maxsplit=1)
        if len(parted) == 1 or not all(parted):
            cells.refuse("goods.cell.parameter", "parameters", given=shown(piece))
            continue
        name, said = parted
        number, _, unit = said.partition(" ")
        # A number is followed by its unit; what else has several words is the value as it stands.
        measured = unit and re.fullmatch(r"[-+±]?[\d.,…–-]+", number) and not any(map(str.isdigit, unit[:1]))
        found.append(Parameter(name, number, unit) if measured else Parameter(name, said))
    return tuple(found)


def _standards(cells: Cells) -> tuple[tuple[str, ...], bool]:
    """`ГОСТ 632-80; СТ РК 1234-2005`, or a word that says there is none."""
    text = cells.text("standards", MOST_STANDARDS * STANDARD_LENGTH, lines=True) or ""
    if fold(text) in _NO_STANDARD:
        return (), True
    return tuple(filter(None, (part.strip() for part in re.split(r"[;\n]", text)))), False


def check_details(details: Details, on: date | None = None) -> tuple[Violation, ...]:
    """What stands against such details, whoever states them; empty if nothing does.

    on: the day from which they are stated; what has been so far is of no later day.
    """
    wrong: list[tuple[str, str, dict[str, Any]]] = []
    if len(details.parameters) > MOST_PARAMETERS:
        wrong.append(("goods.parameters.many", "parameters", {"most": MOST_PARAMETERS}))
    names = [fold(parameter.name) for parameter in details.parameters]
    for parameter in details.parameters:
        if not parameter.name or not parameter.value:
            wrong.append(("goods.parameters.half", "parameters", {"given": str(parameter)}))
        elif (
            len(parameter.name) > PARAMETER_NAME
            or len(parameter.value) > PARAMETER_VALUE
            or len(parameter.unit) > PARAMETER_UNIT
        ):
            wrong.append(("goods.parameters.long", "parameters", {"given": shown(str(parameter))}))
    for name in dict.fromkeys(name for name in names if name and names.count(name) > 1):
        wrong.append(("goods.parameters.twice", "parameters", {"given": shown(name)}))
    if len(details.standards) > MOST_STANDARDS:
        wrong.append(("goods.standards.many", "standards", {"most": MOST_STANDARDS}))
    wrong += [
        ("goods.standards.long", "standards", {"given": shown(one)})
        for one in details.standards
        if len(one) > STANDARD_LENGTH
    ]
    if details.standards and details.no_standard:
        wrong.append(("goods.standards.both", "standards", {}))
    if details.price is None and details.price_on is not None:
        wrong.append(("goods.price.missing", "price", {}))
    if on is not None and details.price_on is not None and details.price_on > on:
        wrong.append(("goods.price.later", "price_on", {}))
    if on is not None and details.commissioned_on is not None and details.commissioned_on > on:
        wrong.append(("goods.commissioned.later", "commissioned_on", {}))
    issued, expires = details.conformity_issued, details.conformity_expires
    if issued is not None and expires is not None and expires < issued:
        wrong.append(("goods.conformity.dates", "conformity_expires", {}))
    stated = details.conformity_number or issued or expires
    if details.conformity_kind in (None, ConformityKind.NOT_REQUIRED) and stated:
        wrong.append(("goods.conformity.kind", "conformity_kind", {}))
    elif details.conformity_kind not in (None, ConformityKind.NOT_REQUIRED) and not details.conformity_number:
        wrong.append(("goods.conformity.number", "conformity_number", {}))
    return tuple(Violation(code, field, Message(code, values)) for code, field, values in wrong)


def new_production_until(commissioned_on: date | None, of_the_day: Law) -> date | None:
    """The last day on which a production that was put into operation on that day counts as new; None where it is not
    stated. Source: order № 327; config/law/verification.toml."""
    if commissioned_on is None:
        return None
    year = commissioned_on.year + of_the_day.count("verification.new_production").value
    if year > MAXYEAR:
        return date.max
    try:
        return commissioned_on.replace(year=year)
    except ValueError:
        # 29 February has no such day in that year.
        return commissioned_on.replace(year=year, day=28)


class Construction(NamedTuple):
    """Which codes are of construction materials from a day on, by their beginnings; `note` says what is open of it."""

    since: date
    tnved: tuple[str, ...]
    kpved: tuple[str, ...]
    note: str


@cache
def _editions() -> tuple[Construction, ...]:
    rows = law.table("construction")["editions"]
    return tuple(
        Construction(row["from"], tuple(row["tnved"]), tuple(row["kpved"]), row["note"])
        for row in sorted(rows, key=lambda row: row["from"], reverse=True)
    )


def construction_on(on: date) -> Construction | None:
    """The edition in force on that day; None before the first."""
    return next((one for one in _editions() if one.since <= on), None)


def is_construction(tnved: str | None, kpved: str | None, on: date) -> bool:
    """Whether a good of these codes is a construction material on that day, so that its АГСК-3 code must be named.

    The ТН ВЭД code decides where there is one. Source: domain.md §9 rule 8; config/law/construction.toml, open.
    """
    edition = construction_on(on)
    if edition is None:
        return False
    return tnved.startswith(edition.tnved) if tnved else bool(kpved and kpved.startswith(edition.kpved))
