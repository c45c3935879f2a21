"""Offers and needs from tables, without any database: read, checked, the good rows kept."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, cycle, islice
from multiprocessing.connection import Connection
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from matching.engine.crates import Crate, crate
from matching.engine.lines import NeedLine, Offer
from matching.engine.reading import apart
from registry.catalogue import rules as catalogue
from registry.catalogue.details import read_details, specified
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
from registry.cells import Cells, counted_as, shown
from registry.evidence import rules as evidence
from registry.evidence.goods import Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.rules import read_evidence
from registry.explain import Violation
from registry.identifiers import CheckDigit, parse_kato, parse_kpved
from registry.spreadsheets import Row, Table
from registry.suppliers.models import Role
from registry.suppliers.rules import read_holder, read_role
from registry.text import fold, language
from registry.wording import Message
from search.analysis import unit

Store = TypeVar("Store")
Keeping = TypeVar("Keeping", bound="Stock")


class Stock(Protocol):
    """What keeps very many offers, in the order of their rows."""

    def put(self, crate: Crate, /) -> None: ...
    def append(self, offer: Offer, /) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Offer]: ...
    def __getitem__(self, at: int, /) -> Offer: ...
    def __setitem__(self, at: int, offer: Offer, /) -> None: ...


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
    by what `counted_as` counts them: how many, the first row, and the note itself."""

    lines: Store
    refused: dict[int, Sequence[Violation]] = field(default_factory=dict)
    remarks: dict[str, tuple[int, int, Violation]] = field(default_factory=dict)

    def note(self, cells: Cells, row: Row) -> None:
        """Keep the notes on a row."""
        for note in cells.notes:
            self._count(note, 1, row.number)

    def refuse(self, cells: Cells, row: Row) -> bool:
        """Whether the row is refused; then it is noted with what is wrong."""
        if row.surplus:
            cells.refuse("import.row.surplus", "")
        if cells.violations:
            self.refused[row.number] = cells.violations
        return bool(cells.violations)

    def append(self, further: Taken[Any]) -> None:
        """Keep what is said of further rows of the table."""
        self.refused |= further.refused
        for times, row, note in further.remarks.values():
            self._count(note, times, row)

    def _count(self, note: Violation, more: int, row: int) -> None:
        key, said = counted_as(note, self.remarks)
        times, first, kept = self.remarks.get(key, (0, row, said))
        self.remarks[key] = (times + more, first, kept)


def note_unit(cells: Cells, others: Container[str] = frozenset()) -> None:
    """Note a unit that is never compared with another. others: further units that are known, folded."""
    given = cells.values.get("unit", "")
    if cells.filled("unit") and unit(given) is None and fold(given) not in others:
        cells.note("import.cell.unit", "unit", given=shown(given))


def take_needs(rows: Iterable[Row], read: Callable[[Cells], NeedLine | None]) -> Taken[list[NeedLine]]:
    """The needs of a table, told apart by customer and id: every customer numbers its needs from one.

    A second row of one customer with the same id is refused: which one counts cannot be told.
    """
    taken: Taken[list[NeedLine]] = Taken([])
    seen: dict[tuple[str, str | None], int] = {}
    for row in rows:
        cells = Cells(row.cells)
        line = read(cells)
        note_unit(cells)
        taken.note(cells, row)
        if taken.refuse(cells, row) or line is None:
            continue
        first = seen.setdefault((line.external_id, line.customer_bin), row.number)
        if first != row.number:
            _repeated(taken, row.number, "id", first)
            continue
        taken.lines.append(line)
    times = Counter(line.external_id for line in taken.lines)
    taken.lines = [replace(line, shared=True) if times[line.external_id] > 1 else line for line in taken.lines]
    return taken


def take_offers(table: Table, into: Keeping, processes: int = 1) -> Taken[Keeping]:
    """The offers of a table of products, each with its row as its number.

    Rows that repeat a product with another document add the document; with another content they are refused.
    processes: how many read a long table side by side; nobody may have threads then that the others need.
    """
    taken = Taken(into)
    known = bool({"evidence_kind", "evidence_number"} & set(table.columns))
    seen: dict[str, tuple[int, int]] = {}
    several = processes if table.total >= _LONG else 1
    for read in _side_by_side(table, known, several) if several > 1 else _chunks(table, known):
        taken.append(read.said)
        if len(set(read.ids)) == len(read.ids) and seen.keys().isdisjoint(read.ids):
            seen |= zip(read.ids, zip(read.rows, count(len(into)), strict=False), strict=True)
            into.put(read.crate)
            continue
        for row, offer in zip(read.rows, read.crate.offers, strict=True):
            first, at = seen.setdefault(offer.id, (row, len(into)))
            if first == row:
                into.append(offer)
            elif _same_but_evidence(into[at].good, offer.good):
                good = into[at].good
                facts = tuple(dict.fromkeys((*good.evidence, *offer.good.evidence)))
                into[at] = replace(into[at], good=good._replace(evidence=facts))
            else:
                _repeated(taken, row, "id", first)
    return taken


# Rows that are read together, and from how many on several processes read a table.
_CHUNK: Final = 1_000
_LONG: Final = 5_000


class _Read(NamedTuple):
    """What became of rows of a table: what is said of them, and the rows and ids of those that are in the crate."""

    said: Taken[None]
    rows: list[int]
    ids: list[str]
    crate: Crate


def _chunks(table: Table, known: bool, place: int = 0, of: int = 1) -> Iterator[_Read]:
    """The chunks of a table, read; of several who share it out those of one `place`."""
    rows = table.rows()
    for at in count():
        chunk = list(islice(rows, _CHUNK))
        if not chunk:
            return
        if at % of == place:
            yield _read_chunk(chunk, known)


def _read_chunk(chunk: Sequence[Row], known: bool) -> _Read:
    said: Taken[None] = Taken(None)
    kept: list[tuple[int, Offer]] = []
    for row in chunk:
        cells = Cells(row.cells)
        offer = read_offer(cells, row.number, known=known)
        note_unit(cells)
        said.note(cells, row)
        if not said.refuse(cells, row) and offer is not None:
            kept.append((row.number, offer))
    return _Read(said, [row for row, _ in kept], [offer.id for _, offer in kept], crate(offer for _, offer in kept))


def _side_by_side(table: Table, known: bool, processes: int) -> Iterator[_Read]:
    """The chunks of a table in their order, read by forked processes; each waits until what it made is taken."""
    context = multiprocessing.get_context("fork")
    receivers, workers = [], []
    try:
        for place in range(processes):
            receiver, sender = context.Pipe(duplex=False)
            worker = context.Process(target=_send_chunks, args=(sender, table, known, place, processes), daemon=True)
            worker.start()
            # Nobody else holds the other end, so that the end of the process is seen.
            sender.close()
            receivers.append(receiver)
            workers.append(worker)
        for receiver in cycle(receivers):
            sent = receiver.recv()
            if sent is None:
                return
            if isinstance(sent, Exception):
                raise sent
            yield sent
    finally:
        for worker in workers:
            worker.kill()
            worker.join()


def _send_chunks(sender: Connection, table: Table, known: bool, place: int, of: int) -> None:
    try:
        for read in _chunks(table, known, place, of):
            sender.send(read)
        sender.send(None)
    except Exception as error:
        # Raised where it is received.
        sender.send(error)


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
    details = read_details(cells)
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
        specified=specified(details.parameters, details.standards),
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


def _repeated(taken: Taken[Any], row: int, column: str, first: int) -> None:
    said = Message("import.row.repeated", {"first": first})
    taken.refused[row] = [Violation(said.code, column, said)]
