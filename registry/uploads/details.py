"""What a supplier's own table says of a good besides its name and codes, in the many ways in which tables say it, as
`registry.catalogue.details` reads it; and what becomes of it beside what is known already. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, MutableMapping
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple

from registry.catalogue.details import COLUMNS, PARAMETER_NAME, Details, Parameter, read_details
from registry.catalogue.models import ConformityKind
from registry.cells import Cells, number, shown
from registry.text import fold, paragraphs
from registry.uploads.columns import split_document
from registry.uploads.names import currencies, says_one_of, words_for

# Fields of which each column is one parameter or one standard, or one kind of document; and the column that each is.
COLUMN_OF: Final = {
    "parameter": "parameters",
    "conformity_certificate": "conformity_number",
    "conformity_declaration": "conformity_number",
}
# What is said wherever another column is, and stays as it is known where nothing is said and the other is the same.
FOLLOWING: Final = {
    "price": ("price_currency", "price_on"),
    "conformity_number": ("conformity_kind", "conformity_issued", "conformity_expires"),
    "parameters": ("description",),
    "standards": ("description",),
}
_KIND_OF: Final = {
    "conformity_certificate": ConformityKind.CERTIFICATE,
    "conformity_declaration": ConformityKind.DECLARATION,
}
_PRICE: Final = ("price", "price_currency", "price_on")
_CONFORMITY: Final = ("conformity_number", "conformity_issued", "conformity_expires")
# What is left out for a violation, where that is not its own column.
_LEFT_OUT: Final = {
    "goods.price.missing": ("price_on",),
    "goods.cell.currency": _PRICE,
    "goods.conformity.kind": _CONFORMITY,
    "goods.conformity.number": ("conformity_kind",),
}
_DESCRIBED: Final = ("parameters", "standards")
_DAY: Final = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}")
_AMOUNT: Final = re.compile(r"\s*([^\d\s]*)\s*(\d[\d\s.,'\u00a0\u202f]*?)\s*([^\d\s.,/][^\d/]*?)?\s*(?:/[^\d]*)?")
_NEXT_STANDARD: Final = re.compile(r",\s*(?=(?:гост|ост|ту|ст|қр ст|мемст|стб|iso|astm|en|din|сто)[\s\d№-])", re.I)
_MEASURE: Final = re.compile(r"(.+?)\s*(?:,\s*([^\s,()\d][^,()]*)|\(\s*([^\s()\d][^()]*)\))\s*")
_PARTS: Final = re.compile(r"[;\n]")


def currency_in(text: str) -> str | None:
    """The currency that the words of a text name, as `Цена, тенге` does."""
    said = re.split(r"[\s,;:()/\[\]]+", fold(text))
    return next((code for word in said if (code := currencies().get(word.strip(".")))), None)


def day_in(text: str) -> str:
    """The day that a text names, as `Цена на 01.11.2026` does; empty where it names none."""
    found = _DAY.search(text)
    return found[0] if found else ""


def price_of(cell: str) -> tuple[str, str | None]:
    """The figure and the currency of a price as `1 250,50 тг` has them; the cell as it is where it is no such thing."""
    found = _AMOUNT.fullmatch(cell)
    if found is None:
        return cell, None
    words = [word for word in (found[1], (found[3] or "").rstrip(". ")) if word]
    codes = {currencies().get(fold(word).strip(".")) for word in words}
    if len(codes) != 1 or None in codes:
        return cell, None
    return found[2].strip(), codes.pop()


def parameter_line(column: str, cell: str) -> str:
    """A cell of a column that is one parameter, as `Диаметр: 168 мм`; empty where the column has no name for it."""
    value, name = " ".join(cell.replace(";", ",").split()), " ".join(column.split())
    found = _MEASURE.fullmatch(name)
    if found and number(value) is not None:
        unit = (found[2] or found[3]).strip()
        if says_one_of(unit, words_for("measure")) or says_one_of(unit, words_for("unit")):
            name, value = found[1], f"{value} {unit}"
    name = re.sub(r"[:=;]", " ", name).strip(" ,")
    return f"{name}: {value}" if name and len(name) <= PARAMETER_NAME else ""


def parameter_name(column: str) -> str:
    """The name of the parameter that a column is, folded."""
    return fold(parameter_line(column, "0").partition(":")[0])


def standards_line(cells: Iterable[str]) -> str:
    """Standards of one or several columns, parted as the register reads them."""
    return "; ".join(filter(None, (_NEXT_STANDARD.sub("; ", cell) for cell in cells if cell not in "-–—")))


def named_parts(text: str) -> tuple[list[str], list[str]]:
    """Of a cell of all parameters those that have names; and what stands before them without one."""
    named: list[str] = []
    bare: list[str] = []
    for part in filter(None, (part.strip() for part in _PARTS.split(text))):
        name, _, value = part.replace("=", ":", 1).partition(":")
        if name.strip() and value.strip():
            named.append(part)
        elif named:
            # What has no name goes on with the one before it.
            named[-1] = f"{named[-1]}, {part}"
        else:
            bare.append(part)
    return named, bare


def conformity_of(field: str, cell: str, values: MutableMapping[str, str]) -> bool:
    """Put the number of a document of conformity into a row, with its kind and day where they are told; whether it has
    room for it: of several documents the first counts."""
    if values.get("conformity_number"):
        return False
    values["conformity_number"], day = split_document(cell)
    if day:
        values.setdefault("conformity_issued", day)
    if kind := _KIND_OF.get(field):
        values.setdefault("conformity_kind", str(kind))
    return True


def mend(cells: Cells, values: dict[str, str]) -> None:
    """Leave out what cannot be understood of a row's details, and say so: the good can be listed without it. What
    parameters and standards there are too many or too long of goes on as lines of the description."""
    if values.get("price") and number(values["price"]) is None:
        # The reader of numbers notes what is none; then there is nothing to be of a currency or a day.
        _drop(values, _PRICE[1:])
    number_given = values.get("conformity_number", "")
    for _ in COLUMNS:
        trial = Cells({name: values[name] for name in COLUMNS if values.get(name)})
        read_details(trial)
        wrong = trial.violations
        if not wrong:
            return
        for one in wrong:
            names = _PRICE if one.field == "price_currency" else _LEFT_OUT.get(one.code, (one.field,))
            for name in names:
                if name in _DESCRIBED and values.get(name):
                    described = filter(None, (values.get("description", ""), values[name]))
                    values["description"] = "\n".join(described)
            if not _drop(values, names):
                continue
            if one.code == "goods.conformity.kind" and number_given:
                cells.note("upload.row.conformity_kind", "conformity_number", given=shown(number_given))
            else:
                cells.note("upload.row.left_out", one.field, said=one.message)


def _drop(values: MutableMapping[str, str], names: Iterable[str]) -> bool:
    return bool("".join([values.pop(name, "") for name in names]))


class Beside(NamedTuple):
    """How a row's details are to be held against what is known. following: columns that the table does not have, of
    which the row says nothing. parameters: where the table has but columns of single ones, their folded names."""

    following: frozenset[str] = frozenset()
    parameters: frozenset[str] | None = None


def beside(stated: Details, held: Details | None, how: Beside, on: date) -> Details:
    """What a row states, completed by what is known already: a price whose day is not stated is of the day `on`, but
    keeps its own while it is the same; a document keeps its days; parameters that are no columns of the table stay."""
    said: dict[str, Any] = {}
    if stated.price is not None:
        same = held is not None and held.price == stated.price
        if same and held is not None and "price_currency" in how.following:
            said["price_currency"] = held.price_currency
        same = same and held is not None and held.price_currency == said.get("price_currency", stated.price_currency)
        if "price_on" in how.following:
            said["price_on"] = held.price_on if same and held is not None else on
    if held is None:
        return replace(stated, **said)
    if stated.conformity_number is not None and stated.conformity_number == held.conformity_number:
        for name in how.following.intersection(FOLLOWING["conformity_number"]):
            said[name] = getattr(stated, name) or getattr(held, name)
    said["parameters"] = _parameters(stated.parameters, held.parameters, how.parameters)
    if written(stated.standards) == written(held.standards):
        said["standards"] = held.standards
    return replace(stated, **said)


def _parameters(
    stated: tuple[Parameter, ...], held: tuple[Parameter, ...], columns: Collection[str] | None
) -> tuple[Parameter, ...]:
    if parameters_text(stated) == parameters_text(held):
        return held
    by_name = {fold(one.name): one for one in held}
    # Where a value ends and its unit begins is as it is known, if they are the same.
    stated = tuple(
        was if (was := by_name.get(fold(one.name))) and str(was) == str(one) and was.name == one.name else one
        for one in stated
    )
    if columns is None:
        return stated
    new = {fold(one.name): one for one in stated}
    kept = [new.pop(name, one) for name, one in by_name.items() if name in new or name not in columns]
    return (*kept, *new.values())


def parameters_text(parameters: Iterable[Parameter]) -> str:
    """Parameters as a cell holds them."""
    return written(f"{one.name}: {' '.join(filter(None, one[1:]))}" for one in parameters)


def written(parts: Iterable[str]) -> str:
    """Texts as one cell holds them, whatever parts them."""
    return re.sub(r"\s*[;,\n]\s*", ", ", paragraphs("\n".join(parts)))


def described(given: str | None, held: str | None) -> str | None:
    """The description of a good to which a table without one adds what it could say nowhere else."""
    if held is None or given is None or given in held:
        return held or given
    return f"{held}\n{given}"
