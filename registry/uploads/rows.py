"""The goods of one sheet, as rows that `registry.bulk` takes in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from registry.catalogue.details import CURRENCIES
from registry.cells import number
from registry.grids import PERCENT, Book, Grid, GridRow
from registry.spreadsheets import Row
from registry.text import fold
from registry.uploads.columns import split_document
from registry.uploads.details import (
    COLUMN_OF,
    FOLLOWING,
    Beside,
    conformity_of,
    currency_in,
    day_in,
    named_parts,
    parameter_line,
    parameter_name,
    price_of,
    standards_line,
)
from registry.uploads.layout import RowKind
from registry.uploads.names import currencies, fields, says_one_of, words_for
from registry.uploads.plans import NAMES, SheetPlan, unknown_columns
from registry.uploads.recognition import goods_rows
from registry.wording import Message

# What a row is told beside the register's columns; the reader of `registry.uploads.intake` takes them away.
SECTION, PRODUCER, ENDED, KIND = "#section", "#producer", "#ended", "#kind"
_BESIDE: Final = {"section": SECTION, "producer": PRODUCER, "kind": KIND}
_CONFORMITY: Final = ("conformity_number", "conformity_certificate", "conformity_declaration")
_DOCUMENTS: Final = ("evidence_kind", "evidence_number", "evidence_issued", "evidence_expires", "icv_percent")
_WORD: Final = re.compile(r"[^\W\d_]{3}")
_UNIT_IN_NAME: Final = re.compile(
    r"[,(]\s*([^\s,()/][^,()/]*?)\s*(?:/\s*(?:год|жыл|жылына|year|г)\.?|в год|жылына)?\s*\)?\s*$"
)
_KIND_IN_NAME: Final = (
    ("ct-kz", re.compile(r"\bс[тt]\s*-?\s*(?:kz|кз)\b|\bct\s*-?\s*kz\b")),
    ("industrial", re.compile(r"индустри|industrial")),
    ("ktp", re.compile(r"\bктп\b|\bқтө\b|\bktp\b|казахстанских товаропроизводителей")),
)


class OwnRows:
    """The goods of one sheet under a plan: a `registry.bulk.Source`.

    Numbers of documents that carry their day are split, shares of one in a column of percents are read as percents, a
    name without words of its own gets that of its section before it, and where a table has no column of units or of
    kinds of document the name of the column next to it may tell.
    """

    def __init__(self, book: Book, plan: SheetPlan) -> None:
        self.plan = plan
        self.grid: Grid = book.sheets[plan.place]
        self.name = book.name
        self.sha256 = book.sha256
        self._shares, self.total, self.passed = self._looked_through()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The register's columns of which the sheet says anything."""
        kept = fields()
        said = {COLUMN_OF.get(field, field) for field in self.plan.fields if field and kept.get(field)}
        if self._unit:
            said.add("unit")
        return tuple(sorted((said | self._following) - _BESIDE.keys()))

    @property
    def beside(self) -> Beside:
        """How what the rows say besides names and codes is to be held against what is known."""
        if self.plan.place_of("parameters") is not None or self.plan.place_of("parameter") is None:
            return Beside(self._following)
        names = (parameter_name(self.plan.name_of(place)) for place in self.plan.places_of("parameter"))
        return Beside(self._following, frozenset(filter(None, names)))

    @cached_property
    def _following(self) -> frozenset[str]:
        """Columns that the sheet does not have, and that follow from those that it has."""
        said = {COLUMN_OF.get(field, field) for field in self.plan.fields if field}
        return frozenset(name for column in said for name in FOLLOWING.get(column, ()) if name not in said)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of the columns that are passed over."""
        return tuple(unknown_columns(self.plan))

    @property
    def notes(self) -> tuple[Message, ...]:
        """What a person should know of how the sheet is read."""
        said: list[Message] = []
        if self._shares:
            said.append(Message("upload.read.shares", {"sheet": self.plan.name}))
        if self._unit:
            said.append(Message("upload.read.unit", {"unit": self._unit}))
        if (place := self.plan.place_of("price")) is not None and self.plan.place_of("price_currency") is None:
            currency = currency_in(self.plan.name_of(place)) or CURRENCIES[0]
            said.append(Message("upload.read.currency", {"currency": Message(f"goods.currency.{currency.lower()}")}))
        if place is not None and self.plan.place_of("price_visibility") is None:
            said.append(Message("upload.read.price_hidden"))
        if self._document and self.plan.place_of("evidence_number") is not None:
            kind = Message(f"standing.kind.{self._document.replace('-', '_')}")
            said.append(Message("upload.read.document", {"kind": kind}))
        return tuple(said)

    def rows(self) -> Iterator[Row]:
        """The goods alone; their numbers are those that the sheet shows."""
        for row, kind, section in goods_rows(self.grid, self.plan):
            if kind is RowKind.GOODS:
                yield Row(row.number, self._values(row, section), row.cells)

    def _values(self, row: GridRow, section: str) -> dict[str, str]:
        values: dict[str, str] = {}
        said: dict[str, list[str]] = {"description": [], "parameters": [], "standards": []}
        sections = [section] if section else []
        for place, (cell, kind) in enumerate(zip(row.cells, row.kinds, strict=True)):
            field = self.plan.fields[place] if place < len(self.plan.fields) else None
            if field is None or not cell:
                continue
            text = cell[1:] if cell[:1] == "'" and cell[1:2] in "=+-@" else cell
            if field in ("parameter", "parameters", "standards", "description", *_CONFORMITY):
                self._detail(field, self.plan.name_of(place), text, values, said)
            elif field == "section":
                sections.append(text)
            elif field in _BESIDE:
                values.setdefault(_BESIDE[field], text)
            elif field == "price":
                values["price"], currency = price_of(text)
                if currency:
                    values.setdefault("price_currency", currency)
            elif field == "price_currency":
                values[field] = currencies().get(fold(text).strip("."), text)
            elif field == "icv_percent" and self._shares and kind != PERCENT:
                values[field] = _as_percent(text)
            else:
                values[field] = text
        values |= {field: "\n".join(lines) for field, lines in said.items() if lines and field != "standards"}
        if standards := standards_line(said["standards"]):
            values["standards"] = standards
        self._complete(values, sections)
        return values

    def _detail(self, field: str, column: str, text: str, values: dict[str, str], said: dict[str, list[str]]) -> None:
        """Put a cell of a column of which a table has several where it belongs."""
        if text in "-–—":
            return
        called = f"{column}: {text}".removeprefix(": ")
        if field == "parameter":
            line = parameter_line(column, text)
            said["parameters" if line else "description"].append(line or called)
        elif field == "parameters":
            named, bare = named_parts(text)
            said["parameters"] += named
            said["description"] += [f"{column}: {', '.join(bare)}".removeprefix(": ")] if bare else []
        elif field == "description":
            said["description"].append(called if said["description"] else text)
        elif field == "standards":
            said["standards"].append(text)
        elif not conformity_of(field, text, values):
            said["description"].append(called)

    def _complete(self, values: dict[str, str], sections: list[str]) -> None:
        if sections:
            values[SECTION] = " / ".join(sections)
            for field in NAMES:
                if values.get(field) and not _WORD.search(values[field]):
                    values[field] = f"{sections[-1]} {values[field]}"
        if values.get("price"):
            self._price(values)
        if self._unit and not values.get("unit"):
            values["unit"] = self._unit
        if document := values.get("evidence_number"):
            values["evidence_number"], day = split_document(document)
            if day and not values.get("evidence_issued"):
                values["evidence_issued"] = day
            if self._document and not values.get("evidence_kind"):
                values["evidence_kind"] = self._document
        state = values.pop("evidence_state", "")
        if state and says_one_of(state, words_for("ended")):
            values[ENDED] = state
            for field in _DOCUMENTS:
                values.pop(field, None)

    def _price(self, values: dict[str, str]) -> None:
        """What the name of the column of prices tells of each."""
        currency, on = self._priced
        if currency and not values.get("price_currency"):
            values["price_currency"] = currency
        if on and not values.get("price_on"):
            values["price_on"] = on

    @cached_property
    def _priced(self) -> tuple[str | None, str]:
        """The currency and the day that the name of the column of prices tells."""
        place = self.plan.place_of("price")
        name = self.plan.name_of(place) if place is not None else ""
        return currency_in(name), day_in(name)

    @cached_property
    def _unit(self) -> str:
        """The unit that the name of the column of capacities tells, where no column does."""
        place = self.plan.place_of("capacity_per_year")
        if place is None or self.plan.place_of("unit") is not None:
            return ""
        found = _UNIT_IN_NAME.search(self.plan.name_of(place))
        unit = found[1].strip() if found else ""
        return unit if says_one_of(unit, words_for("unit")) else ""

    @cached_property
    def _document(self) -> str:
        """The kind of document that the name of the column of numbers tells."""
        place = self.plan.place_of("evidence_number")
        name = fold(self.plan.name_of(place)) if place is not None else ""
        return next((kind for kind, pattern in _KIND_IN_NAME if pattern.search(name)), "")

    def _looked_through(self) -> tuple[bool, int, dict[RowKind, int]]:
        """Whether percents are kept as shares of one, the number of goods, and of rows that are none, by what they are.

        As in `registry.spreadsheets`: a column whose values are none above 1 and some a fraction holds shares.
        """
        place = self.plan.place_of("icv_percent")
        total, fractions, percents = 0, 0, 0
        passed: dict[RowKind, int] = {}
        for row, kind, _ in goods_rows(self.grid, self.plan):
            if kind is not RowKind.GOODS:
                passed[kind] = passed.get(kind, 0) + 1
                continue
            total += 1
            cell = row.cells[place] if place is not None and place < len(row.cells) else ""
            value = number(cell) if cell and "%" not in cell else None
            if value is not None and place is not None and row.kinds[place] != PERCENT:
                fractions += bool(value % 1 and 0 < value < 1)
                percents += not 0 <= value <= 1
        return bool(fractions and not percents), total, passed


def _as_percent(text: str) -> str:
    value = number(text) if "%" not in text else None
    return text if value is None else f"{(value * 100).normalize():f}%"
