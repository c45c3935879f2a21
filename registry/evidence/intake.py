"""Bulk files of suppliers and products: how their rows are read, and what writing a batch of them does.

They stand here because a row of products states three subjects at once: a line, its supplier's number and a document.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.accounts.rules import Actor
from registry.bulk_rows import Outcome, Subject
from registry.catalogue import rules as catalogue
from registry.catalogue.models import CodeState
from registry.catalogue.operations import list_lines, touch, touch_of_suppliers
from registry.catalogue.rules import Codes, ProductLine, code_state, read_product
from registry.cells import Cells
from registry.classifiers.tree import Tree
from registry.evidence import rules as evidence
from registry.evidence.barred import is_barred, kept_ended
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import state_evidence
from registry.evidence.rules import read_evidence
from registry.explain import Violation
from registry.identifiers import in_chapter
from registry.suppliers import operations as suppliers
from registry.suppliers import rules as supplier_rules
from registry.suppliers.rules import SupplierLine, read_supplier
from registry.wording import Message

PRODUCT_COLUMNS = (*catalogue.COLUMNS, *evidence.COLUMNS)


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """What a row of products states: the line, and a document for it or none."""

    product: ProductLine
    evidence: EvidenceFact | None


@dataclass(frozen=True, slots=True)
class Trees:
    """The classifiers that codes are held against, as they stand on the day of the file."""

    tnved: Tree
    kpved: Tree
    enstru: Tree

    @property
    def codes(self) -> Codes:
        """Whether each of them holds a code."""
        return Codes(self.tnved.exists, self.kpved.exists, self.enstru.exists)


def read_offered(cells: Cells, trees: Trees, otherwise: EvidenceStatus, on: date) -> OfferedLine | None:
    """The line and the document that a row of products states from the day `on`; None if it is rejected.

    A code that is not complete, or that the loaded ТН ВЭД lacks or cannot answer for, is kept and noted (domain.md §9
    rule 5: a listed good needs ten digits that exist); the supplier's form does the same.
    """
    product = read_product(cells, trees.codes, on)
    fact = read_evidence(cells, otherwise)
    if product is None or cells.violations:
        return None
    state = code_state(product.tnved, trees.tnved)
    code = product.tnved or ""
    if state in _NOTED and in_chapter(code):
        cells.note(f"import.product.{state}_code", "tnved", given=code)
    elif state is CodeState.SHORT and len(code) % 2 == 0:
        # One of odd length, or of no chapter, was noted when it was read.
        cells.note("import.product.short_code", "tnved", given=code, digits=len(code))
    return OfferedLine(product, fact)


_NOTED = (CodeState.UNKNOWN, CodeState.UNCHECKED)


def supplier_subject(*, on: date, actor: Actor, now: datetime) -> Subject[SupplierLine]:
    """Files of suppliers, said to hold from the day `on`."""

    def write(session: Session, lines: Mapping[int, SupplierLine], absent: Set[str]) -> dict[int, Outcome]:
        outcomes, changed = suppliers.take_in(session, lines, absent=absent, on=on, actor=actor, now=now)
        touch_of_suppliers(session, changed, now=now)
        return outcomes

    return Subject(
        kind="suppliers",
        columns=supplier_rules.COLUMNS,
        required=supplier_rules.REQUIRED,
        read=read_supplier,
        identities=lambda line: [(line.bin, line)],
        write=write,
    )


def product_subject(
    trees: Trees,
    *,
    otherwise: EvidenceStatus,
    excluded: Mapping[str, date],
    on: date,
    actor: Actor,
    now: datetime,
) -> Subject[OfferedLine]:
    """Files of products with their evidence, said to hold from the day `on`.

    otherwise: the status of a document whose row does not give it. excluded: whose confirmed status the institute has
    ended, and when, by БИН; what stands of their documents from before stays, and one that is not known yet is claimed
    (domain.md §10.4). A row of an unknown supplier is rejected: whoever lists a good must be registered first (Law
    № 86-VII, article 51(4)).
    """
    known: dict[str, int] = {}

    def read(cells: Cells) -> OfferedLine | None:
        line = read_offered(cells, trees, otherwise, on)
        ended = excluded.get(line.product.bin) if line is not None else None
        if line is not None and ended is not None and is_barred(line.evidence, ended):
            cells.note("import.product.excluded", "evidence_state", on=ended)
        return line

    def write(session: Session, lines: Mapping[int, OfferedLine], absent: Set[str]) -> dict[int, Outcome | Violation]:
        strangers = {line.product.bin for line in lines.values()} - known.keys()
        known.update(suppliers.ids_of(session, strangers))
        outcomes: dict[int, Outcome | Violation] = {}
        kept: dict[int, OfferedLine] = {}
        for number, line in lines.items():
            if line.product.bin in known:
                kept[number] = line
            else:
                said = Message("import.product.no_supplier", {"bin": line.product.bin})
                outcomes[number] = Violation(said.code, "bin", said)
        products = {number: line.product for number, line in kept.items()}
        listed = list_lines(session, products, known, trees.tnved, absent=absent, on=on, actor=actor, now=now)
        stated = [
            (line.product.bin, listed.ids[number], line.evidence)
            for number, line in kept.items()
            if line.evidence is not None
        ]
        facts = kept_ended(session, stated, excluded, on)
        restated = state_evidence(session, facts, absent=absent, on=on, actor=actor, now=now)
        changed = (listed.changed | restated) - listed.new
        touch(session, changed, now=now)
        seen: set[int] = set()
        for number in kept:
            product_id = listed.ids[number]
            first = product_id not in seen
            seen.add(product_id)
            if product_id in listed.new:
                outcomes[number] = Outcome.ADDED if first else Outcome.CHANGED
            else:
                outcomes[number] = Outcome.CHANGED if product_id in changed else Outcome.UNCHANGED
        return outcomes

    return Subject(
        kind="products",
        columns=PRODUCT_COLUMNS,
        required=catalogue.REQUIRED,
        read=read,
        identities=identities_of,
        write=write,
        aliases=catalogue.ALIASES,
    )


def identities_of(line: OfferedLine) -> Sequence[tuple[Hashable, Hashable]]:
    """A row states a line, and may state a document of it: several documents of one line stand in rows of their own."""
    product, fact = line.product, line.evidence
    identity = (product.bin, product.key)
    if fact is None:
        return [(identity, product)]
    return [(identity, product), ((*identity, fact.kind, fact.number), fact)]
