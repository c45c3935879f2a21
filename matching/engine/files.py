"""Offers and needs from tables, without any database: read, checked, the good rows kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from matching.engine.lines import Offer
from matching.engine.packed import Offers
from matching.engine.reading import apart
from registry.catalogue import rules as catalogue
from registry.catalogue.models import CodeState
from registry.catalogue.rules import (
    DESCRIPTION_LENGTH,
    MOST,
    NAME_LENGTH,
    Codes,
    kind_of,
    read_enstru,
    read_tnved,
)
from registry.cells import Cells
from registry.evidence import rules as evidence
from registry.evidence.goods import Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import read_evidence
from registry.explain import Violation
from registry.identifiers import CheckDigit, parse_kato, parse_kpved
from registry.spreadsheets import Row, Table
from registry.suppliers.models import Role
from registry.suppliers.rules import read_holder, read_role
from registry.text import language
from registry.wording import Message

Line = TypeVar("Line")
Store = TypeVar("Store")


class Lines(Protocol[Line]):
    """Lines in the order of their rows: a list, or what keeps very many."""

    def append(self, line: Line, /) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Line]: ...
    def __getitem__(self, at: int, /) -> Line: ...
    def __setitem__(self, at: int, line: Line, /) -> None: ...


OFFER_COLUMNS: Final = (*catalogue.COLUMNS, *evidence.COLUMNS, "id", "supplier", "kato")
OFFER_REQUIRED: Final = ("name",)
# Of which a file must have one, so that its matches can be told apart.
OFFER_IDS: Final = ("id", "external_id")

# A file is matched without any classifier being loaded. Then the odd number of digits that a lost leading zero leaves
# behind tells it by itself, and only codes of the first nine chapters and divisions begin with one.
NO_CLASSIFIERS: Final = Codes(*(lambda code: code.startswith("0"),) * 3)


@dataclass(slots=True)
class Taken(Generic[Store]):
    """What was read of a table. refused: what is wrong with each row that was not kept. remarks: notes on kept rows,
    by column and code: how many, the first row, and the note itself."""

    lines: Store
    refused: dict[int, Sequence[Violation]] = field(default_factory=dict)
    remarks: dict[tuple[str, str], tuple[int, int, Violation]] = field(default_factory=dict)

    def note(self, cells: Cells, row: Row) -> None:
        """Keep the notes on a row."""
        for note in cells.notes:
            times, first, kept = self.remarks.get((note.field, note.code), (0, row.number, note))
            self.remarks[note.field, note.code] = (times + 1, first, kept)

    def refuse(self, cells: Cells, row: Row) -> bool:
        """Whether the row is refused; then it is noted with what is wrong."""
        if row.surplus:
            cells.refuse("import.row.surplus", "")
        if cells.violations:
            self.refused[row.number] = cells.violations
        return bool(cells.violations)


def take_needs(
    rows: Iterable[Row], read: Callable[[Cells], Line | None], key: Callable[[Line], str]
) -> Taken[list[Line]]:
    """The needs of a table. A second row with the same id is refused: which one counts cannot be told."""
    taken: Taken[list[Line]] = Taken([])
    seen: dict[str, int] = {}
    for row in rows:
        cells = Cells(row.cells)
        line = read(cells)
        taken.note(cells, row)
        if taken.refuse(cells, row) or line is None:
            continue
        first = seen.setdefault(key(line), row.number)
        if first != row.number:
            _repeated(taken, row, "id", first)
            continue
        taken.lines.append(line)
    return taken


def take_offers(table: Table, into: Lines[Offer] | None = None) -> Taken[Lines[Offer]]:
    """The offers of a table of products, numbered in its order; they go `into` what is given, or stand by themselves.

    Rows that repeat a product with another document add the document; with another content they are refused.
    """
    taken: Taken[Lines[Offer]] = Taken(Offers() if into is None else into)
    known = bool({"evidence_kind", "evidence_number"} & set(table.columns))
    seen: dict[str, tuple[int, int]] = {}
    read = partial(read_offer, known=known)
    for row in table.rows():
        cells = Cells(row.cells)
        offer = read(cells, len(taken.lines))
        taken.note(cells, row)
        if taken.refuse(cells, row) or offer is None:
            continue
        first, at = seen.setdefault(offer.id, (row.number, len(taken.lines)))
        if first == row.number:
            taken.lines.append(offer)
        elif _same_but_evidence(taken.lines[at].good, offer.good):
            good = taken.lines[at].good
            facts = tuple(dict.fromkeys((*good.evidence, *offer.good.evidence)))
            taken.lines[at] = replace(taken.lines[at], good=good._replace(evidence=facts))
        else:
            _repeated(taken, row, "id", first)
    return taken


def read_offer(cells: Cells, number: int, *, known: bool) -> Offer | None:
    """The offer that a row states; None if it is rejected. Everything but name and id may be empty.

    known: whether the table has columns for evidence at all. With kind and number evidence counts as confirmed on its
    dates: who brings the file answers for it.
    """
    own_id = cells.text("id", 200) or cells.text("external_id", 200)
    if own_id is None:
        cells.refuse("import.cell.required", "id", name="id")
    name = cells.text("name", NAME_LENGTH, required=True)
    name_kk, name_en = cells.text("name_kk", NAME_LENGTH), cells.text("name_en", NAME_LENGTH)
    in_kazakh = name is not None and name_kk is None and language(apart(name)) == "kk"
    holder = read_holder(cells, "bin") if cells.values.get("bin") else None
    tnved = read_tnved(cells, "tnved", NO_CLASSIFIERS.tnved)
    kpved = cells.parsed("kpved", lambda given: parse_kpved(given, NO_CLASSIFIERS.kpved))
    enstru = read_enstru(cells, "enstru", NO_CLASSIFIERS.enstru)
    description = cells.text("description", DESCRIPTION_LENGTH)
    unit, supplier = cells.text("unit", 60), cells.text("supplier", 500)
    capacity = cells.number("capacity_per_year", digits=6, high=MOST)
    role = read_role(cells, "role", holder) if cells.values.get("role") else Role.UNSTATED
    kato = cells.parsed("kato", parse_kato)
    fact = read_evidence(cells, EvidenceStatus.CONFIRMED)
    if cells.violations or name is None:
        return None
    good = Good(
        id=number,
        version=1,
        external_id=own_id,
        kind=kind_of(tnved, kpved, enstru),
        name_ru=None if in_kazakh else name,
        name_kk=name if in_kazakh else name_kk,
        name_en=name_en,
        description=description,
        tnved=tnved,
        tnved_state=CodeState.UNCHECKED if tnved else CodeState.ABSENT,
        kpved=kpved,
        enstru=enstru,
        unit=unit,
        capacity_per_year=capacity,
        role=role,
        supplier_id=0,
        bin=holder.number if holder else "",
        bin_check=holder.check if holder else CheckDigit.VALID,
        supplier_name=supplier or "",
        kato=kato,
        evidence=(fact,) if fact else (),
    )
    return Offer(good, known)


def _same_but_evidence(one: Good, other: Good) -> bool:
    return one._replace(id=0, evidence=()) == other._replace(id=0, evidence=())


def _repeated(taken: Taken[Any], row: Row, column: str, first: int) -> None:
    said = Message("import.row.repeated", {"first": first})
    taken.refused[row.number] = [Violation(said.code, column, said)]
